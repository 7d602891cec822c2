/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry.h"

/* Members that a renewal tells of. */
#define RENEWAL_MEMBERS (1u << RDL_MEMBER_lifetime | 1u << RDL_MEMBER_address)

static_assert(RDL_ENTRY_MAX >= RDL_ENTRY_FIXED_MAX + RDL_ENDPOINT_MAX + RDL_STORE_BLOCK_MAX +
				       RDL_REGISTRY_PARAMETERS_MAX + RDL_IDENTITY_MAX,
	"the longest registration");

static uint8_t *put_head(uint8_t *at, enum rdl_entry_kind kind, unsigned flags, rdl_handle handle,
	uint32_t generation)
{
	at = rdl_entry_u8(at, (uint8_t)kind);
	at = rdl_entry_u8(at, (uint8_t)flags);
	at = rdl_entry_u32(at, handle);
	return rdl_entry_u32(at, generation);
}

/* As struct rdl_local has them, from the lowest bit on. */
static uint8_t *put_local(uint8_t *at, const struct rdl_local *local)
{
	memcpy(at, local, sizeof(*local));
	return at + sizeof(*local);
}

static unsigned peer_flag(const struct rdl_peer *peer)
{
	return rdl_peer_is_ipv4(peer) ? RDL_ENTRY_IPV4 : 0;
}

static uint8_t *put_peer(uint8_t *at, const struct rdl_peer *peer, unsigned flags)
{
	if (RDL_LIKELY((flags & RDL_ENTRY_IPV4) != 0)) {
		memcpy(at, peer->address + 12, 4);
		at += 4;
	} else {
		memcpy(at, peer->address, 16);
		at += 16;
	}
	return rdl_entry_u16(at, peer->port);
}

/* Which of a record's exchanges there are, and those. */
static unsigned exchanges_of(const struct rdl_record *record)
{
	unsigned which = record->register_exchange != 0 ? RDL_ENTRY_REGISTER_EXCHANGE : 0;

	for (unsigned i = 0; i < RDL_EXCHANGES; i++)
		if (record->exchange[i] != 0)
			which |= RDL_ENTRY_EXCHANGE(i);
	return which;
}

static uint8_t *put_exchanges(uint8_t *at, const struct rdl_record *record, unsigned which)
{
	if ((which & RDL_ENTRY_REGISTER_EXCHANGE) != 0)
		at = rdl_entry_u64(at, record->register_exchange);
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		if ((which & RDL_ENTRY_EXCHANGE(i)) == 0)
			continue;
		at = rdl_entry_u64(at, record->exchange[i]);
		at = rdl_entry_u32(at, record->exchange_second[i]);
		at = rdl_entry_u8(at, record->exchange_generation[i]);
		at = rdl_entry_u8(at, record->exchange_facts[i]);
	}
	return at;
}

static uint8_t *put_octets(uint8_t *at, const void *octets, size_t len)
{
	if (len > 0)
		memcpy(at, octets, len);
	return at + len;
}

static uint8_t *put_identity(
	uint8_t *at, const struct rdl_identities *identities, uint32_t identity)
{
	uint8_t octets[RDL_IDENTITY_MAX];
	size_t len = rdl_identities_octets(identities, identity, octets);

	at = rdl_entry_u8(at, (uint8_t)rdl_identities_mode(identities, identity));
	at = rdl_entry_u8(at, (uint8_t)len);
	return put_octets(at, octets, len);
}

static bool has_identity(const struct rdl_registry *registry, const struct rdl_record *record)
{
	return record->identity != 0 && registry->identities != NULL;
}

static unsigned registration_flags(
	const struct rdl_registry *registry, const struct rdl_record *record)
{
	unsigned flags = peer_flag(&record->peer);

	if (record->queue)
		flags |= RDL_ENTRY_QUEUE;
	if (record->updated_previous)
		flags |= RDL_ENTRY_UPDATED_PREVIOUS;
	if (record->registered_next)
		flags |= RDL_ENTRY_REGISTERED_NEXT;
	if (record->rooted)
		flags |= RDL_ENTRY_ROOTED;
	if (RDL_UNLIKELY(has_identity(registry, record)))
		flags |= RDL_ENTRY_IDENTITY;
	if (RDL_UNLIKELY(!rdl_lists_is_told(&registry->lists, record->objects)))
		flags |= RDL_ENTRY_LIST;
	return flags;
}

