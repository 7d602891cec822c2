/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memo: what a policy made of payloads that came before. A fleet sends the same few object lists
 * millions of times; the verdict depends on nothing but policy, payload, registered minor version
 * and operation. One per worker.
 *
 * A payload is kept when it comes a second time within a while. One that is kept and asked for is
 * not displaced at once: each time that it was asked for, it withstands one attempt. So a flood of
 * lists that each come once, or twice, leaves the fleet's where they are.
 */
#ifndef RDL_POLICY_MEMO_H
#define RDL_POLICY_MEMO_H

#include "lwm2m.h"

#define RDL_MEMO_SETS 256
#define RDL_MEMO_WAYS 2
#define RDL_MEMO_SEEN 4096
#define RDL_MEMO_PAYLOAD_MAX 480
#define RDL_MEMO_LIST_MAX 480

struct rdl_policy_memo_entry {
	struct rdl_ignored_counts ignored;
	uint64_t digest; /* of the list */
	uint32_t policy; /* generation */
	uint32_t held; /* by requests under way: not to be displaced */
	uint16_t payload_len;
	uint16_t asked_of; /* minor version and operation, as one number */
	uint8_t asked; /* how often, up to 255 */
	uint8_t payload[RDL_MEMO_PAYLOAD_MAX];
	union {
		struct rdl_object_list list;
		uint64_t words[RDL_MEMO_LIST_MAX / sizeof(uint64_t)];
	};
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_policy_memo {
	uint64_t seed;
	struct rdl_key list_key;
	uint32_t tags[RDL_MEMO_SETS][RDL_MEMO_WAYS]; /* of the payload's hash; 0: free */
	uint32_t seen[RDL_MEMO_SEEN]; /* of those that came once */
	struct rdl_policy_memo_entry entries[RDL_MEMO_SETS * RDL_MEMO_WAYS]; /* set by set */
};

/*
 * `memo` is zero at first. `seed` is random: payloads are found by hashes under it. `list_key` is
 * that of the digests of object lists.
 */
void rdl_policy_memo_init(
	struct rdl_policy_memo *memo, uint64_t seed, const struct rdl_key *list_key);

/*
 * Holds the list of a request that was accepted, until it is released: once, after which it is
 * nobody's to read. Returns its place, not 0; 0: the list is not the memo's.
 */
unsigned rdl_policy_memo_hold(struct rdl_policy_memo *memo, const struct rdl_object_list *list);
void rdl_policy_memo_release(struct rdl_policy_memo *memo, unsigned place);

#endif
