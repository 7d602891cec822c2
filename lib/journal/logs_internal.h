/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of logs that are to be read. */
#ifndef RDL_JOURNAL_LOGS_INTERNAL_H
#define RDL_JOURNAL_LOGS_INTERNAL_H

#include "inventory.h"

/* Where a group lies: the index of a segment of its log, and octets. */
struct rdl_journal_place {
	size_t segment;
	uint64_t at;
};

struct rdl_journal_past_log {
	struct rdl_journal_log told;
	/* Numbers of the segments that are there, ascending. */
	uint32_t *segments;
	size_t count;
	/* As the inventory has it: a segment that was written into; 0: it says nothing. */
	uint32_t entered;
	/* From which position on it is needed; 0: from its beginning. */
	uint64_t base;
	/* It ends there, whatever follows: a later run says so, or a cut. */
	bool end_known;
	uint64_t end_at;
	/* Known when it was read: what is between these, of one segment, was not confirmed. */
	struct rdl_journal_place unsettled, end_place;
};

struct rdl_journal_past_run {
	uint32_t number;
	/* One of its segments' headers; of none: shards are those that there are files of. */
	bool has_header;
	struct rdl_journal_header header;
	/* Some group is there, or was. */
	bool has_groups;
	/* All shards have ended a sweep: no run before it is needed. */
	bool whole;
	size_t shards;
	struct rdl_journal_past_log *logs;
};

struct rdl_journal_logs {
	const struct rdl_journal_disk *disk;
	char directory[RDL_JOURNAL_DIRECTORY_MAX];
	int lock;
	/* Numbers of all runs that there are, ascending. */
	uint32_t *numbers;
	size_t numbers_count;
	bool no_memory;
	struct rdl_journal_inventory inventory;
	/* Those that are needed, ascending. */
	struct rdl_journal_past_run *runs;
	size_t count;
};

/* Finds out what there is of a run. False, and the problem in words. */
bool rdl_journal_past_look(struct rdl_journal_logs *logs, struct rdl_journal_past_run *run,
	uint32_t number, char *problem);
/* A run that is not there, though it must be. False: no memory. */
bool rdl_journal_past_missing(struct rdl_journal_past_run *run, uint32_t number, size_t shards);
void rdl_journal_past_forget(struct rdl_journal_past_run *run);

/* The log of that index. */
struct rdl_journal_past_log *rdl_journal_past_log(
	const struct rdl_journal_logs *logs, size_t index);
/*
 * Writes anew what the last run's logs end with, as far as nobody says that the disk has it. False,
 * and the problem in words.
 */
bool rdl_journal_past_settle(const struct rdl_journal_logs *logs, char *problem);

#endif
