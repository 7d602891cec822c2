/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vhost: an interface of the kernel's whose wire is memory: what is given to it a thread of the
 * kernel's takes, by /dev/vhost-net, and no system call is made for each frame. It is DPDK's
 * virtio_user, and has packet buffers of its own.
 *
 * Opened and closed by the main thread, after EAL is up; written and read by one thread.
 */
#ifndef RDL_VHOST_H
#define RDL_VHOST_H

#include "foreign.h"

#define RDL_VHOST_PATH "/dev/vhost-net"
/* Octets of packet memory that each takes, and the rest of it. */
#define RDL_VHOST_MEMORY (6u << 20)

struct rdl_vhost;

struct rdl_vhost_config {
	unsigned number; /* no two alike */
	const char *interface; /* to be made, and set up by who opens it */
	const uint8_t *mac; /* 6 octets */
	int node; /* where its memory is to lie; -1: anywhere */
};

/* NULL with what is wrong in `why`. */
RDL_MUST_CHECK struct rdl_vhost *rdl_vhost_open(
	const struct rdl_vhost_config *config, char *why, size_t len);
/* The interface goes with it. NULL is fine. */
void rdl_vhost_close(struct rdl_vhost *vhost);

/* False: the kernel has not taken those before, since the interface is down or gone. */
RDL_MUST_CHECK bool rdl_vhost_write(struct rdl_vhost *vhost, const struct rdl_foreign_frame *frame);
/* The next frame of the kernel's; octets of it, 0: there is none; `most` + 1: longer than that. */
RDL_MUST_CHECK int rdl_vhost_read(struct rdl_vhost *vhost, uint8_t *frame, size_t most);

#endif
