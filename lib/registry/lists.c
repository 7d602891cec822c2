/* SPDX-License-Identifier: BSD-3-Clause */
#include "lists.h"

#include "memory.h"

#include <assert.h>

/* In the store, the list's octets behind it. */
struct kept {
	uint64_t digest : 48; /* of 64, all octets are compared besides */
	uint64_t account : 16;
	uint32_t references : 31;
	uint32_t told : 1; /* as rdl_lists.told: it has been */
	uint32_t next; /* in its bucket's chain */
};
static_assert(sizeof(struct kept) == 16, "a list is aligned to 8");

static struct kept *kept_at(const struct rdl_lists *lists, uint32_t block)
{
	return rdl_store_at(lists->store, block);
}

static size_t octets_of(const struct rdl_object_list *list)
{
	return sizeof(struct kept) + list->len;
}

/* One for each four that there can be, or up to eight. */
static uint32_t buckets_for(uint64_t most)
{
	uint32_t buckets = 64;

	while ((uint64_t)buckets * 8 <= most)
		buckets *= 2;
	return buckets;
}

uint64_t rdl_lists_memory(uint64_t most)
{
	return rdl_memory_octets(buckets_for(most) * sizeof(uint32_t));
}

bool rdl_lists_create(struct rdl_lists *lists, struct rdl_store *store, const struct rdl_key *key,
	uint64_t most, int socket_id)
{
	lists->store = store;
	lists->key = *key;
	lists->is_telling = lists->was_told = false;
	lists->told = true;
	memset(lists->recent, 0, sizeof(lists->recent)); /* RDL_STORE_NONE */
	lists->bucket_count = buckets_for(most);
	lists->buckets = rdl_memory_alloc(lists->bucket_count * sizeof(uint32_t), socket_id);
	return lists->buckets != NULL;
}

void rdl_lists_destroy(struct rdl_lists *lists)
{
	rdl_memory_free(lists->buckets);
}

const struct rdl_object_list *rdl_lists_at(const struct rdl_lists *lists, uint32_t block)
{
	return (const struct rdl_object_list *)(kept_at(lists, block) + 1);
}

/* The lowest bit of a digest is always 1. */
static uint32_t *recent_of(struct rdl_lists *lists, uint64_t digest)
{
	return &lists->recent[(digest >> 1) % RDL_LISTS_RECENT];
}

static uint32_t *bucket_of(struct rdl_lists *lists, uint64_t digest)
{
	return &lists->buckets[(digest >> 1) & (lists->bucket_count - 1)];
}

static bool is_it(const struct rdl_lists *lists, uint32_t block, const struct rdl_object_list *list,
	uint64_t digest)
{
	const struct kept *kept = kept_at(lists, block);
	const struct rdl_object_list *other = rdl_lists_at(lists, block);

	return ((kept->digest ^ digest) & ((UINT64_C(1) << 48) - 1)) == 0 &&
	       other->len == list->len && memcmp(other, list, list->len) == 0;
}

uint32_t rdl_lists_share(
	struct rdl_lists *lists, const struct rdl_object_list *list, uint64_t digest)
{
	uint32_t *recent = recent_of(lists, digest);

	assert(list->len >= sizeof(*list));
	if (*recent == RDL_STORE_NONE || !is_it(lists, *recent, list, digest)) {
		uint32_t block = *bucket_of(lists, digest);

		while (block != RDL_STORE_NONE && !is_it(lists, block, list, digest))
			block = kept_at(lists, block)->next;
		if (block == RDL_STORE_NONE)
			return RDL_STORE_NONE;
		*recent = block;
	}
	kept_at(lists, *recent)->references++;
	return *recent;
}

static void link_in(struct rdl_lists *lists, uint32_t block, uint64_t digest)
{
	struct kept *kept = kept_at(lists, block);
	uint32_t *bucket = bucket_of(lists, digest);

	kept->digest = digest & ((UINT64_C(1) << 48) - 1);
	kept->told = !lists->told;
	kept->next = *bucket;
	*bucket = block;
}

