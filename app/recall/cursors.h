/* SPDX-License-Identifier: BSD-3-Clause */
/* cursors: places of subscribers that have a name. Under a lock, by any thread. */
#ifndef RDL_RECALL_CURSORS_H
#define RDL_RECALL_CURSORS_H

#include <pthread.h>

#include "bookmarks.h"
#include "places.h"
#include "recall.h"

struct cursor {
	bool used;
	bool gone; /* its file goes, then it is used no more */
	bool changed; /* since it was written */
	const void *owner; /* who follows it, or NULL */
	/* Its flag: it gets a snapshot, since it has not acknowledged all of the last one. */
	struct rdl_journal_bookmark mark;
	/* Where that ended, which is told; 0: it has not ended. */
	bool has_ends;
	uint64_t ends[RDL_PARTITIONS];
};

struct cursors {
	pthread_mutex_t lock;
	const char *directory;
	const struct rdl_journal_history *history;
	struct cursor all[RECALL_CURSORS_MAX];
	bool failing; /* the last write has failed, and the log says so */
	uint64_t errors; /* ever (relaxed) */
};

/* False: `problem` says why they cannot be read. */
RDL_MUST_CHECK bool cursors_open(struct cursors *cursors, const char *directory,
	const struct rdl_journal_history *history, char problem[RDL_JOURNAL_PROBLEM_MAX]);
void cursors_close(struct cursors *cursors);

/*
 * Follows one, which is made if there is none, until its owner leaves it; what an owner says after
 * that counts no more. NULL: `*wrong`, and whether another follows it.
 */
struct cursor *cursors_follow(struct cursors *cursors, struct rdl_span name, const void *owner,
	const char **wrong, bool *busy);
void cursors_leave(struct cursors *cursors, struct cursor *cursor, const void *owner);
/* Its places; true: it is to get a snapshot. */
bool cursors_places(
	struct cursors *cursors, const struct cursor *cursor, uint64_t places[RDL_PARTITIONS]);
/* A snapshot begins; it has been told, to its end. */
void cursors_snapshot_begins(struct cursors *cursors, struct cursor *cursor, const void *owner);
void cursors_snapshot_told(struct cursors *cursors, struct cursor *cursor, const void *owner,
	const uint64_t ends[RDL_PARTITIONS]);
/* False: there is no such position. */
bool cursors_ack(
	struct cursors *cursors, struct cursor *cursor, unsigned partition, uint64_t position);
const char *cursors_remove(struct cursors *cursors, struct rdl_span name);
/* Puts all that is new of them on the disk. False: not all, and it is tried again. */
bool cursors_write(struct cursors *cursors);

#endif
