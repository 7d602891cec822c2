/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changing registrations. Whatever may fail comes first and takes what it needs beside what is
 * there; what follows cannot fail. So a request is performed whole or not at all.
 */
#include "state.h"

static uint32_t deadline_of(
	const struct rdl_registry *registry, uint32_t lifetime_s, uint64_t now_ms)
{
	uint64_t seconds =
		(now_ms - registry->epoch_ms + 999) / 1000 + lifetime_s + registry->expiry_grace_s;

	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

static void release(struct rdl_registry *registry, uint32_t objects, uint32_t extras)
{
	if (objects != RDL_STORE_NONE)
		rdl_lists_release(&registry->lists, objects);
	rdl_extras_free(&registry->store, extras);
}

/* A record for a new endpoint, in the index. The rest of it is fill()'s, as for a known one's. */
static rdl_handle add(struct rdl_registry *registry, const struct rdl_request *request)
{
	if (registry->registrations == registry->registrations_max)
		return RDL_HANDLE_NONE;
	rdl_handle handle =
		rdl_slab_alloc(&registry->slab, rdl_endpoint_partition(request->digest));
	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	if (!rdl_index_insert(&registry->endpoints, request->digest.word, handle)) {
		rdl_slab_free(&registry->slab, handle);
		return RDL_HANDLE_NONE;
	}
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	record->name_len = (uint8_t)request->endpoint.len;
	if (request->endpoint.len <= RDL_NAME_INLINE)
		memcpy(record->name, request->endpoint.data, request->endpoint.len);
	registry->registrations++;
	return handle;
}

static void fill(struct rdl_registry *registry, struct rdl_record *record,
	const struct rdl_request *request, uint64_t now_ms)
{
	rdl_record_next_generation(record);
	record->state = RDL_RECORD_LIVE;
	record->minor = request->minor;
	record->binding = request->binding;
	record->lifetime_s = request->lifetime_s;
	record->queue = request->queue;
	record->rooted = request->objects->root_len > 0;
	record->peer = request->peer;
	record->registered = rdl_registry_second(registry, now_ms);
	record->updated = record->registered;
}

enum rdl_registry_result rdl_registry_register(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_location *location)
{
	struct rdl_span parameters = { request->parameters, request->parameters_len };
	uint32_t deadline = deadline_of(registry, request->lifetime_s, now_ms);
	enum rdl_registry_result result = RDL_REGISTRY_CREATED;
	uint32_t objects, extras;

	assert(request->endpoint.len > 0 && request->endpoint.len <= RDL_ENDPOINT_MAX);
	rdl_handle handle = rdl_index_find(&registry->endpoints, request->digest.word);
	/* Two names of one digest: not in the lifetime of this universe, but never one for the other. */
	if (handle != RDL_HANDLE_NONE &&
		!rdl_registry_is_of(
			registry, rdl_slab_at(&registry->slab, handle), request->endpoint))
		return RDL_REGISTRY_FULL;
	objects = rdl_lists_take(&registry->lists, request->objects);
	if (objects == RDL_STORE_NONE)
		return RDL_REGISTRY_FULL;
	if (!rdl_extras_create(&registry->store, request->endpoint, parameters, &extras)) {
		release(registry, objects, RDL_STORE_NONE);
		return RDL_REGISTRY_FULL;
	}
	bool known = handle != RDL_HANDLE_NONE;
	if (!known)
		handle = add(registry, request);
	if (handle == RDL_HANDLE_NONE) {
		release(registry, objects, extras);
		return RDL_REGISTRY_FULL;
	}
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	if (known) {
		if (rdl_registry_alive(record, rdl_registry_second(registry, now_ms)))
			result = RDL_REGISTRY_REPLACED;
		else
			registry->expired++;
		release(registry, record->objects, record->extras);
		rdl_wheel_restart(&registry->wheel, handle, deadline);
	} else {
		record->deadline = deadline;
		rdl_wheel_start(&registry->wheel, handle);
	}
	fill(registry, record, request, now_ms);
	record->objects = objects;
	record->extras = extras;
	*location = (struct rdl_location){ handle, record->minor, record->rooted,
		rdl_record_generation(record) };
	return result;
}

/* Takes what the Update needs of the store; RDL_STORE_NONE stays where it names nothing. */
static bool update_prepare(struct rdl_registry *registry, const struct rdl_record *record,
	const struct rdl_request *request, uint32_t *objects, uint32_t *extras)
{
	struct rdl_span parameters = { request->parameters, request->parameters_len };

	*objects = RDL_STORE_NONE;
	*extras = RDL_STORE_NONE;
	if ((request->gives & RDL_GIVES_OBJECTS) != 0) {
		*objects = rdl_lists_take(&registry->lists, request->objects);
		if (*objects == RDL_STORE_NONE)
			return false;
	}
	if ((request->gives & RDL_GIVES_PARAMETERS) != 0 &&
		!rdl_extras_merge(&registry->store, record, parameters, extras)) {
		release(registry, *objects, RDL_STORE_NONE);
		return false;
	}
	return true;
}

bool rdl_registry_update(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t second = rdl_registry_second(registry, now_ms);
	uint32_t objects, extras;

	assert(rdl_registry_alive(record, second) && (request->gives & RDL_GIVES_PAYLOAD) == 0);
	if (!update_prepare(registry, record, request, &objects, &extras))
		return false;
	if ((request->gives & RDL_GIVES_OBJECTS) != 0) {
		release(registry, record->objects, RDL_STORE_NONE);
		record->objects = objects;
	}
	if ((request->gives & RDL_GIVES_PARAMETERS) != 0) {
		release(registry, RDL_STORE_NONE, record->extras);
		record->extras = extras;
	}
	if ((request->gives & RDL_GIVES_BINDING) != 0)
		record->binding = request->binding;
	if ((request->gives & RDL_GIVES_LIFETIME) != 0)
		record->lifetime_s = request->lifetime_s;
	record->peer = request->peer;
	record->updated = second;
	rdl_wheel_restart(
		&registry->wheel, handle, deadline_of(registry, record->lifetime_s, now_ms));
	return true;
}

/* The wheel has let go of it already. */
static void remove_record(struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	struct rdl_span endpoint = rdl_extras_endpoint(&registry->store, record);
	uint64_t digest[2];

	rdl_siphash128(&registry->endpoint_key, endpoint.data, endpoint.len, digest);
	rdl_index_remove(&registry->endpoints, digest);
	release(registry, record->objects, record->extras);
	record->state = RDL_RECORD_FREE;
	rdl_slab_free(&registry->slab, handle);
	registry->registrations--;
}

void rdl_registry_deregister(struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	assert(rdl_registry_alive(
		rdl_slab_at(&registry->slab, handle), rdl_registry_second(registry, now_ms)));
	rdl_wheel_stop(&registry->wheel, handle);
	remove_record(registry, handle);
}

unsigned rdl_registry_expire(struct rdl_registry *registry, uint64_t now_ms, unsigned budget)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	unsigned expired = registry->expired;
	rdl_handle handle;

	registry->expired = 0;
	while ((handle = rdl_wheel_next(&registry->wheel, second, &budget)) != RDL_HANDLE_NONE) {
		remove_record(registry, handle);
		expired++;
	}
	return expired;
}
