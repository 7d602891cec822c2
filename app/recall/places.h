/* SPDX-License-Identifier: BSD-3-Clause */
/* places: how far somebody is in each partition, and what that means in the logs of a run. */
#ifndef RDL_RECALL_PLACES_H
#define RDL_RECALL_PLACES_H

#include "history.h"
#include "location.h"

/* The run that a position is of; false: it is older than all that is there. */
bool place_run(const struct rdl_journal_history *history, uint64_t position, size_t *run);
/* Where that is in a log of some run: 0, before its beginning, up to its end, or behind. */
uint64_t place_in(
	const struct rdl_journal_history *history, size_t run, unsigned shard, uint64_t position);
/*
 * All partitions of that one's log are as far as the position at least. False: there is none such.
 */
bool places_raise(const struct rdl_journal_history *history, uint64_t places[RDL_PARTITIONS],
	unsigned partition, uint64_t position);
/* The least of the partitions that are in one log. */
uint64_t places_least(const uint64_t places[RDL_PARTITIONS], unsigned shards, unsigned shard);
/* How many entries come after them. */
uint64_t places_lag(
	const struct rdl_journal_history *history, const uint64_t places[RDL_PARTITIONS]);

#endif
