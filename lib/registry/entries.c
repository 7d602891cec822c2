/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_write.h"

/* Members that a renewal tells of. */
#define RENEWAL_MEMBERS (1u << RDL_MEMBER_lifetime | 1u << RDL_MEMBER_address)

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
		flags |= RDL_ENTRY_PEER | rdl_entry_peer_flag(&record->peer);
	uint8_t *at = rdl_entry_put_head(
		octets, RDL_ENTRY_RENEWAL, flags, change->handle, record->generation);
	at = rdl_entry_u32(at, record->deadline);
	if ((flags & RDL_ENTRY_UPDATE) != 0) {
		at = rdl_entry_u64(at, record->exchange[0]);
		at = rdl_entry_u32(at, record->exchange_second[0]);
		at = rdl_entry_put_local(at, &record->local);
	}
	if ((flags & RDL_ENTRY_LIFETIME) != 0)
		at = rdl_entry_u32(at, record->lifetime_s);
	if ((flags & RDL_ENTRY_PEER) != 0)
		at = rdl_entry_put_peer(at, &record->peer, flags);
	return (size_t)(at - octets);
}

static bool is_renewal(const struct rdl_change *change)
{
	return change->kind == RDL_CHANGE_RENEWED ||
	       (change->kind == RDL_CHANGE_UPDATED && (change->members & ~RENEWAL_MEMBERS) == 0);
}

size_t rdl_entry_room(const struct rdl_registry *registry, const struct rdl_change *change)
{
	if (change->kind == RDL_CHANGE_REGISTERED || change->kind == RDL_CHANGE_REPLACED ||
		(change->kind == RDL_CHANGE_UPDATED && !is_renewal(change)))
		return rdl_entry_registration_room(registry, change->handle);
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
		return rdl_entry_put_registration(registry, change->handle, from, octets);
	case RDL_CHANGE_REGISTERED:
	case RDL_CHANGE_UPDATED:
		return rdl_entry_put_registration(registry, change->handle, from, octets);
	case RDL_CHANGE_DEREGISTERED:
	case RDL_CHANGE_REMOVED:
		return rdl_entry_put_ended(
			registry, change->handle, change->kind == RDL_CHANGE_REMOVED, octets);
	case RDL_CHANGE_RENEWED:
	case RDL_CHANGE_EXPIRED:
	case RDL_CHANGE_NONE:
		break;
	}
	return 0;
}

void rdl_entry_put_session(const struct rdl_registry *registry,
	const struct rdl_entry_session *session, uint8_t octets[RDL_ENTRY_SESSION_LEN])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, session->handle);
	uint8_t *at = rdl_entry_put_head(
		octets, RDL_ENTRY_SESSION, 0, session->handle, record->generation);

	at = rdl_entry_u64(at, session->session);
	at = rdl_entry_u64(at, session->read_sequence);
	(void)rdl_entry_u32(at, session->seconds);
}
