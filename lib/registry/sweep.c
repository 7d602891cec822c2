/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_write.h"

uint64_t rdl_sweep_slots(const struct rdl_registry *registry)
{
	uint64_t partitions =
		(RDL_PARTITIONS - 1u - registry->shard) / registry->shards + UINT64_C(1);

	return partitions * registry->slab.slots;
}

size_t rdl_sweep_begin(struct rdl_sweep *sweep, struct rdl_registry *registry, uint8_t octets[])
{
	uint8_t *at = rdl_entry_u8(octets, RDL_ENTRY_SWEEP_BEGIN);

	sweep->cursor = 0;
	rdl_lists_begin_telling(&registry->lists);
	at = rdl_entry_u8(at, RDL_ENTRY_FORMAT);
	at = rdl_entry_u16(at, registry->shard);
	at = rdl_entry_u16(at, registry->shards);
	at = rdl_entry_u64(at, registry->epoch_ms);
	at = rdl_entry_u32(at, registry->wheel.kept_until);
	at = rdl_entry_u32(at, registry->floor);
	return (size_t)(at - octets);
}

/* Of a tombstone: the name, or the digest of one that is longer than a record holds. */
static size_t put_tombstone(const struct rdl_record *record, rdl_handle handle, uint8_t octets[])
{
	unsigned which = rdl_entry_exchanges_of(record);
	bool is_long = record->name_len > RDL_NAME_INLINE;
	uint8_t *at = rdl_entry_put_head(octets, RDL_ENTRY_TOMBSTONE,
		record->rooted ? RDL_ENTRY_ROOTED : 0, handle, record->generation);

	at = rdl_entry_u8(at, record->minor);
	at = rdl_entry_u8(at, record->name_len);
	at = rdl_entry_u8(at, (uint8_t)which);
	at = rdl_entry_u32(at, record->deadline);
	at = rdl_entry_u32(at, record->registered);
	at = rdl_entry_put_exchanges(at, record, which);
	if (is_long)
		at = rdl_entry_put_octets(at, &record->digest, sizeof(record->digest));
	else
		at = rdl_entry_put_octets(at, record->name, record->name_len);
	return (size_t)(at - octets);
}

/* From a free slot that had something in it, those behind it that are free. */
static size_t put_generations(struct rdl_sweep *sweep, const struct rdl_registry *registry,
	unsigned *budget, size_t room, uint8_t octets[])
{
	rdl_handle handle = (rdl_handle)sweep->cursor, first = handle;
	size_t most = RDL_ENTRY_GENERATIONS_MAX;
	uint8_t *at = octets;

	if (most > (room - RDL_ENTRY_HEAD) / sizeof(uint32_t))
		most = (room - RDL_ENTRY_HEAD) / sizeof(uint32_t) + 1;
	for (; handle - first<most && * budget> 0 && rdl_slab_has(&registry->slab, handle);
		handle++) {
		const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state != RDL_RECORD_FREE || record->generation == 0)
			break;
		--*budget;
		uint32_t had = rdl_record_had_generation(record);
		at = handle == first ? rdl_entry_put_head(at, RDL_ENTRY_GENERATIONS, 0, first, had)
				     : rdl_entry_u32(at, had);
	}
	sweep->cursor = handle;
	return (size_t)(at - octets);
}

/* The entry of the slot at the cursor, behind which that is set; 0: it needs none, or more room. */
static size_t put_slot(struct rdl_sweep *sweep, struct rdl_registry *registry, unsigned *budget,
	size_t room, uint8_t octets[])
{
	rdl_handle handle = (rdl_handle)sweep->cursor;
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->state == RDL_RECORD_FREE && record->generation != 0)
		return put_generations(sweep, registry, budget, room, octets);
	if (record->state == RDL_RECORD_LIVE &&
		rdl_entry_registration_room(registry, handle) > room)
		return 0;
	--*budget;
	sweep->cursor++;
	switch ((enum rdl_record_state)record->state) {
	case RDL_RECORD_LIVE:
		return rdl_entry_put_registration(registry, handle, RDL_HANDLE_NONE, octets);
	case RDL_RECORD_TOMBSTONE:
		return put_tombstone(record, handle, octets);
	case RDL_RECORD_FREE:
	case RDL_RECORD_ENDED:
		break;
	}
	return 0;
}

size_t rdl_sweep_next(struct rdl_sweep *sweep, struct rdl_registry *registry, unsigned *budget,
	size_t room, uint8_t octets[])
{
	assert(!rdl_sweep_has_ended(sweep));
	rdl_registry_forget_ended(registry);
	if (room < RDL_ENTRY_FIXED_MAX)
		return 0;
	while (sweep->cursor < (uint64_t)RDL_PARTITIONS << 24) {
		uint64_t cursor = sweep->cursor;

		if (!rdl_slab_has(&registry->slab, (rdl_handle)cursor)) {
			sweep->cursor = ((cursor >> 24) + 1) << 24;
			continue;
		}
		if (*budget == 0)
			return 0;
		size_t len = put_slot(sweep, registry, budget, room, octets);
		if (len > 0 || sweep->cursor == cursor)
			return len;
	}
	sweep->cursor = UINT64_MAX;
	rdl_lists_end_telling(&registry->lists);
	*octets = RDL_ENTRY_SWEEP_END;
	return 1;
}
