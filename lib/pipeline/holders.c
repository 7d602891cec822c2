/* SPDX-License-Identifier: BSD-3-Clause */
#include "holders.h"

#include <assert.h>

#define NONE UINT32_MAX

uint32_t rdl_bucket_count(uint32_t count)
{
	uint32_t buckets = 8;

	while (buckets < count / 2)
		buckets *= 2;
	return buckets;
}

size_t rdl_holders_memory(uint32_t count)
{
	return rdl_whole_lines(rdl_bucket_count(count) * sizeof(uint32_t)) +
	       rdl_whole_lines(count * sizeof(struct rdl_holder));
}

void rdl_holders_init(struct rdl_holders *holders, uint32_t count, void *memory)
{
	uint32_t buckets = rdl_bucket_count(count);
	uint8_t *p = memory;

	*holders = (struct rdl_holders){ .bucket_mask = buckets - 1, .free = NONE };
	holders->buckets = (uint32_t *)(void *)p;
	memset(holders->buckets, 0xff, buckets * sizeof(uint32_t));
	p += rdl_whole_lines(buckets * sizeof(uint32_t));
	holders->holders = (struct rdl_holder *)(void *)p;
}

uint32_t rdl_holders_place(struct rdl_holders *holders, uint64_t name)
{
	uint32_t *bucket = &holders->buckets[name & holders->bucket_mask];

	for (uint32_t i = *bucket; i != NONE; i = holders->holders[i].next)
		if (holders->holders[i].name == name)
			return i;
	uint32_t place = holders->free;
	if (place != NONE)
		holders->free = holders->holders[place].next;
	else
		place = holders->fresh++;
	holders->holders[place] = (struct rdl_holder){ .name = name, .next = *bucket };
	*bucket = place;
	return place;
}

void rdl_holders_take(struct rdl_holders *holders, uint32_t place, uint32_t units)
{
	struct rdl_holder *holder = &holders->holders[place];
	uint32_t *link = &holders->buckets[holder->name & holders->bucket_mask];

	assert(holder->units >= units);
	holder->units -= units;
	if (holder->units > 0)
		return;
	while (*link != place)
		link = &holders->holders[*link].next;
	*link = holder->next;
	holder->next = holders->free;
	holders->free = place;
}
