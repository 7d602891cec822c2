/* SPDX-License-Identifier: BSD-3-Clause */
/* What the query of a Register or an Update says, in this order: version, parameters, endpoint. */
#include "internal.h"

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

static enum rdl_reason judge_endpoint(const struct rdl_policy *policy,
	const struct rdl_input *input, struct rdl_request *request, struct rdl_cursor *scratch)
{
	const struct rdl_parameters *p = &input->parameters;
	struct rdl_span endpoint = p->value[RDL_PARAMETER_EP];

	if (RDL_UNLIKELY(!GIVEN(p, EP) && request->identity != 0))
		return rdl_policy_own_endpoint(policy, input, request, scratch);
	if (!GIVEN(p, EP) || !VALUED(p, EP) || endpoint.len == 0)
		return RDL_REASON_endpoint_missing;
	if (endpoint.len > RDL_ENDPOINT_MAX || !rdl_utf8_valid(endpoint.data, endpoint.len))
		return RDL_REASON_endpoint_syntax;
	rdl_request_set_endpoint(request, endpoint);
	return RDL_REASON_NONE;
}

enum rdl_reason rdl_policy_judge_register(const struct rdl_policy *policy,
	const struct rdl_input *input, struct rdl_request *request, struct rdl_cursor *scratch)
{
	const struct rdl_parameters *p = &input->parameters;
	enum rdl_reason reason = judge_version(policy, p, request);

	if (reason != RDL_REASON_NONE)
		return reason;
	if (p->repeated != 0)
		return blame_standard(request, p->repeated, RDL_REASON_repeated);
	if (p->other_count > 0) {
		reason = judge_others(policy, p, request);
		if (reason != RDL_REASON_NONE)
			return reason;
	}
	reason = judge_endpoint(policy, input, request, scratch);
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

enum rdl_reason rdl_policy_judge_update(const struct rdl_policy *policy,
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
	return judge_common(policy, p, request->location.version_class, request);
}
