/* SPDX-License-Identifier: BSD-3-Clause */
#include "recall.h"

#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "recall_internal.h"

#define MS 1000000l
/* Of the thread, when there is nothing to read, and when there is nobody who reads. */
#define PAUSE_NS (2 * MS)
#define PAUSE_IDLE_NS (20 * MS)
/* Between two writes of cursors, and after one that failed. */
#define WRITE_MS 100
#define WRITE_AGAIN_MS 2000

/* ---- the thread ---- */

static void forget(struct recall *recall, unsigned i)
{
	struct reader *reader = recall->readers[i];

	if (reader->cursor != NULL)
		cursors_leave(&recall->cursors, reader->cursor, reader);
	pthread_mutex_lock(&recall->lock);
	recall->readers[i] = NULL;
	pthread_mutex_unlock(&recall->lock);
	reader_destroy(reader);
}

static struct reader *reader_at(struct recall *recall, unsigned i)
{
	pthread_mutex_lock(&recall->lock);
	struct reader *reader = recall->readers[i];
	pthread_mutex_unlock(&recall->lock);
	return reader;
}

/* True when somebody was told something. */
static bool read_all(struct recall *recall, bool *any)
{
	uint64_t now_ms = rdl_clock_ms();
	bool some = false;

	*any = false;
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++) {
		struct reader *reader = reader_at(recall, i);

		if (reader == NULL)
			continue;
		*any = true;
		if (__atomic_load_n(&reader->ended, __ATOMIC_ACQUIRE) != 0)
			forget(recall, i);
		else if (__atomic_load_n(&reader->filled, __ATOMIC_ACQUIRE) == 0)
			some |= reader_read(reader, now_ms);
	}
	return some;
}

static void *remember(void *self)
{
	struct recall *recall = self;
	uint64_t write_ms = 0;
	bool any;

	while (!rdl_thread_is_stopping(&recall->thread)) {
		struct timespec pause = { .tv_nsec = PAUSE_NS };
		bool some = read_all(recall, &any);
		uint64_t now_ms = rdl_clock_ms();

		if (now_ms >= write_ms)
			write_ms = now_ms +
				   (cursors_write(&recall->cursors) ? WRITE_MS : WRITE_AGAIN_MS);
		if (some)
			continue;
		if (!any)
			pause.tv_nsec = PAUSE_IDLE_NS;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* ---- begin and end ---- */

int recall_open(const struct recall_config *config, struct recall **recall)
{
	struct recall *made = calloc(1, sizeof(*made));
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	*recall = made;
	if (made == NULL) {
		rdl_log_error("start", "no memory for events that are kept");
		return -1;
	}
	made->config = *config;
	pthread_mutex_init(&made->lock, NULL);
	if (config->journal == NULL)
		return 0;
	made->history = rdl_journal_history_open(config->journal);
	if (made->history == NULL) {
		rdl_log_error("start", "no memory for events that are kept");
		return -1;
	}
	made->reading = (struct reading){ .history = made->history,
		.facts = config->facts,
		.expiry_grace_s = config->expiry_grace_s,
		.cursors = &made->cursors,
		.lists_left = READING_LISTS_OCTETS };
	if (cursors_open(&made->cursors, config->directory, made->history, problem))
		return 0;
	rdl_log_error("start", "%s", problem);
	return -1;
}

uint64_t recall_memory(const struct recall *recall)
{
	unsigned logs = 0;

	if (recall == NULL)
		return 0;
	if (recall->history == NULL)
		return sizeof(*recall);
	/* A run's logs are open at once, whatever the number of shards was then. */
	for (size_t r = 0; r < rdl_journal_history_runs(recall->history); r++) {
		unsigned shards = rdl_journal_history_run(recall->history, r)->shards;

		logs = shards > logs ? shards : logs;
	}
	return sizeof(*recall) + READING_LISTS_OCTETS +
	       RECALL_READERS_MAX * (uint64_t)reader_memory(logs);
}

int recall_start(struct recall *recall)
{
	if (recall->history == NULL)
		return 0;
	return rdl_thread_start(&recall->thread, "recall", remember, recall);
}

void recall_stop(struct recall *recall)
{
	if (recall == NULL || !recall->thread.running)
		return;
	rdl_thread_stop(&recall->thread);
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++)
		if (recall->readers[i] != NULL)
			forget(recall, i);
	(void)cursors_write(&recall->cursors);
}

void recall_close(struct recall *recall)
{
	if (recall == NULL)
		return;
	recall_stop(recall);
	if (recall->history != NULL)
		cursors_close(&recall->cursors);
	rdl_journal_history_close(recall->history);
	pthread_mutex_destroy(&recall->lock);
	free(recall);
}

/* ---- what there is ---- */

void recall_list(struct recall *recall,
	void (*tell)(void *context, const struct recall_cursor *cursor), void *context)
{
	struct cursors *cursors = &recall->cursors;
	struct recall_cursor told;

	if (recall->history == NULL)
		return;
	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		pthread_mutex_lock(&cursors->lock);
		const struct cursor *cursor = &cursors->all[i];
		bool is_there = cursor->used && !cursor->gone;
		if (is_there) {
			memcpy(told.name, cursor->mark.name, sizeof(told.name));
			told.followed = cursor->owner != NULL;
			told.snapshot = cursor->mark.flag;
			told.lag = places_lag(recall->history, cursor->mark.positions);
		}
		pthread_mutex_unlock(&cursors->lock);
		if (is_there)
			tell(context, &told);
	}
}

const char *recall_remove(struct recall *recall, struct rdl_span name)
{
	return recall->history == NULL ? recall->config.refusal
				       : cursors_remove(&recall->cursors, name);
}

static void add(void *context, const struct recall_cursor *cursor)
{
	struct recall_figures *figures = context;

	figures->cursors++;
	if (cursor->lag > figures->cursors_lag)
		figures->cursors_lag = cursor->lag;
}

void recall_figures(struct recall *recall, struct recall_figures *figures)
{
	const struct reader_counts *counts = &recall->reading.counts;

	*figures = (struct recall_figures){
		.recalled = __atomic_load_n(&counts->told, __ATOMIC_RELAXED),
		.recalled_rows = __atomic_load_n(&counts->rows, __ATOMIC_RELAXED),
		.recall_gaps = __atomic_load_n(&counts->gaps, __ATOMIC_RELAXED),
		.recall_snapshots = __atomic_load_n(&counts->snapshots, __ATOMIC_RELAXED),
		.acknowledgements = __atomic_load_n(&recall->acks, __ATOMIC_RELAXED),
		.cursor_errors = __atomic_load_n(&recall->cursors.errors, __ATOMIC_RELAXED),
	};
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++)
		figures->readers += reader_at(recall, i) != NULL;
	recall_list(recall, add, figures);
}
