/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exception: the thread between ports and the kernel, off the cores that poll. It writes frames
 * that are not ours, which workers give it, to an interface of the kernel's beside their port, and
 * what the kernel sends by that one it gives to a worker, to be sent by the port.
 *
 * Opened, started, stopped and closed by the main thread.
 */
#ifndef RDL_EXCEPTION_H
#define RDL_EXCEPTION_H

#include "channel.h"
#include "conf.h"
#include "foreign.h"
#include "lcores.h"
#include "thread.h"
#include "vhost.h"

/* Frames of the kernel's that are under way to workers at once. */
#define EXCEPTION_FRAMES 256
/* What it may have under way at one worker. */
struct rdl_channel_credit exception_credit(void);

struct exception {
	/* Set by who makes it, zero otherwise; not changed once it runs. */
	unsigned worker_count, port_count;
	const struct ending *ending;
	/* Its thread's alone. */
	/* Of each port one of the two, at most. */
	int taps[RDL_CONF_PORTS_MAX]; /* -1: none */
	struct rdl_vhost *vhosts[RDL_CONF_PORTS_MAX]; /* NULL: none */
	/* Of vhosts, which wake nobody, and whose driver does not know whether they are up. */
	bool polls; /* there is one */
	unsigned
		indices[RDL_CONF_PORTS_MAX]; /* the kernel's numbers of their interfaces; 0: gone */
	bool down[RDL_CONF_PORTS_MAX];
	uint64_t looked_ms;
	struct rdl_channel workers[WORKERS_MAX];
	unsigned free_count;
	struct rdl_kernel_frame *free[EXCEPTION_FRAMES];
	struct rdl_kernel_frame frames[EXCEPTION_FRAMES];
	struct rdl_thread thread;
};

struct exception_config {
	const struct rdl_conf *conf;
	const struct ending *ending;
	/* Of each port. */
	const uint8_t (*macs)[6];
	const uint16_t *mtus; /* 0: unknown */
	const int *nodes; /* where what it needs of DPDK is to lie; -1: anywhere */
};

/* Octets that it takes. */
static inline size_t exception_memory(void)
{
	return sizeof(struct exception);
}
/*
 * Makes the kernel's interfaces of ports that have one. Logs and returns NULL when it cannot, with
 * nothing left behind.
 */
struct exception *exception_open(const struct exception_config *config);
/* Once channels are joined. Logs and returns -1 when it cannot. NULL is fine, here and below. */
int exception_start(struct exception *exception);
/* After the workers have ended. */
void exception_stop(struct exception *exception);
/* The interfaces go with it. */
void exception_close(struct exception *exception);

/* Without interfaces: what exception_open() begins with, and tests. */
void exception_init(struct exception *exception, const struct exception_config *config);
/* One round: takes what workers and the kernel have. True: there was some. */
bool exception_step(struct exception *exception);

#endif
