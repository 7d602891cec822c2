/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ending registrations. What ends within the exchange lifetime of its last request leaves a
 * tombstone, so that late copies are answered as their originals were and make no ghost.
 */
#include "state.h"

void rdl_registry_release(struct rdl_registry *registry, uint32_t objects, uint32_t extras)
{
	if (objects != RDL_STORE_NONE)
		rdl_lists_release(&registry->lists, objects);
	rdl_extras_free(&registry->store, extras);
}

/* The record is in no list any more. */
static void free_record(struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	struct rdl_span endpoint = rdl_extras_endpoint(&registry->store, record);
	struct rdl_endpoint_digest digest;

	rdl_siphash128(&registry->endpoint_key, endpoint.data, endpoint.len, digest.word);
	rdl_index_remove(&registry->endpoints, digest.word[0]);
	rdl_registry_release(registry, record->objects, record->extras);
	record->state = RDL_RECORD_FREE;
	rdl_slab_free(&registry->slab, handle);
}

/* Behind the others: all are kept equally long, so they stay in the order of their deadlines. */
static void bury(struct rdl_registry *registry, rdl_handle handle, uint32_t second)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	record->state = RDL_RECORD_TOMBSTONE;
	record->deadline = second + registry->exchange_lifetime_s;
	record->next = RDL_HANDLE_NONE;
	record->prev = registry->tombstones_last;
	if (record->prev == RDL_HANDLE_NONE)
		registry->tombstones_first = handle;
	else
		rdl_slab_at(&registry->slab, record->prev)->next = handle;
	registry->tombstones_last = handle;
	registry->tombstones++;
	/* The name stays: it is how copies find the way here. */
	rdl_registry_release(registry, record->objects, RDL_STORE_NONE);
	record->objects = RDL_STORE_NONE;
}

void rdl_tombstone_unlink(struct rdl_registry *registry, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->prev == RDL_HANDLE_NONE)
		registry->tombstones_first = record->next;
	else
		rdl_slab_at(&registry->slab, record->prev)->next = record->next;
	if (record->next == RDL_HANDLE_NONE)
		registry->tombstones_last = record->prev;
	else
		rdl_slab_at(&registry->slab, record->next)->prev = record->prev;
	registry->tombstones--;
}

bool rdl_tombstone_evict(struct rdl_registry *registry, rdl_handle keep)
{
	rdl_handle oldest = registry->tombstones_first;

	if (oldest == keep && oldest != RDL_HANDLE_NONE)
		oldest = rdl_slab_at(&registry->slab, oldest)->next;
	if (oldest == RDL_HANDLE_NONE)
		return false;
	rdl_tombstone_unlink(registry, oldest);
	free_record(registry, oldest);
	return true;
}

void rdl_registry_deregister(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	assert(rdl_registry_alive(record, second));
	rdl_wheel_stop(&registry->wheel, handle);
	rdl_exchange_note(record, request->exchange, second);
	registry->registrations--;
	bury(registry, handle, second);
}

/* The wheel has let go of it already. */
static void expire(struct rdl_registry *registry, rdl_handle handle, uint32_t second)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	registry->registrations--;
	if (second - rdl_exchange_last(record) < registry->exchange_lifetime_s)
		bury(registry, handle, second);
	else
		free_record(registry, handle);
}

unsigned rdl_registry_expire(struct rdl_registry *registry, uint64_t now_ms, unsigned budget)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	unsigned expired = registry->expired;
	rdl_handle handle;

	registry->expired = 0;
	while ((handle = rdl_wheel_next(&registry->wheel, second, &budget)) != RDL_HANDLE_NONE) {
		expire(registry, handle, second);
		expired++;
	}
	while (budget > 0 && registry->tombstones_first != RDL_HANDLE_NONE &&
		rdl_slab_at(&registry->slab, registry->tombstones_first)->deadline <= second) {
		rdl_tombstone_evict(registry, RDL_HANDLE_NONE);
		budget--;
	}
	return expired;
}
