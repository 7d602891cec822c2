/* SPDX-License-Identifier: BSD-3-Clause */
/* What a shard tells of its registrations: each change as it happens, and all of them in walks. */
#include "hand_on.h"
#include "keep.h"

#include <assert.h>

/* Slots looked at and rows written in one round: some microseconds. */
#define WALK_SLOTS 256
#define WALK_ROWS 16

static void tell(struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms)
{
	struct rdl_event event = {
		.kind = rdl_event_kind_of((enum rdl_change_kind)change->kind),
		.unreached = shard->walk.under_way && change->handle >= shard->walk.cursor,
		.time_ms = rdl_registry_wall(shard->registry, now_ms),
	};

	if (change->kind == RDL_CHANGE_UPDATED || change->kind == RDL_CHANGE_RENEWED)
		event.changed = change->members;
	if (change->kind == RDL_CHANGE_REPLACED)
		event.old.location = change->old_location;
	if (change->kind == RDL_CHANGE_REPLACED || change->kind == RDL_CHANGE_UPDATED)
		event.old.peer = change->old_peer;
	rdl_registry_describe(shard->registry, change->handle, &event.registration);
	rdl_events_write(shard->events, &event);
}

/* Answers that tell of a registration wait for this change; time alone says that it has ended. */
static void note(struct rdl_shard *shard, const struct rdl_change *change)
{
	if (!rdl_waiting_is_used(&shard->waiting) || change->kind == RDL_CHANGE_EXPIRED)
		return;
	rdl_waiting_note(&shard->waiting, change->handle, change->position);
	if (change->kind == RDL_CHANGE_REPLACED &&
		RDL_UNLIKELY(change->old_location.handle != change->handle))
		rdl_waiting_note(&shard->waiting, change->old_location.handle, change->position);
}

void rdl_shard_tell(struct rdl_shard *shard, struct rdl_change *change, uint64_t now_ms)
{
	if (shard->journal != NULL)
		rdl_shard_put_entry(shard, change, now_ms);
	else
		shard->position++;
	change->position = shard->position;
	note(shard, change);
	if (shard->events != NULL && rdl_events_wanted(shard->events) && rdl_shard_is_news(change))
		tell(shard, change, now_ms);
}

/* Which worker an endpoint's requests come by; what goes there had best go by the same. */
static void note_way(struct rdl_shard *shard, const struct rdl_change *change)
{
	if (change->kind != RDL_CHANGE_EXPIRED && change->kind != RDL_CHANGE_REMOVED)
		shard->ways[change->handle % RDL_SHARD_WAYS] = (uint8_t)(shard->worker + 1);
}

void rdl_shard_tell_orders(
	struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms)
{
	bool waits = rdl_waiting_is_used(&shard->waiting);

	if (RDL_LIKELY(!rdl_orders_minds(shard->orders, change->handle)) &&
		(change->kind != RDL_CHANGE_REPLACED ||
			!rdl_orders_minds(shard->orders, change->old_location.handle)))
		return;
	note_way(shard, change);
	rdl_orders_changed(shard->orders, change, waits ? change->position : 0, now_ms);
}

unsigned rdl_shard_way(const struct rdl_shard *shard, rdl_handle handle, unsigned workers)
{
	unsigned way = shard->ways[handle % RDL_SHARD_WAYS];

	return way != 0 ? way - 1 : handle % workers;
}

/* Where a walk begins or ends; false when the ring has no room for that. */
static bool mark(
	struct rdl_shard *shard, enum rdl_event_kind kind, uint64_t number, uint64_t now_ms)
{
	const struct rdl_event event = {
		.kind = kind, .time_ms = rdl_registry_wall(shard->registry, now_ms), .seq = number
	};

	return rdl_events_write(shard->events, &event);
}

/* The next row; false when there is none for now. */
static bool step(struct rdl_shard *shard, uint64_t now_ms, unsigned *budget)
{
	struct rdl_event row = { .kind = RDL_EVENT_row,
		.time_ms = rdl_registry_wall(shard->registry, now_ms) };
	uint64_t cursor = shard->walk.cursor;
	rdl_handle handle;

	if (!rdl_events_row_fits(shard->events))
		return false;
	handle = rdl_registry_next(shard->registry, &cursor, now_ms, budget);
	if (handle != RDL_HANDLE_NONE) {
		rdl_registry_describe(shard->registry, handle, &row.registration);
		bool written = rdl_events_write(shard->events, &row);
		assert(written);
		(void)written;
	}
	shard->walk.cursor = cursor;
	return handle != RDL_HANDLE_NONE;
}

static bool walk(struct rdl_shard *shard, uint64_t now_ms)
{
	struct rdl_walk *walk = &shard->walk;
	uint64_t asked = rdl_events_walk_asked(shard->events), from;
	unsigned budget = WALK_SLOTS;

	if (RDL_LIKELY(!walk->under_way && walk->number == asked))
		return false;
	if (!rdl_events_wanted(shard->events)) {
		/* Whoever asked has gone. */
		walk->under_way = false;
		walk->number = asked;
		return false;
	}
	if (!walk->under_way) {
		if (!mark(shard, RDL_EVENT_walk_begin, asked, now_ms))
			return false;
		*walk = (struct rdl_walk){ true, asked, 0 };
		return true;
	}
	from = walk->cursor;
	for (unsigned rows = 0; rows < WALK_ROWS && step(shard, now_ms, &budget); rows++)
		;
	if (walk->cursor == UINT64_MAX)
		walk->under_way = !mark(shard, RDL_EVENT_walk_end, walk->number, now_ms);
	return walk->cursor != from;
}

bool rdl_shard_publish(struct rdl_shard *shard, uint64_t now_ms)
{
	bool worked = false;

	if (shard->journal != NULL) {
		worked = rdl_sweeps_go_on(shard, now_ms);
		rdl_journal_publish(shard->journal);
	}
	if (shard->events == NULL)
		return worked;
	worked |= walk(shard, now_ms);
	if (RDL_UNLIKELY(rdl_waiting_is_used(&shard->waiting)))
		rdl_held_publish(
			&shard->held, shard->events, shard->position, shard->waiting.released);
	else
		rdl_events_publish(shard->events);
	return worked;
}
