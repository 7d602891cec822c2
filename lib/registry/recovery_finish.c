/* SPDX-License-Identifier: BSD-3-Clause */
/* What registries are made of recovered records: those are counted, found and will end. */
#include "recovery_state.h"

#include <inttypes.h>

/* How many records there are of each kind, and live ones whose time is over. */
struct sorted {
	uint64_t live, over, tombstones;
};

/*
 * Tombstones that are not over go into the wheel, out of which they come in the order of their
 * ends.
 */
static struct sorted sort_out(
	const struct rdl_recovery *recovery, struct rdl_registry *registry, uint32_t second)
{
	struct sorted sorted = { 0 };
	rdl_handle handle = RDL_HANDLE_NONE;

	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
		struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state == RDL_RECORD_LIVE) {
			sorted.live++;
			sorted.over += rdl_recovery_end_of(recovery, handle, record) <= second;
		} else if (record->state == RDL_RECORD_TOMBSTONE && record->deadline > second) {
			/* No longer than one that is made now. */
			if (record->deadline - second > registry->exchange_lifetime_s)
				record->deadline = second + registry->exchange_lifetime_s;
			rdl_wheel_start(&registry->wheel, handle);
			sorted.tombstones++;
		} else if (record->state == RDL_RECORD_TOMBSTONE) {
			rdl_recovery_free(registry, handle, 0);
		}
		if (record->state != RDL_RECORD_LIVE && registry->slab.sessions != NULL)
			*rdl_slab_session(&registry->slab, handle) = 0;
	}
	return sorted;
}

/*
 * Where there were as many as may be, one that came in the last second may be there beside the one
 * that had ended to make room for it, whose end was rounded up: that one goes.
 */
static struct sorted sort_and_fit(
	struct rdl_recovery *recovery, struct rdl_registry *registry, uint32_t second)
{
	struct sorted sorted = sort_out(recovery, registry, second);

	if (RDL_LIKELY(sorted.live <= registry->registrations_max))
		return sorted;
	rdl_recovery_end_over(recovery, registry->shard, registry->shards,
		rdl_recovery_second(recovery, recovery->last_ms) + 1);
	rdl_wheel_init(&registry->wheel, &registry->slab);
	registry->wheel.tick = second;
	return sort_out(recovery, registry, second);
}

/* Records that are to be found by their endpoints, so many at a time. */
struct batch {
	unsigned count;
	rdl_handle handles[RDL_INDEX_BURST];
	uint64_t digests[RDL_INDEX_BURST];
};

/* Of two of one endpoint, which logs that are whole do not have, the one that came later. */
static rdl_handle older_of(const struct rdl_registry *registry, rdl_handle one, rdl_handle other)
{
	const struct rdl_record *a = rdl_slab_at(&registry->slab, one);
	const struct rdl_record *b = rdl_slab_at(&registry->slab, other);

	return (int32_t)(a->registered - b->registered) <= 0 ? one : other;
}

static bool index_one(struct rdl_registry *registry, rdl_handle handle, uint64_t digest)
{
	rdl_handle known = rdl_index_find(&registry->endpoints, digest);

	if (RDL_UNLIKELY(known != RDL_HANDLE_NONE)) {
		rdl_handle older = older_of(registry, known, handle);

		rdl_wheel_stop(&registry->wheel, older);
		rdl_tally(registry, rdl_slab_at(&registry->slab, older), -1);
		rdl_recovery_free(registry, older, 0);
		registry->registrations--;
		if (older == handle)
			return true;
	}
	return rdl_index_insert(&registry->endpoints, digest, handle);
}

/* Looked up in bulk first, which fetches what they will touch. */
static bool index_batch(struct rdl_registry *registry, struct batch *batch)
{
	uint32_t found[RDL_INDEX_BURST];

	rdl_index_find_bulk(&registry->endpoints, batch->count, batch->digests, found);
	for (unsigned i = 0; i < batch->count; i++)
		if (!index_one(registry, batch->handles[i], batch->digests[i]))
			return false;
	batch->count = 0;
	return true;
}

/* None ends before the wheel's kept_until. */
static bool start_live(struct rdl_recovery *recovery, struct rdl_registry *registry)
{
	rdl_handle handle = RDL_HANDLE_NONE;
	struct batch batch = { 0 };

	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
		struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state != RDL_RECORD_LIVE)
			continue;
		record->kept = true;
		struct rdl_endpoint_digest digest = rdl_registry_digest_of(registry, record);
		if (rdl_endpoint_partition(digest) != handle >> 24)
			return rdl_recovery_fail(recovery,
				"endpoints are not where the key of their digests has them");
		rdl_wheel_start(&registry->wheel, handle);
		rdl_tally(registry, record, 1);
		registry->registrations++;
		batch.handles[batch.count] = handle;
		batch.digests[batch.count++] = digest.word[0];
		if (batch.count == RDL_INDEX_BURST && !index_batch(registry, &batch))
			return rdl_recovery_fail(recovery, "there is no room in an index");
	}
	return index_batch(registry, &batch) ||
	       rdl_recovery_fail(recovery, "there is no room in an index");
}

