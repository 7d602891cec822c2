/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tombstones: removed registrations that still know copies of their last requests, oldest first: all are kept equally
 * long. They lie in several chains, filled and emptied in turn, so that the oldest of each are fetched side by side;
 * where some were taken from the middle, the order is nearly that of their age.
 */
#ifndef RDL_REGISTRY_TOMBSTONES_H
#define RDL_REGISTRY_TOMBSTONES_H

#include "slab.h"

#define RDL_TOMBSTONE_CHAINS 8

struct rdl_tombstones {
	const struct rdl_slab *slab;
	uint64_t count;
	rdl_handle first[RDL_TOMBSTONE_CHAINS], last[RDL_TOMBSTONE_CHAINS];
	unsigned fill, empty; /* whose turn it is */
};

void rdl_tombstones_init(struct rdl_tombstones *tombstones, const struct rdl_slab *slab);
/* The record is in no list; its deadline is set, none's before was later. */
void rdl_tombstones_add(struct rdl_tombstones *tombstones, rdl_handle handle);
void rdl_tombstones_take(struct rdl_tombstones *tombstones, rdl_handle handle);
/* The oldest but for `keep`, taken out, when its deadline is not after `second`; else RDL_HANDLE_NONE. */
rdl_handle rdl_tombstones_take_oldest(
	struct rdl_tombstones *tombstones, uint32_t second, rdl_handle keep);

#endif
