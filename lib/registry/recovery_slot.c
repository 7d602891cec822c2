/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry makes of a slot. */
#include "recovery_slot.h"

uint32_t rdl_recovery_end_second(const struct rdl_recovery *recovery, uint32_t second)
{
	int64_t end = second + recovery->log.end_s;

	if (second == UINT32_MAX || end > UINT32_MAX)
		return UINT32_MAX;
	return end > 0 ? (uint32_t)end : 0;
}

uint32_t rdl_recovery_begin_second(const struct rdl_recovery *recovery, uint32_t second)
{
	return (uint32_t)(second + recovery->log.begin_s);
}

bool rdl_recovery_fail_unread(struct rdl_recovery *recovery, const char *what)
{
	return rdl_recovery_fail(recovery, "an entry of a %s cannot be read", what);
}

struct rdl_registry *rdl_recovery_registry_of(
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

void rdl_recovery_fill_exchanges(const struct rdl_recovery *recovery, struct rdl_record *record,
	const struct rdl_entry_exchanges *exchanges)
{
	record->skips = exchanges->skips & RDL_SKIPS_MAX;
	record->register_exchange = exchanges->of_register;
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		record->exchange[i] = exchanges->other[i].exchange;
		record->exchange_second[i] =
			rdl_recovery_begin_second(recovery, exchanges->other[i].second);
		record->exchange_generation[i] = exchanges->other[i].generation;
		record->exchange_facts[i] = exchanges->other[i].facts;
	}
}

struct rdl_record *rdl_recovery_claim_slot(struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->state == RDL_RECORD_FREE)
		(void)rdl_slab_take(&registry->slab, handle); /* or it is used up, and was taken */
	else
		rdl_recovery_strip(registry, record);
	if (registry->slab.sessions != NULL)
		*rdl_slab_session(&registry->slab, handle) = 0;
	return record;
}

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
		return rdl_recovery_fail_unread(recovery, "renewal");
	struct rdl_registry *registry = rdl_recovery_registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = live_of(recovery, registry, &entry.head);
	if (record == NULL)
		return true;
	record->deadline = rdl_recovery_end_second(recovery, entry.deadline);
	record->kept = false;
	record->queue = (entry.head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (entry.head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	if ((entry.head.flags & RDL_ENTRY_LIFETIME) != 0)
		record->lifetime_s = entry.lifetime_s;
	if ((entry.head.flags & RDL_ENTRY_PEER) != 0)
		record->peer = entry.peer;
	if ((entry.head.flags & RDL_ENTRY_UPDATE) != 0) {
		record->local = entry.local;
		rdl_exchange_note(
			record, entry.exchange, rdl_recovery_begin_second(recovery, entry.second));
	}
	return true;
}

static bool apply_ended(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_ended entry;
	bool failed;

	if (!rdl_entry_read_ended(octets, &entry))
		return rdl_recovery_fail_unread(recovery, "registration's end");
	struct rdl_registry *registry = rdl_recovery_registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = live_of(recovery, registry, &entry.head);
	if (record == NULL)
		return true;
	uint32_t second = rdl_recovery_begin_second(recovery, entry.second);
	bool removed = (entry.head.flags & RDL_ENTRY_REMOVED) != 0;
	if (!removed)
		rdl_exchange_note(record, entry.exchange, second);
	rdl_recovery_end(registry, entry.head.handle, second, removed);
	return true;
}

/* Nothing that must be kept is in this slot, which there is no more. */
static bool is_beyond(struct rdl_recovery *recovery, const struct rdl_entry_head *head)
{
	const struct rdl_registry *registry = recovery->of_partition[head->handle >> 24];

	if (registry == NULL || (head->handle & 0xffffff) < registry->slab.slots)
		return false;
	rdl_recovery_raise_floor(recovery, head->generation);
	return true;
}

static bool apply_tombstone(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_tombstone entry;
	bool failed;

	if (!rdl_entry_read_tombstone(octets, &entry))
		return rdl_recovery_fail_unread(recovery, "tombstone");
	if (is_beyond(recovery, &entry.head))
		return true;
	struct rdl_registry *registry = rdl_recovery_registry_of(recovery, &entry.head, &failed);
	if (registry == NULL)
		return !failed;
	struct rdl_record *record = rdl_recovery_claim_slot(registry, entry.head.handle);
	record->generation = entry.head.generation;
	record->state = RDL_RECORD_TOMBSTONE;
	record->minor = entry.minor;
	record->name_len = entry.name_len;
	record->deadline = rdl_recovery_end_second(recovery, entry.deadline);
	record->rooted = (entry.head.flags & RDL_ENTRY_ROOTED) != 0;
	record->registered = rdl_recovery_begin_second(recovery, entry.registered);
	record->identity = 0;
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	rdl_recovery_fill_exchanges(recovery, record, &entry.exchanges);
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, entry.name.data, entry.name.len);
	return true;
}

static bool apply_generations(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_generations entry;
	bool failed;

	if (!rdl_entry_read_generations(octets, &entry))
		return rdl_recovery_fail_unread(recovery, "free slot");
	for (;;) {
		if (!is_beyond(recovery, &entry.head)) {
			struct rdl_registry *registry =
				rdl_recovery_registry_of(recovery, &entry.head, &failed);

			if (registry == NULL)
				return !failed;
			rdl_recovery_free(registry, entry.head.handle, entry.head.generation);
		}
		if (entry.others.len == 0)
			return true;
		entry.head.handle++;
		memcpy(&entry.head.generation, entry.others.data, sizeof(uint32_t));
		entry.others.data += sizeof(uint32_t);
		entry.others.len -= sizeof(uint32_t);
	}
}

/* Whose it is has been told right before. */
static bool apply_session(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_entry_session entry;
	bool failed;

	if (!rdl_entry_is_session(octets, &entry))
		return rdl_recovery_fail_unread(recovery, "registration's session");
	const struct rdl_entry_head head = { 0, entry.handle, entry.generation };
	struct rdl_registry *registry = rdl_recovery_registry_of(recovery, &head, &failed);
	if (registry == NULL)
		return !failed;
	if (registry->slab.sessions != NULL && entry.seconds > 0 &&
		live_of(recovery, registry, &head) != NULL)
		*rdl_slab_session(&registry->slab, entry.handle) = entry.session;
	return true;
}

bool rdl_recovery_apply_slot(
	struct rdl_recovery *recovery, enum rdl_entry_kind kind, struct rdl_span octets)
{
	switch (kind) {
	case RDL_ENTRY_REGISTRATION:
		return rdl_recovery_apply_registration(recovery, octets);
	case RDL_ENTRY_RENEWAL:
		return apply_renewal(recovery, octets);
	case RDL_ENTRY_ENDED:
		return apply_ended(recovery, octets);
	case RDL_ENTRY_TOMBSTONE:
		return apply_tombstone(recovery, octets);
	case RDL_ENTRY_GENERATIONS:
		return apply_generations(recovery, octets);
	case RDL_ENTRY_SESSION:
		return apply_session(recovery, octets);
	case RDL_ENTRY_EVENT:
	case RDL_ENTRY_KINDS:
	case RDL_ENTRY_SWEEP_BEGIN:
	case RDL_ENTRY_SWEEP_END:
		break;
	}
	return true;
}
