/* SPDX-License-Identifier: BSD-3-Clause */
/* What whoever has proved an identity may register, and what nobody may who has not. */
#include "internal.h"

/* In the scratch, where all else finds its room behind it; NULL: there is too little. */
static const uint8_t *keep_name(
	const struct rdl_input *input, struct rdl_span name, struct rdl_cursor *scratch)
{
	/* As for a datagram, or a body in blocks. What comes behind a name is aligned to 8. */
	size_t others = 2 * (input->message.rest.len + input->payload.len) + 64;
	size_t padded = (name.len + 7) / 8 * 8;

	if ((size_t)(scratch->end - scratch->pos) < others + padded)
		return NULL;
	uint8_t *kept = rdl_cursor_take(scratch, padded);
	memcpy(kept, name.data, name.len);
	return kept;
}

enum rdl_reason rdl_policy_own_endpoint(const struct rdl_policy *policy,
	const struct rdl_input *input, struct rdl_request *request, struct rdl_cursor *scratch)
{
	uint8_t octets[RDL_ENDPOINT_MAX];
	struct rdl_span name = { octets, 0 };

	if (!policy->config.endpoint_from_identity || policy->config.identities == NULL)
		return RDL_REASON_endpoint_missing;
	name.len = rdl_identities_endpoint(policy->config.identities, request->identity, octets);
	if (name.len > RDL_NAME_INLINE)
		name.data = keep_name(input, name, scratch);
	if (name.len == 0 || name.data == NULL)
		return RDL_REASON_endpoint_missing;
	rdl_request_set_endpoint(request, name);
	return RDL_REASON_NONE;
}

static bool is_secured(const struct rdl_policy *policy, const struct rdl_request *request)
{
	if (policy->config.secured != NULL &&
		rdl_secured_has(policy->config.secured, request->digest))
		return true;
	for (unsigned i = 0; i < policy->config.secured_pattern_count; i++)
		if (rdl_glob_match(policy->secured_patterns[i], rdl_request_endpoint(request)))
			return true;
	return false;
}

enum rdl_reason rdl_policy_judge_proof(
	const struct rdl_policy *policy, const struct rdl_request *request)
{
	if (RDL_LIKELY(request->identity == 0))
		return is_secured(policy, request) ? RDL_REASON_endpoint_secured : RDL_REASON_NONE;
	/* No identity is believed where none is known. */
	if (policy->config.identities == NULL ||
		!rdl_identities_permit(policy->config.identities, request->identity,
			rdl_request_endpoint(request)))
		return RDL_REASON_endpoint_identity;
	return RDL_REASON_NONE;
}
