/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_write.h"

static_assert(RDL_ENTRY_MAX >= RDL_ENTRY_EVENT_MAX + RDL_ENTRY_ENDED_LEN + RDL_ENTRY_FIXED_MAX +
				       RDL_ENDPOINT_MAX + RDL_STORE_BLOCK_MAX +
				       RDL_REGISTRY_PARAMETERS_MAX + RDL_IDENTITY_MAX,
	"the longest event");

size_t rdl_entry_event_room(const struct rdl_registry *registry, const struct rdl_change *change)
{
	return RDL_ENTRY_EVENT_MAX + RDL_ENTRY_ENDED_LEN +
	       rdl_entry_registration_room(registry, change->handle);
}

static unsigned old_flags(const struct rdl_change *change)
{
	unsigned peer = RDL_ENTRY_OLD_PEER | rdl_entry_peer_flag(&change->old_peer);

	if (change->kind == RDL_CHANGE_REPLACED)
		return RDL_ENTRY_OLD_LOCATION | peer;
	/* Else it is the address that it has. */
	if (change->kind == RDL_CHANGE_UPDATED && (change->members & 1u << RDL_MEMBER_address) != 0)
		return peer;
	return 0;
}

/* Other changes do not say. */
static uint8_t members_of(const struct rdl_change *change)
{
	return change->kind == RDL_CHANGE_UPDATED || change->kind == RDL_CHANGE_RENEWED
		       ? change->members
		       : 0;
}

static uint8_t *put_location(uint8_t *at, const struct rdl_location *location)
{
	at = rdl_entry_u8(at, (uint8_t)(location->version_class << 1 | location->rooted));
	at = rdl_entry_u32(at, location->handle);
	return rdl_entry_u32(at, location->generation);
}

static uint8_t *put_times(uint8_t *at, const struct rdl_registry *registry,
	const struct rdl_record *record, uint64_t now_ms)
{
	uint64_t epoch_ms = rdl_registry_wall(registry, registry->epoch_ms);
	uint32_t registered = record->registered + record->registered_next;
	uint32_t updated = rdl_registry_updated_second(registry, record);

	at = rdl_entry_u64(at, rdl_registry_wall(registry, now_ms));
	at = rdl_entry_u64(at, epoch_ms + (uint64_t)rdl_wheel_end(&registry->wheel, record) * 1000);
	at = rdl_entry_u32(at, (uint32_t)rdl_registry_wall_second(registry, registered));
	return rdl_entry_u32(at, (uint32_t)rdl_registry_wall_second(registry, updated));
}

/* The entry that would be there without the event, and the registration, where that is not it. */
static size_t put_state(
	struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[])
{
	rdl_handle from = RDL_HANDLE_NONE;
	size_t len;

	if (change->kind < RDL_CHANGE_DEREGISTERED) {
		if (change->kind == RDL_CHANGE_REPLACED &&
			change->old_location.handle != change->handle)
			from = change->old_location.handle;
		return rdl_entry_put_registration(registry, change->handle, from, octets);
	}
	/* One that has expired is as if it had been removed: nothing of it is remembered. */
	len = rdl_entry_put_ended(
		registry, change->handle, change->kind != RDL_CHANGE_DEREGISTERED, octets);
	return len + rdl_entry_put_registration_apart(registry, change->handle, octets + len);
}

size_t rdl_entry_of_event(struct rdl_registry *registry, const struct rdl_change *change,
	uint64_t now_ms, uint8_t octets[])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, change->handle);
	unsigned flags = old_flags(change);
	uint8_t *at = rdl_entry_u8(octets, RDL_ENTRY_EVENT);

	at = rdl_entry_u8(at, (uint8_t)flags);
	at = rdl_entry_u8(at, change->kind);
	at = rdl_entry_u8(at, members_of(change));
	at = put_times(at, registry, record, now_ms);
	if ((flags & RDL_ENTRY_OLD_LOCATION) != 0)
		at = put_location(at, &change->old_location);
	if ((flags & RDL_ENTRY_OLD_PEER) != 0)
		at = rdl_entry_put_peer(at, &change->old_peer, flags);
	return (size_t)(at - octets) + put_state(registry, change, at);
}
