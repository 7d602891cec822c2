/* SPDX-License-Identifier: BSD-3-Clause */
/* How records end that are recovered, and what the registries are made of them. */
#include "recovery_state.h"

#include <inttypes.h>

void rdl_recovery_strip(struct rdl_registry *registry, struct rdl_record *record)
{
	if (record->state != RDL_RECORD_LIVE)
		return;
	rdl_registry_let_go(registry, record->identity);
	rdl_registry_release(registry, record->objects, record->extras);
	record->identity = 0;
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
}

void rdl_recovery_free(struct rdl_registry *registry, rdl_handle handle, uint32_t generation)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	bool was_free = record->state == RDL_RECORD_FREE;

	rdl_recovery_strip(registry, record);
	record->state = RDL_RECORD_FREE;
	if (generation > record->generation)
		record->generation = generation;
	if (!was_free)
		rdl_slab_free(&registry->slab, handle);
	else if (rdl_record_used_up(record))
		(void)rdl_slab_take(&registry->slab, handle); /* given to nobody any more */
}

/* The digest takes the place of a name that is longer than a record holds. */
static void bury(struct rdl_registry *registry, struct rdl_record *record, uint32_t deadline)
{
	uint8_t name[RDL_ENDPOINT_MAX];

	if (record->name_len > RDL_NAME_INLINE) {
		struct rdl_span whole = rdl_extras_endpoint(&registry->store, record, name);

		rdl_siphash128(&registry->endpoint_key, whole.data, whole.len, record->digest.word);
	}
	rdl_recovery_strip(registry, record);
	record->state = RDL_RECORD_TOMBSTONE;
	record->deadline = deadline;
}

void rdl_recovery_end(
	struct rdl_registry *registry, rdl_handle handle, uint32_t second, bool forgets)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t lifetime_s = registry->exchange_lifetime_s;

	if (forgets)
		rdl_exchange_forget(record);
	if (rdl_exchange_remembers(record, second, lifetime_s))
		bury(registry, record, second + lifetime_s);
	else
		rdl_recovery_free(registry, handle, record->generation);
}

void rdl_recovery_end_over(
	struct rdl_recovery *recovery, unsigned shard, unsigned shards, uint32_t second)
{
	for (unsigned partition = shard; partition < RDL_PARTITIONS; partition += shards) {
		struct rdl_registry *registry = recovery->of_partition[partition];

		for (uint32_t slot = 0; registry != NULL && slot < registry->slab.slots; slot++) {
			rdl_handle handle = partition << 24 | slot;
			const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

			if (record->state == RDL_RECORD_LIVE && record->deadline <= second)
				rdl_recovery_end(registry, handle, record->deadline, true);
		}
	}
}

void rdl_recovery_keep_until(
	struct rdl_recovery *recovery, unsigned shard, unsigned shards, uint32_t second)
{
	for (unsigned partition = shard; partition < RDL_PARTITIONS; partition += shards) {
		const struct rdl_registry *registry = recovery->of_partition[partition];

		for (uint32_t slot = 0; registry != NULL && slot < registry->slab.slots; slot++) {
			struct rdl_record *record =
				rdl_slab_at(&registry->slab, partition << 24 | slot);

			if (record->state == RDL_RECORD_LIVE && record->deadline < second)
				record->deadline = second;
		}
	}
}

/* ---- the end ---- */

/*
 * Counts live ones, of which none ends before registry->kept_until. Tombstones that are not over go
 * into the wheel, out of which they come in the order of their ends.
 */
static void sort_out(struct rdl_registry *registry, uint32_t second, uint64_t *live,
	uint64_t *ended_away, uint64_t *tombstones)
{
	for (unsigned partition = registry->shard; partition < RDL_PARTITIONS;
		partition += registry->shards) {
		for (uint32_t slot = 0; slot < registry->slab.slots; slot++) {
			rdl_handle handle = partition << 24 | slot;
			struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

			if (record->state == RDL_RECORD_LIVE) {
				++*live;
				*ended_away += record->deadline <= second;
				if (record->deadline < registry->kept_until)
					record->deadline = registry->kept_until;
			} else if (record->state == RDL_RECORD_TOMBSTONE) {
				if (record->deadline <= second) {
					rdl_recovery_free(registry, handle, 0);
					continue;
				}
				rdl_wheel_start(&registry->wheel, handle);
				++*tombstones;
			}
		}
	}
}

