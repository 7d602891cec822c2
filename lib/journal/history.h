/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * history: what the logs have that are there, those of this run and of runs before it, read while
 * they are written: by position among all that was ever logged. Each run has an origin, and what a
 * log of it has at its position p is at origin + p; the runs' logs lie one behind the other so.
 *
 * Whatever the number of shards was, all of a partition is in one log of a run, that of the shard
 * that partitions modulo their number say.
 */
#ifndef RDL_JOURNAL_HISTORY_H
#define RDL_JOURNAL_HISTORY_H

#include "journal.h"

struct rdl_journal_run {
	uint32_t number;
	unsigned shards;
	uint64_t origin;
	bool live; /* this run */
};

struct rdl_journal_history;

/*
 * What is there of this run and of those before it, without a gap between them; of runs that have
 * origins. The journal outlives it; one thread uses it, any. NULL: no memory, or this run has none.
 */
RDL_MUST_CHECK struct rdl_journal_history *rdl_journal_history_open(
	const struct rdl_journal *journal);
void rdl_journal_history_close(struct rdl_journal_history *history);

/* The oldest first; this run is the last. */
size_t rdl_journal_history_runs(const struct rdl_journal_history *history);
const struct rdl_journal_run *rdl_journal_history_run(
	const struct rdl_journal_history *history, size_t run);
/* Position of a log's last entry, by its log, not by the origin: of this run, of the confirmed. */
uint64_t rdl_journal_history_end(
	const struct rdl_journal_history *history, size_t run, unsigned shard);

struct rdl_journal_follower;

/*
 * Reads a log from some position no later than `position` on, where the sweep began on which that
 * builds, or from where there is anything of it. NULL: no memory.
 */
RDL_MUST_CHECK struct rdl_journal_follower *rdl_journal_follow(
	const struct rdl_journal_history *history, size_t run, unsigned shard, uint64_t position);
/*
 * The same from where the last sweep began that has ended, or else the first one: all that the
 * shard holds is in what follows.
 */
RDL_MUST_CHECK struct rdl_journal_follower *rdl_journal_follow_sweep(
	const struct rdl_journal_history *history, size_t run, unsigned shard);
void rdl_journal_unfollow(struct rdl_journal_follower *follower);

enum rdl_journal_followed {
	RDL_JOURNAL_FOLLOWED, /* an entry, whose octets and stamp last until the next call */
	RDL_JOURNAL_NOT_YET, /* all that is confirmed was read */
	RDL_JOURNAL_OVER, /* and nothing will follow: the run has ended */
	RDL_JOURNAL_GONE, /* it is not there any more */
	RDL_JOURNAL_UNREADABLE, /* damaged; or the disk says so */
};

/* Octets that one takes. */
size_t rdl_journal_follower_memory(void);

/* The next entry, in order and without a hole. All but NOT_YET is for good, once it is no entry. */
enum rdl_journal_followed rdl_journal_follow_next(
	struct rdl_journal_follower *follower, struct rdl_journal_entry *entry);
/* Position of the first entry that it gives, or gave. 0: not known yet. */
uint64_t rdl_journal_follower_first(const struct rdl_journal_follower *follower);
/* Where the sweep begins on which the position builds that it was asked for, from 1 on. */
uint64_t rdl_journal_follower_base(const struct rdl_journal_follower *follower);

#endif
