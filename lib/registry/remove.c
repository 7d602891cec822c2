/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ending registrations. One that is de-registered leaves a tombstone, so that late copies are
 * answered as their originals were and make no ghost.
 */
#include "state.h"

/*
 * Slots of a full row that are looked at for a tombstone:
 * neighbours in memory. The next search goes on behind them.
 */
#define ROW_SLOTS_SOUGHT 64

void rdl_registry_release(struct rdl_registry *registry, uint32_t objects, uint32_t extras)
{
	if (objects != RDL_STORE_NONE)
		rdl_lists_release(&registry->lists, objects);
	rdl_extras_free(&registry->store, extras);
}

static struct rdl_endpoint_digest digest_of(
	const struct rdl_registry *registry, const struct rdl_record *record)
{
	struct rdl_endpoint_digest digest;
	uint8_t name[RDL_ENDPOINT_MAX];

	if (record->state == RDL_RECORD_TOMBSTONE && record->name_len > RDL_NAME_INLINE)
		return record->digest;
	struct rdl_span endpoint = rdl_extras_endpoint(&registry->store, record, name);
	rdl_siphash128(&registry->endpoint_key, endpoint.data, endpoint.len, digest.word);
	return digest;
}

/* Looks the index entries of records up in bulk, which fetches what their removal will touch. */
static void find_entries(struct rdl_registry *registry, const rdl_handle handles[], unsigned count,
	uint64_t digests[])
{
	uint32_t found[RDL_INDEX_BURST];

	for (unsigned i = 0; i < count; i++) {
		digests[i] = digest_of(registry, rdl_slab_at(&registry->slab, handles[i])).word[0];
	}
	if (count > 1)
		rdl_index_find_bulk(&registry->endpoints, count, digests, found);
}

/*
 * Frees records that are in no list any more. Their index entries are looked up in bulk first,
 * since a removal that finds its bucket and key far away takes three times as long.
 */
static void free_records(struct rdl_registry *registry, const rdl_handle handles[], unsigned count)
{
	uint64_t digests[RDL_INDEX_BURST];

	find_entries(registry, handles, count, digests);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_record *record = rdl_slab_at(&registry->slab, handles[i]);

		rdl_index_remove(&registry->endpoints, digests[i]);
		rdl_registry_release(registry, record->objects, record->extras);
		record->state = RDL_RECORD_FREE;
		rdl_slab_free(&registry->slab, handles[i]);
	}
}

/*
 * The name stays, as long as it takes nothing of the store, else its digest: it is how copies find
 * the way here. So no tombstone is in the way of what needs the store.
 */
static void bury(struct rdl_registry *registry, rdl_handle handle, uint32_t second)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->name_len > RDL_NAME_INLINE)
		record->digest = digest_of(registry, record);
	record->state = RDL_RECORD_TOMBSTONE;
	record->deadline = second + registry->exchange_lifetime_s;
	rdl_registry_release(registry, record->objects, record->extras);
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	rdl_tombstones_add(&registry->tombstones, handle);
}

/* Frees the oldest tombstones that end by `second`, no more than `max`; returns how many. */
static unsigned free_tombstones(struct rdl_registry *registry, uint32_t second, unsigned max)
{
	rdl_handle handles[RDL_INDEX_BURST];
	unsigned freed = 0, n;

	do {
		for (n = 0; n < RDL_INDEX_BURST && freed + n < max; n++)
			if ((handles[n] = rdl_tombstones_take_oldest(
				     &registry->tombstones, second)) == RDL_HANDLE_NONE)
				break;
		free_records(registry, handles, n);
		freed += n;
	} while (n == RDL_INDEX_BURST);
	return freed;
}