static void unlink_from(struct rdl_lists *lists, uint32_t block)
{
	const struct kept *kept = kept_at(lists, block);
	uint32_t *recent = recent_of(lists, kept->digest);
	uint32_t *at = bucket_of(lists, kept->digest);

	if (*recent == block)
		*recent = RDL_STORE_NONE;
	while (*at != block)
		at = &kept_at(lists, *at)->next;
	*at = kept->next;
}

uint32_t rdl_lists_keep(struct rdl_lists *lists, const struct rdl_object_list *list,
	uint64_t digest, const struct rdl_store_claim *claim)
{
	uint32_t block = rdl_store_alloc(lists->store, octets_of(list), claim);

	if (block == RDL_STORE_NONE)
		return RDL_STORE_NONE;
	struct kept *kept = kept_at(lists, block);
	kept->account = claim->account;
	kept->references = 1;
	link_in(lists, block, digest);
	memcpy(kept + 1, list, list->len);
	lists->count++;
	return block;
}

bool rdl_lists_fits(
	const struct rdl_lists *lists, uint32_t block, const struct rdl_object_list *list)
{
	return kept_at(lists, block)->references == 1 &&
	       rdl_store_fits(lists->store, block, octets_of(list));
}

void rdl_lists_write_over(struct rdl_lists *lists, uint32_t block,
	const struct rdl_object_list *list, uint64_t digest)
{
	assert(rdl_lists_fits(lists, block, list));
	unlink_from(lists, block);
	link_in(lists, block, digest);
	memcpy(kept_at(lists, block) + 1, list, list->len);
}

void rdl_lists_hold(struct rdl_lists *lists, uint32_t block)
{
	kept_at(lists, block)->references++;
}

/* After the end of one, all lists have its mark. */
void rdl_lists_begin_telling(struct rdl_lists *lists)
{
	assert(!lists->is_telling);
	if (lists->was_told)
		lists->told = !lists->told;
	lists->is_telling = true;
}

void rdl_lists_end_telling(struct rdl_lists *lists)
{
	lists->is_telling = false;
	lists->was_told = true;
}

bool rdl_lists_is_told(const struct rdl_lists *lists, uint32_t block)
{
	return kept_at(lists, block)->told == lists->told;
}

void rdl_lists_tell(struct rdl_lists *lists, uint32_t block)
{
	kept_at(lists, block)->told = lists->told;
}

void rdl_lists_release(struct rdl_lists *lists, uint32_t block)
{
	struct kept *kept = kept_at(lists, block);

	assert(kept->references > 0);
	if (--kept->references > 0)
		return;
	unlink_from(lists, block);
	lists->count--;
	rdl_store_free(lists->store, block, (uint16_t)kept->account);
}

/* ---- packed anew ---- */

void rdl_lists_pieces(const struct rdl_lists *lists, struct rdl_store_piece pieces[])
{
	uint64_t n = 0;

	for (uint32_t bucket = 0; bucket < lists->bucket_count; bucket++)
		for (uint32_t block = lists->buckets[bucket]; block != RDL_STORE_NONE;) {
			struct kept *kept = kept_at(lists, block);

			pieces[n++] = (struct rdl_store_piece){ kept,
				(uint32_t)octets_of(rdl_lists_at(lists, block)),
				(uint16_t)kept->account };
			block = kept->next;
		}
	assert(n == lists->count);
}

void rdl_lists_unlink_all(struct rdl_lists *lists)
{
	memset(lists->recent, 0, sizeof(lists->recent));
	memset(lists->buckets, 0, lists->bucket_count * sizeof(uint32_t));
}

void rdl_lists_link(struct rdl_lists *lists, uint32_t block)
{
	link_in(lists, block, kept_at(lists, block)->digest);
}
