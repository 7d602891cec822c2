/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changing registrations. Whatever may fail comes first and takes what it needs beside what is
 * there; what follows cannot fail. So a request is performed whole or not at all.
 */
#include "needs.h"
#include "pace.h"

/* What rdl_registry.inserted tells of an endpoint. */
static void note_inserted(struct rdl_registry *registry, const struct rdl_request *request)
{
	unsigned bit = request->digest.word[0] % RDL_INSERTED_BITS;

	registry->inserted[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool may_be_inserted(const struct rdl_registry *registry, const struct rdl_request *request)
{
	unsigned bit = request->digest.word[0] % RDL_INSERTED_BITS;

	return (registry->inserted[bit / 64] >> bit % 64 & 1) != 0;
}

/* A slot in the endpoint's partition and its place in the index. */
static rdl_handle claim(struct rdl_registry *registry, const struct rdl_request *request)
{
	rdl_handle handle =
		rdl_slab_alloc(&registry->slab, rdl_endpoint_partition(request->digest));

	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	if (!rdl_index_insert(&registry->endpoints, request->digest.word[0], handle)) {
		rdl_slab_free(&registry->slab, handle);
		return RDL_HANDLE_NONE;
	}
	note_inserted(registry, request);
	return handle;
}

/* A record for an endpoint that has none. The rest of it is fill()'s, as for a known one's. */
static rdl_handle add(struct rdl_registry *registry, const struct rdl_request *request)
{
	if (!rdl_registry_has_slot(registry, rdl_endpoint_partition(request->digest)) ||
		!rdl_registry_has_room(registry))
		return RDL_HANDLE_NONE;
	rdl_handle handle = claim(registry, request);
	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	record->name_len = request->endpoint_len;
	if (request->endpoint_len <= RDL_NAME_INLINE)
		memcpy(record->name, request->name.here, sizeof(record->name));
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	rdl_exchange_clear(record);
	rdl_pace_carry(record, 0);
	return handle;
}

/*
 * Out of a slot whose generations are used up, which is given up, into another one, or
 * RDL_HANDLE_NONE. What is known of exchanges stays behind: it names locations of the old slot.
 */
static rdl_handle move(
	struct rdl_registry *registry, rdl_handle old, const struct rdl_request *request)
{
	struct rdl_record *from = rdl_slab_at(&registry->slab, old);

	if (!rdl_registry_has_slot(registry, old >> 24))
		return RDL_HANDLE_NONE;
	rdl_handle handle = claim(registry, request);
	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t generation = record->generation;
	unsigned skips = record->skips;
	bool buried = from->state == RDL_RECORD_TOMBSTONE;
	if (buried)
		rdl_tombstones_remove(&registry->tombstones, old);
	else
		rdl_wheel_stop(&registry->wheel, old);
	*record = *from;
	record->generation = generation;
	record->skips = skips & RDL_SKIPS_MAX;
	(void)rdl_registry_swap_session(
		registry, handle, rdl_registry_swap_session(registry, old, 0));
	rdl_exchange_clear(record);
	if (buried)
		rdl_tombstones_add(&registry->tombstones, handle);
	else
		rdl_wheel_start(&registry->wheel, handle);
	from->state = RDL_RECORD_FREE;
	rdl_slab_free(&registry->slab, old);
	return handle;
}

static void fill(struct rdl_registry *registry, struct rdl_record *record,
	const struct rdl_request *request, uint64_t now_ms)
{
	record->generation = rdl_record_had_generation(record) + 1;
	record->skips = 0;
	record->state = RDL_RECORD_LIVE;
	record->minor = request->minor;
	record->binding = request->binding;
	record->lifetime_s = request->lifetime_s;
	record->queue = (request->gives & RDL_GIVES_QUEUE) != 0;
	record->rooted = request->list.objects->root_len > 0;
	record->peer = request->peer;
	record->local = request->local;
	rdl_registry_hold(registry, request->identity);
	record->identity = request->identity;
	record->registered = rdl_registry_second(registry, now_ms);
	record->registered_next = rdl_registry_is_past(registry, now_ms);
	record->register_exchange = request->exchange;
	/* In a tombstone the digest of a long name lay there. */
	if (request->endpoint_len > RDL_NAME_INLINE)
		memcpy(record->name, request->name.elsewhere, sizeof(record->name));
	record->updated_previous = rdl_registry_is_before(registry, now_ms);
}

/* Makes an endpoint's old record, live or a tombstone, ready for the new registration. */
static void retire(
	struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms, uint32_t deadline)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	rdl_exchange_keep_register(record);
	if (record->state == RDL_RECORD_TOMBSTONE) {
		rdl_pace_carry(record, 0);
		rdl_tombstones_remove(&registry->tombstones, handle);
		record->deadline = deadline;
		record->kept = false;
		rdl_wheel_start(&registry->wheel, handle);
		registry->registrations++;
		return;
	}
	rdl_tally(registry, record, -1);
	rdl_pace_carry(record, rdl_pace_spent(registry, record, now_ms));
	rdl_wheel_restart(&registry->wheel, handle, deadline);
}

/* rdl_registry_is_of(), both names with zeros behind them where they are short. */
static bool is_of(const struct rdl_registry *registry, const struct rdl_record *record,
	const struct rdl_request *request)
{
	if (RDL_LIKELY(request->endpoint_len <= RDL_NAME_INLINE))
		return record->name_len == request->endpoint_len &&
		       memcmp(record->name, request->name.here, sizeof(record->name)) == 0;
	return rdl_registry_is_of(registry, record, request->digest, rdl_request_endpoint(request));
}

/*
 * The endpoint's record, its name compared. A hint is trusted as far as nothing that came after the
 * look-up can have changed it. False when the digest is another name's.
 */
static bool find_known(const struct rdl_registry *registry, const struct rdl_request *request,
	rdl_handle hint, rdl_handle *handle)
{
	*handle = hint;
	if (hint == RDL_HANDLE_NONE && !may_be_inserted(registry, request))
		return true;
	if (hint < RDL_HANDLE_UNKNOWN) {
		const struct rdl_record *record = rdl_slab_at(&registry->slab, hint);

		if (record->state != RDL_RECORD_FREE && is_of(registry, record, request))
			return true;
	}
	*handle = rdl_index_find(&registry->endpoints, request->digest.word[0]);
	return *handle == RDL_HANDLE_NONE ||
	       is_of(registry, rdl_slab_at(&registry->slab, *handle), request);
}

/* The record that a Register is to fill, new or the endpoint's `known` one; RDL_HANDLE_NONE. */
static rdl_handle prepare(struct rdl_registry *registry, rdl_handle known,
	const struct rdl_request *request, uint64_t now_ms)
{
	uint32_t deadline = rdl_registry_deadline(registry, request->lifetime_s, now_ms);
	rdl_handle handle = known;

	if (known == RDL_HANDLE_NONE) {
		handle = add(registry, request);
		if (handle == RDL_HANDLE_NONE)
			return RDL_HANDLE_NONE;
		rdl_slab_at(&registry->slab, handle)->deadline = deadline;
		rdl_slab_at(&registry->slab, handle)->kept = false;
		rdl_wheel_start(&registry->wheel, handle);
		registry->registrations++;
		return handle;
	}
	if (RDL_UNLIKELY(rdl_record_used_up(rdl_slab_at(&registry->slab, known)))) {
		handle = move(registry, known, request);
		if (handle == RDL_HANDLE_NONE)
			return RDL_HANDLE_NONE;
	}
	retire(registry, handle, now_ms, deadline);
	return handle;
}

/* What is known of an endpoint's registration that a Register replaces, or of its tombstone. */
static void note_former(const struct rdl_record *former, rdl_handle handle, struct rdl_needs *needs,
	struct rdl_change *change)
{
	if (former->state != RDL_RECORD_LIVE)
		return;
	needs->live = true;
	change->old_location = rdl_record_location(former, handle);
	change->old_peer = former->peer;
}

/* Whose registration a Register replaces; 0: nobody's, or none. */
static uint32_t owner_of(const struct rdl_record *former)
{
	return former != NULL && former->state == RDL_RECORD_LIVE ? former->identity : 0;
}

/* A Register that is no copy, of an endpoint whose record, if any, is live or a tombstone. */
static enum rdl_registry_result perform(struct rdl_registry *registry, rdl_handle known,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_location *location,
	struct rdl_change *change)
{
	const struct rdl_record *former = NULL;
	struct rdl_needs needs = rdl_needs_of(registry, request, request->parameters);

	if (known != RDL_HANDLE_NONE) {
		former = rdl_slab_at(&registry->slab, known);
		note_former(former, known, &needs, change);
	}
	uint32_t owner = owner_of(former);
	if (!rdl_needs_reserve(registry, former, &needs))
		return RDL_REGISTRY_STORE_FULL;
	rdl_handle handle = prepare(registry, known, request, now_ms);
	if (handle == RDL_HANDLE_NONE) {
		rdl_needs_return(registry, &needs);
		return RDL_REGISTRY_FULL;
	}
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	fill(registry, record, request, now_ms);
	rdl_tally(registry, record, 1);
	rdl_registry_let_go(registry, owner);
	rdl_needs_settle(registry, record, &needs);
	change->kind = needs.live ? RDL_CHANGE_REPLACED : RDL_CHANGE_REGISTERED;
	change->handle = handle;
	*location = rdl_record_location(record, handle);
	return needs.live ? RDL_REGISTRY_REPLACED : RDL_REGISTRY_CREATED;
}

enum rdl_registry_result rdl_registry_register(struct rdl_registry *registry,
	const struct rdl_request *request, rdl_handle hint, uint64_t now_ms,
	struct rdl_location *location, struct rdl_change *change)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	enum rdl_registry_result result;
	rdl_handle known;

	assert(request->endpoint_len > 0);
	change->kind = RDL_CHANGE_NONE;
	rdl_registry_forget_ended(registry);
	/*
	 * Two names of one digest:
	 * three in a million boxes of ten million devices see it, and shed the second.
	 */
	if (!find_known(registry, request, hint, &known))
		return RDL_REGISTRY_FULL;
	if (known == RDL_HANDLE_NONE) {
		if (registry->registrations == registry->registrations_max)
			return RDL_REGISTRY_FULL; /* whatever it needs besides */
		return perform(registry, known, request, now_ms, location, change);
	}
	result = rdl_registry_repeat_register(registry, known, request, now_ms, location, change);
	if (result != RDL_REGISTRY_NO_COPY)
		return result;
	const struct rdl_record *former = rdl_slab_at(&registry->slab, known);
	if (RDL_UNLIKELY(former->state == RDL_RECORD_LIVE &&
			 !rdl_registry_alive(registry, former, second))) {
		rdl_wheel_stop(&registry->wheel, known);
		rdl_registry_end(registry, known, second, true);
		change->kind = RDL_CHANGE_EXPIRED;
		change->handle = known;
		return RDL_REGISTRY_EXPIRED;
	}
	/* In clear text anybody could have sent it. */
	if (RDL_UNLIKELY(request->identity == 0 && owner_of(former) != 0))
		return RDL_REGISTRY_SECURED;
	return perform(registry, known, request, now_ms, location, change);
}
