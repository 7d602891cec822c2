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

/* Not worth its room on the stack where names are short. */
__attribute__((noinline)) struct rdl_endpoint_digest rdl_registry_digest_of(
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
		digests[i] =
			rdl_registry_digest_of(registry, rdl_slab_at(&registry->slab, handles[i]))
				.word[0];
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
static void bury(struct rdl_registry *registry, struct rdl_record *record, rdl_handle handle,
	uint32_t deadline)
{
	if (RDL_UNLIKELY(record->name_len > RDL_NAME_INLINE))
		record->digest = rdl_registry_digest_of(registry, record);
	record->state = RDL_RECORD_TOMBSTONE;
	record->deadline = deadline;
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
			if ((handles[n] = rdl_tombstones_pop_oldest(
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
		rdl_tombstones_remove(&registry->tombstones, handle);
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
	       give_up(registry, rdl_tombstones_pop_oldest(&registry->tombstones, UINT32_MAX));
}

/* Here, where it is called for every De-register, without a call. */
static inline void end(
	struct rdl_registry *registry, rdl_handle handle, uint32_t second, bool forgets)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (RDL_UNLIKELY(registry->ended_count == RDL_REGISTRY_BURST ||
			 registry->ended_second != second))
		rdl_registry_forget_ended(registry);
	rdl_tally(registry, record, -1);
	record->state = RDL_RECORD_ENDED;
	/* It lasts for as long as the registration may still be described. */
	rdl_registry_let_go(registry, record->identity);
	if (RDL_UNLIKELY(record->identity != 0))
		(void)rdl_registry_swap_session(registry, handle, 0);
	if (forgets)
		rdl_exchange_forget(record);
	registry->registrations--;
	registry->ended[registry->ended_count++] = handle;
	registry->ended_second = second;
}

void rdl_registry_end(
	struct rdl_registry *registry, rdl_handle handle, uint32_t second, bool forgets)
{
	end(registry, handle, second, forgets);
}

/* They leave a tombstone where copies are remembered of what they, or others before, were asked. */
void rdl_registry_forget_ended(struct rdl_registry *registry)
{
	unsigned count = registry->ended_count, n = 0;

	if (RDL_LIKELY(count == 0))
		return;
	uint32_t second = registry->ended_second, lifetime_s = registry->exchange_lifetime_s;
	registry->ended_count = 0;
	for (unsigned i = 0; i < count; i++) {
		rdl_handle handle = registry->ended[i];
		struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (RDL_LIKELY(rdl_exchange_remembers(record, second, lifetime_s)))
			bury(registry, record, handle, second + lifetime_s);
		else
			registry->ended[n++] = handle;
	}
	if (n > 0)
		free_records(registry, registry->ended, n);
}

void rdl_registry_deregister(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_change *change)
{
	uint32_t second = rdl_registry_second(registry, now_ms);

	assert(rdl_registry_alive(registry, rdl_slab_at(&registry->slab, handle), second));
	rdl_exchange_note(rdl_slab_at(&registry->slab, handle), request->exchange, second);
	rdl_wheel_stop(&registry->wheel, handle);
	end(registry, handle, second, false);
	change->kind = RDL_CHANGE_DEREGISTERED;
	change->handle = handle;
}

void rdl_registry_remove(struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms,
	struct rdl_change *change)
{
	uint32_t second = rdl_registry_second(registry, now_ms);

	assert(rdl_registry_alive(registry, rdl_slab_at(&registry->slab, handle), second));
	rdl_wheel_stop(&registry->wheel, handle);
	end(registry, handle, second, true);
	change->kind = RDL_CHANGE_REMOVED;
	change->handle = handle;
}

unsigned rdl_registry_expire(struct rdl_registry *registry, uint64_t now_ms, unsigned budget,
	struct rdl_change changes[])
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	rdl_handle due[RDL_REGISTRY_BURST];

	rdl_registry_forget_ended(registry);
	unsigned n = rdl_wheel_pop(&registry->wheel, second, &budget, due, RDL_REGISTRY_BURST);
	for (unsigned i = 0; i < n; i++) {
		end(registry, due[i], second, true);
		changes[i].kind = RDL_CHANGE_EXPIRED;
		changes[i].handle = due[i];
	}
	free_tombstones(registry, second, budget);
	return n;
}
