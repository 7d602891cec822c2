/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring: records of any length, each in one piece, so that it can be read where it lies. */
#include "events.h"

#include <assert.h>

struct record {
	uint32_t size; /* with everything behind it; a multiple of 8 */
	uint8_t kind; /* enum rdl_event_kind, or FILLER, of which only this much is there */
	uint8_t changed;
	bool unreached;
	uint64_t time_ms, seq;
	uint64_t lost; /* ever */
	struct rdl_location old_location;
	struct rdl_peer old_peer;
	struct rdl_registration registration; /* its views: lengths only */
	/* the endpoint, the parameters, padding to 8, the object list */
};
#define FILLER UINT8_MAX

static uint64_t round_up(uint64_t len)
{
	return (len + 7) & ~UINT64_C(7);
}

void rdl_events_init(struct rdl_events *events, void *octets, uint64_t len)
{
	assert(len >= RDL_EVENTS_RING_MIN && (len & (len - 1)) == 0);
	memset(events, 0, sizeof(*events));
	events->octets = octets;
	events->mask = len - 1;
}

/* ---- writer ---- */

static uint64_t room(struct rdl_events *events, uint64_t wanted)
{
	uint64_t capacity = events->mask + 1;

	if (capacity - (events->written - events->tail_seen) < wanted)
		events->tail_seen = __atomic_load_n(&events->tail, __ATOMIC_ACQUIRE);
	return capacity - (events->written - events->tail_seen);
}

bool rdl_events_row_fits(struct rdl_events *events)
{
	uint64_t half = (events->mask + 1) / 2;

	static_assert(
		2 * RDL_EVENT_MAX <= RDL_EVENTS_RING_MIN / 2, "a row fits where half is free");
	return events->rows_written < __atomic_load_n(&events->rows_allowed, __ATOMIC_RELAXED) &&
	       room(events, half) >= half;
}

/* Room for a record in one piece; what is left before the ring's end may have to be filled. */
static struct record *take(struct rdl_events *events, uint64_t size)
{
	uint64_t to_end = events->mask + 1 - (events->written & events->mask);
	uint64_t needed = size <= to_end ? size : to_end + size;

	if (room(events, needed) < needed)
		return NULL;
	struct record *record = (void *)(events->octets + (events->written & events->mask));
	events->written += needed;
	if (size <= to_end)
		return record;
	record->size = (uint32_t)to_end;
	record->kind = FILLER;
	return (void *)events->octets;
}

static uint64_t record_size(const struct rdl_registration *registration)
{
	uint64_t size = round_up(
		sizeof(struct record) + registration->endpoint.len + registration->parameters.len);

	return registration->objects == NULL ? size : size + round_up(registration->objects->len);
}

uint64_t rdl_event_octets(const struct rdl_event *event)
{
	return record_size(&event->registration);
}

/* Brings near what the next record will be written over: cold lines are most of an event's cost. */
static void look_ahead(const struct rdl_events *events)
{
	for (unsigned i = 0; i < 8; i++)
		__builtin_prefetch(
			events->octets + ((events->written + i * RDL_CACHE_LINE) & events->mask),
			1);
}

static void fill(struct record *record, uint64_t size, const struct rdl_event *event)
{
	const struct rdl_registration *from = &event->registration;
	uint8_t *out = (uint8_t *)(record + 1);

	record->size = (uint32_t)size;
	record->kind = (uint8_t)event->kind;
	record->changed = event->changed;
	record->unreached = event->unreached;
	record->time_ms = event->time_ms;
	record->old_location = event->old.location;
	record->old_peer = event->old.peer;
	record->registration = *from;
	if (from->endpoint.len > 0)
		memcpy(out, from->endpoint.data, from->endpoint.len);
	if (from->parameters.len > 0)
		memcpy(out + from->endpoint.len, from->parameters.data, from->parameters.len);
	if (from->objects != NULL)
		memcpy((uint8_t *)record + size - round_up(from->objects->len), from->objects,
			from->objects->len);
}

bool rdl_events_write(struct rdl_events *events, const struct rdl_event *event)
{
	uint64_t size = record_size(&event->registration), seq = event->seq;
	bool is_event = event->kind < RDL_EVENT_KIND_COUNT;

	assert(size <= RDL_EVENT_MAX);
	if (event->kind <= RDL_EVENT_row) {
		uint64_t *last =
			&events->seq[rdl_location_partition(&event->registration.location)];

		*last += is_event;
		seq = *last;
	}
	struct record *record = take(events, size);
	if (record == NULL) {
		if (is_event)
			__atomic_store_n(&events->lost, events->lost + 1, __ATOMIC_RELAXED);
		return false;
	}
	fill(record, size, event);
	look_ahead(events);
	record->seq = seq;
	record->lost = events->lost;
	if (event->kind == RDL_EVENT_row)
		events->rows_written += size;
	return true;
}

void rdl_events_publish_to(struct rdl_events *events, uint64_t written)
{
	if (events->head != written)
		__atomic_store_n(&events->head, written, __ATOMIC_RELEASE);
}

/* ---- reader ---- */

void rdl_events_listen(struct rdl_events *events)
{
	events->read = __atomic_load_n(&events->head, __ATOMIC_ACQUIRE);
	rdl_events_give_back(events);
	rdl_events_untold(events);
	__atomic_store_n(&events->listening, 1, __ATOMIC_RELAXED);
}

void rdl_events_ignore(struct rdl_events *events)
{
	__atomic_store_n(&events->listening, 0, __ATOMIC_RELAXED);
}

static void view(const struct record *record, struct rdl_event *event)
{
	const uint8_t *octets = (const uint8_t *)(record + 1);
	struct rdl_registration *registration = &event->registration;

	*registration = record->registration;
	registration->endpoint.data = octets;
	octets += registration->endpoint.len;
	registration->parameters.data = octets;
	octets += registration->parameters.len;
	/* Read as a number: only whether there is one is of any meaning here. */
	if (registration->objects != NULL)
		registration->objects =
			(const void *)((const uint8_t *)record +
				       round_up((uint64_t)(octets - (const uint8_t *)record)));
}

bool rdl_events_read(struct rdl_events *events, struct rdl_event *event)
{
	const struct record *record;

	for (;;) {
		if (events->read == __atomic_load_n(&events->head, __ATOMIC_ACQUIRE))
			return false;
		record = (const void *)(events->octets + (events->read & events->mask));
		events->read += record->size;
		if (record->kind != FILLER)
			break;
	}
	event->kind = (enum rdl_event_kind)record->kind;
	event->changed = record->changed;
	event->unreached = record->unreached;
	event->time_ms = record->time_ms;
	event->seq = record->seq;
	event->position = 0;
	event->identity = NULL;
	event->old.location = record->old_location;
	event->old.peer = record->old_peer;
	/* What was told by rdl_events_untold() may be more than the record knows. */
	event->lost = record->lost > events->lost_read ? record->lost - events->lost_read : 0;
	events->lost_read += event->lost;
	view(record, event);
	return true;
}

void rdl_events_give_back(struct rdl_events *events)
{
	__atomic_store_n(&events->tail, events->read, __ATOMIC_RELEASE);
}

uint64_t rdl_events_untold(struct rdl_events *events)
{
	uint64_t lost = __atomic_load_n(&events->lost, __ATOMIC_RELAXED) - events->lost_read;

	events->lost_read += lost;
	return lost;
}
