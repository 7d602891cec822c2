/* SPDX-License-Identifier: BSD-3-Clause */
#include "cursors.h"

#include <errno.h>

#include "log.h"

static void take(void *context, const struct rdl_journal_bookmark *bookmark, bool damaged)
{
	struct cursors *cursors = context;

	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		struct cursor *cursor = &cursors->all[i];

		if (cursor->used)
			continue;
		*cursor = (struct cursor){ .used = true, .mark = *bookmark };
		if (damaged) {
			cursor->mark.flag = true;
			rdl_log_warn("start",
				"a cursor cannot be read, its subscriber gets a snapshot "
				"directory=%s cursor=%s",
				cursors->directory, bookmark->name);
		}
		return;
	}
	rdl_log_warn("start", "one cursor too many is left aside directory=%s cursor=%s",
		cursors->directory, bookmark->name);
}

bool cursors_open(struct cursors *cursors, const char *directory,
	const struct rdl_journal_history *history, char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	pthread_mutex_init(&cursors->lock, NULL);
	cursors->directory = directory;
	cursors->history = history;
	bool made,
		good = rdl_journal_bookmarks_read(directory, NULL, take, cursors, &made, problem);
	/* Each run that events are kept of has had the place for them. */
	if (good && made && rdl_journal_history_runs(history) > 1)
		rdl_log_warn("start",
			"the cursors are missing, whoever follows one gets a snapshot "
			"directory=%s/" RDL_JOURNAL_BOOKMARKS,
			directory);
	return good;
}

void cursors_close(struct cursors *cursors)
{
	pthread_mutex_destroy(&cursors->lock);
}

/* With the lock; NULL: there is none. */
static struct cursor *find(struct cursors *cursors, struct rdl_span name)
{
	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		struct cursor *cursor = &cursors->all[i];

		if (cursor->used && strlen(cursor->mark.name) == name.len &&
			memcmp(cursor->mark.name, name.data, name.len) == 0)
			return cursor;
	}
	return NULL;
}

/* With the lock; NULL: there are as many as there may be. */
static struct cursor *make(struct cursors *cursors, struct rdl_span name)
{
	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		struct cursor *cursor = &cursors->all[i];

		if (cursor->used)
			continue;
		*cursor = (struct cursor){ .used = true, .gone = true };
		memcpy(cursor->mark.name, name.data, name.len);
		return cursor;
	}
	return NULL;
}

struct cursor *cursors_follow(struct cursors *cursors, struct rdl_span name, const void *owner,
	const char **wrong, bool *busy)
{
	*busy = false;
	if (!rdl_journal_bookmark_is_name(name)) {
		*wrong = "name: not 1 to 64 letters, digits, '-', '_' and '.', which is not the "
			 "first";
		return NULL;
	}
	pthread_mutex_lock(&cursors->lock);
	struct cursor *cursor = find(cursors, name);
	if (cursor == NULL)
		cursor = make(cursors, name);
	if (cursor == NULL) {
		*wrong = "name: there are 64 cursors, and no more may be";
	} else if (cursor->owner != NULL) {
		*busy = true;
		*wrong = "name: another subscriber follows this cursor";
		cursor = NULL;
	} else if (cursor->gone) {
		/* A new one, which has nothing yet. */
		memset(cursor->mark.positions, 0, sizeof(cursor->mark.positions));
		cursor->gone = false;
		cursor->mark.flag = cursor->changed = true;
		cursor->has_ends = false;
	}
	if (cursor != NULL)
		cursor->owner = owner;
	pthread_mutex_unlock(&cursors->lock);
	return cursor;
}

void cursors_leave(struct cursors *cursors, struct cursor *cursor, const void *owner)
{
	pthread_mutex_lock(&cursors->lock);
	if (cursor->owner == owner) {
		cursor->owner = NULL;
		cursor->has_ends = false;
	}
	pthread_mutex_unlock(&cursors->lock);
}

bool cursors_places(
	struct cursors *cursors, const struct cursor *cursor, uint64_t places[RDL_PARTITIONS])
{
	pthread_mutex_lock(&cursors->lock);
	memcpy(places, cursor->mark.positions, sizeof(cursor->mark.positions));
	bool snapshot = cursor->mark.flag;
	pthread_mutex_unlock(&cursors->lock);
	return snapshot;
}

