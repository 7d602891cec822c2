/* SPDX-License-Identifier: BSD-3-Clause */
/* The sockets: who is connected, what they are told, and what is lost. */
#include "families.h"

static uint64_t relaxed(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void put_one(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help, const uint64_t *value)
{
	exposition_family(exposition, name, type, help);
	exposition_sample(exposition, NULL, relaxed(value));
}

#define GAUGE(name, value, help) put_one(exposition, name, EXPOSITION_GAUGE, help, value)
#define COUNTER(name, value, help) put_one(exposition, name, EXPOSITION_COUNTER, help, value)

static void put_lines(struct exposition *exposition, const struct metrics_sources *from)
{
	static const struct families_row rows[] = {
#define ROW(name, member, type, help) \
	{ "socket_" name, help, EXPOSITION_##type, offsetof(struct rdl_lines_counts, member) }
		ROW("connections", clients, GAUGE, "connections of a socket"),
		ROW("accepted", accepted, COUNTER, "connections that a socket took"),
		ROW("turned_away", turned_away, COUNTER,
			"connections that a socket did not take, since it had as many as it may"),
		ROW("errors", errors, COUNTER, "lines that were answered by an error"),
		ROW("let_go", let_go, COUNTER, "connections let go of, since nobody read"),
#undef ROW
	};
	const struct {
		const char *name;
		const struct rdl_lines_counts *counts;
	} sockets[] = {
		{ "events", from->feed != NULL ? feed_lines_counts(from->feed) : NULL },
		{ "requests", from->watched.callers != NULL
				      ? callers_lines_counts(from->watched.callers)
				      : NULL },
		{ "control", from->console != NULL ? console_lines_counts(from->console) : NULL },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		exposition_family(exposition, rows[i].name, rows[i].type, rows[i].help);
		for (size_t s = 0; s < RDL_ARRAY_LEN(sockets); s++) {
			const char *counts = (const char *)sockets[s].counts;

			if (counts != NULL)
				exposition_sample(exposition, LABELS({ "socket", sockets[s].name }),
					relaxed((const uint64_t *)(const void *)(counts +
										 rows[i].offset)));
		}
	}
}

static void put_feed(struct exposition *exposition, const struct feed_counts *counts)
{
	GAUGE("event_subscribers", &counts->subscribers, "subscribers of events");
	COUNTER("events", &counts->events, "events that shards told");
	COUNTER("event_rows", &counts->rows, "registrations told as parts of snapshots");
	COUNTER("event_walks", &counts->walks, "times that shards were asked for a snapshot");
	COUNTER("event_refusals", &counts->refused, "refusals told as events");
	COUNTER("event_refusals_suppressed", &counts->suppressed,
		"refusals not told, beyond what a second tells");
	exposition_family(exposition, "events_lost", EXPOSITION_COUNTER,
		"events that found a shard's ring full, and lines that found a subscriber's "
		"buffer full");
	exposition_sample(exposition, LABELS({ "at", "ring" }), relaxed(&counts->lost_ring));
	exposition_sample(
		exposition, LABELS({ "at", "subscriber" }), relaxed(&counts->lost_subscribers));
}

static void put_callers(struct exposition *exposition, const struct callers_counts *counts)
{
	COUNTER("caller_requests", &counts->requests, "requests of clients of the request socket");
	COUNTER("caller_requests_refused", &counts->refused,
		"those of them that no shard has heard of");
	COUNTER("caller_requests_denied", &counts->denied,
		"those of the refused that whoever asked must not ask");
	COUNTER("caller_requests_full", &counts->full,
		"those of the refused that found too many outstanding");
	COUNTER("caller_observations_full", &counts->observations_full,
		"those of the refused that found too many observing");
	COUNTER("caller_updates", &counts->updates, "Registration Update Triggers given to shards");
	COUNTER("caller_lines_lost", &counts->lost, "lines that found a client's buffer full");
	GAUGE("caller_requests_outstanding", &counts->outstanding,
		"requests and triggers that are not over");
	GAUGE("caller_observations", &counts->observing, "requests that observe");
	GAUGE("caller_bytes", &counts->octets, "octets that all of these take");
}

static void put_captures(struct exposition *exposition, const struct console_captures *counts)
{
	COUNTER("captures", &counts->begun, "captures begun");
	COUNTER("captured_packets", &counts->packets, "packets captured");
	COUNTER("captured_packets_lost", &counts->lost, "packets lost to captures that are over");
}

void families_put_sockets(struct exposition *exposition, const struct metrics_sources *from)
{
	if (from->feed != NULL || from->watched.callers != NULL || from->console != NULL)
		put_lines(exposition, from);
	if (from->feed != NULL)
		put_feed(exposition, feed_counts(from->feed));
	if (from->watched.callers != NULL)
		put_callers(exposition, callers_counts(from->watched.callers));
	if (from->console != NULL)
		put_captures(exposition, console_captures(from->console));
}
