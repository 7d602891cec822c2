/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_logs.h"

#include <stdlib.h>

#include "say.h"

/* Of one log in its turn. */
#define ENTRIES_MAX 256
/* Of all its logs, before others' are looked at. */
#define TURNS_MAX 64
/* Between lines that say how far a log was read which had nothing to tell. */
#define SAY_MS 5000
#define RETRY_MS 500

void reader_destroy(struct reader *reader)
{
	if (reader == NULL)
		return;
	reader_close_logs(reader);
	free(reader->octets);
	free(reader);
}

static void die(struct reader *reader, struct rdl_cursor *out, const char *why)
{
	reader_close_logs(reader);
	say_error(out, why);
	__atomic_store_n(&reader->dead, 1, __ATOMIC_RELAXED);
}

/* All that there is, and then whatever comes. */
static void begin_snapshot(struct reader *reader, struct rdl_cursor *out, uint64_t now_ms)
{
	enum outcome outcome = reader_open_sweeps(reader, now_ms);

	if (outcome == OUTCOME_MEMORY) {
		die(reader, out, "no memory");
		return;
	}
	if (outcome == OUTCOME_GONE) {
		/* It went between two looks: there is a newer one by now. */
		reader_close_logs(reader);
		reader->wants_snapshot = true;
		reader->begun = false;
		reader->retry_ms = now_ms + RETRY_MS;
		return;
	}
	/* Other places do not count any more: what is told is all that is not behind. */
	memset(reader->places, 0, sizeof(reader->places));
	reader->wants_snapshot = false;
	say_count(&reader->reading->counts.snapshots, 1);
	if (reader->cursor != NULL)
		cursors_snapshot_begins(reader->reading->cursors, reader->cursor, reader);
	say_text(out, "{\"event\":\"snapshot-begin\"}\n");
}

static void tell_gap(
	struct reader *reader, struct rdl_cursor *out, const char *why, uint64_t now_ms)
{
	say_count(&reader->reading->counts.gaps, 1);
	say_gap(out, why);
	begin_snapshot(reader, out, now_ms);
}

static const char not_kept[] = "what comes next is not kept any more";

static void open_next(struct reader *reader, size_t run, struct rdl_cursor *out, uint64_t now_ms)
{
	enum outcome outcome = reader_open_run(reader, run, now_ms);

	if (outcome == OUTCOME_MEMORY)
		die(reader, out, "no memory");
	else if (outcome == OUTCOME_GONE)
		tell_gap(reader, out, not_kept, now_ms);
}

/* Positions that nothing is known of, of some partitions, are a gap. */
static void begin(struct reader *reader, struct rdl_cursor *out, uint64_t now_ms)
{
	size_t first = SIZE_MAX, run = 0;

	reader->begun = true;
	if (reader->wants_snapshot) {
		begin_snapshot(reader, out, now_ms);
		return;
	}
	for (unsigned p = 0; p < RDL_PARTITIONS; p++) {
		if (!place_run(reader->reading->history, reader->places[p], &run)) {
			tell_gap(reader, out, not_kept, now_ms);
			return;
		}
		const struct rdl_journal_run *told =
			rdl_journal_history_run(reader->reading->history, run);
		/* The log ended before it: it was cut, or an older state put in its place. */
		if (reader->places[p] - told->origin >
			rdl_journal_history_end(reader->reading->history, run, p % told->shards)) {
			tell_gap(reader, out, "the log does not reach that far", now_ms);
			return;
		}
		first = run < first ? run : first;
	}
	open_next(reader, first, out, now_ms);
}

/* ---- entries ---- */

static bool is_wanted(const struct reader *reader, const struct rdl_event *event)
{
	const struct rdl_span endpoint = event->registration.endpoint;

	if (event->kind != RDL_EVENT_row && (reader->kinds & 1u << event->kind) == 0)
		return false;
	return endpoint.len >= reader->prefix_len &&
	       memcmp(endpoint.data, reader->prefix, reader->prefix_len) == 0;
}

static void tell_fact(struct reader *reader, struct reader_log *log,
	const struct rdl_told_fact *fact, uint64_t position, struct rdl_cursor *out)
{
	struct rdl_event event = { .kind = RDL_EVENT_row,
		.time_ms = fact->time_ms,
		.position = reader_run(reader)->origin + position,
		.registration = fact->registration,
		.identity = &fact->identity };

	if (fact->kind == RDL_TOLD_CHANGE) {
		event.kind = rdl_event_kind_of(fact->change);
		event.changed = fact->members;
		event.old.location = fact->old_location;
		event.old.peer = fact->old_peer;
	}
	/* What one partition has, another of the same log may not have. */
	if (event.position <=
			reader->places[rdl_location_partition(&event.registration.location)] ||
		!is_wanted(reader, &event))
		return;
	rdl_event_text(out, &event, &reader->reading->facts);
	log->said = position;
	reader->rows += event.kind == RDL_EVENT_row;
	say_count(event.kind == RDL_EVENT_row ? &reader->reading->counts.rows
					      : &reader->reading->counts.told,
		1);
}

static void say_position(
	struct reader *reader, unsigned shard, struct rdl_cursor *out, uint64_t now_ms)
{
	struct reader_log *log = &reader->logs[shard];

	log->said = log->read;
	log->said_ms = now_ms;
	say_place(out, shard, reader_run(reader)->origin + log->read);
}

