/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_logs.h"

#include <stdlib.h>

void reader_close_logs(struct reader *reader)
{
	for (unsigned s = 0; reader->logs != NULL && s < reader->shards; s++) {
		rdl_journal_unfollow(reader->logs[s].follower);
		rdl_told_destroy(reader->logs[s].told);
	}
	free(reader->logs);
	reader->logs = NULL;
	reader->shards = reader->left = 0;
}

size_t reader_memory(unsigned logs)
{
	return sizeof(struct reader) + READER_OCTETS +
	       logs * (sizeof(struct reader_log) + rdl_told_memory() +
			      rdl_journal_follower_memory());
}

static bool make_logs(struct reader *reader, size_t run)
{
	reader_close_logs(reader);
	reader->run = run;
	unsigned shards = reader_run(reader)->shards;
	reader->logs = calloc(shards, sizeof(*reader->logs));
	if (reader->logs == NULL)
		return false;
	reader->shards = reader->left = shards;
	for (unsigned s = 0; s < shards; s++) {
		reader->logs[s].told = rdl_told_create(READER_LISTS_OCTETS,
			&reader->reading->lists_left, reader->reading->expiry_grace_s);
		if (reader->logs[s].told == NULL)
			return false;
	}
	return true;
}

enum outcome reader_open_run(struct reader *reader, size_t run, uint64_t now_ms)
{
	const struct rdl_journal_history *history = reader->reading->history;

	if (!make_logs(reader, run))
		return OUTCOME_MEMORY;
	for (unsigned s = 0; s < reader->shards; s++) {
		struct reader_log *log = &reader->logs[s];
		uint64_t after =
			place_in(history, run, s, places_least(reader->places, reader->shards, s));

		log->from = after + 1;
		log->read = log->said = after;
		log->said_ms = now_ms;
		if (!reader_run(reader)->live &&
			after >= rdl_journal_history_end(history, run, s)) {
			reader->left--;
			continue;
		}
		log->follower = rdl_journal_follow(history, run, s, after);
		if (log->follower == NULL)
			return OUTCOME_MEMORY;
		uint64_t first = rdl_journal_follower_first(log->follower);
		if (first == 0 || first > after + 1)
			return OUTCOME_GONE;
	}
	return OUTCOME_GOOD;
}

enum outcome reader_open_sweeps(struct reader *reader, uint64_t now_ms)
{
	const struct rdl_journal_history *history = reader->reading->history;

	if (!make_logs(reader, rdl_journal_history_runs(history) - 1))
		return OUTCOME_MEMORY;
	for (unsigned s = 0; s < reader->shards; s++) {
		struct reader_log *log = &reader->logs[s];

		log->follower = rdl_journal_follow_sweep(history, reader->run, s);
		if (log->follower == NULL)
			return OUTCOME_MEMORY;
		uint64_t first = rdl_journal_follower_first(log->follower);
		log->from = rdl_journal_follower_base(log->follower);
		if (first == 0 || first > log->from)
			return OUTCOME_GONE;
		log->in_snapshot = log->sweeping = true;
		log->until = rdl_journal_history_end(history, reader->run, s);
		log->read = log->said = log->from - 1;
		log->said_ms = now_ms;
	}
	reader->snapshots_left = reader->shards;
	reader->rows = 0;
	memset(reader->ends, 0, sizeof(reader->ends));
	return OUTCOME_GOOD;
}
