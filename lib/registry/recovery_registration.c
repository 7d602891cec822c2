/* SPDX-License-Identifier: BSD-3-Clause */
/* What the entry of a registration makes of its slot, and of the store. */
#include "pace.h"
#include "recovery_slot.h"

static struct rdl_store_claim claim_of(
	const struct rdl_registry *registry, const struct rdl_peer *peer)
{
	return (struct rdl_store_claim){
		.account = rdl_accounts_of(&registry->store.accounts, peer),
		.live = true,
		.again = true,
	};
}

/* The list that comes with the registration gets its number. */
static bool add_list(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct rdl_entry_registration *entry)
{
	struct rdl_store_claim claim = claim_of(registry, &entry->peer);

	if (!rdl_entry_copy_list(entry->objects, recovery->list))
		return rdl_recovery_fail_unread(recovery, "registration's object list");
	while (!rdl_recovery_add_list(recovery, registry, entry->list,
		(const struct rdl_object_list *)recovery->list, &claim))
		if (!rdl_store_grow(&registry->store))
			return rdl_recovery_fail_room(recovery);
	return true;
}

/* What a registration holds of the store, and its identity. */
struct holdings {
	uint32_t objects, extras, identity;
};

static bool take_store(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct rdl_entry_registration *entry, struct holdings *held)
{
	struct rdl_extras_want want = { .parameters = entry->parameters };
	struct rdl_store_claim claim = claim_of(registry, &entry->peer);

	if (entry->name.len > RDL_NAME_INLINE)
		want.name = entry->name;
	held->extras = RDL_STORE_NONE;
	held->objects = rdl_recovery_take_list(recovery, registry, entry->list, &claim);
	if (held->objects == RDL_STORE_NONE)
		return false;
	if (RDL_LIKELY(rdl_extras_none(&want)))
		return true;
	held->extras = rdl_extras_create(&registry->store, &want, &claim);
	if (held->extras != RDL_STORE_NONE)
		return true;
	rdl_lists_release(&registry->lists, held->objects);
	return false;
}

static bool take_holdings(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct rdl_entry_registration *entry, struct holdings *held)
{
	held->identity = 0;
	if (RDL_UNLIKELY(entry->identity.mode != RDL_IDENTITY_NONE)) {
		held->identity = rdl_recovery_recall(recovery, &entry->identity);
		if (held->identity == 0)
			return false;
	}
	while (RDL_UNLIKELY(!take_store(recovery, registry, entry, held)))
		if (!rdl_store_grow(&registry->store)) {
			rdl_registry_let_go(registry, held->identity);
			return rdl_recovery_fail_room(recovery);
		}
	return true;
}

static void fill(const struct rdl_recovery *recovery, struct rdl_record *record,
	const struct rdl_entry_registration *entry, const struct holdings *held)
{
	size_t here = entry->name.len < RDL_NAME_INLINE ? entry->name.len : RDL_NAME_INLINE;

	record->generation = entry->head.generation;
	record->state = RDL_RECORD_LIVE;
	record->minor = entry->minor;
	record->name_len = (uint8_t)entry->name.len;
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, entry->name.data, here);
	record->local = entry->local;
	record->peer = entry->peer;
	record->identity = held->identity;
	record->binding = entry->binding;
	record->lifetime_s = entry->lifetime_s;
	record->deadline = rdl_recovery_end_second(recovery, entry->deadline);
	record->objects = held->objects;
	record->extras = held->extras;
	record->queue = (entry->head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (entry->head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	record->registered_next = (entry->head.flags & RDL_ENTRY_REGISTERED_NEXT) != 0;
	record->rooted = (entry->head.flags & RDL_ENTRY_ROOTED) != 0;
	record->kept = entry->kept;
	record->registered = rdl_recovery_begin_second(recovery, entry->registered);
	rdl_recovery_fill_exchanges(recovery, record, &entry->exchanges);
	rdl_pace_carry(record, 0);
}

bool rdl_recovery_apply_registration(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_registration entry;
	struct holdings held = { 0 };
	bool failed;

	if (!rdl_entry_read_registration(octets, &entry))
		return rdl_recovery_fail_unread(recovery, "registration");
	struct rdl_registry *registry = rdl_recovery_registry_of(recovery, &entry.head, &failed);
	if (failed)
		return false;
	/* Also where the registration is not ours: others have the list. */
	if (RDL_UNLIKELY((entry.head.flags & RDL_ENTRY_LIST) != 0)) {
		struct rdl_registry *home = registry != NULL ? registry : recovery->registries[0];

		if (!add_list(recovery, home, &entry))
			return false;
	} else if (!rdl_recovery_has_list(recovery, entry.list)) {
		return rdl_recovery_fail(recovery, "object list %u was not in the log", entry.list);
	}
	if (registry == NULL)
		return true;
	if (RDL_UNLIKELY(entry.from != RDL_HANDLE_NONE) &&
		rdl_slab_has(&registry->slab, entry.from))
		rdl_recovery_free(registry, entry.from, RDL_GENERATION_MAX);
	/* Nobody could prove any more to be the one whose it is. */
	if (RDL_UNLIKELY(
		    entry.identity.mode != RDL_IDENTITY_NONE && registry->identities == NULL)) {
		rdl_recovery_free(registry, entry.head.handle, entry.head.generation);
		recovery->counts.unsecured++;
		return true;
	}
	if (!take_holdings(recovery, registry, &entry, &held))
		return false;
	fill(recovery, rdl_recovery_claim_slot(registry, entry.head.handle), &entry, &held);
	return true;
}
