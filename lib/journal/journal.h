/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal: what shards acknowledged, kept on a disk. Of registrations it knows nothing: entries are
 * octets, put into a shard's ring (ring.h), written by that shard's writer in groups, as many as
 * there are at once, and read again after a restart (logs.h).
 *
 * DIR/run-NNNNNNNN/ is what one run of the daemon logged, and shard-SSS.NNNNNNNN in it a segment of
 * one shard's log. An entry has a position in its log: from 1 on, by one.
 *
 * One thread a shard calls rdl_journal_step(), any one rdl_journal_tend(). Time and randomness are
 * arguments.
 */
#ifndef RDL_JOURNAL_H
#define RDL_JOURNAL_H

#include "disk.h"
#include "logs.h"
#include "ring.h"

/* Octets that one write puts on the disk at most; no less than the longest entry and its heads. */
#define RDL_JOURNAL_GROUP_MAX (256 * 1024)
#define RDL_JOURNAL_SEGMENT_LEN (64 * 1024 * 1024)
/* Segments that a log may have at once. */
#define RDL_JOURNAL_SEGMENTS_MAX 4096

enum rdl_journal_durability {
	/* Confirmed is what the disk has; each group is synced. */
	RDL_JOURNAL_COMMIT,
	/* The disk is told every window_ms, */
	RDL_JOURNAL_WINDOW,
	/* or where a sweep or a segment ends, and at the end. */
	RDL_JOURNAL_UNSYNCED,
};

struct rdl_journal_config {
	enum rdl_journal_durability durability;
	unsigned window_ms;
	unsigned shards; /* to RDL_JOURNAL_SHARDS_MAX */
	struct rdl_journal_ring *const *rings; /* one a shard */
	/*
	 * Octets of segments, the oldest but these, that are kept though they are needed no more.
	 */
	uint64_t keep;
	/*
	 * Where the positions of this run begin among those of all runs, or later, as it must be
	 * behind the ones before it; 0: it has no such positions (history.h).
	 */
	uint64_t origin;
	uint64_t segment_len; /* whole blocks: room for a header and two groups, or more */
	uint32_t group_len; /* whole blocks, to RDL_JOURNAL_GROUP_MAX */
	uint8_t run_id[RDL_JOURNAL_ID_LEN]; /* random */
	uint8_t boot_id[RDL_JOURNAL_ID_LEN]; /* of the machine's life in which the run begins */
};

struct rdl_journal;

/* Octets that it takes, rings apart. */
uint64_t rdl_journal_memory(unsigned shards, uint32_t group_len);

/*
 * Begins a run: what the logs before it ended with is written to the disk anew, for it may have
 * come from where a loss of power takes it, and each shard has a segment. The logs, all of which
 * were read to their ends, stay open longer than the journal. NULL, and the problem in words.
 */
RDL_MUST_CHECK struct rdl_journal *rdl_journal_begin(struct rdl_journal_logs *logs,
	const struct rdl_journal_config *config, char problem[RDL_JOURNAL_PROBLEM_MAX]);
/* Closes its files. What rings hold and what is not synced is lost: see rdl_journal_finish(). */
void rdl_journal_close(struct rdl_journal *journal);
/* Its number. */
uint32_t rdl_journal_run(const struct rdl_journal *journal);

enum rdl_journal_health {
	RDL_JOURNAL_WELL,
	/* No room for another segment, or group, or to make some. It goes on once there is. */
	RDL_JOURNAL_NO_SPACE,
	/* The disk failed, for good: nothing is ever confirmed again. */
	RDL_JOURNAL_FAILED,
};

enum rdl_journal_step {
	RDL_JOURNAL_IDLE, /* there was nothing */
	RDL_JOURNAL_WROTE, /* a group; there may be more */
	RDL_JOURNAL_WAITS, /* for a segment, or for space: what there is stays in the ring */
	RDL_JOURNAL_ENDED, /* it failed */
};

/* Writes a group of what the ring holds, and syncs, if it is time: by the shard's writer. */
enum rdl_journal_step rdl_journal_step(
	struct rdl_journal *journal, unsigned shard, const struct rdl_journal_stamp *now);
/*
 * Writes all that the ring holds, and syncs: by the shard's writer, at the end. False: some of it
 * could not be written, or not yet.
 */
RDL_MUST_CHECK bool rdl_journal_finish(
	struct rdl_journal *journal, unsigned shard, const struct rdl_journal_stamp *now);

/*
 * Makes segments before they are needed, and removes those that are needed no more, of older runs,
 * too: by any one thread, several times a second. It may take as long as writing a segment does.
 */
void rdl_journal_tend(struct rdl_journal *journal);

struct rdl_journal_state {
	enum rdl_journal_health health;
	int error; /* errno of NO_SPACE and FAILED */
	const char *what; /* that failed: a word */
	bool buffered; /* the file system knows nothing but pages */
	/* Positions: of the last entry written, confirmed, and from which on the log is needed. */
	uint64_t written, confirmed, base;
	uint64_t groups, octets, syncs; /* ever */
	uint32_t segments; /* files there are */
	uint64_t disk; /* octets of them */
	uint32_t older_runs; /* that are needed yet, or cannot be removed */
};

/* Octets of segments that are kept and needed no more: any thread. */
uint64_t rdl_journal_kept(const struct rdl_journal *journal);
/* Any thread. */
void rdl_journal_state(
	const struct rdl_journal *journal, unsigned shard, struct rdl_journal_state *state);

#endif
