/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking registrations up: by endpoint, by location, in order. */
#include "state.h"

bool rdl_registry_is_of(const struct rdl_registry *registry, const struct rdl_record *record,
	struct rdl_endpoint_digest digest, struct rdl_span endpoint)
{
	if (record->state == RDL_RECORD_TOMBSTONE && record->name_len > RDL_NAME_INLINE)
		return record->name_len == endpoint.len &&
		       memcmp(&record->digest, &digest, sizeof(digest)) == 0;
	return rdl_extras_is_endpoint(&registry->store, record, endpoint);
}

/* The records that one is linked between, or what its name needs beyond it. */
static void prefetch_behind(
	const struct rdl_registry *registry, const struct rdl_request *request, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (request->operation == RDL_OPERATION_REGISTER && record->extras != RDL_STORE_NONE)
		RDL_PREFETCH(rdl_store_at(&registry->store, record->extras));
	if (request->operation != RDL_OPERATION_DEREGISTER && record->state != RDL_RECORD_TOMBSTONE)
		return;
	if (record->next != RDL_HANDLE_NONE)
		RDL_PREFETCH_WRITE(rdl_slab_at(&registry->slab, record->next));
	if (record->prev != RDL_HANDLE_NONE)
		RDL_PREFETCH_WRITE(rdl_slab_at(&registry->slab, record->prev));
}

/* Registers' records, or what they will need where there is none. `digests`: theirs, in order. */
static void find_registers(struct rdl_registry *registry, struct rdl_request *const requests[],
	const uint64_t digests[], unsigned registers, rdl_handle handles[])
{
	uint32_t found[RDL_REGISTRY_BURST];
	uint8_t fresh_of[RDL_PARTITIONS] = { 0 };
	unsigned fresh = 0;

	rdl_index_find_bulk(&registry->endpoints, registers, digests, found);
	for (unsigned i = 0, n = 0; n < registers; i++) {
		if (requests[i]->operation != RDL_OPERATION_REGISTER)
			continue;
		handles[i] = found[n++];
		if (handles[i] != RDL_HANDLE_NONE) {
			rdl_slab_prefetch(&registry->slab, handles[i]);
			continue;
		}
		unsigned partition = rdl_endpoint_partition(requests[i]->digest);
		rdl_slab_prefetch_free(&registry->slab, partition, fresh_of[partition]++);
		fresh++;
	}
	rdl_registry_fetch_oldest(registry, fresh);
}

/*
 * Each pass waits for what the one before began to fetch,
 * for all at once: buckets and keys, records, neighbours.
 */
void rdl_registry_lookup(struct rdl_registry *registry, unsigned count,
	struct rdl_request *const requests[], rdl_handle handles[])
{
	uint64_t digests[RDL_REGISTRY_BURST] = { 0 };
	unsigned registers = 0;

	static_assert(RDL_INDEX_NONE == RDL_HANDLE_NONE, "one word for absence");
	static_assert(RDL_INDEX_BURST >= RDL_REGISTRY_BURST, "one look-up for a burst");
	for (unsigned i = 0; i < count; i++) {
		if (requests[i]->operation == RDL_OPERATION_REGISTER) {
			digests[registers++] = requests[i]->digest.word[0];
			continue;
		}
		handles[i] = requests[i]->location.handle;
		if (!rdl_slab_has(&registry->slab, handles[i]))
			handles[i] = RDL_HANDLE_NONE;
		else
			rdl_slab_prefetch(&registry->slab, handles[i]);
	}
	memset(registry->inserted, 0, sizeof(registry->inserted));
	if (registers > 0)
		find_registers(registry, requests, digests, registers, handles);
	for (unsigned i = 0; i < count; i++)
		if (handles[i] != RDL_HANDLE_NONE)
			prefetch_behind(registry, requests[i], handles[i]);
}

rdl_handle rdl_registry_find(
	const struct rdl_registry *registry, const struct rdl_location *location, uint64_t now_ms)
{
	if (!rdl_slab_has(&registry->slab, location->handle))
		return RDL_HANDLE_NONE;
	const struct rdl_record *record = rdl_slab_at(&registry->slab, location->handle);
	/* In all that it says: each bit that is not compared doubles the forged ones that hit. */
	if (record->generation != location->generation || record->rooted != location->rooted ||
		rdl_version_class(record->minor) != location->version_class ||
		!rdl_registry_alive(registry, record, rdl_registry_second(registry, now_ms)))
		return RDL_HANDLE_NONE;
	return location->handle;
}

