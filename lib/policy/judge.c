/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on Register and Update, in this order: version, parameters, endpoint, payload. */
#include "internal.h"

#include <assert.h>

/* Whether this endpoint may register at all. */
static enum rdl_reason judge_admission(
	const struct rdl_policy *policy, const struct rdl_request *request)
{
	for (unsigned i = 0; i < policy->config.deny_count; i++)
		if (rdl_glob_match(policy->deny[i], rdl_request_endpoint(request)))
			return RDL_REASON_endpoint_barred;
	if (policy->config.known_only && !rdl_policy_name_known(&policy->known, request->digest))
		return policy->config.unknown_forbidden ? RDL_REASON_endpoint_unknown_forbidden
							: RDL_REASON_endpoint_unknown;
	return rdl_policy_judge_proof(policy, request);
}

enum rdl_reason rdl_policy_endpoint(const struct rdl_policy *policy, struct rdl_span endpoint)
{
	struct rdl_request request = { .operation = RDL_OPERATION_REGISTER };

	rdl_request_set_endpoint(&request, endpoint);
	rdl_siphash128(
		&policy->config.endpoint_key, endpoint.data, endpoint.len, request.digest.word);
	return judge_admission(policy, &request);
}

static enum rdl_reason judge_content_format(
	const struct rdl_policy *policy, const struct rdl_input *input)
{
	if (input->content_format < 0 || input->content_format == RDL_COAP_LINK_FORMAT ||
		(input->content_format == RDL_COAP_TEXT_PLAIN && policy->config.text_plain))
		return RDL_REASON_NONE;
	return RDL_REASON_content_format;
}

/*
 * sms and the extra parameters in one run of octets at the start of the scratch, each one octet of
 * length and `key[=value]`: no longer than the options they came in. What is left of the scratch
 * stays in the cursor.
 */
static void write_parameters(
	const struct rdl_parameters *p, struct rdl_request *request, struct rdl_cursor *scratch)
{
	size_t padding;

	request->parameters.data = scratch->pos;
	if (GIVEN(p, SMS)) {
		struct rdl_span sms = p->value[RDL_PARAMETER_SMS];

		rdl_cursor_u8(scratch, (uint8_t)(sms.len + 4));
		rdl_cursor_bytes(scratch, "sms=", 4);
		rdl_cursor_bytes(scratch, sms.data, sms.len);
	}
	for (unsigned i = 0; i < p->other_count; i++) {
		struct rdl_span other = rdl_parameters_other(p, i);

		rdl_cursor_u8(scratch, (uint8_t)other.len);
		rdl_cursor_bytes(scratch, other.data, other.len);
	}
	request->parameters.len = (size_t)(scratch->pos - request->parameters.data);
	request->gives |= RDL_GIVES_PARAMETERS;
	padding = -(uintptr_t)scratch->pos & 7;
	rdl_cursor_take(scratch, padding);
	assert(!scratch->failed);
}

static bool has_parameters(const struct rdl_parameters *p)
{
	return GIVEN(p, SMS) || p->other_count > 0;
}

/* A question, what the memo said to it, and how it can be told. */
struct asked {
	struct rdl_policy_question question;
	const struct rdl_policy_memo_entry *known; /* NULL: nothing */
	uint64_t hash;
};

static inline struct asked ask(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	struct rdl_span payload, unsigned minor, bool is_register)
{
	struct asked asked = {
		.question = { .payload = payload, .minor = minor, .is_register = is_register },
	};

	if (RDL_LIKELY(memo != NULL))
		asked.known = rdl_policy_memo_find(memo, policy, &asked.question, &asked.hash);
	return asked;
}

/* The object list that the memo has, else that of the payload, behind the parameters. */
static enum rdl_reason judge_objects(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct asked *asked, const struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored)
{
	const struct rdl_policy_memo_entry *known = asked->known;
	struct rdl_ignored_counts left_out = { { 0 } };
	const struct rdl_ignored_counts *all = &left_out;

	if (RDL_LIKELY(known != NULL)) {
		request->list.objects = &known->list;
		request->list.digest = known->digest;
		all = &known->ignored;
	} else {
		enum rdl_reason reason = rdl_policy_objects(
			policy, &asked->question, scratch, &left_out, &request->detail.number);

		if (reason != RDL_REASON_NONE)
			return reason;
		request->list.objects = (const struct rdl_object_list *)(const void *)scratch->pos;
		request->list.digest = 0;
		if (memo != NULL)
			rdl_policy_memo_keep(memo, policy, &asked->question, asked->hash,
				request->list.objects, &left_out);
	}
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		ignored->count[i] += all->count[i];
	request->gives |= RDL_GIVES_OBJECTS;
	return RDL_REASON_NONE;
}

void rdl_policy_register(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct rdl_input *input, struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored)
{
	const struct rdl_parameters *p = &input->parameters;
	enum rdl_reason reason;

	request->gives = 0;
	request->parameters.len = 0;
	reason = rdl_policy_judge_register(policy, input, request, scratch);
	if (reason == RDL_REASON_NONE) {
		struct rdl_span endpoint = rdl_request_endpoint(request);

		rdl_siphash128(&policy->config.endpoint_key, endpoint.data, endpoint.len,
			request->digest.word);
		reason = judge_admission(policy, request);
	}
	if (reason == RDL_REASON_NONE)
		reason = judge_content_format(policy, input);
	if (reason == RDL_REASON_NONE && input->payload.len == 0)
		reason = RDL_REASON_payload_missing;
	if (reason == RDL_REASON_NONE) {
		struct asked asked =
			ask(policy, memo, input->payload, rdl_version_class(request->minor), true);

		if (RDL_UNLIKELY(has_parameters(p)))
			write_parameters(p, request, scratch);
		reason = judge_objects(policy, memo, &asked, scratch, request, ignored);
	}
	request->reason = (uint8_t)reason;
}

/*
 * The object list of an Update. To a registration under an alternate path it is read here only
 * where it says itself what its links are under.
 */
static enum rdl_reason judge_update_objects(const struct rdl_policy *policy,
	struct rdl_policy_memo *memo, struct rdl_span payload, const struct rdl_cursor *scratch,
	struct rdl_request *request, struct rdl_ignored_counts *ignored)
{
	struct asked asked = ask(policy, memo, payload, request->location.version_class, false);
	bool names_root = asked.known != NULL && asked.known->list.root_len > 0;

	if (request->location.rooted && !names_root && !rdl_object_names_root(payload)) {
		request->payload = payload;
		request->gives |= RDL_GIVES_PAYLOAD;
		return RDL_REASON_NONE;
	}
	return judge_objects(policy, memo, &asked, scratch, request, ignored);
}

void rdl_policy_update(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct rdl_input *input, struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored)
{
	const struct rdl_parameters *p = &input->parameters;
	enum rdl_reason reason = RDL_REASON_NONE;

	request->gives = 0;
	request->parameters.len = 0;
	if (p->given != 0 || p->other_count > 0)
		reason = rdl_policy_judge_update(policy, p, request);
	if (reason == RDL_REASON_NONE && has_parameters(p))
		write_parameters(p, request, scratch);
	if (reason == RDL_REASON_NONE && input->payload.len > 0)
		reason = judge_content_format(policy, input);
	if (reason == RDL_REASON_NONE && input->payload.len > 0)
		reason = judge_update_objects(
			policy, memo, input->payload, scratch, request, ignored);
	request->reason = (uint8_t)reason;
}
