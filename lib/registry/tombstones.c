/* SPDX-License-Identifier: BSD-3-Clause */
#include "tombstones.h"

void rdl_tombstones_init(struct rdl_tombstones *tombstones, const struct rdl_slab *slab)
{
	memset(tombstones, 0, sizeof(*tombstones));
	memset(tombstones->first, 0xff, sizeof(tombstones->first)); /* RDL_HANDLE_NONE */
	memset(tombstones->last, 0xff, sizeof(tombstones->last));
	tombstones->slab = slab;
}

void rdl_tombstones_add(struct rdl_tombstones *tombstones, rdl_handle handle)
{
	unsigned chain = tombstones->fill++ % RDL_TOMBSTONE_CHAINS;
	struct rdl_record *record = rdl_slab_at(tombstones->slab, handle);

	record->bucket = (uint16_t)chain;
	record->next = RDL_HANDLE_NONE;
	record->prev = tombstones->last[chain];
	if (record->prev == RDL_HANDLE_NONE)
		tombstones->first[chain] = handle;
	else
		rdl_slab_at(tombstones->slab, record->prev)->next = handle;
	tombstones->last[chain] = handle;
	tombstones->count++;
}

void rdl_tombstones_take(struct rdl_tombstones *tombstones, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(tombstones->slab, handle);
	unsigned chain = record->bucket;
	bool is_first = tombstones->first[chain] == handle;
	bool is_last = tombstones->last[chain] == handle;

	/* What is behind a first one need not know that it is the first now. */
	if (is_first)
		tombstones->first[chain] = record->next;
	else
		rdl_slab_at(tombstones->slab, record->prev)->next = record->next;
	if (is_last)
		tombstones->last[chain] = is_first ? RDL_HANDLE_NONE : record->prev;
	else if (!is_first)
		rdl_slab_at(tombstones->slab, record->next)->prev = record->prev;
	tombstones->count--;
}

/* A chain's first, or the one behind it when that is `keep`. */
static rdl_handle oldest_of(
	const struct rdl_tombstones *tombstones, unsigned chain, rdl_handle keep)
{
	rdl_handle handle = tombstones->first[chain];

	if (handle == keep && handle != RDL_HANDLE_NONE)
		handle = rdl_slab_at(tombstones->slab, handle)->next;
	return handle;
}

rdl_handle rdl_tombstones_take_oldest(
	struct rdl_tombstones *tombstones, uint32_t second, rdl_handle keep)
{
	for (unsigned tries = 0; tries < RDL_TOMBSTONE_CHAINS; tries++) {
		unsigned chain = tombstones->empty++ % RDL_TOMBSTONE_CHAINS;
		rdl_handle handle = oldest_of(tombstones, chain, keep);

		if (handle == RDL_HANDLE_NONE ||
			rdl_slab_at(tombstones->slab, handle)->deadline > second)
			continue;
		rdl_tombstones_take(tombstones, handle);
		if (tombstones->first[chain] != RDL_HANDLE_NONE)
			rdl_slab_prefetch(tombstones->slab, tombstones->first[chain]);
		return handle;
	}
	/* The turn stays where it was. */
	tombstones->empty -= RDL_TOMBSTONE_CHAINS;
	return RDL_HANDLE_NONE;
}
