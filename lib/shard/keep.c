/* SPDX-License-Identifier: BSD-3-Clause */
#include "keep.h"

#include <assert.h>

#include "restore.h"
#include "shed.h"

static_assert(RDL_KEEP_OCTETS(RDL_ENTRY_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN) <=
		      RDL_JOURNAL_RING_MIN / 2,
	"there is room for what comes after Registers are shed");
static_assert(RDL_ENTRY_MAX <= RDL_JOURNAL_ENTRY_MAX, "the ring takes every entry");

static uint64_t octets_of(const struct rdl_journal_ring *ring, enum rdl_keep keep)
{
	switch (keep) {
	case RDL_KEEP_REGISTER:
		return (ring->mask + 1) / 2;
	case RDL_KEEP_LONG:
		return RDL_KEEP_OCTETS(RDL_ENTRY_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN);
	case RDL_KEEP_SHORT:
		break;
	}
	return RDL_KEEP_OCTETS(RDL_ENTRY_SHORT_MAX) + RDL_KEEP_OCTETS(RDL_ENTRY_SESSION_LEN);
}

/* What the ring is known to have may be enough; only else is the writer's line looked at. */
static bool ring_has_room(struct rdl_journal_ring *ring, enum rdl_keep keep)
{
	uint64_t need = octets_of(ring, keep);

	return ring->mask + 1 - (ring->written - ring->tail_seen) >= need ||
	       rdl_journal_room(ring) >= need;
}

bool rdl_shard_has_room(struct rdl_shard *shard, enum rdl_keep keep)
{
	if (RDL_UNLIKELY(shard->waiting.given_up))
		return false;
	return shard->journal == NULL || RDL_LIKELY(ring_has_room(shard->journal, keep));
}

bool rdl_shard_may_commit(struct rdl_shard *shard, enum rdl_keep keep)
{
	unsigned most = keep == RDL_KEEP_REGISTER ? RDL_WAITING_REGISTERS : RDL_WAITING_CHANGES;

	if (rdl_waiting_is_used(&shard->waiting) &&
		RDL_UNLIKELY(rdl_waiting_fills(&shard->waiting, shard->worker, most)))
		return false;
	return rdl_shard_has_room(shard, keep);
}

void rdl_shard_put_entry(struct rdl_shard *shard, const struct rdl_change *change)
{
	struct rdl_journal_ring *ring = shard->journal;

	/* Its end was known, and the ring need not have room. */
	if (change->kind == RDL_CHANGE_EXPIRED) {
		shard->sweeps.expired = true;
		return;
	}
	uint8_t *octets =
		rdl_journal_reserve(ring, (uint32_t)rdl_entry_room(shard->registry, change));
	assert(octets != NULL);
	size_t len = rdl_entry_of_change(shard->registry, change, octets);
	assert(len > 0);
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
