/* SPDX-License-Identifier: BSD-3-Clause */
/* lists: object lists, kept once however many devices send them. */
#ifndef RDL_REGISTRY_LISTS_H
#define RDL_REGISTRY_LISTS_H

#include "index.h"
#include "lwm2m.h"
#include "store.h"

#define RDL_LISTS_RECENT 64

struct rdl_lists {
	struct rdl_index index;
	struct rdl_store *store;
	struct rdl_key key;
	uint64_t shared, shared_max; /* in the index, and how many it may hold */
	uint64_t count; /* kept, those included that came when the index was full */
	/* Shared ones that were asked for last, by the low bits of their digest: a fleet has few, and asks all the time. */
	uint32_t recent[RDL_LISTS_RECENT];
};

uint64_t rdl_lists_memory(uint64_t shared_max);
bool rdl_lists_create(struct rdl_lists *lists, struct rdl_store *store, const struct rdl_key *key,
	uint64_t shared_max, int socket_id);
void rdl_lists_destroy(struct rdl_lists *lists);

/*
 * The kept list with the same octets, one reference more: to be released. RDL_STORE_NONE when there
 * is no room.
 * `digest` is its rdl_object_list_digest() under the lists' key, or 0: to be made.
 */
uint32_t rdl_lists_take(
	struct rdl_lists *lists, const struct rdl_object_list *list, uint64_t digest);
void rdl_lists_release(struct rdl_lists *lists, uint32_t block);
const struct rdl_object_list *rdl_lists_at(const struct rdl_lists *lists, uint32_t block);

#endif
