/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * foreign: frames that are not ours, and may be the kernel's, which shares the port: how they are
 * told, and what they are on their way to it and back.
 */
#ifndef RDL_NET_FOREIGN_H
#define RDL_NET_FOREIGN_H

#include "net.h"

/*
 * Whether a frame may be the kernel's that rdl_net_input() would drop: it came to the port's MAC or
 * to a group, is well-formed as far as it was read, and asks for another address, protocol, VLAN or
 * UDP port than ours. Answers to what the kernel asked of others are among them, and what asks for
 * an address of ours is not.
 */
bool rdl_net_is_foreign(const struct rdl_interface *interface, const struct rdl_frame *frame,
	enum rdl_net_verdict verdict);

/*
 * Where the checksum of a frame's TCP or UDP begins to sum, and where it stands behind that. False:
 * there is neither, or not all of it.
 */
bool rdl_net_find_checksum(const struct rdl_frame *frame, uint16_t *start, uint16_t *offset);

/* Ethernet with two tags and an MTU of 1500: the kernel sends no longer ones. */
#define RDL_KERNEL_FRAME_MAX 1522

/* Messages between a worker and who speaks to the kernel. */
enum rdl_foreign_kind {
	RDL_FOREIGN_FRAME, /* of the worker's: for the kernel */
	RDL_KERNEL_FRAME, /* of the other's: to be sent by the port */
};

struct rdl_foreign_frame {
	uint8_t kind; /* RDL_FOREIGN_FRAME */
	uint8_t port;
	bool taken; /* set on the way back: the kernel has it */
	uint16_t len;
	/*
	 * Of a frame whose checksum is left to whoever lets it out of the machine, as
	 * rdl_net_find_checksum() has them; 0: it is made.
	 */
	uint16_t checksum_start, checksum_offset;
	const uint8_t *data;
};

struct rdl_kernel_frame {
	uint8_t kind; /* RDL_KERNEL_FRAME */
	uint8_t port;
	uint16_t len;
	uint8_t octets[RDL_KERNEL_FRAME_MAX];
};

#endif
