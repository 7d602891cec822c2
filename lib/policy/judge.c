/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts on Register and Update, in this order: version, parameters, endpoint, payload. */
#include "internal.h"

#include <assert.h>

#define GIVEN(p, which) (((p)->given & 1u << RDL_PARAMETER_##which) != 0)
#define VALUED(p, which) (((p)->valued & 1u << RDL_PARAMETER_##which) != 0)
#define SMS_MAX 32
#define REGISTER_ONLY (1u << RDL_PARAMETER_EP | 1u << RDL_PARAMETER_LWM2M)

static struct rdl_span name_of(struct rdl_span query)
{
	const uint8_t *equals = memchr(query.data, '=', query.len);

	return (struct rdl_span){ query.data,
		equals != NULL ? (size_t)(equals - query.data) : query.len };
}

/* Refuses because of one parameter, which the diagnostic payload will name. */
static enum rdl_reason blame(struct rdl_request *request, struct rdl_span name, enum rdl_reason why)
{
	request->detail.parameter = name.data;
	request->detail.parameter_len = (uint32_t)name.len;
	return why;
}

/* The same for a standard one, the first of a mask. */
static enum rdl_reason blame_standard(
	struct rdl_request *request, unsigned mask, enum rdl_reason why)
{
	static const struct {
		uint8_t len;
		char name[6];
	} names[RDL_PARAMETER_COUNT] = { { 2, "ep" }, { 2, "lt" }, { 5, "lwm2m" }, { 1, "b" },
		{ 3, "sms" }, { 1, "Q" } };
	unsigned which = (unsigned)__builtin_ctz(mask);
	const uint8_t *name = (const uint8_t *)names[which].name;

	return blame(request, (struct rdl_span){ name, names[which].len }, why);
}

/* Every parameter that is not a standard one must be of the operator's, and each comes once. */
static enum rdl_reason judge_others(const struct rdl_policy *policy, const struct rdl_parameters *p,
	struct rdl_request *request)
{
	uint32_t seen = 0;

	for (unsigned i = 0; i < p->other_count; i++) {
		struct rdl_span name = name_of(rdl_parameters_other(p, i));
		unsigned k = 0;

		while (k < policy->config.extra_count && !rdl_span_equal(policy->extra[k], name))
			k++;
		if (k == policy->config.extra_count)
			return blame(request, name, RDL_REASON_unknown_parameter);
		if (seen & 1u << k)
			return blame(request, name, RDL_REASON_repeated);
		seen |= 1u << k;
	}
	/* One more came, unread: unknown, or given twice. */
	return p->other_overflow
		       ? blame(request, (struct rdl_span){ NULL, 0 }, RDL_REASON_unknown_parameter)
		       : RDL_REASON_NONE;
}

static enum rdl_reason judge_version(const struct rdl_policy *policy,
	const struct rdl_parameters *p, struct rdl_request *request)
{
	struct rdl_version version = { 1, 0 };

	if (GIVEN(p, LWM2M) &&
		(!VALUED(p, LWM2M) || !rdl_version_parse(p->value[RDL_PARAMETER_LWM2M], &version)))
		return RDL_REASON_version_syntax;
	if (version.major != policy->config.version.major ||
		version.minor > policy->config.version.minor)
		return RDL_REASON_version;
	request->minor = (uint8_t)version.minor;
	return RDL_REASON_NONE;
}

/* Kept as sent; where the operator wants it, only what can be an MSISDN. */
static bool judge_sms(const struct rdl_policy *policy, struct rdl_span sms)
{
	uint64_t number;

	if (sms.len == 0 || sms.len > SMS_MAX)
		return false;
	if (!policy->config.sms_msisdn)
		return true;
	if (sms.data[0] == '+') {
		sms.data++;
		sms.len--;
	}
	return sms.len <= 15 && rdl_decimal(sms, UINT64_MAX, &number);
}

/* `lt`, `b`, `sms`, `Q`: what Register and Update share. Binding and `Q` are judged by `minor`. */
static enum rdl_reason judge_common(const struct rdl_policy *policy, const struct rdl_parameters *p,
	unsigned minor, struct rdl_request *request)
{
	const struct rdl_policy_config *config = &policy->config;

	if (GIVEN(p, Q)) {
		if (VALUED(p, Q) || minor == 0)
			return RDL_REASON_queue;
		request->gives |= RDL_GIVES_QUEUE;
	}
	if (GIVEN(p, LT)) {
		uint64_t lifetime;

		if (!VALUED(p, LT) ||
			!rdl_decimal(p->value[RDL_PARAMETER_LT], UINT32_MAX, &lifetime))
			return RDL_REASON_lifetime_syntax;
		if (lifetime == 0 || lifetime > config->lifetime_max_s)
			lifetime = config->lifetime_max_s;
		if (lifetime < config->lifetime_min_s)
			lifetime = config->lifetime_min_s;
		request->lifetime_s = (uint32_t)lifetime;
		request->gives |= RDL_GIVES_LIFETIME;
	}
	if (GIVEN(p, B)) {
		if (!VALUED(p, B) || !rdl_binding_parse(p->value[RDL_PARAMETER_B], minor,
					     config->version.minor, &request->binding))
			return RDL_REASON_binding;
		request->gives |= RDL_GIVES_BINDING;
	}
	if (GIVEN(p, SMS) && (!VALUED(p, SMS) || !judge_sms(policy, p->value[RDL_PARAMETER_SMS])))
		return RDL_REASON_sms;
	return RDL_REASON_NONE;
}

