/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events: what happens to registrations, from the shard that owns them to one reader outside the
 * packet path. A ring of octets per shard, one writer, one reader; neither ever waits for the
 * other: what does not fit is lost, and counted.
 *
 * The ring also carries walks: all registrations as they are, one after the other, in their places
 * among the events, so that a reader can have the state and then every change to it, without hole
 * or double.
 */
#ifndef RDL_EVENTS_H
#define RDL_EVENTS_H

#include "identities.h"
#include "registry.h"

/* What can become of a registration. X(name, text) */
#define RDL_EVENT_KINDS(X)               \
	X(registered, "registered")      \
	X(updated, "updated")            \
	X(replaced, "replaced")          \
	X(deregistered, "de-registered") \
	X(expired, "expired")            \
	X(removed, "removed")

enum rdl_event_kind {
#define X(name, text) RDL_EVENT_##name,
	RDL_EVENT_KINDS(X)
#undef X
		RDL_EVENT_KIND_COUNT,
	/* Of walks: the registration as it is; where a walk begins and ends. */
	RDL_EVENT_row = RDL_EVENT_KIND_COUNT,
	RDL_EVENT_walk_begin,
	RDL_EVENT_walk_end,
};

struct rdl_event {
	enum rdl_event_kind kind;
	uint8_t changed; /* 1 << enum rdl_member, of `updated` */
	bool unreached; /* a walk is under way and has not come to this registration yet */
	uint64_t time_ms; /* since 1970 */
	/*
	 * Of an event: its number in its partition. Of a row:
	 * the last event's before it. Of a walk's ends: the walk's.
	 */
	uint64_t seq;
	uint64_t lost; /* events between the record before and this one */
	/* Of one that is read from a log: its position there; `seq` says nothing then. */
	uint64_t position;
	/* As it is now; when it ended, as it was. Empty at a walk's ends. */
	struct rdl_registration registration;
	/* Of one that is read from a log: who had registered. NULL: as the registration's says. */
	const struct rdl_identity *identity;
	/* Of `replaced`: what it was, and where; of `updated`, where. */
	struct {
		struct rdl_location location;
		struct rdl_peer peer;
	} old;
};

/* A record is never longer: the longest object list, name and parameters. */
#define RDL_EVENT_MAX (144 * 1024)
/* The smallest ring takes the longest record wherever it stands, half full. */
#define RDL_EVENTS_RING_MIN (1024 * 1024)

/* Every line is written by one side alone. */
struct rdl_events {
	/*
	 * Reader: somebody listens; the number of the last walk asked for,
	 * how many octets of rows it may have written, ever.
	 */
	uint32_t listening __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t walk_asked, rows_allowed;
	/* Reader: what it has done with. */
	uint64_t tail __attribute__((aligned(RDL_CACHE_LINE)));
	/* Writer: what there is to read; events lost, ever. */
	uint64_t head __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t lost;
	/* Writer's own. */
	uint8_t *octets __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t mask, written, tail_seen, rows_written;
	uint64_t seq[RDL_PARTITIONS];
	/* Reader's own. */
	uint64_t read __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t lost_read;
};

/*
 * `len`, a power of two from RDL_EVENTS_RING_MIN on,
 * octets of the caller's memory, aligned to 8.
 */
void rdl_events_init(struct rdl_events *events, void *octets, uint64_t len);

/* ---- the writer: the shard's core ---- */

/* One load: all that an event costs while nobody listens. */
static inline bool rdl_events_wanted(const struct rdl_events *events)
{
	return __atomic_load_n(&events->listening, __ATOMIC_RELAXED) != 0;
}

/*
 * Adds a record; seq and lost are set here, save for a walk's number. False when there is no room:
 * a lost event is counted. The reader sees it when it is published.
 */
bool rdl_events_write(struct rdl_events *events, const struct rdl_event *event);
/* Octets written, ever. */
static inline uint64_t rdl_events_written(const struct rdl_events *events)
{
	return events->written;
}
/* Shows the reader what there was when rdl_events_written() said so. */
void rdl_events_publish_to(struct rdl_events *events, uint64_t written);
static inline void rdl_events_publish(struct rdl_events *events)
{
	rdl_events_publish_to(events, events->written);
}

/* The number of the last walk that was asked for. */
static inline uint64_t rdl_events_walk_asked(const struct rdl_events *events)
{
	return __atomic_load_n(&events->walk_asked, __ATOMIC_ACQUIRE);
}

/* A row may be written: it is allowed, and leaves half of the ring to events. */
bool rdl_events_row_fits(struct rdl_events *events);

/* ---- the reader: one thread ---- */

/* From now on events are written; what the ring holds from before is gone. */
void rdl_events_listen(struct rdl_events *events);
void rdl_events_ignore(struct rdl_events *events);

/*
 * The next record; its views last until rdl_events_give_back(),
 * which gives room back for all that was read.
 */
RDL_MUST_CHECK bool rdl_events_read(struct rdl_events *events, struct rdl_event *event);
void rdl_events_give_back(struct rdl_events *events);

/*
 * Events lost and not yet told by a record's `lost`;
 * they count as told now. For when the ring is empty.
 */
uint64_t rdl_events_untold(struct rdl_events *events);

/*
 * A walk of a higher number than the last;
 * the leave for its rows, given before, is seen by whoever sees this.
 */
static inline void rdl_events_ask_walk(struct rdl_events *events, uint64_t number)
{
	__atomic_store_n(&events->walk_asked, number, __ATOMIC_RELEASE);
}
/*
 * Rows may make up so many octets of records, since the beginning;
 * one that begins below it may go beyond.
 */
static inline void rdl_events_allow_rows(struct rdl_events *events, uint64_t octets)
{
	__atomic_store_n(&events->rows_allowed, octets, __ATOMIC_RELAXED);
}
/* Octets of a row's record, by which it counts. */
uint64_t rdl_event_octets(const struct rdl_event *event);

/* ---- text ---- */

/* What the text needs to know besides. */
struct rdl_event_facts {
	struct rdl_speck location_key;
	unsigned major; /* enabler version */
	/*
	 * NULL where all registrations are made in clear text. A record holds no identity: whose a
	 * registration was that has ended is told by whoever writes its text within the
	 * RDL_IDENTITIES_LINGER_S for which its number lasts. Readers take milliseconds.
	 */
	const struct rdl_identities *identities;
};

/* No event's text is longer. */
#define RDL_EVENT_TEXT_MAX (640 * 1024)

/* What a change is told as. */
enum rdl_event_kind rdl_event_kind_of(enum rdl_change_kind change);
/* "registered" and so on; "registration" of a row. */
const char *rdl_event_kind_text(enum rdl_event_kind kind);
/* The event as a JSON object, a line of its own. Of the six kinds and rows. */
void rdl_event_text(
	struct rdl_cursor *out, const struct rdl_event *event, const struct rdl_event_facts *facts);
/*
 * A registration's members as they are at `now_ms` since 1970,
 * `"endpoint":...` to the last, without braces.
 */
void rdl_registration_text(struct rdl_cursor *out, const struct rdl_registration *registration,
	uint64_t now_ms, const struct rdl_event_facts *facts);
/* What is left of its lifetime, in whole seconds. */
static inline uint64_t rdl_registration_expires_in(
	const struct rdl_registration *registration, uint64_t at_ms)
{
	uint64_t end_ms = registration->deadline_ms;

	return end_ms > at_ms ? (end_ms - at_ms) / 1000 : 0;
}

#endif
