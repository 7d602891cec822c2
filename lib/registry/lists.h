/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lists: object lists, kept once however many devices send them. They are found by buckets of
 * chains that go through the lists themselves: there is nothing besides the store that could be
 * full.
 */
#ifndef RDL_REGISTRY_LISTS_H
#define RDL_REGISTRY_LISTS_H

#include "lwm2m.h"
#include "store.h"

#define RDL_LISTS_RECENT 64

struct rdl_lists {
	struct rdl_store *store;
	struct rdl_key key;
	uint64_t count; /* kept */
	bool is_telling; /* one of all lists is under way */
	bool was_told; /* one has ended */
	bool told; /* the mark of those that have been told in the last one */
	uint32_t *buckets; /* each the first list of its chain */
	uint32_t bucket_count; /* a power of two */
	/*
	 * Those that were asked for last, by their digest:
	 * a fleet has few, and asks all the time.
	 */
	uint32_t recent[RDL_LISTS_RECENT];
};

/* For `most` lists, as there are registrations: mostly far fewer come, and chains are short. */
uint64_t rdl_lists_memory(uint64_t most);
bool rdl_lists_create(struct rdl_lists *lists, struct rdl_store *store, const struct rdl_key *key,
	uint64_t most, int socket_id);
void rdl_lists_destroy(struct rdl_lists *lists);

/*
 * The kept list with the same octets, one reference more: to be released. RDL_STORE_NONE when there
 * is none. `digest` is its rdl_object_list_digest() under the lists' key.
 */
uint32_t rdl_lists_share(
	struct rdl_lists *lists, const struct rdl_object_list *list, uint64_t digest);
/*
 * Keeps a list that there is none of, for one reference.
 * RDL_STORE_NONE when there is no room for this claim.
 */
uint32_t rdl_lists_keep(struct rdl_lists *lists, const struct rdl_object_list *list,
	uint64_t digest, const struct rdl_store_claim *claim);
/* True when a list could be written over a kept one, which then must have but one reference. */
bool rdl_lists_fits(
	const struct rdl_lists *lists, uint32_t block, const struct rdl_object_list *list);
/* Writes a list that there is none of over a kept one, which it fits. */
void rdl_lists_write_over(struct rdl_lists *lists, uint32_t block,
	const struct rdl_object_list *list, uint64_t digest);
void rdl_lists_release(struct rdl_lists *lists, uint32_t block);
/* One reference more to a kept list. */
void rdl_lists_hold(struct rdl_lists *lists, uint32_t block);

/*
 * All kept lists are told, in a telling, and those that are kept from then on as they come; then
 * another telling may begin, as of which none has been told.
 */
void rdl_lists_begin_telling(struct rdl_lists *lists);
void rdl_lists_end_telling(struct rdl_lists *lists);
bool rdl_lists_is_told(const struct rdl_lists *lists, uint32_t block);
void rdl_lists_tell(struct rdl_lists *lists, uint32_t block);
/*
 * A store that is packed anew: all that are kept, lists->count pieces; none is found any more; one
 * is found again, in its new block, with the references that it had.
 */
void rdl_lists_pieces(const struct rdl_lists *lists, struct rdl_store_piece pieces[]);
void rdl_lists_unlink_all(struct rdl_lists *lists);
void rdl_lists_link(struct rdl_lists *lists, uint32_t block);

const struct rdl_object_list *rdl_lists_at(const struct rdl_lists *lists, uint32_t block);

#endif
