/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "recall_internal.h"

/* Logs that no partition is named of are told of from now on. */
static const char *places_of(const struct recall *recall, const struct recall_wish *wish,
	uint64_t places[RDL_PARTITIONS])
{
	const struct rdl_journal_history *history = recall->history;
	size_t live = rdl_journal_history_runs(history) - 1;
	const struct rdl_journal_run *told = rdl_journal_history_run(history, live);

	memset(places, 0, RDL_PARTITIONS * sizeof(places[0]));
	for (unsigned i = 0; i < wish->place_count; i++) {
		const struct recall_place *place = &wish->places[i];

		if (place->partition >= RDL_PARTITIONS)
			return "partition: there are 256, from 0 on";
		if (places_raise(history, places, place->partition, place->position))
			continue;
		/* There is none such, so that it begins with a gap. */
		for (unsigned p = 0; p < RDL_PARTITIONS; p++)
			places[p] = UINT64_MAX;
	}
	for (unsigned p = 0; p < RDL_PARTITIONS; p++)
		if (places[p] == 0)
			places[p] = told->origin +
				    rdl_journal_history_end(history, live, p % told->shards);
	return NULL;
}

static struct reader *make(struct recall *recall, const struct recall_wish *wish)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->octets = malloc(READER_OCTETS);
	if (reader->octets == NULL) {
		free(reader);
		return NULL;
	}
	reader->recall = recall;
	reader->reading = &recall->reading;
	reader->kinds = wish->kinds;
	reader->prefix_len = wish->prefix.len;
	if (wish->prefix.len > 0)
		memcpy(reader->prefix, wish->prefix.data, wish->prefix.len);
	return reader;
}

/* False: there are as many as there may be. */
static bool enlist(struct recall *recall, struct reader *reader)
{
	bool good = false;

	pthread_mutex_lock(&recall->lock);
	for (unsigned i = 0; i < RECALL_READERS_MAX && !good; i++) {
		good = recall->readers[i] == NULL;
		if (good)
			recall->readers[i] = reader;
	}
	pthread_mutex_unlock(&recall->lock);
	return good;
}

/* Where it begins, or what is wrong. */
static const char *place(
	struct recall *recall, const struct recall_wish *wish, struct reader *reader, bool *busy)
{
	const char *wrong = NULL;

	if (!wish->by_name)
		return places_of(recall, wish, reader->places);
	reader->cursor = cursors_follow(&recall->cursors, wish->name, reader, &wrong, busy);
	if (reader->cursor != NULL)
		reader->wants_snapshot =
			cursors_places(&recall->cursors, reader->cursor, reader->places);
	return wrong;
}

struct reader *recall_begin(
	struct recall *recall, const struct recall_wish *wish, const char **wrong, bool *busy)
{
	struct reader *reader;

	*busy = false;
	*wrong = recall == NULL ? "from: nothing is kept" : recall->config.refusal;
	if (recall == NULL || recall->history == NULL)
		return NULL;
	reader = make(recall, wish);
	if (reader == NULL) {
		*wrong = "no memory";
		return NULL;
	}
	*wrong = place(recall, wish, reader, busy);
	if (*wrong == NULL && enlist(recall, reader))
		return reader;
	if (*wrong == NULL)
		*wrong = "from: as many read the log as may";
	if (reader->cursor != NULL)
		cursors_leave(&recall->cursors, reader->cursor, reader);
	reader_destroy(reader);
	return NULL;
}

void recall_end(struct reader *reader)
{
	/* Somebody else may follow its cursor at once. */
	if (reader->cursor != NULL)
		cursors_leave(&reader->recall->cursors, reader->cursor, reader);
	__atomic_store_n(&reader->ended, 1, __ATOMIC_RELEASE);
}

const uint8_t *recall_lines(struct reader *reader, size_t *len)
{
	size_t filled = __atomic_load_n(&reader->filled, __ATOMIC_ACQUIRE);

	*len = filled - reader->taken;
	if (filled == 0)
		*len = 0;
	return reader->octets + reader->taken;
}

void recall_take(struct reader *reader, size_t len)
{
	reader->taken += len;
	if (reader->taken < reader->filled)
		return;
	reader->taken = 0;
	__atomic_store_n(&reader->filled, 0, __ATOMIC_RELEASE);
}

bool recall_is_over(const struct reader *reader)
{
	return __atomic_load_n(&reader->filled, __ATOMIC_ACQUIRE) == 0 &&
	       __atomic_load_n(&reader->dead, __ATOMIC_RELAXED) != 0;
}

bool recall_follows(const struct reader *reader, struct rdl_span name)
{
	return reader->cursor != NULL && strlen(reader->cursor->mark.name) == name.len &&
	       memcmp(reader->cursor->mark.name, name.data, name.len) == 0;
}

const char *recall_ack(
	struct reader *reader, struct rdl_span name, unsigned partition, uint64_t position)
{
	struct recall *recall = reader->recall;

	if (!recall_follows(reader, name))
		return "ack: this connection does not follow that cursor";
	if (!cursors_ack(&recall->cursors, reader->cursor, partition, position))
		return "ack: there is no such position";
	__atomic_store_n(&recall->acks, recall->acks + 1, __ATOMIC_RELAXED);
	return NULL;
}
