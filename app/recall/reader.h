/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reader: what one subscriber is told out of the logs. Those of a run are read side by side, each
 * in its order; when a run's are over, those of the next one. What is not there any more is told
 * as a gap, and then a snapshot: the last sweeps of this run's logs, which have all that there was,
 * and what comes behind them up to where the logs were when it began.
 */
#ifndef RDL_RECALL_READER_H
#define RDL_RECALL_READER_H

#include "cursors.h"
#include "told.h"

/* Room for the longest line, and others before it. */
#define READER_OCTETS (2 * RDL_EVENT_TEXT_MAX)

/* Told by the thread that reads (relaxed). */
struct reader_counts {
	uint64_t told, rows, gaps, snapshots;
};

/* What all readers share. */
struct reading {
	const struct rdl_journal_history *history;
	struct rdl_event_facts facts;
	uint32_t expiry_grace_s;
	struct cursors *cursors;
	size_t lists_left; /* octets that object lists may yet take, of all logs that are read */
	struct reader_counts counts;
};

/* Octets of object lists that are kept: of all logs that are read, and of one. */
#define READING_LISTS_OCTETS ((size_t)256 << 20)
#define READER_LISTS_OCTETS ((size_t)32 << 20)

/* One log that is read. */
struct reader_log {
	struct rdl_journal_follower *follower; /* NULL: there is nothing more in it */
	struct rdl_told *told;
	/* What lies before it is only looked at for lists. */
	uint64_t from;
	/*
	 * Of a snapshot: its sweep's registrations are told until that ends, and all to a position.
	 */
	bool in_snapshot, sweeping;
	uint64_t until;
	/* Positions: of the last entry read, and up to where the subscriber knows of that. */
	uint64_t read, said;
	uint64_t said_ms;
};

struct reader {
	struct recall *recall;
	struct reading *reading;
	struct cursor *cursor; /* NULL: without one */
	uint32_t kinds;
	size_t prefix_len;
	char prefix[RDL_ENDPOINT_MAX];
	int ended; /* by the thread that serves (release): nobody wants it any more */
	int dead; /* nothing comes behind the lines, which say why (relaxed, before those) */
	/* Lines: the reader's where it is 0 (by whoever hands them on, release). */
	size_t filled;
	size_t taken; /* of them; the other thread's */
	uint8_t *octets;
	/* Where the subscriber is in each partition, from the beginning on. */
	uint64_t places[RDL_PARTITIONS];
	bool wants_snapshot;
	/* The reading thread's own. */
	bool begun;
	uint64_t retry_ms; /* not before: what is to be read changes too fast */
	size_t run;
	struct reader_log *logs;
	unsigned shards, left; /* logs that are not over */
	unsigned snapshots_left; /* logs that are in one */
	uint64_t rows;
	uint64_t ends[RDL_PARTITIONS]; /* of the snapshot */
};

/* Reads what there is room for; true where there was something, and may be more. */
bool reader_read(struct reader *reader, uint64_t now_ms);
void reader_destroy(struct reader *reader);
/* Octets that one takes with so many logs open, lists apart. */
size_t reader_memory(unsigned logs);

#endif