static struct rdl_endpoint_digest digest_of(
	const struct rdl_registry *registry, const struct rdl_record *record)
{
	struct rdl_endpoint_digest digest;
	uint8_t name[RDL_ENDPOINT_MAX];

	if (record->state == RDL_RECORD_TOMBSTONE && record->name_len > RDL_NAME_INLINE)
		return record->digest;
	struct rdl_span endpoint = rdl_extras_endpoint(&registry->store, record, name);
	rdl_siphash128(&registry->endpoint_key, endpoint.data, endpoint.len, digest.word);
	return digest;
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

static bool start_live(struct rdl_recovery *recovery, struct rdl_registry *registry)
{
	struct batch batch = { 0 };

	for (unsigned partition = registry->shard; partition < RDL_PARTITIONS;
		partition += registry->shards) {
		for (uint32_t slot = 0; slot < registry->slab.slots; slot++) {
			rdl_handle handle = partition << 24 | slot;
			const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

			if (record->state != RDL_RECORD_LIVE)
				continue;
			struct rdl_endpoint_digest digest = digest_of(registry, record);
			if (rdl_endpoint_partition(digest) != partition)
				return rdl_recovery_fail(recovery, "endpoints are not where the "
								   "key of their digests has them");
			rdl_wheel_start(&registry->wheel, handle);
			registry->registrations++;
			batch.handles[batch.count] = handle;
			batch.digests[batch.count++] = digest.word[0];
			if (batch.count == RDL_INDEX_BURST && !index_batch(registry, &batch))
				return rdl_recovery_fail(recovery, "there is no room in an index");
		}
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
	uint64_t digest = digest_of(registry, record).word[0];
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
	for (unsigned partition = registry->shard;
		registry->tombstones.count > 0 && partition < RDL_PARTITIONS;
		partition += registry->shards) {
		for (uint32_t slot = 0; slot < registry->slab.slots; slot++) {
			rdl_handle handle = partition << 24 | slot;

			if (rdl_slab_at(&registry->slab, handle)->state == RDL_RECORD_TOMBSTONE &&
				!index_tombstone(registry, handle))
				return rdl_recovery_fail(recovery, "there is no room in an index");
		}
	}
	return true;
}

static bool finish_registry(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint64_t now_ms, uint32_t grace_s)
{
	uint64_t live = 0, tombstones = 0;

	/* It may lie before our clock's zero: differences are right all the same. */
	registry->epoch_ms = recovery->epoch_ms - recovery->shift_ms;
	uint32_t second = rdl_registry_second(registry, now_ms);
	registry->kept_until = second + 1 + grace_s;
	registry->wheel.tick = second;
	sort_out(registry, second, &live, &recovery->counts.ended_away, &tombstones);
	if (live > registry->registrations_max)
		return rdl_recovery_fail(recovery,
			"%" PRIu64
			" registrations are to come back, and there is room for %" PRIu64,
			live, registry->registrations_max);
	list_tombstones(registry, second, tombstones, registry->registrations_max - live);
	rdl_wheel_init(&registry->wheel, &registry->slab);
	registry->wheel.tick = second;
	if (!start_live(recovery, registry) || !index_tombstones(recovery, registry))
		return false;
	recovery->counts.registrations += registry->registrations;
	recovery->counts.tombstones += registry->tombstones.count;
	return true;
}

bool rdl_recovery_finish(struct rdl_recovery *recovery, uint64_t now_ms, uint32_t grace_s)
{
	if (!recovery->has_epoch)
		return true;
	for (unsigned i = 0; i < recovery->count; i++)
		if (!finish_registry(recovery, recovery->registries[i], now_ms, grace_s))
			return false;
	return true;
}
