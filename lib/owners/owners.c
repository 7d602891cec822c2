/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of 16, a cache line each, ten of which are taken where all hashes are: then 0.6 % find no
 * place. An entry is 24 bits of the hash and the owner's number plus one; 0 is none.
 */
#include "owners.h"

#include <assert.h>

#define WAYS 16
#define TAKEN 10

struct set {
	uint32_t entries[WAYS];
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_owners {
	uint32_t sets;
	struct set set[] __attribute__((aligned(RDL_CACHE_LINE)));
};

static uint32_t sets_for(uint64_t hashes)
{
	return (uint32_t)(hashes / TAKEN + 1);
}

size_t rdl_owners_memory(uint64_t hashes)
{
	return sizeof(struct rdl_owners) + sets_for(hashes) * sizeof(struct set);
}

struct rdl_owners *rdl_owners_init(void *memory, uint64_t hashes)
{
	struct rdl_owners *owners = memory;

	owners->sets = sets_for(hashes);
	return owners;
}

static size_t set_of(const struct rdl_owners *owners, uint64_t hash)
{
	return (hash >> 32) * owners->sets >> 32;
}

static uint32_t entry_of(uint64_t hash, unsigned owner)
{
	assert(owner < RDL_OWNERS_MAX);
	return (uint32_t)hash << 8 | (owner + 1);
}

/* Puts `now` where `was` is, if it is anywhere. */
static void swap(struct set *set, uint32_t was, uint32_t now)
{
	for (unsigned i = 0; i < WAYS; i++) {
		uint32_t expected = was;

		if (__atomic_load_n(&set->entries[i], __ATOMIC_RELAXED) == was &&
			__atomic_compare_exchange_n(&set->entries[i], &expected, now, false,
				__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return;
	}
}

void rdl_owners_put(struct rdl_owners *owners, uint64_t hash, unsigned owner)
{
	swap(&owners->set[set_of(owners, hash)], 0, entry_of(hash, owner));
}

void rdl_owners_take(struct rdl_owners *owners, uint64_t hash, unsigned owner)
{
	swap(&owners->set[set_of(owners, hash)], entry_of(hash, owner), 0);
}

int rdl_owners_find(const struct rdl_owners *owners, uint64_t hash)
{
	const struct set *set = &owners->set[set_of(owners, hash)];

	for (unsigned i = 0; i < WAYS; i++) {
		uint32_t entry = __atomic_load_n(&set->entries[i], __ATOMIC_RELAXED);

		if ((entry ^ (uint32_t)hash << 8) >> 8 == 0 && (entry & 0xff) != 0)
			return (int)(entry & 0xff) - 1;
	}
	return -1;
}
