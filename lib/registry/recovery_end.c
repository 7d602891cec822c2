/* SPDX-License-Identifier: BSD-3-Clause */
/* How records end while they are recovered. */
#include "recovery_state.h"

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
	if (generation > record->generation) {
		record->generation =
			generation < RDL_GENERATION_MAX ? generation : RDL_GENERATION_MAX;
		record->skips = 0;
	}
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
			uint32_t end = rdl_recovery_end_of(recovery, handle, record);

			if (record->state == RDL_RECORD_LIVE && end <= second)
				rdl_recovery_end(registry, handle, end, true);
		}
	}
}

void rdl_recovery_keep_until(
	struct rdl_recovery *recovery, unsigned shard, unsigned shards, uint32_t second)
{
	for (unsigned partition = shard; partition < RDL_PARTITIONS; partition += shards) {
		const struct rdl_registry *registry = recovery->of_partition[partition];

		recovery->kept_until[partition] = second;
		for (uint32_t slot = 0; registry != NULL && slot < registry->slab.slots; slot++)
			rdl_slab_at(&registry->slab, partition << 24 | slot)->kept = true;
	}
}

void rdl_recovery_raise_floor(struct rdl_recovery *recovery, uint32_t generation)
{
	if (generation > recovery->floor && generation <= RDL_GENERATION_MAX / 2)
		recovery->floor = generation;
}

static void skip(struct rdl_registry *registry, rdl_handle handle, uint32_t floor, uint32_t times)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t had = rdl_record_had_generation(record);

	if (record->state == RDL_RECORD_FREE)
		rdl_recovery_free(registry, handle,
			(had > floor ? had : floor) + times * RDL_GENERATION_SKIP);
	else if (record->skips < RDL_SKIPS_MAX - times)
		record->skips = (record->skips + times) & RDL_SKIPS_MAX;
	else
		record->skips = RDL_SKIPS_MAX;
}

void rdl_recovery_skip_generations(struct rdl_recovery *recovery, uint32_t runs)
{
	uint32_t times = runs < RDL_SKIPS_MAX ? runs : RDL_SKIPS_MAX;

	for (unsigned partition = 0; partition < RDL_PARTITIONS; partition++) {
		struct rdl_registry *registry = recovery->of_partition[partition];

		for (uint32_t slot = 0; registry != NULL && slot < registry->slab.slots; slot++)
			skip(registry, partition << 24 | slot, recovery->floor, times);
	}
}
