/* SPDX-License-Identifier: BSD-3-Clause */
/* Updates: what may fail comes first, as in commit.c. */
#include "needs.h"
#include "pace.h"

/* An Update's object list and parameters; false when there is no room. */
static bool update_kept(struct rdl_registry *registry, struct rdl_record *record,
	const struct rdl_request *request, struct rdl_change *change)
{
	uint8_t octets[RDL_REGISTRY_PARAMETERS_MAX], name[RDL_ENDPOINT_MAX];
	struct rdl_cursor merged = rdl_cursor(octets, sizeof(octets));
	struct rdl_span given = request->parameters;
	unsigned members = 0;

	rdl_registry_forget_ended(registry);
	if ((request->gives & RDL_GIVES_PARAMETERS) != 0) {
		if (!rdl_extras_merge(&registry->store, record, given, &merged))
			return false;
		members = rdl_extras_changed(&registry->store, record, given);
	}
	struct rdl_needs needs = rdl_needs_of(
		registry, request, (struct rdl_span){ octets, (size_t)(merged.pos - octets) });
	if (record->name_len > RDL_NAME_INLINE)
		needs.extras.name = rdl_extras_endpoint(&registry->store, record, name);
	needs.live = true;
	if (!rdl_needs_reserve(registry, record, &needs))
		return false;
	/* Each list is kept once. */
	if (needs.objects_need == RDL_NEED_OVER ||
		(needs.objects_need == RDL_NEED_BLOCK && needs.objects_block != record->objects))
		members |= 1u << RDL_MEMBER_objects;
	change->members = (uint8_t)members;
	rdl_needs_settle(registry, record, &needs);
	return true;
}

/* Queue mode: by that parameter, or by the binding. */
static bool queues(const struct rdl_record *record)
{
	return record->queue || rdl_binding_queue(record->binding);
}

/* An Update's binding and parameter `Q`. */
static unsigned update_binding(
	struct rdl_registry *registry, struct rdl_record *record, const struct rdl_request *request)
{
	rdl_binding binding = record->binding;
	bool before = queues(record);
	unsigned members = 0;

	if ((request->gives & RDL_GIVES_BINDING) != 0) {
		rdl_tally_kind(registry, record, -1);
		record->binding = request->binding;
		rdl_tally_kind(registry, record, 1);
	}
	if ((request->gives & RDL_GIVES_QUEUE) != 0)
		record->queue = true;
	if (record->binding != binding)
		members |= 1u << RDL_MEMBER_binding;
	if (queues(record) != before)
		members |= 1u << RDL_MEMBER_queue;
	return members;
}

bool rdl_registry_update(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_change *change)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t second = rdl_registry_second(registry, now_ms);
	uint32_t lifetime_s = record->lifetime_s;
	unsigned members = 0;

	assert(rdl_registry_alive(registry, record, second) &&
		(request->gives & RDL_GIVES_PAYLOAD) == 0);
	assert(record->identity == request->identity);
	change->kind = RDL_CHANGE_NONE;
	change->members = 0;
	if (RDL_UNLIKELY((request->gives & (RDL_GIVES_OBJECTS | RDL_GIVES_PARAMETERS)) != 0) &&
		!update_kept(registry, record, request, change))
		return false;
	if ((request->gives & (RDL_GIVES_BINDING | RDL_GIVES_QUEUE)) != 0)
		members |= update_binding(registry, record, request);
	if ((request->gives & RDL_GIVES_LIFETIME) != 0 && request->lifetime_s != lifetime_s) {
		lifetime_s = request->lifetime_s;
		members |= 1u << RDL_MEMBER_lifetime;
	}
	change->old_peer = record->peer;
	if (memcmp(&record->peer, &request->peer, sizeof(record->peer)) != 0)
		members |= 1u << RDL_MEMBER_address;
	record->peer = request->peer;
	record->local = request->local;
	rdl_exchange_note(record, request->exchange, second);
	rdl_pace_begin_lifetime(registry, handle, lifetime_s, now_ms);
	change->kind = RDL_CHANGE_UPDATED;
	change->handle = handle;
	change->members |= (uint8_t)members;
	return true;
}