/* All that a log has to a snapshot was told: with the last one, it has ended. */
static void end_part(struct reader *reader, unsigned shard, struct rdl_cursor *out, uint64_t now_ms)
{
	struct reader_log *log = &reader->logs[shard];

	log->in_snapshot = false;
	for (unsigned p = shard; p < RDL_PARTITIONS; p += reader->shards)
		reader->ends[p] = reader_run(reader)->origin + log->read;
	if (--reader->snapshots_left > 0)
		return;
	if (reader->cursor != NULL)
		cursors_snapshot_told(
			reader->reading->cursors, reader->cursor, reader, reader->ends);
	say_snapshot_end(out, reader->rows);
	for (unsigned s = 0; s < reader->shards; s++)
		say_position(reader, s, out, now_ms);
}

/* NULL, or why what was read is of no use. */
static const char *take_entry(struct reader *reader, unsigned shard,
	const struct rdl_journal_entry *entry, struct rdl_cursor *out, uint64_t now_ms)
{
	struct reader_log *log = &reader->logs[shard];
	unsigned wanted = 0;
	struct rdl_told_fact fact;

	if (entry->position >= log->from)
		wanted = RDL_TOLD_CHANGES | (log->sweeping ? RDL_TOLD_ROWS : 0);
	switch (rdl_told_read(log->told, entry->octets, entry->stamp->run_ms, entry->stamp->wall_ms,
		wanted, &fact)) {
	case RDL_TOLD_CHANGE:
	case RDL_TOLD_ROW:
		tell_fact(reader, log, &fact, entry->position, out);
		break;
	case RDL_TOLD_UNKNOWN:
		return "an object list is not kept any more";
	case RDL_TOLD_BAD:
		return "the log has what this version does not know";
	case RDL_TOLD_NOTHING:
		break;
	}
	if (entry->position < log->from)
		return NULL;
	log->read = entry->position;
	log->sweeping = log->sweeping && entry->mark != RDL_JOURNAL_SWEEP_ENDS;
	if (log->in_snapshot && !log->sweeping && log->read >= log->until)
		end_part(reader, shard, out, now_ms);
	return NULL;
}

static bool has_room(const struct rdl_cursor *out)
{
	return (size_t)(out->end - out->pos) >= RDL_EVENT_TEXT_MAX + SAY_OCTETS;
}

/* Some entries of one log; true where there were some. *why: it cannot go on. */
static bool read_log(struct reader *reader, unsigned shard, struct rdl_cursor *out, uint64_t now_ms,
	const char **why)
{
	struct reader_log *log = &reader->logs[shard];
	struct rdl_journal_entry entry;
	unsigned n;

	for (n = 0; n < ENTRIES_MAX && *why == NULL && has_room(out); n++) {
		switch (rdl_journal_follow_next(log->follower, &entry)) {
		case RDL_JOURNAL_FOLLOWED:
			*why = take_entry(reader, shard, &entry, out, now_ms);
			continue;
		case RDL_JOURNAL_NOT_YET:
			break;
		case RDL_JOURNAL_OVER:
			rdl_journal_unfollow(log->follower);
			log->follower = NULL;
			reader->left--;
			break;
		case RDL_JOURNAL_GONE:
			*why = not_kept;
			break;
		case RDL_JOURNAL_UNREADABLE:
			*why = "what comes next cannot be read";
			break;
		}
		break;
	}
	if (*why == NULL && has_room(out) && reader->snapshots_left == 0 && log->follower != NULL &&
		log->read > log->said && now_ms - log->said_ms >= SAY_MS)
		say_position(reader, shard, out, now_ms);
	return n > 0;
}

static bool read_logs(struct reader *reader, struct rdl_cursor *out, uint64_t now_ms)
{
	const char *why = NULL;
	bool some = false;

	for (unsigned s = 0; s < reader->shards && why == NULL; s++)
		if (reader->logs[s].follower != NULL)
			some |= read_log(reader, s, out, now_ms, &why);
	if (why != NULL && why != not_kept && reader->snapshots_left > 0) {
		/* Another snapshot would have it, too. */
		die(reader, out, why);
		return false;
	}
	if (why != NULL) {
		reader->retry_ms = reader->snapshots_left > 0 ? now_ms + RETRY_MS : 0;
		tell_gap(reader, out, why, now_ms);
		return true;
	}
	if (reader->left == 0 && has_room(out)) {
		open_next(reader, reader->run + 1, out, now_ms);
		return true;
	}
	return some;
}

bool reader_read(struct reader *reader, uint64_t now_ms)
{
	struct rdl_cursor out = rdl_cursor(reader->octets, READER_OCTETS);
	bool some = false;

	if (reader->dead || now_ms < reader->retry_ms)
		return false;
	unsigned turns = TURNS_MAX;
	for (bool more = true; more && turns-- > 0 && !reader->dead && has_room(&out);
		some |= more) {
		if (!reader->begun)
			begin(reader, &out, now_ms);
		more = reader->begun && reader->logs != NULL && now_ms >= reader->retry_ms &&
		       read_logs(reader, &out, now_ms);
	}
	size_t filled = (size_t)(out.pos - reader->octets);
	if (filled > 0)
		__atomic_store_n(&reader->filled, filled, __ATOMIC_RELEASE);
	return some || filled > 0;
}
