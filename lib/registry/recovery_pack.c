/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * On its way back a registry holds more than it ever did: what had ended by time, which no entry
 * says, lists by their numbers, and all of it in another order, in pages of other sizes. Then its
 * store grows; in the end what is left is packed into what it has, the longest first, which takes
 * no more pages than it can have had.
 */
#include "recovery_state.h"

#include <stdlib.h>

struct moved {
	struct rdl_store_piece piece;
	rdl_handle handle; /* whose extras it is; RDL_HANDLE_NONE: a list */
};

static int by_length(const void *a, const void *b)
{
	uint32_t one = ((const struct moved *)a)->piece.len;
	uint32_t other = ((const struct moved *)b)->piece.len;

	return one > other ? -1 : one < other;
}

static uint64_t count_extras(struct rdl_registry *registry)
{
	rdl_handle handle = RDL_HANDLE_NONE;
	uint64_t count = 0;

	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE)
		count += rdl_slab_at(&registry->slab, handle)->state == RDL_RECORD_LIVE &&
			 rdl_slab_at(&registry->slab, handle)->extras != RDL_STORE_NONE;
	return count;
}

/* All lists, and the extras of all records. NULL: no memory. */
static struct moved *gather(struct rdl_registry *registry, uint64_t *count)
{
	uint64_t lists = registry->lists.count, n = 0;
	rdl_handle handle = RDL_HANDLE_NONE;

	*count = lists + count_extras(registry);
	struct moved *all = calloc(*count + 1, sizeof(*all));
	struct rdl_store_piece *pieces = calloc(lists + 1, sizeof(*pieces));
	if (all == NULL || pieces == NULL) {
		free(all);
		free(pieces);
		return NULL;
	}
	rdl_lists_pieces(&registry->lists, pieces);
	for (; n < lists; n++)
		all[n] = (struct moved){ pieces[n], RDL_HANDLE_NONE };
	free(pieces);
	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
		const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state == RDL_RECORD_LIVE && record->extras != RDL_STORE_NONE)
			all[n++] = (struct moved){ rdl_extras_piece(&registry->store, record),
				handle };
	}
	return all;
}

/* Where a list lay it says from now on where it lies. */
static bool move(struct rdl_registry *registry, const struct moved *moved)
{
	const struct rdl_store_claim claim = {
		.account = moved->piece.account, .live = true, .again = true, .packs = true
	};
	uint32_t block = rdl_store_alloc(&registry->store, moved->piece.len, &claim);

	if (block == RDL_STORE_NONE)
		return false;
	memcpy(rdl_store_at(&registry->store, block), moved->piece.octets, moved->piece.len);
	if (moved->handle != RDL_HANDLE_NONE) {
		rdl_slab_at(&registry->slab, moved->handle)->extras = block;
		return true;
	}
	rdl_lists_link(&registry->lists, block);
	memcpy(moved->piece.octets, &block, sizeof(block));
	return true;
}

static void follow_lists(struct rdl_registry *registry, const struct rdl_store *grown)
{
	rdl_handle handle = RDL_HANDLE_NONE;

	while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
		struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

		if (record->state == RDL_RECORD_LIVE && record->objects != RDL_STORE_NONE)
			memcpy(&record->objects, rdl_store_at(grown, record->objects),
				sizeof(record->objects));
	}
}

bool rdl_recovery_pack(struct rdl_recovery *recovery, struct rdl_registry *registry)
{
	struct rdl_store grown;
	uint64_t count;
	bool fits = true;

	if (RDL_LIKELY(!rdl_store_has_grown(&registry->store)))
		return true;
	struct moved *all = gather(registry, &count);
	if (all == NULL)
		return rdl_recovery_fail(recovery, "no memory");
	qsort(all, count, sizeof(*all), by_length);
	rdl_store_shrink(&registry->store, &grown);
	rdl_lists_unlink_all(&registry->lists);
	for (uint64_t i = 0; fits && i < count; i++)
		fits = move(registry, &all[i]);
	if (fits)
		follow_lists(registry, &grown);
	rdl_store_drop(&grown);
	free(all);
	return fits || rdl_recovery_fail_room(recovery);
}
