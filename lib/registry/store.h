/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: blocks of 32 octets to 64 KiB, two sizes per power of two, cut from pages of 64 KiB. A
 * page belongs to one size while a block of it is in use and returns to the pool after, so no mix
 * of sizes can lock memory away for good; meanwhile its blocks serve smaller ones that find no
 * page. Every call takes the same few steps, whatever the size.
 *
 * Who gets what is decided by pages, so that blocks spread thinly take no more than their share
 * either: a quarter of them is kept for those who are registered already, long blocks have half of
 * them at most, and the rest is for short ones. What is put by for those is in neither: where it
 * leaves less, they have half of that each. By octets it is decided what one network prefix may
 * hold.
 */
#ifndef RDL_REGISTRY_STORE_H
#define RDL_REGISTRY_STORE_H

#include "accounts.h"

#define RDL_STORE_NONE 0 /* is no block */
#define RDL_STORE_BLOCK_MAX 65536
#define RDL_STORE_CLASSES 23
/* Blocks of more octets than a registration has to itself are long. */
#define RDL_STORE_SHORT 80

struct rdl_store_page;

/* Who pays for a block, and draws on what. */
struct rdl_store_claim {
	uint16_t account;
	bool live; /* a registration that is there: may use what is kept for those */
	/* Had it before a restart: whatever one prefix, or long blocks, may have now. */
	bool again;
	/* Comes after all that are longer: what those have left is used before a new page is. */
	bool packs;
};

struct rdl_store_config {
	uint64_t octets;
	/*
	 * Put by for the short blocks that as many registrations may need:
	 * neither kept from them nor given to long ones.
	 */
	uint64_t short_octets;
	uint32_t short_len; /* the longest such need: as RDL_STORE_SHORT where that is shorter */
	uint32_t prefix_percent; /* of each part, what one prefix may hold; 0 is 100: no limit */
	struct rdl_key key; /* random: of the accounts */
	int socket_id;
};

struct rdl_store {
	uint8_t *arena;
	struct rdl_store_page *pages;
	uint32_t page_count;
	/* While it has grown: what it had. NULL and 0: it has not. */
	uint8_t *own_arena;
	struct rdl_store_page *own_pages;
	uint32_t own_count;
	uint32_t unused; /* list of pages without a block in use */
	/*
	 * Lists of pages with blocks in use and blocks to give:
	 * for anybody, and for the live only.
	 */
	uint32_t open[2][RDL_STORE_CLASSES];
	uint32_t left[2]; /* pages that may still be opened for anybody, for the live only */
	int32_t long_left; /* of those for anybody, to blocks of a long class; below 0: too many */
	unsigned long_class; /* the first that is long */
	/*
	 * Units that an account may hold to have a block,
	 * one kept for the live, a newcomer's long one.
	 */
	uint32_t share, live_share, long_share;
	struct rdl_accounts accounts;
	uint64_t octets; /* in use, by block sizes */
};

uint64_t rdl_store_memory(uint64_t octets);
/* What a block of `len` octets takes. */
uint64_t rdl_store_block_octets(size_t len);
bool rdl_store_create(struct rdl_store *store, const struct rdl_store_config *config);
void rdl_store_destroy(struct rdl_store *store);
uint64_t rdl_store_octets_max(const struct rdl_store *store);

/*
 * A block of at least `len` octets, aligned to 16; RDL_STORE_NONE when there is none that long, or
 * no room that this claim may have.
 */
uint32_t rdl_store_alloc(struct rdl_store *store, size_t len, const struct rdl_store_claim *claim);
/* `account`: of the claim that it was had by. */
void rdl_store_free(struct rdl_store *store, uint32_t block, uint16_t account);
/* True when what takes `len` octets fits a block that is there. */
bool rdl_store_fits(const struct rdl_store *store, uint32_t block, size_t len);

/* ---- while registrations come back: what is under way in between may need more than in the end */

/* As many pages more as it had at first, of the process's ordinary memory. False: no more. */
RDL_MUST_CHECK bool rdl_store_grow(struct rdl_store *store);
static inline bool rdl_store_has_grown(const struct rdl_store *store)
{
	return store->own_arena != NULL;
}
/*
 * It has what it had at first, and is empty. *grown is as it was, until it is dropped: what lies
 * there is to be put into this one, the longest first.
 */
void rdl_store_shrink(struct rdl_store *store, struct rdl_store *grown);
void rdl_store_drop(struct rdl_store *grown);

/* What is in a block. */
struct rdl_store_piece {
	void *octets;
	uint32_t len;
	uint16_t account;
};

#define RDL_STORE_UNIT \
	16 /* blocks are named by their offset in these, plus 1: 32 bits reach 64 GiB */

static inline void *rdl_store_at(const struct rdl_store *store, uint32_t block)
{
	return store->arena + (uint64_t)(block - 1) * RDL_STORE_UNIT;
}

#endif
