/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe: how long replies take. Once a millisecond at most, and while none is under way, one
 * request of a burst is followed from the moment that the port gave it until the port has its
 * reply: what it waited for before that is not seen. All others cost a comparison a burst.
 */
#ifndef RDL_WORKER_PROBE_H
#define RDL_WORKER_PROBE_H

#include "latency.h"
#include "net.h"

struct probe {
	struct rdl_latency latency; /* read by anybody */
	/* Its core's alone. */
	const struct rdl_frame *frame; /* that is followed; NULL: none is */
	uint64_t began; /* cycles */
	uint64_t next; /* when another one may be followed */
	unsigned turn; /* so that it is not always a burst's first */
	bool chooses; /* one of the burst that has just come */
};

#endif
