/* SPDX-License-Identifier: BSD-3-Clause */
/* What a shard tells of its registrations: each change as it happens, and all of them in walks. */
#include "tell.h"

#include <assert.h>

/* Slots looked at and rows written in one round: some microseconds. */
#define WALK_SLOTS 256
#define WALK_ROWS 16

static void tell(struct rdl_shard *shard, rdl_handle handle, enum rdl_event_kind kind,
	unsigned changed, uint64_t now_ms)
{
	struct rdl_event event = { .kind = kind,
		.changed = (uint8_t)changed,
		.unreached = shard->walk.under_way && handle >= shard->walk.cursor,
		.time_ms = now_ms };

	rdl_registry_describe(shard->registry, handle, &event.registration);
	rdl_events_write(shard->events, &event);
}

void rdl_shard_tell(
	struct rdl_shard *shard, rdl_handle handle, enum rdl_event_kind kind, uint64_t now_ms)
{
	if (rdl_shard_is_heard(shard))
		tell(shard, handle, kind, 0, now_ms);
}

bool rdl_shard_update(struct rdl_shard *shard, rdl_handle handle, const struct rdl_request *request,
	uint64_t now_ms)
{
	struct rdl_registration before;

	if (RDL_LIKELY(!rdl_shard_is_heard(shard)))
		return rdl_registry_update(shard->registry, handle, request, now_ms);
	rdl_registry_describe(shard->registry, handle, &before);
	unsigned changed = rdl_event_changed(request, &before);
	if (!rdl_registry_update(shard->registry, handle, request, now_ms))
		return false;
	tell(shard, handle, RDL_EVENT_updated, changed, now_ms);
	return true;
}

void rdl_shard_ended(void *self, rdl_handle handle, uint64_t now_ms)
{
	rdl_shard_tell(self, handle, RDL_EVENT_expired, now_ms);
}

void rdl_shard_remove(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms)
{
	rdl_shard_tell(shard, handle, RDL_EVENT_removed, now_ms);
	rdl_registry_remove(shard->registry, handle, now_ms);
	rdl_stats_add(&shard->stats, RDL_STAT_removed, 1);
}

/* Where a walk begins or ends; false when the ring has no room for that. */
static bool mark(
	struct rdl_shard *shard, enum rdl_event_kind kind, uint64_t number, uint64_t now_ms)
{
	const struct rdl_event event = { .kind = kind, .time_ms = now_ms, .seq = number };

	return rdl_events_write(shard->events, &event);
}

/* The next row; false when there is none for now. */
static bool step(struct rdl_shard *shard, uint64_t now_ms, unsigned *budget)
{
	struct rdl_event row = { .kind = RDL_EVENT_row, .time_ms = now_ms };
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
	if (shard->events == NULL)
		return false;
	bool worked = walk(shard, now_ms);
	rdl_events_publish(shard->events);
	return worked;
}
