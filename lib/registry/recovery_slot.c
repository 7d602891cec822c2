/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry makes of a slot. */
#include "entry_read.h"
#include "pace.h"
#include "recovery_state.h"

/* Seconds of the log's as ours. Neither of those that have no end, nor before our first. */
static uint32_t second_of_end(const struct rdl_recovery *recovery, uint32_t second)
{
	int64_t end = second + recovery->log.end_s;

	if (second == UINT32_MAX || end > UINT32_MAX)
		return UINT32_MAX;
	return end > 0 ? (uint32_t)end : 0;
}

/* These may lie before the first: they wrap. */
static uint32_t second_of_beginning(const struct rdl_recovery *recovery, uint32_t second)
{
	return (uint32_t)(second + recovery->log.begin_s);
}

static bool fail_unread(struct rdl_recovery *recovery, const char *what)
{
	return rdl_recovery_fail(recovery, "an entry of a %s cannot be read", what);
}

/* The registry of a slot; NULL: it is another recovery's, or it cannot be: *failed. */
static struct rdl_registry *registry_of(
	struct rdl_recovery *recovery, const struct rdl_entry_head *head, bool *failed)
{
	struct rdl_registry *registry = recovery->of_partition[head->handle >> 24];
	uint32_t slot = head->handle & 0xffffff;

	*failed = true;
	if (head->generation == 0 || head->generation > RDL_GENERATION_MAX) {
		rdl_recovery_fail(recovery, "slot %u of partition %u has generation %u", slot,
			head->handle >> 24, head->generation);
		return NULL;
	}
	if (registry != NULL && slot >= registry->slab.slots) {
		rdl_recovery_fail(recovery,
			"slot %u of partition %u is in use, and there are %u of them where so few "
			"registrations may be held",
			slot, head->handle >> 24, registry->slab.slots);
		return NULL;
	}
	*failed = false;
	return registry;
}

static void fill_exchanges(const struct rdl_recovery *recovery, struct rdl_record *record,
	const struct rdl_entry_exchanges *exchanges)
{
	record->skips = exchanges->skips & RDL_SKIPS_MAX;
	record->register_exchange = exchanges->of_register;
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		record->exchange[i] = exchanges->other[i].exchange;
		record->exchange_second[i] =
			second_of_beginning(recovery, exchanges->other[i].second);
		record->exchange_generation[i] = exchanges->other[i].generation;
		record->exchange_facts[i] = exchanges->other[i].facts;
	}
}

/* ---- registrations ---- */

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
		return fail_unread(recovery, "registration's object list");
	return rdl_recovery_add_list(recovery, registry, entry->list,
		       (const struct rdl_object_list *)recovery->list, &claim) ||
	       rdl_recovery_fail(recovery, "there is no room for an object list");
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

/* Where there is no room, what is past its time gives way. */
static bool take_holdings(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct rdl_entry_registration *entry, struct holdings *held)
{
	const struct rdl_recovery_log *log = &recovery->log;

	held->identity = 0;
	if (RDL_UNLIKELY(entry->identity.mode != RDL_IDENTITY_NONE)) {
		held->identity = rdl_identities_intern(
			registry->identities, &entry->identity, (struct rdl_span){ NULL, 0 });
		if (held->identity == 0)
			return rdl_recovery_fail(recovery,
				"there is no room for the identities of so many registrations");
	}
	if (RDL_LIKELY(take_store(recovery, registry, entry, held)))
		return true;
	rdl_recovery_end_over(recovery, log->shard, log->shards,
		rdl_recovery_second(recovery, recovery->applied_ms - RDL_RECOVERY_LATE_S * 1000));
	if (take_store(recovery, registry, entry, held))
		return true;
	rdl_registry_let_go(registry, held->identity);
	return rdl_recovery_fail(recovery, "there is no room for the object lists, long names and "
					   "parameters of so many registrations");
}

