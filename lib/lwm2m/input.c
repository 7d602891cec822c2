/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of one request, by RFC 7252 sections 5.4 and 5.10, RFC 7959, and SPEC's order of offences. */
#include "lwm2m.h"

/* Legal lengths, and whether a second one is unrecognised (RFC 7252 table 4). Numbers above 60 are not listed. */
struct option_rule {
	uint8_t known, min, max, repeatable;
};
#define RULES_MAX 64
static const struct option_rule rules[RULES_MAX] = {
	[RDL_COAP_URI_HOST] = { 1, 1, 255, 0 },
	[RDL_COAP_URI_PORT] = { 1, 0, 2, 0 },
	[RDL_COAP_URI_PATH] = { 1, 0, 255, 1 },
	[RDL_COAP_CONTENT_FORMAT] = { 1, 0, 2, 0 },
	[RDL_COAP_URI_QUERY] = { 1, 0, 255, 1 },
	[RDL_COAP_ACCEPT] = { 1, 0, 2, 0 },
	[RDL_COAP_BLOCK2] = { 1, 0, 3, 0 },
	[RDL_COAP_BLOCK1] = { 1, 0, 3, 0 },
	[RDL_COAP_SIZE1] = { 1, 0, 4, 0 },
};

/* Uri-Path segments seen so far, as far as they still can be a path of ours. */
struct path {
	unsigned segments;
	struct rdl_span first, second;
};

static enum rdl_path path_of(const struct path *path)
{
	if (path->segments == 1)
		return rdl_span_equal(path->first, RDL_SPAN("rd")) ? RDL_PATH_RD : RDL_PATH_OTHER;
	if (path->segments != 2)
		return RDL_PATH_OTHER;
	if (rdl_span_equal(path->first, RDL_SPAN("rd")))
		return RDL_PATH_LOCATION;
	if (rdl_span_equal(path->first, RDL_SPAN(".well-known")) &&
		rdl_span_equal(path->second, RDL_SPAN("core")))
		return RDL_PATH_WELL_KNOWN_CORE;
	return RDL_PATH_OTHER;
}

/* Which of the standard parameters a name is, or RDL_PARAMETER_COUNT. */
static unsigned parameter_of(const uint8_t *name, size_t len)
{
	switch (len) {
	case 1:
		if (name[0] == 'b')
			return RDL_PARAMETER_B;
		return name[0] == 'Q' ? RDL_PARAMETER_Q : RDL_PARAMETER_COUNT;
	case 2:
		if (name[0] == 'e' && name[1] == 'p')
			return RDL_PARAMETER_EP;
		return name[0] == 'l' && name[1] == 't' ? RDL_PARAMETER_LT : RDL_PARAMETER_COUNT;
	case 3:
		return memcmp(name, "sms", 3) == 0 ? RDL_PARAMETER_SMS : RDL_PARAMETER_COUNT;
	case 5:
		return memcmp(name, "lwm2m", 5) == 0 ? RDL_PARAMETER_LWM2M : RDL_PARAMETER_COUNT;
	default:
		return RDL_PARAMETER_COUNT;
	}
}

static void add_parameter(struct rdl_parameters *p, struct rdl_span query)
{
	if (query.len == 0)
		return;
	/* The standard names have at most five octets: no need to look further for their `=`. */
	size_t name_len = 0;
	while (name_len < query.len && name_len < 6 && query.data[name_len] != '=')
		name_len++;

	unsigned which = parameter_of(query.data, name_len);
	if (which == RDL_PARAMETER_COUNT) {
		if (p->other_count == RDL_OTHER_PARAMETERS_MAX)
			p->other_overflow = true;
		else
			p->other[p->other_count++] = query;
		return;
	}
	uint8_t bit = (uint8_t)(1u << which);
	if (p->given & bit) {
		p->repeated |= bit;
		return;
	}
	p->given |= bit;
	if (name_len < query.len) {
		p->valued |= bit;
		p->value[which] =
			(struct rdl_span){ query.data + name_len + 1, query.len - name_len - 1 };
	}
}

/* Keeps what a known, well-formed option says. */
static void take(struct rdl_input *input, struct path *path, const struct rdl_coap_option *option)
{
	struct rdl_span value = { option->value, option->len };

	switch (option->number) {
	case RDL_COAP_URI_PATH:
		if (path->segments == 0)
			path->first = value;
		else if (path->segments == 1)
			path->second = value;
		path->segments++;
		break;
	case RDL_COAP_URI_QUERY:
		add_parameter(&input->parameters, value);
		break;
	case RDL_COAP_CONTENT_FORMAT:
		input->content_format = (int32_t)rdl_coap_uint(option);
		break;
	case RDL_COAP_BLOCK1:
		input->has_block1 = rdl_coap_block(option, &input->block1);
		break;
	case RDL_COAP_SIZE1:
		input->size1 = rdl_coap_uint(option);
		break;
	default: /* Uri-Host, Uri-Port, Accept, Block2: accepted, nothing to know */
		break;
	}
}

/* An option that cannot be taken as it is: elective ones are ignored (RFC 7252 section 5.4.1). */
static void refuse(struct rdl_input *input, uint16_t number)
{
	if ((number & 1) == 0)
		return;
	if (number == RDL_COAP_PROXY_URI || number == RDL_COAP_PROXY_SCHEME) {
		if (input->option_reason == RDL_REASON_NONE)
			input->option_reason = RDL_REASON_proxy;
	} else {
		input->option_reason = RDL_REASON_bad_option;
	}
}

enum rdl_status rdl_input_read(struct rdl_input *input)
{
	struct rdl_coap_options options = rdl_coap_options(&input->message);
	struct rdl_coap_option option;
	struct path path = { 0 };
	uint64_t seen = 0;
	int more;

	input->parameters.given = 0;
	input->parameters.valued = 0;
	input->parameters.repeated = 0;
	input->parameters.other_count = 0;
	input->parameters.other_overflow = false;
	input->content_format = -1;
	input->has_block1 = false;
	input->size1 = 0;
	input->option_reason = RDL_REASON_NONE;
	input->known = NULL;

	while ((more = rdl_coap_option_next(&options, &option)) > 0) {
		if (option.number >= RULES_MAX) {
			refuse(input, option.number);
			continue;
		}
		const struct option_rule *rule = &rules[option.number];
		uint64_t bit = UINT64_C(1) << option.number;
		bool again = (seen & bit) != 0 && !rule->repeatable;

		if (RDL_UNLIKELY(!rule->known || option.len < rule->min || option.len > rule->max ||
				 again)) {
			refuse(input, option.number);
			continue;
		}
		seen |= bit;
		take(input, &path, &option);
	}
	if (more < 0)
		return RDL_MALFORMED;
	input->payload = (struct rdl_span){ options.pos, (size_t)(options.end - options.pos) };
	input->path = path_of(&path);
	input->id = path.second;
	return RDL_OK;
}
