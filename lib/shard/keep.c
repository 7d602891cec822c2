/* SPDX-License-Identifier: BSD-3-Clause */
#include "keep.h"

#include <assert.h>

#include "restore.h"
#include "shed.h"

static_assert(RDL_KEEP_OCTETS(RDL_ENTRY_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN) <=
		      RDL_JOURNAL_RING_MIN / 2,
	"there is room for what comes after Registers are shed");
static_assert(RDL_ENTRY_MAX <= RDL_JOURNAL_ENTRY_MAX, "the ring takes every entry");

/* Of the longest entry, and what comes beside it. */
#define LONG (RDL_KEEP_OCTETS(RDL_ENTRY_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN))

static uint64_t octets_of(const struct rdl_shard *shard, enum rdl_keep keep)
{
	uint64_t half = (shard->journal->mask + 1) / 2;

	switch (keep) {
	case RDL_KEEP_REGISTER:
		/* One before it may have to be told to have expired. */
		if (shard->logs_events && half < LONG + RDL_KEEP_OCTETS(RDL_ENTRY_MAX))
			return LONG + RDL_KEEP_OCTETS(RDL_ENTRY_MAX);
		return half;
	case RDL_KEEP_LONG:
		return LONG;
	case RDL_KEEP_SHORT:
		break;
	}
	if (shard->logs_events)
		return LONG;
	return RDL_KEEP_OCTETS(RDL_ENTRY_SHORT_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN);
}

/* What the ring is known to have may be enough; only else is the writer's line looked at. */
static bool ring_has_room(const struct rdl_shard *shard, enum rdl_keep keep)
{
	struct rdl_journal_ring *ring = shard->journal;
	uint64_t need = octets_of(shard, keep);

	return ring->mask + 1 - (ring->written - ring->tail_seen) >= need ||
	       rdl_journal_room(ring) >= need;
}

bool rdl_shard_has_room(struct rdl_shard *shard, enum rdl_keep keep)
{
	if (RDL_UNLIKELY(shard->waiting.given_up))
		return false;
	return shard->journal == NULL || RDL_LIKELY(ring_has_room(shard, keep));
}

bool rdl_shard_may_commit(struct rdl_shard *shard, enum rdl_keep keep)
{
	unsigned most = keep == RDL_KEEP_REGISTER ? RDL_WAITING_REGISTERS : RDL_WAITING_CHANGES;

	if (rdl_waiting_is_used(&shard->waiting) &&
		RDL_UNLIKELY(rdl_waiting_fills(&shard->waiting, shard->worker, most)))
		return false;
	return rdl_shard_has_room(shard, keep);
}

unsigned rdl_shard_expiry_room(struct rdl_shard *shard, unsigned most)
{
	if (RDL_LIKELY(!shard->logs_events))
		return most;
	uint64_t entries = rdl_journal_room(shard->journal) / RDL_KEEP_OCTETS(RDL_ENTRY_MAX);
	return entries < most ? (unsigned)entries : most;
}

/* The longest that the change may be, and in *event whether it is logged as one. */
static size_t room_of(const struct rdl_shard *shard, const struct rdl_change *change, bool *event)
{
	*event = RDL_UNLIKELY(shard->logs_events) && rdl_shard_is_news(change);
	return *event ? rdl_entry_event_room(shard->registry, change)
		      : rdl_entry_room(shard->registry, change);
}

void rdl_shard_put_entry(struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms)
{
	struct rdl_journal_ring *ring = shard->journal;
	bool event;

	if (change->kind == RDL_CHANGE_EXPIRED) {
		shard->sweeps.expired = true;
		/* Its end was known, and the ring need not have room. */
		if (!shard->logs_events) {
			rdl_journal_note_end(ring, now_ms);
			return;
		}
	}
	size_t room = room_of(shard, change, &event);
	uint8_t *octets = rdl_journal_reserve(ring, (uint32_t)room);
	assert(octets != NULL);
	size_t len = event ? rdl_entry_of_event(shard->registry, change, now_ms, octets)
			   : rdl_entry_of_change(shard->registry, change, octets);
	assert(len > 0 && len <= room);
	shard->position = rdl_journal_commit(ring, (uint32_t)len, RDL_JOURNAL_PLAIN);
}

bool rdl_shard_put_session(
	struct rdl_shard *shard, rdl_handle handle, uint64_t session, uint32_t seconds)
{
	struct rdl_entry_session entry = {
		.handle = handle, .session = session, .seconds = seconds
	};
	struct rdl_dtls_course course;

	if (shard->sessions == NULL || session == 0)
		return false;
	const struct rdl_dtls *table =
		shard->sessions[rdl_dtls_partition(session) % shard->session_tables];
	if (!rdl_dtls_follow(table, session, &course))
		return false;
	entry.read_sequence = course.read_sequence;
	uint8_t *octets = rdl_journal_reserve(shard->journal, RDL_ENTRY_SESSION_LEN);
	if (octets == NULL)
		return false;
	rdl_entry_put_session(shard->registry, &entry, octets);
	shard->position =
		rdl_journal_commit(shard->journal, RDL_ENTRY_SESSION_LEN, RDL_JOURNAL_PLAIN);
	if (rdl_waiting_is_used(&shard->waiting))
		rdl_waiting_note(&shard->waiting, handle, shard->position);
	return true;
}

void rdl_shard_shed(struct rdl_shard *shard, struct rdl_request *request)
{
	enum rdl_stat stat = RDL_STAT_drop_journal_update;

	if (request->operation == RDL_OPERATION_REGISTER)
		stat = RDL_STAT_drop_journal_register;
	else if (request->operation == RDL_OPERATION_DEREGISTER)
		stat = RDL_STAT_drop_journal_deregister;
	rdl_shard_shed_as(shard, request, stat);
}
