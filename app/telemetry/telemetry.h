/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telemetry: the commands of DPDK's telemetry socket. Its threads read what others write for them,
 * and ask owners by mailbox.
 */
#ifndef RDL_TELEMETRY_H
#define RDL_TELEMETRY_H

#include "console.h"
#include "feed.h"
#include "monitor.h"

/* What the commands show. The owner's, from telemetry_start() to telemetry_stop(). */
struct telemetry {
	struct watched watched;
	struct rdl_rulebook *rulebook; /* visited */
	struct rdl_event_facts facts;
	const char *boot;
	uint64_t started_ms, memory;
	const struct monitor *monitor;
	const struct feed *feed; /* NULL: none is configured */
	const struct console *console; /* the same */
};

/* Registers the commands; logs and returns -1 when it cannot. */
int telemetry_start(const struct telemetry *telemetry);
/*
 * Comes before the shards end: waits for those who ask them, while every other command answers null
 * at once, and cuts off who is connected.
 */
void telemetry_stop(void);

#endif
