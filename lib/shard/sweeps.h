/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sweeps: all that a shard holds, put into the journal's ring from beginning to end among the
 * changes, again and again: what a log has before the last one is not needed any more.
 */
#ifndef RDL_SHARD_SWEEPS_H
#define RDL_SHARD_SWEEPS_H

#include "entries.h"

struct rdl_shard;

struct rdl_sweeps_config {
	/* A sweep takes that long, and the next one begins no sooner, and when there is news. */
	uint32_t every_ms;
	/*
	 * The first one takes no longer than that: until it has ended, all that came before is
	 * needed, and runs that end sooner, one after the other, would fill the disk.
	 */
	uint32_t first_ms;
	/*
	 * Octets of log since the beginning of the last sweep that has ended, from which on they
	 * are as fast as can be. That of two sweeps and the changes meanwhile at least: no less
	 * is ever needed.
	 */
	uint64_t log_max;
};

struct rdl_sweeps {
	struct rdl_sweeps_config config;
	struct rdl_sweep sweep; /* of the last begun */
	uint64_t began_ms;
	uint32_t takes_ms;
	uint64_t slots, slots_seen; /* to look at in one, and looked at */
	/* Entries that sweeps have put, ever; those of changes before the last one began. */
	uint64_t entries, changes;
	/*
	 * A registration has expired since. That is no entry, but news: what has ended before the
	 * last thing that a log tells, does not come back.
	 */
	bool expired;
	/* The ring's octets, ever, at the beginning of the last one, and of the last that ended. */
	uint64_t begin, base;
};

/* Begins the first. There is room for it. */
void rdl_sweeps_start(
	struct rdl_shard *shard, const struct rdl_sweeps_config *config, uint64_t now_ms);
/*
 * Once a round: goes on as far as the clock says and the ring has room, for some microseconds. True
 * when there is a hurry, and it went on.
 */
bool rdl_sweeps_go_on(struct rdl_shard *shard, uint64_t now_ms);

#endif