void rdl_registry_fetch_oldest(struct rdl_registry *registry, unsigned fresh)
{
	uint64_t held = registry->registrations + registry->tombstones.count + fresh;
	uint64_t digests[RDL_INDEX_BURST];
	rdl_handle handles[RDL_INDEX_BURST];

	if (RDL_LIKELY(held <= registry->registrations_max))
		return;
	uint64_t n = held - registry->registrations_max;
	find_entries(registry, handles,
		rdl_tombstones_peek(&registry->tombstones, handles,
			n < RDL_INDEX_BURST ? (unsigned)n : RDL_INDEX_BURST),
		digests);
}

/*
 * A tombstone of a full row whose slot can be used again, out of the list of all; RDL_HANDLE_NONE
 * when the slots looked at have none.
 */
static rdl_handle take_of_row(struct rdl_registry *registry, unsigned partition)
{
	for (unsigned i = 0; i < ROW_SLOTS_SOUGHT; i++) {
		rdl_handle handle = partition << 24 | registry->sought++ % registry->slab.slots;
		const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state != RDL_RECORD_TOMBSTONE || rdl_record_used_up(record))
			continue;
		rdl_tombstones_take(&registry->tombstones, handle);
		return handle;
	}
	return RDL_HANDLE_NONE;
}

static bool give_up(struct rdl_registry *registry, rdl_handle tombstone)
{
	if (tombstone == RDL_HANDLE_NONE)
		return false;
	free_records(registry, &tombstone, 1);
	return true;
}

bool rdl_registry_has_slot(struct rdl_registry *registry, unsigned partition)
{
	return RDL_LIKELY(rdl_slab_has_free(&registry->slab, partition)) ||
	       give_up(registry, take_of_row(registry, partition));
}

bool rdl_registry_has_room(struct rdl_registry *registry)
{
	return registry->registrations + registry->tombstones.count < registry->registrations_max ||
	       give_up(registry, rdl_tombstones_take_oldest(&registry->tombstones, UINT32_MAX));
}

void rdl_registry_deregister(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms)
{
	uint32_t second = rdl_registry_second(registry, now_ms);

	assert(rdl_registry_alive(rdl_slab_at(&registry->slab, handle), second));
	rdl_exchange_note(rdl_slab_at(&registry->slab, handle), request->exchange, second);
	rdl_wheel_stop(&registry->wheel, handle);
	registry->registrations--;
	bury(registry, handle, second);
}

/*
 * Ends registrations that are out of the wheel, and of which no client knows. A copy of what they
 * were asked for is a request like any other now; they leave a tombstone for what the registrations
 * before them were asked for.
 */
static void end(
	struct rdl_registry *registry, const rdl_handle ended[], unsigned count, uint32_t second)
{
	rdl_handle forgotten[RDL_INDEX_BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		struct rdl_record *record = rdl_slab_at(&registry->slab, ended[i]);

		rdl_exchange_forget(record);
		if (rdl_exchange_remembers(record, second, registry->exchange_lifetime_s))
			bury(registry, ended[i], second);
		else
			forgotten[n++] = ended[i];
	}
	registry->registrations -= count;
	free_records(registry, forgotten, n);
}

void rdl_registry_remove(struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	uint32_t second = rdl_registry_second(registry, now_ms);

	assert(rdl_registry_alive(rdl_slab_at(&registry->slab, handle), second));
	rdl_wheel_stop(&registry->wheel, handle);
	end(registry, &handle, 1, second);
}

unsigned rdl_registry_expire(struct rdl_registry *registry, uint64_t now_ms, unsigned budget)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	unsigned expired = registry->expired, n;
	rdl_handle due[RDL_INDEX_BURST];

	registry->expired = 0;
	do {
		n = rdl_wheel_take(&registry->wheel, second, &budget, due, RDL_INDEX_BURST);
		for (unsigned i = 0; i < n; i++)
			rdl_registry_ending(registry, due[i], now_ms);
		end(registry, due, n, second);
		expired += n;
	} while (n == RDL_INDEX_BURST);
	free_tombstones(registry, second, budget);
	return expired;
}
