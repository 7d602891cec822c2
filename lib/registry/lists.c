/* SPDX-License-Identifier: BSD-3-Clause */
#include "lists.h"

#include <assert.h>

/* In the store, the list's octets behind it. */
struct kept {
	uint64_t digest;
	uint32_t references;
	uint32_t shared; /* in the index */
};
static_assert(sizeof(struct kept) % 8 == 0, "a list is aligned to 8");

static struct kept *kept_at(const struct rdl_lists *lists, uint32_t block)
{
	return rdl_store_at(lists->store, block);
}

uint64_t rdl_lists_memory(uint64_t shared_max)
{
	return rdl_index_memory(shared_max);
}

bool rdl_lists_create(struct rdl_lists *lists, struct rdl_store *store, const struct rdl_key *key,
	uint64_t shared_max, int socket_id)
{
	lists->store = store;
	lists->key = *key;
	lists->shared_max = shared_max;
	memset(lists->recent, 0, sizeof(lists->recent)); /* RDL_STORE_NONE */
	return rdl_index_create(&lists->index, shared_max, socket_id);
}

void rdl_lists_destroy(struct rdl_lists *lists)
{
	rdl_index_destroy(&lists->index);
}

const struct rdl_object_list *rdl_lists_at(const struct rdl_lists *lists, uint32_t block)
{
	return (const struct rdl_object_list *)(kept_at(lists, block) + 1);
}

static uint32_t *recent_of(struct rdl_lists *lists, uint64_t digest)
{
	return &lists->recent[digest % RDL_LISTS_RECENT];
}

/* The shared list of a digest, or RDL_INDEX_NONE. */
static uint32_t find(struct rdl_lists *lists, uint64_t digest)
{
	uint32_t *recent = recent_of(lists, digest);

	if (*recent == RDL_STORE_NONE || kept_at(lists, *recent)->digest != digest) {
		uint32_t block = rdl_index_find(&lists->index, digest);

		if (block == RDL_INDEX_NONE)
			return RDL_INDEX_NONE;
		*recent = block;
	}
	return *recent;
}

uint32_t rdl_lists_take(
	struct rdl_lists *lists, const struct rdl_object_list *list, uint64_t digest)
{
	uint32_t block;

	assert(list->len >= sizeof(*list));
	if (digest == 0)
		digest = rdl_object_list_digest(&lists->key, list);
	block = find(lists, digest);
	bool known = block != RDL_INDEX_NONE;
	if (known && rdl_lists_at(lists, block)->len == list->len &&
		memcmp(kept_at(lists, block) + 1, list, list->len) == 0) {
		kept_at(lists, block)->references++;
		return block;
	}
	block = rdl_store_alloc(lists->store, sizeof(struct kept) + list->len);
	if (block == RDL_STORE_NONE)
		return RDL_STORE_NONE;
	struct kept *kept = kept_at(lists, block);
	/* Where the index has no room, the list is kept all the same, for one. */
	*kept = (struct kept){ digest, 1,
		!known && lists->shared < lists->shared_max &&
			rdl_index_insert(&lists->index, digest, block) };
	memcpy(kept + 1, list, list->len);
	lists->shared += kept->shared;
	lists->count++;
	return block;
}

void rdl_lists_release(struct rdl_lists *lists, uint32_t block)
{
	struct kept *kept = kept_at(lists, block);

	assert(kept->references > 0);
	if (--kept->references > 0)
		return;
	if (kept->shared != 0) {
		uint32_t *recent = recent_of(lists, kept->digest);

		if (*recent == block)
			*recent = RDL_STORE_NONE;
		rdl_index_remove(&lists->index, kept->digest);
		lists->shared--;
	}
	lists->count--;
	rdl_store_free(lists->store, block);
}
