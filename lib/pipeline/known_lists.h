/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * known_lists: what a policy made of payloads that came before. A fleet sends the same few object
 * lists millions of times; the verdict depends on nothing but policy, payload, registered minor
 * version and operation. One per worker.
 *
 * A payload is kept when it comes a second time within a while. One that is kept and asked for is
 * not displaced at once: each time that it was asked for, it withstands one attempt. So a flood of
 * lists that each come once, or twice, leaves the fleet's where they are.
 */
#ifndef RDL_PIPELINE_KNOWN_LISTS_H
#define RDL_PIPELINE_KNOWN_LISTS_H

#include "policy.h"

#define RDL_KNOWN_SETS 256
#define RDL_KNOWN_WAYS 2
#define RDL_KNOWN_SEEN 4096
#define RDL_KNOWN_PAYLOAD_MAX 480
#define RDL_KNOWN_LIST_MAX 480

struct rdl_known_entry {
	struct rdl_known_list known;
	uint32_t policy; /* generation */
	uint16_t payload_len;
	uint16_t asked_of; /* minor version and operation, as one number */
	uint8_t asked; /* how often, up to 255 */
	uint32_t held; /* by packets under way: not to be displaced */
	uint8_t payload[RDL_KNOWN_PAYLOAD_MAX];
	uint64_t list[RDL_KNOWN_LIST_MAX / sizeof(uint64_t)];
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_known_lists {
	uint64_t seed;
	struct rdl_key list_key;
	uint32_t tags[RDL_KNOWN_SETS][RDL_KNOWN_WAYS]; /* of the payload's hash; 0: free */
	uint32_t seen[RDL_KNOWN_SEEN]; /* of those that came once */
	struct rdl_known_entry entries[RDL_KNOWN_SETS * RDL_KNOWN_WAYS]; /* set by set */
};

/* One payload asked for, and what is needed to keep it. */
struct rdl_known_key {
	struct rdl_span payload;
	uint64_t hash;
	uint32_t policy;
	uint32_t asked_of;
};

/* `memory` of sizeof(struct rdl_known_lists), zero. */
void rdl_known_lists_init(
	struct rdl_known_lists *lists, uint64_t seed, const struct rdl_key *list_key);

/*
 * What came out of this payload before; NULL: not known, and *key says how to keep it. Valid until
 * something is kept, or as long as it is held.
 */
const struct rdl_known_list *rdl_known_lists_find(struct rdl_known_lists *lists,
	const struct rdl_policy *policy, struct rdl_span payload, unsigned minor, bool is_register,
	struct rdl_known_key *key);

/*
 * Holds what was found; returns its place,
 * to be released once, after which it is nobody's to read.
 */
unsigned rdl_known_lists_hold(struct rdl_known_lists *lists, const struct rdl_known_list *known);
void rdl_known_lists_release(struct rdl_known_lists *lists, unsigned place);

/* The list that the policy made of an unknown payload, and what it left out. */
void rdl_known_lists_keep(struct rdl_known_lists *lists, const struct rdl_known_key *key,
	const struct rdl_object_list *list, const struct rdl_ignored_counts *ignored);

#endif
