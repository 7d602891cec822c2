/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap: an interface of the kernel's whose wire is a file descriptor: a frame at a time, behind what
 * virtio has before each (struct virtio_net_hdr).
 */
#ifndef RDL_EXCEPTION_TAP_H
#define RDL_EXCEPTION_TAP_H

#include "foreign.h"

struct tap_config {
	const char *name;
	const uint8_t *mac; /* 6 octets */
	uint16_t mtu;
};

/*
 * Makes the interface, or takes one that is there and nobody's, and sets it up. Never blocks. -1
 * with what is wrong in `why`.
 */
int exception_tap_open(const struct tap_config *config, char *why, size_t len);

/* Sets up an interface that is there. -1 with what is wrong in `why`. */
int exception_tap_set_up(const struct tap_config *config, char *why, size_t len);

/* False: the kernel did not take it, since the interface is down or gone. */
bool exception_tap_write(int fd, const struct rdl_foreign_frame *frame);
/*
 * The next frame of the kernel's; octets of it, `most` and one of a longer one. 0: there is none.
 * -1: the interface is gone.
 */
int exception_tap_read(int fd, uint8_t *frame, size_t most);

#endif
