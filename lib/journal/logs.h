/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * logs: what runs before this one have logged, and what a restart has to read of it: the logs of
 * all shards of the last run, and of those before it back to one that is whole: whose shards have
 * all ended a sweep.
 *
 * A log ends where there is no whole group. Where the disk had confirmed what is missing there, as
 * later groups or the next run say, the log is damaged, and is not read without leave: a cut.
 */
#ifndef RDL_JOURNAL_LOGS_H
#define RDL_JOURNAL_LOGS_H

#include "disk.h"
#include "ring.h"

#define RDL_JOURNAL_ID_LEN 16
#define RDL_JOURNAL_SHARDS_MAX 256
#define RDL_JOURNAL_PROBLEM_MAX 768

/* A moment, by three clocks. */
struct rdl_journal_stamp {
	uint64_t run_ms; /* the run's */
	uint64_t boot_ms; /* CLOCK_BOOTTIME */
	uint64_t wall_ms; /* since 1970 */
};

/* One shard's log of one run. */
struct rdl_journal_log {
	uint32_t run;
	unsigned shard, shards;
	uint8_t run_id[RDL_JOURNAL_ID_LEN], boot_id[RDL_JOURNAL_ID_LEN];
	bool cut; /* by hand: what came behind is given up */
	/* Known when it was read to its end: position of its last entry, when that was written. */
	bool was_read;
	uint64_t end;
	struct rdl_journal_stamp last;
	/* There is something behind the end, though no group: one was being written. */
	bool torn;
	uint32_t torn_segment;
	uint64_t torn_at;
};

struct rdl_journal_logs;

/*
 * Locks the directory, which is made if `make` says so and it is not there, and looks what there
 * is. `disk` outlives it; NULL: the machine's. NULL, and the problem in words: another has it, a
 * newer version wrote it, it cannot be read, parts are missing.
 */
RDL_MUST_CHECK struct rdl_journal_logs *rdl_journal_logs_open(const char *directory, bool make,
	const struct rdl_journal_disk *disk, char problem[RDL_JOURNAL_PROBLEM_MAX]);
void rdl_journal_logs_close(struct rdl_journal_logs *logs);

/* Those that are to be read, in order: of a run after those of the runs before it. */
size_t rdl_journal_logs_count(const struct rdl_journal_logs *logs);
const struct rdl_journal_log *rdl_journal_logs_get(
	const struct rdl_journal_logs *logs, size_t index);

/* The number of the run that begins next: behind those of all runs that began, whatever is left. */
uint32_t rdl_journal_logs_next_run(const struct rdl_journal_logs *logs);

struct rdl_journal_entry {
	uint64_t position;
	struct rdl_span octets;
	enum rdl_journal_mark mark;
	const struct rdl_journal_stamp *stamp; /* when its group was written */
};

enum rdl_journal_result {
	RDL_JOURNAL_OK,
	RDL_JOURNAL_END,
	RDL_JOURNAL_DAMAGED,
};

struct rdl_journal_reader;

/* Reads a log, once; logs may be read by a thread each. NULL: no memory. */
RDL_MUST_CHECK struct rdl_journal_reader *rdl_journal_reader_create(
	struct rdl_journal_logs *logs, size_t index);
void rdl_journal_reader_destroy(struct rdl_journal_reader *reader);
/*
 * The next entry, whose octets and stamp last until the next call. DAMAGED, for good: what was
 * confirmed is missing, or cannot be read; rdl_journal_reader_problem() says what, where, and what
 * to do.
 */
RDL_MUST_CHECK enum rdl_journal_result rdl_journal_read(
	struct rdl_journal_reader *reader, struct rdl_journal_entry *entry);
const char *rdl_journal_reader_problem(const struct rdl_journal_reader *reader);
/*
 * After DAMAGED: what stands before the damage is this log's end from now on. Logs that were opened
 * before do not know. False, and the problem in words.
 */
RDL_MUST_CHECK bool rdl_journal_reader_cut(
	struct rdl_journal_reader *reader, char problem[RDL_JOURNAL_PROBLEM_MAX]);

#endif