void cursors_snapshot_begins(struct cursors *cursors, struct cursor *cursor, const void *owner)
{
	pthread_mutex_lock(&cursors->lock);
	if (cursor->owner == owner) {
		cursor->mark.flag = cursor->changed = true;
		cursor->has_ends = false;
	}
	pthread_mutex_unlock(&cursors->lock);
}

void cursors_snapshot_told(struct cursors *cursors, struct cursor *cursor, const void *owner,
	const uint64_t ends[RDL_PARTITIONS])
{
	pthread_mutex_lock(&cursors->lock);
	if (cursor->owner == owner) {
		memcpy(cursor->ends, ends, sizeof(cursor->ends));
		cursor->has_ends = true;
	}
	pthread_mutex_unlock(&cursors->lock);
}

/* All of the snapshot has come. */
static bool has_all(const struct cursor *cursor)
{
	for (unsigned p = 0; p < RDL_PARTITIONS; p++)
		if (cursor->mark.positions[p] < cursor->ends[p])
			return false;
	return cursor->has_ends;
}

bool cursors_ack(
	struct cursors *cursors, struct cursor *cursor, unsigned partition, uint64_t position)
{
	pthread_mutex_lock(&cursors->lock);
	bool good = places_raise(cursors->history, cursor->mark.positions, partition, position);
	if (good) {
		cursor->changed = true;
		if (cursor->mark.flag && has_all(cursor))
			cursor->mark.flag = false;
	}
	pthread_mutex_unlock(&cursors->lock);
	return good;
}

const char *cursors_remove(struct cursors *cursors, struct rdl_span name)
{
	const char *wrong = NULL;

	pthread_mutex_lock(&cursors->lock);
	struct cursor *cursor = find(cursors, name);
	if (cursor == NULL || cursor->gone)
		wrong = "no such cursor";
	else if (cursor->owner != NULL)
		wrong = "a subscriber follows it";
	else
		cursor->gone = cursor->changed = true;
	pthread_mutex_unlock(&cursors->lock);
	return wrong;
}

/* What is to be written of one: false, where nothing is. */
static bool copy_changed(struct cursors *cursors, struct cursor *cursor,
	struct rdl_journal_bookmark *mark, bool *gone)
{
	pthread_mutex_lock(&cursors->lock);
	bool changed = cursor->used && cursor->changed;
	*mark = cursor->mark;
	*gone = cursor->gone;
	cursor->changed = false;
	pthread_mutex_unlock(&cursors->lock);
	return changed;
}

/* It is written, or not, and what is new meanwhile is written the next time. */
static void note_written(struct cursors *cursors, struct cursor *cursor,
	const struct rdl_journal_bookmark *mark, bool gone, int rc)
{
	pthread_mutex_lock(&cursors->lock);
	cursor->mark.writes = gone && rc == 0 ? 0 : mark->writes;
	cursor->changed |= rc != 0;
	/* Unless somebody wants one of its name again. */
	if (gone && rc == 0 && cursor->gone)
		cursor->used = false;
	pthread_mutex_unlock(&cursors->lock);
}

bool cursors_write(struct cursors *cursors)
{
	struct rdl_journal_bookmark mark;
	int error = 0;
	bool gone;

	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		struct cursor *cursor = &cursors->all[i];

		if (!copy_changed(cursors, cursor, &mark, &gone))
			continue;
		int rc = gone ? rdl_journal_bookmark_remove(cursors->directory, NULL, mark.name)
			      : rdl_journal_bookmark_write(cursors->directory, NULL, &mark);
		note_written(cursors, cursor, &mark, gone, rc);
		error = rc != 0 ? rc : error;
	}
	if (error != 0) {
		__atomic_store_n(&cursors->errors, cursors->errors + 1, __ATOMIC_RELAXED);
		if (!cursors->failing)
			rdl_log_error("events",
				"cursors cannot be written, and are tried again directory=%s "
				"error=\"%s\"",
				cursors->directory, strerror(-error));
	}
	cursors->failing = error != 0;
	return error == 0;
}
