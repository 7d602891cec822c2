/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * index: from a 64-bit keyed digest to a 32-bit value, on rte_hash. The digest is the key and half
 * of it is the hash: keyed, so that nobody outside can choose names that crowd one bucket. One
 * value for each digest; what it stands for is compared by whoever asks. A key of 16 octets would
 * take 18 more for each entry.
 */
#ifndef RDL_REGISTRY_INDEX_H
#define RDL_REGISTRY_INDEX_H

#include "base.h"

#define RDL_INDEX_NONE UINT32_MAX /* is no value */
#define RDL_INDEX_BURST 64

struct rte_hash;

struct rdl_index {
	struct rte_hash *hash;
};

uint64_t rdl_index_memory(uint64_t entries);
bool rdl_index_create(struct rdl_index *index, uint64_t entries, int socket_id);
void rdl_index_destroy(struct rdl_index *index);

/* The value under a digest, or RDL_INDEX_NONE. */
uint32_t rdl_index_find(const struct rdl_index *index, uint64_t digest);

/* The same for `count` <= RDL_INDEX_BURST digests, their buckets and keys fetched side by side. */
void rdl_index_find_bulk(
	const struct rdl_index *index, unsigned count, const uint64_t digests[], uint32_t values[]);

/*
 * A digest that is there gets the new value.
 * False when there is no room, which `entries` of them have.
 */
bool rdl_index_insert(struct rdl_index *index, uint64_t digest, uint32_t value);
/* It must be there. */
void rdl_index_remove(struct rdl_index *index, uint64_t digest);

#endif