/* So many tombstones, from the wheel into their list: the newest, as far as there is room. */
static void list_tombstones(
	struct rdl_registry *registry, uint32_t second, uint64_t tombstones, uint64_t room)
{
	rdl_handle due[RDL_REGISTRY_BURST], oldest;

	while (registry->tombstones.count < tombstones) {
		unsigned budget = UINT32_MAX;
		unsigned n =
			rdl_wheel_pop(&registry->wheel, second, &budget, due, RDL_REGISTRY_BURST);

		for (unsigned i = 0; i < n; i++)
			rdl_tombstones_add(&registry->tombstones, due[i]);
		second += n < RDL_REGISTRY_BURST;
	}
	while (registry->tombstones.count > room) {
		oldest = rdl_tombstones_pop_oldest(&registry->tombstones, UINT32_MAX);
		rdl_recovery_free(registry, oldest, 0);
	}
}

static void drop_tombstone(struct rdl_registry *registry, rdl_handle handle)
{
	rdl_tombstones_remove(&registry->tombstones, handle);
	rdl_recovery_free(registry, handle, 0);
}

/*
 * Copies are not looked for where the endpoint was before it was elsewhere, registered or ended.
 * False: there is no room.
 */
static bool index_tombstone(struct rdl_registry *registry, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint64_t digest = rdl_registry_digest_of(registry, record).word[0];
	rdl_handle known = rdl_index_find(&registry->endpoints, digest);

	if (known != RDL_HANDLE_NONE) {
		const struct rdl_record *other = rdl_slab_at(&registry->slab, known);

		if (other->state == RDL_RECORD_LIVE || other->deadline > record->deadline) {
			drop_tombstone(registry, handle);
			return true;
		}
		drop_tombstone(registry, known);
	}
	return rdl_index_insert(&registry->endpoints, digest, handle);
}

static bool index_tombstones(struct rdl_recovery *recovery, struct rdl_registry *registry)
{
	rdl_handle handle = RDL_HANDLE_NONE;

	if (registry->tombstones.count == 0)
		return true;
	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE)
		if (rdl_slab_at(&registry->slab, handle)->state == RDL_RECORD_TOMBSTONE &&
			!index_tombstone(registry, handle))
			return rdl_recovery_fail(recovery, "there is no room in an index");
	return true;
}

static bool finish_registry(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint64_t now_ms, uint32_t grace_s)
{
	/* It may lie before our clock's zero: differences are right all the same. */
	registry->epoch_ms = recovery->epoch_ms - recovery->shift_ms;
	registry->floor = recovery->floor;
	uint32_t second = rdl_registry_second(registry, now_ms);
	registry->wheel.tick = second;
	struct sorted sorted = sort_and_fit(recovery, registry, second);
	if (sorted.live > registry->registrations_max)
		return rdl_recovery_fail(recovery,
			"%" PRIu64
			" registrations are to come back, and there is room for %" PRIu64,
			sorted.live, registry->registrations_max);
	list_tombstones(
		registry, second, sorted.tombstones, registry->registrations_max - sorted.live);
	rdl_wheel_init(&registry->wheel, &registry->slab);
	registry->wheel.tick = second;
	registry->wheel.kept_until = second + 1 + grace_s;
	if (!rdl_recovery_pack(recovery, registry) || !start_live(recovery, registry) ||
		!index_tombstones(recovery, registry))
		return false;
	recovery->counts.ended_away += sorted.over;
	recovery->counts.registrations += registry->registrations;
	recovery->counts.tombstones += registry->tombstones.count;
	return true;
}

bool rdl_recovery_finish(struct rdl_recovery *recovery, uint64_t now_ms, uint32_t grace_s)
{
	if (!rdl_recovery_drain(recovery))
		return false;
	if (!recovery->has_epoch)
		return true;
	rdl_recovery_forget_lists(recovery);
	if (!rdl_recovery_hold_noted(recovery))
		return false;
	for (unsigned i = 0; i < recovery->count; i++)
		if (!finish_registry(recovery, recovery->registries[i], now_ms, grace_s))
			return false;
	return true;
}

void rdl_recovery_serve(struct rdl_registry *registry, uint64_t now_ms, uint32_t grace_s)
{
	uint32_t before = registry->wheel.kept_until;
	uint32_t until = rdl_registry_second(registry, now_ms) + 1 + grace_s;
	rdl_handle handle = RDL_HANDLE_NONE;

	if (before == 0 || until <= before)
		return;
	/* The wheel looks at them when they would have ended; in which minute, is told at once. */
	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
		const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state != RDL_RECORD_LIVE || !record->kept || record->deadline >= until)
			continue;
		registry->wheel.kept_until = before;
		rdl_tally_end(registry, record, -1);
		registry->wheel.kept_until = until;
		rdl_tally_end(registry, record, 1);
	}
	registry->wheel.kept_until = until;
}
