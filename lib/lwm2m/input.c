/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of one request, by RFC 7252 sections 5.4 and 5.10, RFC 7959, and SPEC's order of offences. */
#include "lwm2m.h"

/*
 * Legal lengths of what may come once; a second one is unrecognised (RFC 7252 table 4). Numbers above 60 are not listed.
 * Uri-Path and Uri-Query, which may come again, are longer than 255 where they come to be looked for here: unrecognised.
 */
struct option_rule {
	uint8_t known, min, max;
};
#define RULES_MAX 64
static const struct option_rule rules[RULES_MAX] = {
	[RDL_COAP_URI_HOST] = { 1, 1, 255 },
	[RDL_COAP_URI_PORT] = { 1, 0, 2 },
	[RDL_COAP_CONTENT_FORMAT] = { 1, 0, 2 },
	[RDL_COAP_ACCEPT] = { 1, 0, 2 },
	[RDL_COAP_BLOCK2] = { 1, 0, 3 },
	[RDL_COAP_BLOCK1] = { 1, 0, 3 },
	[RDL_COAP_SIZE1] = { 1, 0, 4 },
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

/* A name of at most six octets as a number: itself in memory order, its length in the octet above. */
#define NAME_MOST 6
#define NAME(len, a, b, c, d, e)                                                         \
	((uint64_t)(len) << 56 | (uint64_t)(e) << 32 | (uint64_t)(d) << 24 | (c) << 16 | \
		(b) << 8 | (a))

/* Which of the standard parameters a name is, or RDL_PARAMETER_COUNT. */
static inline unsigned parameter_of(uint64_t name)
{
	switch (name) {
	case NAME(2, 'e', 'p', 0, 0, 0):
		return RDL_PARAMETER_EP;
	case NAME(2, 'l', 't', 0, 0, 0):
		return RDL_PARAMETER_LT;
	case NAME(5, 'l', 'w', 'm', '2', 'm'):
		return RDL_PARAMETER_LWM2M;
	case NAME(1, 'b', 0, 0, 0, 0):
		return RDL_PARAMETER_B;
	case NAME(3, 's', 'm', 's', 0, 0):
		return RDL_PARAMETER_SMS;
	case NAME(1, 'Q', 0, 0, 0, 0):
		return RDL_PARAMETER_Q;
	default:
		return RDL_PARAMETER_COUNT;
	}
}

/* The first eight octets of a query, in memory order; what lies behind its end is not it. `end`: what may be read. */
static inline uint64_t first_octets(struct rdl_span query, const uint8_t *end)
{
	uint64_t word;

	if (RDL_UNLIKELY(end - query.data < 8))
		return rdl_tail_word(query.data + query.len, query.len);
	memcpy(&word, query.data, sizeof(word));
	return word;
}

/* The place of the first '=' among the eight, or more than six. */
static inline size_t find_equals(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t differs = word ^ ones * '=';
	/* The lowest bit set is right; those above it may be of octets one above. */
	uint64_t equal = (differs - ones) & ~differs & ones << 7;

	return (size_t)__builtin_ctzll(equal | UINT64_C(1) << 63) / 8;
}

/* Standard names have at most five octets: there is no need to look further for their `=`. */
static inline void add_parameter(
	struct rdl_parameters *p, struct rdl_span query, const uint8_t *end)
{
	if (query.len == 0)
		return;
	uint64_t word = first_octets(query, end);
	size_t name_len = find_equals(word);
	size_t most = query.len < NAME_MOST ? query.len : NAME_MOST;

	if (name_len > most)
		name_len = most;
	word &= (UINT64_C(1) << 8 * name_len) - 1;
	unsigned which = parameter_of(word | (uint64_t)name_len << 56);
	if (RDL_UNLIKELY(which == RDL_PARAMETER_COUNT)) {
		if (p->other_count == RDL_OTHER_PARAMETERS_MAX)
			p->other_overflow = true;
		else
			p->other[p->other_count++] = query;
		return;
	}
	uint8_t bit = (uint8_t)(1u << which);
	if (RDL_UNLIKELY((p->given & bit) != 0)) {
		p->repeated |= bit;
		return;
	}
	p->given |= bit;
	if (RDL_LIKELY(name_len < query.len)) {
		p->valued |= bit;
		p->value[which] =
			(struct rdl_span){ query.data + name_len + 1, query.len - name_len - 1 };
	}
}

static inline void add_segment(struct path *path, struct rdl_span segment)
{
	if (path->segments == 0)
		path->first = segment;
	else if (path->segments == 1)
		path->second = segment;
	path->segments++;
}

/* Keeps what a known, well-formed option says. */
static void take(struct rdl_input *input, const struct rdl_coap_option *option)
{
	switch (option->number) {
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
		/* Nearly all are these two, which may come again. */
		struct rdl_span value = { option.value, option.len };
		if (option.number == RDL_COAP_URI_QUERY && option.len <= 255) {
			add_parameter(&input->parameters, value, options.end);
			continue;
		}
		if (option.number == RDL_COAP_URI_PATH && option.len <= 255) {
			add_segment(&path, value);
			continue;
		}
		if (RDL_UNLIKELY(option.number >= RULES_MAX)) {
			refuse(input, option.number);
			continue;
		}
		const struct option_rule *rule = &rules[option.number];
		uint64_t bit = UINT64_C(1) << option.number;

		if (RDL_UNLIKELY(!rule->known || option.len < rule->min || option.len > rule->max ||
				 (seen & bit) != 0)) {
			refuse(input, option.number);
			continue;
		}
		seen |= bit;
		take(input, &option);
	}
	if (more < 0)
		return RDL_MALFORMED;
	input->payload = (struct rdl_span){ options.pos, (size_t)(options.end - options.pos) };
	input->path = path_of(&path);
	input->id = path.second;
	return RDL_OK;
}
