/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of 16, a cache line each, ten of which are taken where all sessions are: then 0.6 % find no
 * place. An entry is 24 bits of the address and the worker's number plus one; 0 is none.
 */
#include "owners.h"

#define WAYS 16
#define TAKEN 10

struct set {
	uint32_t entries[WAYS];
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_dtls_owners {
	uint32_t sets;
	struct set set[] __attribute__((aligned(RDL_CACHE_LINE)));
};

static uint32_t sets_for(uint64_t sessions)
{
	return (uint32_t)(sessions / TAKEN + 1);
}

size_t rdl_dtls_owners_memory(uint64_t sessions)
{
	return sizeof(struct rdl_dtls_owners) + sets_for(sessions) * sizeof(struct set);
}

struct rdl_dtls_owners *rdl_dtls_owners_init(void *memory, uint64_t sessions)
{
	struct rdl_dtls_owners *owners = memory;

	owners->sets = sets_for(sessions);
	return owners;
}

static size_t set_of(const struct rdl_dtls_owners *owners, uint64_t address)
{
	return (address >> 32) * owners->sets >> 32;
}

static uint32_t entry_of(uint64_t address, unsigned worker)
{
	return (uint32_t)address << 8 | (worker + 1);
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

void rdl_dtls_owners_put(struct rdl_dtls_owners *owners, uint64_t address, unsigned worker)
{
	swap(&owners->set[set_of(owners, address)], 0, entry_of(address, worker));
}

void rdl_dtls_owners_take(struct rdl_dtls_owners *owners, uint64_t address, unsigned worker)
{
	swap(&owners->set[set_of(owners, address)], entry_of(address, worker), 0);
}

int rdl_dtls_owners_find(const struct rdl_dtls_owners *owners, uint64_t address)
{
	const struct set *set = &owners->set[set_of(owners, address)];

	for (unsigned i = 0; i < WAYS; i++) {
		uint32_t entry = __atomic_load_n(&set->entries[i], __ATOMIC_RELAXED);

		if ((entry ^ (uint32_t)address << 8) >> 8 == 0 && (entry & 0xff) != 0)
			return (int)(entry & 0xff) - 1;
	}
	return -1;
}
