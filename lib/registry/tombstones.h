/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tombstones: removed registrations that still know copies of their last requests, oldest first:
 * all are kept equally long. Each is numbered, and lies in the chain of its number's low bits: the
 * next ones are the heads of different chains, and are fetched side by side.
 */
#ifndef RDL_REGISTRY_TOMBSTONES_H
#define RDL_REGISTRY_TOMBSTONES_H

#include "slab.h"

#define RDL_TOMBSTONE_CHAINS 8

struct rdl_tombstones {
	const struct rdl_slab *slab;
	uint64_t count;
	uint32_t next; /* number to be given */
	/* Number of the oldest, when it has not been taken from among the others. */
	uint32_t oldest;
	rdl_handle first[RDL_TOMBSTONE_CHAINS], last[RDL_TOMBSTONE_CHAINS];
};

void rdl_tombstones_init(struct rdl_tombstones *tombstones, const struct rdl_slab *slab);
/* The record is in no list; its deadline is set, none's before was later. */
void rdl_tombstones_add(struct rdl_tombstones *tombstones, rdl_handle handle);
void rdl_tombstones_remove(struct rdl_tombstones *tombstones, rdl_handle handle);
/* The handles of the oldest, in their order, `max` of them; returns how many there are. */
unsigned rdl_tombstones_peek(
	const struct rdl_tombstones *tombstones, rdl_handle handles[], unsigned max);
/* The oldest, taken out, when its deadline is not after `second`; else RDL_HANDLE_NONE. */
rdl_handle rdl_tombstones_pop_oldest(struct rdl_tombstones *tombstones, uint32_t second);

#endif
