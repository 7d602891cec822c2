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
	bool buried = from->state == RDL_RECORD_TOMBSTONE;
	if (buried)
		rdl_tombstones_take(&registry->tombstones, old);
	else
		rdl_wheel_stop(&registry->wheel, old);
	*record = *from;
	record->generation = generation;
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
	record->generation++;
	record->state = RDL_RECORD_LIVE;
	record->minor = request->minor;
	record->binding = request->binding;
	record->lifetime_s = request->lifetime_s;
	record->queue = (request->gives & RDL_GIVES_QUEUE) != 0;
	record->rooted = request->list.objects->root_len > 0;
	record->peer = request->peer;
	record->local = request->local;
	record->identity = request->identity;
	record->registered = rdl_registry_second(registry, now_ms);
	record->registered_next = rdl_registry_is_past(registry, now_ms);
	record->register_exchange = request->exchange;
	/* In a tombstone the digest of a long name lay there. */
	if (request->endpoint_len > RDL_NAME_INLINE)
		memcpy(record->name, request->name.elsewhere, sizeof(record->name));
	record->updated_previous = rdl_registry_is_before(registry, now_ms);
}

/* Makes an endpoint's old record ready for the new registration. Says what it was. */
static enum rdl_registry_result retire(
	struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms, uint32_t deadline)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	bool alive = rdl_registry_alive(record, rdl_registry_second(registry, now_ms));

	if (!alive && record->state == RDL_RECORD_LIVE) {
		rdl_registry_ending(registry, handle, now_ms);
		rdl_exchange_forget(record);
	} else {
		rdl_exchange_keep_register(record);
	}
	rdl_pace_carry(record, alive ? rdl_pace_spent(registry, record, now_ms) : 0);
	if (record->state == RDL_RECORD_TOMBSTONE) {
		rdl_tombstones_take(&registry->tombstones, handle);
		record->deadline = deadline;
		rdl_wheel_start(&registry->wheel, handle);
		registry->registrations++;
		return RDL_REGISTRY_CREATED;
	}
	if (!alive)
		registry->expired++;
	rdl_wheel_restart(&registry->wheel, handle, deadline);
	return alive ? RDL_REGISTRY_REPLACED : RDL_REGISTRY_CREATED;
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

enum rdl_registry_result rdl_registry_register(struct rdl_registry *registry,
	const struct rdl_request *request, rdl_handle hint, uint64_t now_ms,
	struct rdl_location *location)
{
	uint32_t deadline = rdl_registry_deadline(registry, request->lifetime_s, now_ms);
	enum rdl_registry_result result = RDL_REGISTRY_CREATED;
	rdl_handle handle;

	assert(request->endpoint_len > 0);
	/*
	 * Two names of one digest:
	 * three in a million boxes of ten million devices see it, and shed the second.
	 */
	if (!find_known(registry, request, hint, &handle))
		return RDL_REGISTRY_FULL;
	bool known = handle != RDL_HANDLE_NONE;
	if (!known && registry->registrations == registry->registrations_max)
		return RDL_REGISTRY_FULL; /* whatever it needs besides */
	if (known) {
		result = rdl_registry_repeat_register(registry, handle, request, now_ms, location);
		if (result != RDL_REGISTRY_NO_COPY)
			return result;
		result = RDL_REGISTRY_CREATED;
	}
	struct rdl_needs needs = rdl_needs_of(registry, request, request->parameters);
	const struct rdl_record *former = known ? rdl_slab_at(&registry->slab, handle) : NULL;
	needs.live = known && rdl_registry_alive(former, rdl_registry_second(registry, now_ms));
	if (!rdl_needs_take(registry, former, &needs))
		return RDL_REGISTRY_STORE_FULL;
	if (known && RDL_UNLIKELY(rdl_record_used_up(former))) {
		handle = move(registry, handle, request);
		if (handle == RDL_HANDLE_NONE) {
			rdl_needs_return(registry, &needs);
			return RDL_REGISTRY_FULL;
		}
	}
	if (known) {
		result = retire(registry, handle, now_ms, deadline);
	} else {
		handle = add(registry, request);
		if (handle == RDL_HANDLE_NONE) {
			rdl_needs_return(registry, &needs);
			return RDL_REGISTRY_FULL;
		}
		rdl_slab_at(&registry->slab, handle)->deadline = deadline;
		rdl_wheel_start(&registry->wheel, handle);
		registry->registrations++;
	}
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	fill(registry, record, request, now_ms);
	rdl_needs_settle(registry, record, &needs);
	*location = rdl_record_location(record, handle);
	return result;
}

/* An Update's object list and parameters; false when there is no room. */
static bool update_kept(
	struct rdl_registry *registry, struct rdl_record *record, const struct rdl_request *request)
{
	uint8_t octets[RDL_REGISTRY_PARAMETERS_MAX], name[RDL_ENDPOINT_MAX];
	struct rdl_cursor merged = rdl_cursor(octets, sizeof(octets));
	struct rdl_span given = request->parameters;

	if ((request->gives & RDL_GIVES_PARAMETERS) != 0 &&
		!rdl_extras_merge(&registry->store, record, given, &merged))
		return false;
	struct rdl_needs needs = rdl_needs_of(
		registry, request, (struct rdl_span){ octets, (size_t)(merged.pos - octets) });
	if (record->name_len > RDL_NAME_INLINE)
		needs.extras.name = rdl_extras_endpoint(&registry->store, record, name);
	needs.live = true;
	if (!rdl_needs_take(registry, record, &needs))
		return false;
	rdl_needs_settle(registry, record, &needs);
	return true;
}

bool rdl_registry_update(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t second = rdl_registry_second(registry, now_ms);

	assert(rdl_registry_alive(record, second) && (request->gives & RDL_GIVES_PAYLOAD) == 0);
	if (RDL_UNLIKELY((request->gives & (RDL_GIVES_OBJECTS | RDL_GIVES_PARAMETERS)) != 0) &&
		!update_kept(registry, record, request))
		return false;
	if ((request->gives & RDL_GIVES_BINDING) != 0)
		record->binding = request->binding;
	if ((request->gives & RDL_GIVES_QUEUE) != 0)
		record->queue = true;
	record->peer = request->peer;
	record->local = request->local;
	record->identity = request->identity;
	rdl_exchange_note(record, request->exchange, second);
	rdl_pace_begin_lifetime(registry, handle,
		(request->gives & RDL_GIVES_LIFETIME) != 0 ? request->lifetime_s
							   : record->lifetime_s,
		now_ms);
	return true;
}
