/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: blocks of 32 octets to 64 KiB, two sizes per power of two, cut from pages of 64 KiB. A
 * page belongs to one size while a block of it is in use and returns to the pool after, so no mix
 * of sizes can lock memory away for good; meanwhile its blocks serve smaller ones that find no page.
 * Every call takes the same few steps, whatever the size.
 */
#ifndef RDL_REGISTRY_STORE_H
#define RDL_REGISTRY_STORE_H

#include "base.h"

#define RDL_STORE_NONE 0 /* is no block */
#define RDL_STORE_BLOCK_MAX 65536
#define RDL_STORE_CLASSES 23

struct rdl_store_page;

struct rdl_store {
	uint8_t *arena;
	struct rdl_store_page *pages;
	uint32_t page_count;
	uint32_t unused; /* list of pages without a block in use */
	uint32_t open[RDL_STORE_CLASSES]; /* lists of pages with blocks in use and blocks to give */
	uint64_t octets; /* in use, by block sizes */
};

uint64_t rdl_store_memory(uint64_t octets);
/* What a block of `len` octets takes. */
uint64_t rdl_store_block_octets(size_t len);
bool rdl_store_create(struct rdl_store *store, uint64_t octets, int socket_id);
void rdl_store_destroy(struct rdl_store *store);
uint64_t rdl_store_octets_max(const struct rdl_store *store);

/*
 * A block of at least `len` octets, aligned to 16; RDL_STORE_NONE when there is no room, or none
 * that long.
 */
uint32_t rdl_store_alloc(struct rdl_store *store, size_t len);
void rdl_store_free(struct rdl_store *store, uint32_t block);

#define RDL_STORE_UNIT \
	16 /* blocks are named by their offset in these, plus 1: 32 bits reach 64 GiB */

static inline void *rdl_store_at(const struct rdl_store *store, uint32_t block)
{
	return store->arena + (uint64_t)(block - 1) * RDL_STORE_UNIT;
}

#endif
