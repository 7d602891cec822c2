/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs kept in memory, and registries made out of them. */
#ifndef RDL_REGISTRY_LOGGED_H
#define RDL_REGISTRY_LOGGED_H

#include "fixture.h"

#include "entries.h"
#include "recovery.h"

/* What one shard has logged: each entry its time, its length, its octets. */
struct logged {
	uint8_t *octets;
	size_t len, room;
	size_t sweep_at, ended_at; /* where the last sweep begins, and the last that has ended */
	bool has_swept;
	struct rdl_sweep sweep;
};

struct logged_head {
	uint64_t time_ms;
	uint64_t len;
};

/* Room for an entry of so many octets; to be counted in by log_put(). */
static inline uint8_t *log_room(struct logged *log, size_t len)
{
	size_t need = log->len + sizeof(struct logged_head) + len;

	if (need > log->room) {
		log->room = 2 * need;
		log->octets = realloc(log->octets, log->room);
		assert_non_null(log->octets);
	}
	return log->octets + log->len + sizeof(struct logged_head);
}

static inline void log_put(struct logged *log, size_t len, uint64_t time_ms)
{
	struct logged_head head = { time_ms, len };

	if (len == 0)
		return;
	memcpy(log->octets + log->len, &head, sizeof(head));
	log->len += sizeof(head) + len;
}

/* Every other change that the test logs is logged as an event. */
static bool log_events;

static inline void log_change(struct logged *log, struct rdl_registry *registry,
	const struct rdl_change *change, uint64_t now_ms)
{
	if (change->kind == RDL_CHANGE_NONE)
		return;
	static bool as_event;
	as_event = log_events && !as_event;
	size_t room = as_event ? rdl_entry_event_room(registry, change)
			       : rdl_entry_room(registry, change);
	uint8_t *octets = log_room(log, room);
	size_t len = as_event ? rdl_entry_of_event(registry, change, now_ms, octets)
			      : rdl_entry_of_change(registry, change, octets);
	assert_true(len <= room);
	log_put(log, len, now_ms);
}

static inline void log_begin_sweep(
	struct logged *log, struct rdl_registry *registry, uint64_t now_ms)
{
	log->sweep_at = log->len;
	log_put(log, rdl_sweep_begin(&log->sweep, registry, log_room(log, RDL_ENTRY_SHORT_MAX)),
		now_ms);
}

/* Goes on with it, for so many slots; true when that was its end. */
static inline bool log_sweep(
	struct logged *log, struct rdl_registry *registry, unsigned budget, uint64_t now_ms)
{
	for (;;) {
		size_t len = rdl_sweep_next(&log->sweep, registry, &budget, RDL_ENTRY_MAX,
			log_room(log, RDL_ENTRY_MAX));

		log_put(log, len, now_ms);
		if (len == 0)
			return false;
		if (rdl_sweep_has_ended(&log->sweep)) {
			log->ended_at = log->sweep_at;
			log->has_swept = true;
			return true;
		}
	}
}

/* The last entries of it are lost, but for what it needs to be one. */
static inline void log_lose(struct logged *log, unsigned entries)
{
	size_t begins = log->has_swept ? log->sweep_at : 0;
	size_t *ends = calloc(entries + 1, sizeof(*ends)), count = 0;
	struct logged_head head;

	assert_non_null(ends);
	for (size_t at = begins; at < log->len; at += sizeof(head) + head.len) {
		memcpy(&head, log->octets + at, sizeof(head));
		ends[count++ % (entries + 1)] = at + sizeof(head) + head.len;
	}
	if (count > entries)
		log->len = ends[count % (entries + 1)];
	free(ends);
}

/* Entry by entry, in memory of their own, so that no read beyond one goes unseen. */
static inline void log_replay(const struct logged *log, size_t from, struct rdl_recovery *recovery)
{
	struct logged_head head;

	rdl_recovery_begin_log(recovery);
	for (size_t at = from; at < log->len; at += sizeof(head) + head.len) {
		memcpy(&head, log->octets + at, sizeof(head));
		uint8_t *octets = malloc(head.len);
		assert_non_null(octets);
		memcpy(octets, log->octets + at + sizeof(head), head.len);
		struct rdl_span entry = { octets, head.len };
		rdl_recovery_set_time(recovery, head.time_ms);
		if (!rdl_recovery_apply(recovery, entry))
			fail_msg("%s", rdl_recovery_error(recovery));
		free(octets);
	}
}

#endif