/* The slot is taken, by a registration or a tombstone that is still to be filled. */
static struct rdl_record *claim_slot(struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->state == RDL_RECORD_FREE)
		(void)rdl_slab_take(&registry->slab, handle); /* or it is used up, and was taken */
	else
		rdl_recovery_strip(registry, record);
	return record;
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
	record->deadline = second_of_end(recovery, entry->deadline);
	record->objects = held->objects;
	record->extras = held->extras;
	record->queue = (entry->head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (entry->head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	record->registered_next = (entry->head.flags & RDL_ENTRY_REGISTERED_NEXT) != 0;
	record->rooted = (entry->head.flags & RDL_ENTRY_ROOTED) != 0;
	record->registered = second_of_beginning(recovery, entry->registered);
	fill_exchanges(recovery, record, &entry->exchanges);
	rdl_pace_carry(record, 0);
}

static bool apply_registration(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_registration entry;
	struct holdings held;
	bool failed;

	if (!rdl_entry_read_registration(octets, &entry))
		return fail_unread(recovery, "registration");
	struct rdl_registry *registry = registry_of(recovery, &entry.head, &failed);
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
	fill(recovery, claim_slot(registry, entry.head.handle), &entry, &held);
	return true;
}

/* ---- others ---- */

/* The live record that an entry means; what is not known yet will be told by the sweep. */
static struct rdl_record *live_of(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct rdl_entry_head *head)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, head->handle);

	if (RDL_LIKELY(record->state == RDL_RECORD_LIVE && record->generation == head->generation))
		return record;
	recovery->counts.skipped++;
	return NULL;
}

static bool apply_renewal(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_renewal entry;
	bool failed;

	if (!rdl_entry_read_renewal(octets, &entry))
		return fail_unread(recovery, "renewal");
	struct rdl_registry *registry = registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = live_of(recovery, registry, &entry.head);
	if (record == NULL)
		return true;
	record->deadline = second_of_end(recovery, entry.deadline);
	record->queue = (entry.head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (entry.head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	if ((entry.head.flags & RDL_ENTRY_LIFETIME) != 0)
		record->lifetime_s = entry.lifetime_s;
	if ((entry.head.flags & RDL_ENTRY_PEER) != 0)
		record->peer = entry.peer;
	if ((entry.head.flags & RDL_ENTRY_UPDATE) != 0) {
		record->local = entry.local;
		rdl_exchange_note(
			record, entry.exchange, second_of_beginning(recovery, entry.second));
	}
	return true;
}

static bool apply_ended(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_ended entry;
	bool failed;

	if (!rdl_entry_read_ended(octets, &entry))
		return fail_unread(recovery, "registration's end");
	struct rdl_registry *registry = registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = live_of(recovery, registry, &entry.head);
	if (record == NULL)
		return true;
	uint32_t second = second_of_beginning(recovery, entry.second);
	bool removed = (entry.head.flags & RDL_ENTRY_REMOVED) != 0;
	if (!removed)
		rdl_exchange_note(record, entry.exchange, second);
	rdl_recovery_end(registry, entry.head.handle, second, removed);
	return true;
}

static bool apply_tombstone(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_tombstone entry;
	bool failed;

	if (!rdl_entry_read_tombstone(octets, &entry))
		return fail_unread(recovery, "tombstone");
	struct rdl_registry *registry = registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = claim_slot(registry, entry.head.handle);
	record->generation = entry.head.generation;
	record->state = RDL_RECORD_TOMBSTONE;
	record->minor = entry.minor;
	record->name_len = entry.name_len;
	record->deadline = second_of_end(recovery, entry.deadline);
	record->rooted = (entry.head.flags & RDL_ENTRY_ROOTED) != 0;
	record->registered = second_of_beginning(recovery, entry.registered);
	record->identity = 0;
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	fill_exchanges(recovery, record, &entry.exchanges);
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, entry.name.data, entry.name.len);
	return true;
}

static bool apply_generations(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_generations entry;
	bool failed;

	if (!rdl_entry_read_generations(octets, &entry))
		return fail_unread(recovery, "free slot");
	for (;;) {
		struct rdl_registry *registry = registry_of(recovery, &entry.head, &failed);

		if (registry == NULL)
			return !failed;
		rdl_recovery_free(registry, entry.head.handle, entry.head.generation);
		if (entry.others.len == 0)
			return true;
		entry.head.handle++;
		memcpy(&entry.head.generation, entry.others.data, sizeof(uint32_t));
		entry.others.data += sizeof(uint32_t);
		entry.others.len -= sizeof(uint32_t);
	}
}

bool rdl_recovery_apply_slot(
	struct rdl_recovery *recovery, enum rdl_entry_kind kind, struct rdl_span octets)
{
	switch (kind) {
	case RDL_ENTRY_REGISTRATION:
		return apply_registration(recovery, octets);
	case RDL_ENTRY_RENEWAL:
		return apply_renewal(recovery, octets);
	case RDL_ENTRY_ENDED:
		return apply_ended(recovery, octets);
	case RDL_ENTRY_TOMBSTONE:
		return apply_tombstone(recovery, octets);
	case RDL_ENTRY_GENERATIONS:
		return apply_generations(recovery, octets);
	case RDL_ENTRY_SWEEP_BEGIN:
	case RDL_ENTRY_SWEEP_END:
		break;
	}
	return true;
}
