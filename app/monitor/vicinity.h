/* SPDX-License-Identifier: BSD-3-Clause */
/* vicinity: what the log is told of routers, and of others who claim our addresses. */
#ifndef RDL_MONITOR_VICINITY_H
#define RDL_MONITOR_VICINITY_H

#include "worker.h"

/* A port's, as the log was told. Zeroed: nothing was. */
struct vicinity {
	unsigned claims[2][RDL_NET_ADDRESSES_MAX]; /* IPv4's, IPv6's */
	bool silent[2][RDL_NET_ADDRESSES_MAX]; /* routers that do not answer */
};

/* By the main thread. */
void vicinity_look(struct vicinity *vicinity, const struct rdl_neighbours *neighbours,
	const struct rdl_interface *interface, unsigned port);

#endif