bool rdl_registry_lives(const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	return rdl_slab_has(&registry->slab, handle) &&
	       rdl_registry_alive(registry, rdl_slab_at(&registry->slab, handle),
		       rdl_registry_second(registry, now_ms));
}

rdl_handle rdl_registry_find_endpoint(struct rdl_registry *registry,
	struct rdl_endpoint_digest digest, struct rdl_span endpoint, uint64_t now_ms)
{
	rdl_handle handle = rdl_index_find(&registry->endpoints, digest.word[0]);

	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	if (!rdl_registry_is_of(registry, record, digest, endpoint) ||
		!rdl_registry_alive(registry, record, rdl_registry_second(registry, now_ms)))
		return RDL_HANDLE_NONE;
	return handle;
}

rdl_handle rdl_registry_next(
	const struct rdl_registry *registry, uint64_t *cursor, uint64_t now_ms, unsigned *budget)
{
	uint32_t second = rdl_registry_second(registry, now_ms);

	/* The cursor is a handle, and what lies behind the last one. */
	while (*cursor < (uint64_t)RDL_PARTITIONS << 24) {
		rdl_handle handle = (rdl_handle)*cursor;

		if (!rdl_slab_has(&registry->slab, handle)) {
			*cursor = ((uint64_t)(handle >> 24) + 1) << 24;
			continue;
		}
		if (*budget == 0)
			return RDL_HANDLE_NONE;
		--*budget;
		++*cursor;
		if (rdl_registry_alive(registry, rdl_slab_at(&registry->slab, handle), second))
			return handle;
	}
	*cursor = UINT64_MAX;
	return RDL_HANDLE_NONE;
}

uint32_t rdl_registry_kept_s(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	return rdl_wheel_end(&registry->wheel, rdl_slab_at(&registry->slab, handle)) -
	       rdl_registry_second(registry, now_ms);
}

uint64_t rdl_registry_session(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms, uint32_t *seconds)
{
	if (registry->slab.sessions == NULL ||
		rdl_wheel_end(&registry->wheel, rdl_slab_at(&registry->slab, handle)) <=
			rdl_registry_second(registry, now_ms))
		return 0;
	*seconds = rdl_registry_kept_s(registry, handle, now_ms);
	return *rdl_slab_session(&registry->slab, handle);
}

uint64_t rdl_registry_swap_session(
	struct rdl_registry *registry, rdl_handle handle, uint64_t session)
{
	if (registry->slab.sessions == NULL)
		return 0;
	uint64_t *place = rdl_slab_session(&registry->slab, handle), former = *place;
	*place = session;
	return former;
}

void rdl_registry_describe(const struct rdl_registry *registry, rdl_handle handle,
	struct rdl_registration *registration)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint64_t epoch_ms = rdl_registry_wall(registry, registry->epoch_ms);
	uint32_t registered = record->registered + record->registered_next;
	uint32_t updated = rdl_registry_updated_second(registry, record);

	assert(record->state == RDL_RECORD_LIVE || record->state == RDL_RECORD_ENDED);
	*registration = (struct rdl_registration){
		.location = rdl_record_location(record, handle),
		.endpoint = rdl_extras_endpoint(&registry->store, record, registry->described),
		.peer = record->peer,
		.local = record->local,
		.identity = record->identity,
		.minor = record->minor,
		.queue = record->queue,
		.binding = record->binding,
		.lifetime_s = record->lifetime_s,
		.deadline_ms = epoch_ms + (uint64_t)rdl_wheel_end(&registry->wheel, record) * 1000,
		.registered_ms = rdl_registry_wall_second(registry, registered) * 1000,
		.updated_ms = rdl_registry_wall_second(registry, updated) * 1000,
		.objects = rdl_lists_at(&registry->lists, record->objects),
		.parameters = rdl_extras_parameters(&registry->store, record),
	};
}
