/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_write.h"

static_assert(RDL_ENTRY_MAX >= RDL_ENTRY_FIXED_MAX + RDL_ENDPOINT_MAX + RDL_STORE_BLOCK_MAX +
				       RDL_REGISTRY_PARAMETERS_MAX + RDL_IDENTITY_MAX,
	"the longest registration");

uint8_t *rdl_entry_put_head(uint8_t *at, enum rdl_entry_kind kind, unsigned flags,
	rdl_handle handle, uint32_t generation)
{
	at = rdl_entry_u8(at, (uint8_t)kind);
	at = rdl_entry_u8(at, (uint8_t)flags);
	at = rdl_entry_u32(at, handle);
	return rdl_entry_u32(at, generation);
}

/* As struct rdl_local has them, from the lowest bit on. */
uint8_t *rdl_entry_put_local(uint8_t *at, const struct rdl_local *local)
{
	memcpy(at, local, sizeof(*local));
	return at + sizeof(*local);
}

unsigned rdl_entry_peer_flag(const struct rdl_peer *peer)
{
	return rdl_peer_is_ipv4(peer) ? RDL_ENTRY_IPV4 : 0;
}

uint8_t *rdl_entry_put_peer(uint8_t *at, const struct rdl_peer *peer, unsigned flags)
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

unsigned rdl_entry_exchanges_of(const struct rdl_record *record)
{
	unsigned which = record->register_exchange != 0 ? RDL_ENTRY_REGISTER_EXCHANGE : 0;

	for (unsigned i = 0; i < RDL_EXCHANGES; i++)
		if (record->exchange[i] != 0)
			which |= RDL_ENTRY_EXCHANGE(i);
	return which | (unsigned)record->skips << RDL_ENTRY_SKIPS_SHIFT;
}

uint8_t *rdl_entry_put_exchanges(uint8_t *at, const struct rdl_record *record, unsigned which)
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

uint8_t *rdl_entry_put_octets(uint8_t *at, const void *octets, size_t len)
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
	return rdl_entry_put_octets(at, octets, len);
}

static bool has_identity(const struct rdl_registry *registry, const struct rdl_record *record)
{
	return record->identity != 0 && registry->identities != NULL;
}

static unsigned registration_flags(
	const struct rdl_registry *registry, const struct rdl_record *record)
{
	unsigned flags = rdl_entry_peer_flag(&record->peer);

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
	at = rdl_entry_put_octets(at, name.data, name.len);
	at = rdl_entry_put_octets(at, parameters.data, parameters.len);
	if (list) {
		const struct rdl_object_list *objects =
			rdl_lists_at(&registry->lists, record->objects);

		at = rdl_entry_put_octets(at, objects, objects->len);
	}
	return at;
}

/* `from`: the slot that it came out of, or RDL_HANDLE_NONE. */
static inline size_t put_registration(
	struct rdl_registry *registry, rdl_handle handle, rdl_handle from, uint8_t octets[])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	unsigned flags = registration_flags(registry, record),
		 which = rdl_entry_exchanges_of(record);
	size_t parameters_len = rdl_extras_parameters(&registry->store, record).len;

	if (from != RDL_HANDLE_NONE)
		flags |= RDL_ENTRY_MOVED;
	uint8_t *at = rdl_entry_put_head(
		octets, RDL_ENTRY_REGISTRATION, flags, handle, record->generation);
	at = rdl_entry_u8(at, (uint8_t)(record->minor | (record->kept ? RDL_ENTRY_KEPT : 0)));
	at = rdl_entry_u8(at, record->name_len);
	at = rdl_entry_u16(at, (uint16_t)parameters_len);
	at = rdl_entry_put_local(at, &record->local);
	at = rdl_entry_u8(at, (uint8_t)which);
	at = rdl_entry_u32(at, record->binding);
	at = rdl_entry_u32(at, record->lifetime_s);
	at = rdl_entry_u32(at, record->deadline);
	at = rdl_entry_u32(at, record->registered);
	at = rdl_entry_u32(at, record->objects);
	at = rdl_entry_put_peer(at, &record->peer, flags);
	at = rdl_entry_put_exchanges(at, record, which);
	if (from != RDL_HANDLE_NONE)
		at = rdl_entry_u32(at, from);
	if (RDL_UNLIKELY((flags & RDL_ENTRY_IDENTITY) != 0))
		at = put_identity(at, registry->identities, record->identity);
	if (RDL_LIKELY(record->extras == RDL_STORE_NONE && (flags & RDL_ENTRY_LIST) == 0))
		at = rdl_entry_put_octets(at, record->name, record->name_len);
	else
		at = put_extras(at, registry, record, (flags & RDL_ENTRY_LIST) != 0);
	return (size_t)(at - octets);
}

size_t rdl_entry_put_registration(
	struct rdl_registry *registry, rdl_handle handle, rdl_handle from, uint8_t octets[])
{
	size_t len = put_registration(registry, handle, from, octets);

	if (RDL_UNLIKELY((octets[1] & RDL_ENTRY_LIST) != 0))
		rdl_lists_tell(&registry->lists, rdl_slab_at(&registry->slab, handle)->objects);
	return len;
}

size_t rdl_entry_put_registration_apart(
	struct rdl_registry *registry, rdl_handle handle, uint8_t octets[])
{
	return put_registration(registry, handle, RDL_HANDLE_NONE, octets);
}

size_t rdl_entry_put_ended(const struct rdl_registry *registry, rdl_handle handle, bool forgets,
	uint8_t octets[RDL_ENTRY_ENDED_LEN])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint8_t *at = rdl_entry_put_head(octets, RDL_ENTRY_ENDED, forgets ? RDL_ENTRY_REMOVED : 0,
		handle, record->generation);

	at = rdl_entry_u32(at, registry->ended_second);
	at = rdl_entry_u64(at, forgets ? 0 : record->exchange[0]);
	return (size_t)(at - octets);
}

size_t rdl_entry_registration_room(const struct rdl_registry *registry, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	size_t room = RDL_ENTRY_FIXED_MAX + RDL_ENDPOINT_MAX + RDL_IDENTITY_MAX +
		      rdl_extras_parameters(&registry->store, record).len;

	if (RDL_UNLIKELY(!rdl_lists_is_told(&registry->lists, record->objects)))
		room += rdl_lists_at(&registry->lists, record->objects)->len;
	return room;
}
