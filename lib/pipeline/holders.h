/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * holders: how much of a memory is held in whose name.
 * A name is a keyed hash: nobody outside can aim at another's.
 */
#ifndef RDL_PIPELINE_HOLDERS_H
#define RDL_PIPELINE_HOLDERS_H

#include "base.h"

struct rdl_holder {
	uint64_t name;
	uint32_t units; /* that are held in this name; 0: the place is free */
	uint32_t next; /* in its bucket, or free; UINT32_MAX: none */
};

struct rdl_holders {
	uint32_t bucket_mask;
	uint32_t fresh; /* places from here on were never used */
	uint32_t free; /* the first of those that were */
	uint32_t *buckets;
	struct rdl_holder *holders;
};

/* Octets for `count` holders, a multiple of a cache line. */
size_t rdl_holders_memory(uint32_t count);
void rdl_holders_init(struct rdl_holders *holders, uint32_t count, void *memory);

/*
 * The place of a name, which gets one where it has none. There is always one while there are units
 * to be held. Who holds nothing has to be given units before anything else is asked.
 */
uint32_t rdl_holders_place(struct rdl_holders *holders, uint64_t name);

static inline void rdl_holders_give(struct rdl_holders *holders, uint32_t place, uint32_t units)
{
	holders->holders[place].units += units;
}

/* With the last of its units the holder is forgotten. */
void rdl_holders_take(struct rdl_holders *holders, uint32_t place, uint32_t units);

static inline uint32_t rdl_holders_units(const struct rdl_holders *holders, uint32_t place)
{
	return holders->holders[place].units;
}

/* Buckets of a hash table for `count` things. */
uint32_t rdl_bucket_count(uint32_t count);

#endif