/* What lies behind the record: name, parameters, and the list where it is new. */
static uint8_t *put_extras(
	uint8_t *at, struct rdl_registry *registry, const struct rdl_record *record, bool list)
{
	struct rdl_span parameters = rdl_extras_parameters(&registry->store, record);
	uint8_t whole[RDL_ENDPOINT_MAX];

	struct rdl_span name = rdl_extras_endpoint(&registry->store, record, whole);
	at = put_octets(at, name.data, name.len);
	at = put_octets(at, parameters.data, parameters.len);
	if (list) {
		const struct rdl_object_list *objects =
			rdl_lists_at(&registry->lists, record->objects);

		at = put_octets(at, objects, objects->len);
	}
	return at;
}

/* `from`: the slot that it came out of, or RDL_HANDLE_NONE. */
static size_t put_registration(
	struct rdl_registry *registry, rdl_handle handle, rdl_handle from, uint8_t octets[])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	unsigned flags = registration_flags(registry, record), which = exchanges_of(record);
	size_t parameters_len = rdl_extras_parameters(&registry->store, record).len;

	if (from != RDL_HANDLE_NONE)
		flags |= RDL_ENTRY_MOVED;
	if (RDL_UNLIKELY((flags & RDL_ENTRY_LIST) != 0))
		rdl_lists_tell(&registry->lists, record->objects);
	uint8_t *at = put_head(octets, RDL_ENTRY_REGISTRATION, flags, handle, record->generation);
	at = rdl_entry_u8(at, record->minor);
	at = rdl_entry_u8(at, record->name_len);
	at = rdl_entry_u16(at, (uint16_t)parameters_len);
	at = put_local(at, &record->local);
	at = rdl_entry_u8(at, (uint8_t)which);
	at = rdl_entry_u32(at, record->binding);
	at = rdl_entry_u32(at, record->lifetime_s);
	at = rdl_entry_u32(at, record->deadline);
	at = rdl_entry_u32(at, record->registered);
	at = rdl_entry_u32(at, record->objects);
	at = put_peer(at, &record->peer, flags);
	at = put_exchanges(at, record, which);
	if (from != RDL_HANDLE_NONE)
		at = rdl_entry_u32(at, from);
	if (RDL_UNLIKELY((flags & RDL_ENTRY_IDENTITY) != 0))
		at = put_identity(at, registry->identities, record->identity);
	if (RDL_LIKELY(record->extras == RDL_STORE_NONE && (flags & RDL_ENTRY_LIST) == 0))
		at = put_octets(at, record->name, record->name_len);
	else
		at = put_extras(at, registry, record, (flags & RDL_ENTRY_LIST) != 0);
	return (size_t)(at - octets);
}

static size_t put_renewal(
	const struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, change->handle);
	unsigned flags = record->queue ? RDL_ENTRY_QUEUE : 0;

	if (record->updated_previous)
		flags |= RDL_ENTRY_UPDATED_PREVIOUS;
	if (change->kind == RDL_CHANGE_UPDATED)
		flags |= RDL_ENTRY_UPDATE;
	if ((change->members & 1u << RDL_MEMBER_lifetime) != 0)
		flags |= RDL_ENTRY_LIFETIME;
	if ((change->members & 1u << RDL_MEMBER_address) != 0)
		flags |= RDL_ENTRY_PEER | peer_flag(&record->peer);
	uint8_t *at =
		put_head(octets, RDL_ENTRY_RENEWAL, flags, change->handle, record->generation);
	at = rdl_entry_u32(at, record->deadline);
	if ((flags & RDL_ENTRY_UPDATE) != 0) {
		at = rdl_entry_u64(at, record->exchange[0]);
		at = rdl_entry_u32(at, record->exchange_second[0]);
		at = put_local(at, &record->local);
	}
	if ((flags & RDL_ENTRY_LIFETIME) != 0)
		at = rdl_entry_u32(at, record->lifetime_s);
	if ((flags & RDL_ENTRY_PEER) != 0)
		at = put_peer(at, &record->peer, flags);
	return (size_t)(at - octets);
}

