/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"

#include "memory.h"

#include <assert.h>
#include <stdio.h>

#include <rte_hash.h>

#define BUCKET_ENTRIES 8
#define BUCKET_OCTETS 64
#define KEY_OCTETS 16 /* data and digest */

/*
 * rte_hash refused its first key at 97.9 % of a table of 2^20; one seventh of room to spare costs
 * less than the table of extended buckets that would never refuse.
 */
static uint64_t with_room(uint64_t entries)
{
	return entries + entries / 7 + BUCKET_ENTRIES;
}

static uint64_t power_of_two(uint64_t n)
{
	uint64_t power = BUCKET_ENTRIES;

	while (power < n)
		power *= 2;
	return power;
}

/*
 * What rte_hash takes: buckets of eight,
 * keys with their data, a ring of free ones, change counters.
 */
uint64_t rdl_index_memory(uint64_t entries)
{
	uint64_t room = with_room(entries);
	uint64_t buckets = power_of_two(room) / BUCKET_ENTRIES;

	return rdl_memory_octets(buckets * BUCKET_OCTETS) +
	       rdl_memory_octets(KEY_OCTETS * (room + 1)) +
	       rdl_memory_octets(power_of_two(room + 2) * sizeof(uint32_t)) +
	       rdl_memory_octets(64 * 1024); /* the table, the rings' heads */
}

static uint32_t first_octets(const void *key, uint32_t len, uint32_t seed)
{
	uint32_t hash;

	(void)len;
	(void)seed;
	memcpy(&hash, key, sizeof(hash));
	return hash;
}

/* Eight octets are none of the lengths that rte_hash compares without a call of memcmp(). */
static int compare(const void *a, const void *b, size_t len)
{
	uint64_t x, y;

	(void)len;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x != y;
}

static hash_sig_t hash_of(uint64_t digest)
{
	return (hash_sig_t)digest;
}

bool rdl_index_create(struct rdl_index *index, uint64_t entries, int socket_id)
{
	/* rte_hash refuses a second table of one name, and keeps 26 characters of it. */
	static unsigned created;
	char name[RTE_HASH_NAMESIZE];
	uint64_t room = with_room(entries);
	struct rte_hash_parameters parameters = {
		.name = name,
		.entries = (uint32_t)room,
		.key_len = sizeof(uint64_t),
		.hash_func = first_octets,
		.socket_id = socket_id,
	};

	index->hash = NULL;
	if (room >= RTE_HASH_ENTRIES_MAX)
		return false;
	snprintf(name, sizeof(name), "rdl_%u", __atomic_fetch_add(&created, 1, __ATOMIC_RELAXED));
	index->hash = rte_hash_create(&parameters);
	if (index->hash != NULL)
		rte_hash_set_cmp_func(index->hash, compare);
	return index->hash != NULL;
}

void rdl_index_destroy(struct rdl_index *index)
{
	rte_hash_free(index->hash);
}

uint32_t rdl_index_find(const struct rdl_index *index, uint64_t digest)
{
	void *value;

	if (rte_hash_lookup_with_hash_data(index->hash, &digest, hash_of(digest), &value) < 0)
		return RDL_INDEX_NONE;
	return (uint32_t)(uintptr_t)value;
}

void rdl_index_find_bulk(
	const struct rdl_index *index, unsigned count, const uint64_t digests[], uint32_t values[])
{
	const void *keys[RDL_INDEX_BURST];
	hash_sig_t hashes[RDL_INDEX_BURST];
	void *data[RDL_INDEX_BURST];
	uint64_t hits = 0;

	assert(count <= RDL_INDEX_BURST);
	if (count == 0) /* which rte_hash takes for an error */
		return;
	for (unsigned i = 0; i < count; i++) {
		keys[i] = &digests[i];
		hashes[i] = hash_of(digests[i]);
	}
	rte_hash_lookup_with_hash_bulk_data(index->hash, keys, hashes, count, &hits, data);
	for (unsigned i = 0; i < count; i++)
		values[i] = (hits >> i & 1) != 0 ? (uint32_t)(uintptr_t)data[i] : RDL_INDEX_NONE;
}

bool rdl_index_insert(struct rdl_index *index, uint64_t digest, uint32_t value)
{
	return rte_hash_add_key_with_hash_data(
		       index->hash, &digest, hash_of(digest), (void *)(uintptr_t)value) == 0;
}

void rdl_index_remove(struct rdl_index *index, uint64_t digest)
{
	int place = rte_hash_del_key_with_hash(index->hash, &digest, hash_of(digest));

	assert(place >= 0);
	(void)place;
}