static enum rdl_reason judge_endpoint(const struct rdl_parameters *p, struct rdl_request *request)
{
	struct rdl_span endpoint = p->value[RDL_PARAMETER_EP];

	if (!GIVEN(p, EP) || !VALUED(p, EP) || endpoint.len == 0)
		return RDL_REASON_endpoint_missing;
	if (endpoint.len > RDL_ENDPOINT_MAX || !rdl_utf8_valid(endpoint.data, endpoint.len))
		return RDL_REASON_endpoint_syntax;
	rdl_request_set_endpoint(request, endpoint);
	return RDL_REASON_NONE;
}

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
	return RDL_REASON_NONE;
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

static enum rdl_reason judge_register_parameters(const struct rdl_policy *policy,
	const struct rdl_parameters *p, struct rdl_request *request)
{
	enum rdl_reason reason;

	if (p->repeated != 0)
		return blame_standard(request, p->repeated, RDL_REASON_repeated);
	if (p->other_count > 0) {
		reason = judge_others(policy, p, request);
		if (reason != RDL_REASON_NONE)
			return reason;
	}
	reason = judge_endpoint(p, request);
	if (reason != RDL_REASON_NONE)
		return reason;
	request->lifetime_s = RDL_LIFETIME_DEFAULT;
	if (request->lifetime_s > policy->config.lifetime_max_s)
		request->lifetime_s = policy->config.lifetime_max_s;
	if (request->lifetime_s < policy->config.lifetime_min_s)
		request->lifetime_s = policy->config.lifetime_min_s;
	request->binding = RDL_BINDING_DEFAULT;
	return judge_common(policy, p, request->minor, request);
}

void rdl_policy_register(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct rdl_input *input, struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored)
{
	const struct rdl_parameters *p = &input->parameters;
	enum rdl_reason reason = judge_version(policy, p, request);

	request->gives = 0;
	request->parameters.len = 0;
	if (reason == RDL_REASON_NONE)
		reason = judge_register_parameters(policy, p, request);
	if (reason == RDL_REASON_NONE) {
		struct rdl_span endpoint = p->value[RDL_PARAMETER_EP];

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
			ask(policy, memo, input->payload, rdl_rules_of(request->minor), true);

		if (RDL_UNLIKELY(has_parameters(p)))
			write_parameters(p, request, scratch);
		reason = judge_objects(policy, memo, &asked, scratch, request, ignored);
	}
	request->reason = (uint8_t)reason;
}

/*
 * Who an Update says that it is from, where that may be said: what cannot be right is refused at
 * once, the rest is the owner's of the registration to compare, since a location does not tell its
 * name, nor every version.
 */
static enum rdl_reason judge_identity(const struct rdl_policy *policy,
	const struct rdl_parameters *p, struct rdl_request *request)
{
	struct rdl_span endpoint = p->value[RDL_PARAMETER_EP];
	struct rdl_version version;

	request->minor = RDL_MINOR_NONE;
	request->endpoint_len = 0;
	request->gives |= RDL_GIVES_IDENTITY;
	if (GIVEN(p, EP)) {
		if (!VALUED(p, EP) || endpoint.len == 0 || endpoint.len > RDL_ENDPOINT_MAX)
			return blame_standard(
				request, 1u << RDL_PARAMETER_EP, RDL_REASON_update_mismatch);
		rdl_request_set_endpoint(request, endpoint);
	}
	if (GIVEN(p, LWM2M)) {
		if (!VALUED(p, LWM2M) ||
			!rdl_version_parse(p->value[RDL_PARAMETER_LWM2M], &version) ||
			version.major != policy->config.version.major ||
			version.minor >= RDL_MINOR_NONE)
			return blame_standard(
				request, 1u << RDL_PARAMETER_LWM2M, RDL_REASON_update_mismatch);
		request->minor = (uint8_t)version.minor;
	}
	return RDL_REASON_NONE;
}

static enum rdl_reason judge_update_parameters(const struct rdl_policy *policy,
	const struct rdl_parameters *p, struct rdl_request *request)
{
	unsigned barred = p->given & REGISTER_ONLY & ~policy->in_updates;
	enum rdl_reason reason;

	if (barred != 0)
		return blame_standard(request, barred, RDL_REASON_update_parameter);
	if (p->repeated != 0)
		return blame_standard(request, p->repeated, RDL_REASON_repeated);
	if (p->other_count > 0) {
		reason = judge_others(policy, p, request);
		if (reason != RDL_REASON_NONE)
			return reason;
	}
	if ((p->given & REGISTER_ONLY) != 0) {
		reason = judge_identity(policy, p, request);
		if (reason != RDL_REASON_NONE)
			return reason;
	}
	return judge_common(policy, p, request->location.rules, request);
}

/*
 * The object list of an Update. To a registration under an alternate path it is read here only
 * where it says itself what its links are under.
 */
static enum rdl_reason judge_update_objects(const struct rdl_policy *policy,
	struct rdl_policy_memo *memo, struct rdl_span payload, const struct rdl_cursor *scratch,
	struct rdl_request *request, struct rdl_ignored_counts *ignored)
{
	struct asked asked = ask(policy, memo, payload, request->location.rules, false);
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
		reason = judge_update_parameters(policy, p, request);
	if (reason == RDL_REASON_NONE && has_parameters(p))
		write_parameters(p, request, scratch);
	if (reason == RDL_REASON_NONE && input->payload.len > 0)
		reason = judge_content_format(policy, input);
	if (reason == RDL_REASON_NONE && input->payload.len > 0)
		reason = judge_update_objects(
			policy, memo, input->payload, scratch, request, ignored);
	request->reason = (uint8_t)reason;
}
