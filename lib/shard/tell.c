/* SPDX-License-Identifier: BSD-3-Clause */
/* What a shard tells of its registrations: each change as it happens, and all of them in walks. */
#include "tell.h"

#include <assert.h>

/* Slots looked at and rows written in one round: some microseconds. */
#define WALK_SLOTS 256
#define WALK_ROWS 16

/*
 * Of a registration that is there;
 * the event's kind and what else belongs to that are the caller's.
 */
static void tell(
	struct rdl_shard *shard, rdl_handle handle, struct rdl_event *event, uint64_t now_ms)
{
	event->unreached = shard->walk.under_way && handle >= shard->walk.cursor;
	event->time_ms = rdl_registry_wall(shard->registry, now_ms);
	rdl_registry_describe(shard->registry, handle, &event->registration);
	rdl_events_write(shard->events, event);
}

void rdl_shard_tell(
	struct rdl_shard *shard, rdl_handle handle, enum rdl_event_kind kind, uint64_t now_ms)
{
	if (RDL_LIKELY(!rdl_shard_is_heard(shard)))
		return;
	struct rdl_event event = { .kind = kind };
	tell(shard, handle, &event, now_ms);
}

enum rdl_registry_result rdl_shard_register(
	struct rdl_shard *shard, struct rdl_request *request, rdl_handle hint, uint64_t now_ms)
{
	/*
	 * Where the answer goes, at once:
	 * what has just been written in parts is slow to copy whole.
	 */
	struct rdl_location *location = &request->location;
	struct rdl_registration before;

	if (RDL_LIKELY(!rdl_shard_is_heard(shard)))
		return rdl_registry_register(shard->registry, request, hint, now_ms, location);
	struct rdl_event event = { .kind = RDL_EVENT_registered };
	rdl_handle old = rdl_registry_find_endpoint(
		shard->registry, request->digest, rdl_request_endpoint(request), now_ms);
	if (old != RDL_HANDLE_NONE) {
		rdl_registry_describe(shard->registry, old, &before);
		event.old.location = before.location;
		event.old.peer = before.peer;
	}
	enum rdl_registry_result result =
		rdl_registry_register(shard->registry, request, hint, now_ms, location);
	if (result == RDL_REGISTRY_REPLACED)
		event.kind = RDL_EVENT_replaced;
	if (result == RDL_REGISTRY_CREATED || result == RDL_REGISTRY_REPLACED)
		tell(shard, location->handle, &event, now_ms);
	return result;
}

void rdl_shard_tell_renewed(
	struct rdl_shard *shard, rdl_handle handle, bool longer, uint64_t now_ms)
{
	if (RDL_LIKELY(!rdl_shard_is_heard(shard)))
		return;
	struct rdl_event event = { .kind = RDL_EVENT_updated };
	if (longer)
		event.changed = 1u << RDL_EVENT_CHANGE_lifetime;
	tell(shard, handle, &event, now_ms);
}

bool rdl_shard_update(struct rdl_shard *shard, rdl_handle handle, const struct rdl_request *request,
	uint64_t now_ms)
{
	struct rdl_registration before;

	if (RDL_LIKELY(!rdl_shard_is_heard(shard)))
		return rdl_registry_update(shard->registry, handle, request, now_ms);
	struct rdl_event event = { .kind = RDL_EVENT_updated };
	rdl_registry_describe(shard->registry, handle, &before);
	event.changed = rdl_event_changed(request, &before);
	event.old.peer = before.peer;
	if (!rdl_registry_update(shard->registry, handle, request, now_ms))
		return false;
	tell(shard, handle, &event, now_ms);
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
	if (shard->events == NULL)
		return false;
	bool worked = walk(shard, now_ms);
	rdl_events_publish(shard->events);
	return worked;
}
