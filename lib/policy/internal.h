/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_POLICY_INTERNAL_H
#define RDL_POLICY_INTERNAL_H

#include "policy.h"

/* A supported object: its versions are packed[first .. first + count), major << 16 | minor. */
struct object_rule {
	uint32_t first;
	uint16_t count;
	bool any_version;
	bool multiple;
};

/*
 * Digests of names, in a table of a power of two at most half full;
 * the zero digest marks a free place.
 */
struct name_set {
	struct rdl_endpoint_digest *slots;
	size_t mask;
};

struct rdl_policy {
	uint32_t generation;
	struct rdl_policy_config config; /* its pointers lead to copies below */
	/*
	 * By object ID: 0 is not supported, else one more than the place in `rules`.
	 * NULL when all objects are.
	 */
	uint16_t *rule_of;
	struct object_rule *rules;
	uint32_t *packed_versions;
	struct name_set known;
	struct rdl_span *deny;
	struct rdl_span *secured_patterns;
	struct rdl_span *extra;
	/* of ep and lwm2m, those that Updates may repeat: bit per rdl_parameter */
	uint8_t in_updates;
};

/*
 * What came out of this payload before; NULL: not known, or the memo keeps no such payloads.
 * *hash is for rdl_policy_memo_keep() only. Valid until something is kept, or as long as it is
 * held.
 */
const struct rdl_policy_memo_entry *rdl_policy_memo_find(struct rdl_policy_memo *memo,
	const struct rdl_policy *policy, const struct rdl_policy_question *question,
	uint64_t *hash);
/* The list that the policy made of an unknown payload, and what it left out. */
void rdl_policy_memo_keep(struct rdl_policy_memo *memo, const struct rdl_policy *policy,
	const struct rdl_policy_question *question, uint64_t hash,
	const struct rdl_object_list *list, const struct rdl_ignored_counts *ignored);

#define GIVEN(p, which) (((p)->given & 1u << RDL_PARAMETER_##which) != 0)
#define VALUED(p, which) (((p)->valued & 1u << RDL_PARAMETER_##which) != 0)

/* Fills in the endpoint of a Register without `ep`. A long name is kept in the scratch. */
enum rdl_reason rdl_policy_own_endpoint(const struct rdl_policy *policy,
	const struct rdl_input *input, struct rdl_request *request, struct rdl_cursor *scratch);
/* Whether whoever has sent a Register may register its endpoint. */
enum rdl_reason rdl_policy_judge_proof(
	const struct rdl_policy *policy, const struct rdl_request *request);

/*
 * What the query parameters say, into the request but for RDL_GIVES_PARAMETERS. An Update's are
 * judged by request->location.
 */
enum rdl_reason rdl_policy_judge_register(const struct rdl_policy *policy,
	const struct rdl_input *input, struct rdl_request *request, struct rdl_cursor *scratch);
enum rdl_reason rdl_policy_judge_update(const struct rdl_policy *policy,
	const struct rdl_parameters *p, struct rdl_request *request);

bool rdl_policy_name_known(const struct name_set *set, struct rdl_endpoint_digest digest);

#endif