static size_t put_ended(
	const struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, change->handle);
	bool removed = change->kind == RDL_CHANGE_REMOVED;
	uint8_t *at = put_head(octets, RDL_ENTRY_ENDED, removed ? RDL_ENTRY_REMOVED : 0,
		change->handle, record->generation);

	at = rdl_entry_u32(at, registry->ended_second);
	at = rdl_entry_u64(at, removed ? 0 : record->exchange[0]);
	return (size_t)(at - octets);
}

static bool is_renewal(const struct rdl_change *change)
{
	return change->kind == RDL_CHANGE_RENEWED ||
	       (change->kind == RDL_CHANGE_UPDATED && (change->members & ~RENEWAL_MEMBERS) == 0);
}

static size_t registration_room(const struct rdl_registry *registry, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	size_t room = RDL_ENTRY_FIXED_MAX + RDL_ENDPOINT_MAX + RDL_IDENTITY_MAX +
		      rdl_extras_parameters(&registry->store, record).len;

	if (RDL_UNLIKELY(!rdl_lists_is_told(&registry->lists, record->objects)))
		room += rdl_lists_at(&registry->lists, record->objects)->len;
	return room;
}

size_t rdl_entry_room(const struct rdl_registry *registry, const struct rdl_change *change)
{
	if (change->kind == RDL_CHANGE_REGISTERED || change->kind == RDL_CHANGE_REPLACED ||
		(change->kind == RDL_CHANGE_UPDATED && !is_renewal(change)))
		return registration_room(registry, change->handle);
	return RDL_ENTRY_SHORT_MAX;
}

size_t rdl_entry_of_change(
	struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[])
{
	rdl_handle from = RDL_HANDLE_NONE;

	if (RDL_LIKELY(is_renewal(change)))
		return put_renewal(registry, change, octets);
	switch ((enum rdl_change_kind)change->kind) {
	case RDL_CHANGE_REPLACED:
		if (change->old_location.handle != change->handle)
			from = change->old_location.handle;
		return put_registration(registry, change->handle, from, octets);
	case RDL_CHANGE_REGISTERED:
	case RDL_CHANGE_UPDATED:
		return put_registration(registry, change->handle, from, octets);
	case RDL_CHANGE_DEREGISTERED:
	case RDL_CHANGE_REMOVED:
		return put_ended(registry, change, octets);
	case RDL_CHANGE_RENEWED:
	case RDL_CHANGE_EXPIRED:
	case RDL_CHANGE_NONE:
		break;
	}
	return 0;
}

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
	at = rdl_entry_u32(at, registry->kept_until);
	return (size_t)(at - octets);
}

/* Of a tombstone: the name, or the digest of one that is longer than a record holds. */
static size_t put_tombstone(const struct rdl_record *record, rdl_handle handle, uint8_t octets[])
{
	unsigned which = exchanges_of(record);
	bool is_long = record->name_len > RDL_NAME_INLINE;
	uint8_t *at = put_head(octets, RDL_ENTRY_TOMBSTONE, record->rooted ? RDL_ENTRY_ROOTED : 0,
		handle, record->generation);

	at = rdl_entry_u8(at, record->minor);
	at = rdl_entry_u8(at, record->name_len);
	at = rdl_entry_u8(at, (uint8_t)which);
	at = rdl_entry_u32(at, record->deadline);
	at = rdl_entry_u32(at, record->registered);
	at = put_exchanges(at, record, which);
	if (is_long)
		at = put_octets(at, &record->digest, sizeof(record->digest));
	else
		at = put_octets(at, record->name, record->name_len);
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
		at = handle == first
			     ? put_head(at, RDL_ENTRY_GENERATIONS, 0, first, record->generation)
			     : rdl_entry_u32(at, record->generation);
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
	if (record->state == RDL_RECORD_LIVE && registration_room(registry, handle) > room)
		return 0;
	--*budget;
	sweep->cursor++;
	switch ((enum rdl_record_state)record->state) {
	case RDL_RECORD_LIVE:
		return put_registration(registry, handle, RDL_HANDLE_NONE, octets);
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
