/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of one request, by RFC 7252 sections 5.4 and 5.10, and RFC 7959. Of those that cannot
 * be taken, the first is told; one of a proxy's only where there is no other.
 */
#include "input.h"

/*
 * Legal lengths of what may come once; a second one is unrecognised (RFC 7252 table 4). Numbers
 * above 60 are not listed. Uri-Path and Uri-Query, which may come again, are longer than 255 where
 * they come to be looked for here: unrecognised.
 */
struct option_rule {
	uint8_t known, min, max;
};
#define RULES_MAX 64
#define VALUE_MAX 255 /* of Uri-Path and Uri-Query */
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
	if (path->segments == 1) {
		if (rdl_span_equal(path->first, RDL_SPAN("rd")))
			return RDL_PATH_RD;
		return rdl_span_equal(path->first, RDL_SPAN("dp")) ? RDL_PATH_SEND : RDL_PATH_OTHER;
	}
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

static void add_other(struct rdl_parameters *p, struct rdl_span query)
{
	unsigned i = p->other_count;

	if (i == RDL_OTHER_PARAMETERS_MAX) {
		p->other_overflow = true;
		return;
	}
	if (i == 0)
		p->others = query.data;
	p->other_at[i] = (uint16_t)(query.data - p->others);
	p->other_len[i] = (uint8_t)query.len;
	p->other_count++;
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
		add_other(p, query);
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

/*
 * What nearly all queries begin with, as a little-endian number,
 * found by the first two octets: no two share a place.
 */
#define PLACE(a, b) (((a) + 2 * (b)) % 16)
#define BEGINS(len, a, b, c, d, e, f)                                                           \
	.begins = (uint64_t)(f) << 40 | (uint64_t)(e) << 32 | (uint64_t)(d) << 24 | (c) << 16 | \
		  (b) << 8 | (a),                                                               \
	.mask = (UINT64_C(1) << 8 * (len)) - 1, .begin_len = (len)
static const struct {
	uint64_t begins, mask;
	uint8_t begin_len, which, bit;
} beginnings[16] = {
	[PLACE('e', 'p')] = { BEGINS(3, 'e', 'p', '=', 0, 0, 0), RDL_PARAMETER_EP,
		1 << RDL_PARAMETER_EP },
	[PLACE('l', 't')] = { BEGINS(3, 'l', 't', '=', 0, 0, 0), RDL_PARAMETER_LT,
		1 << RDL_PARAMETER_LT },
	[PLACE('l', 'w')] = { BEGINS(6, 'l', 'w', 'm', '2', 'm', '='), RDL_PARAMETER_LWM2M,
		1 << RDL_PARAMETER_LWM2M },
	[PLACE('b', '=')] = { BEGINS(2, 'b', '=', 0, 0, 0, 0), RDL_PARAMETER_B,
		1 << RDL_PARAMETER_B },
};

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
	} else if (input->option_reason != RDL_REASON_bad_option) {
		input->option_reason = RDL_REASON_bad_option;
		input->bad_option = number;
	}
}

/*
 * A value of an option whose delta is `delta`, at `*pos`, of at most VALUE_MAX octets. False:
 * something else stands there.
 */
static inline bool usual_value(
	const uint8_t **pos, const uint8_t *end, unsigned delta, struct rdl_span *value)
{
	const uint8_t *p = *pos;

	if (end - p < 2)
		return false;
	size_t len = *p++ ^ delta << 4;
	if (len >= 13) {
		if (len != 13 || *p > VALUE_MAX - 13)
			return false;
		len += *p++;
	}
	if ((size_t)(end - p) < len)
		return false;
	*value = (struct rdl_span){ p, len };
	*pos = p + len;
	return true;
}

/*
 * A run of queries that each begin as nearly all do, and come once.
 * `options` stands before the first that does not.
 */
static inline void usual_queries(struct rdl_parameters *p, struct rdl_coap_options *options)
{
	const uint8_t *pos = options->pos;
	struct rdl_span query;
	unsigned given = 0;

	while (usual_value(&pos, options->end, RDL_COAP_URI_QUERY - options->number, &query) &&
		options->end - query.data >= (ptrdiff_t)sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, query.data, sizeof(word));
		size_t place = PLACE((size_t)(word & 0xff), (size_t)(word >> 8 & 0xff));
		size_t begin_len = beginnings[place].begin_len;
		unsigned bit = beginnings[place].bit;

		if (((word ^ beginnings[place].begins) & beginnings[place].mask) != 0 ||
			query.len < begin_len || (given & bit) != 0 || bit == 0)
			break;
		given |= bit;
		p->value[beginnings[place].which] =
			(struct rdl_span){ query.data + begin_len, query.len - begin_len };
		options->pos = pos;
		options->number = RDL_COAP_URI_QUERY;
	}
	p->given = p->valued = (uint8_t)given;
}

/*
 * What nearly all requests begin with: /rd or /rd/<id>, Content-Format in one octet, queries. Reads
 * as much of that as there is and leaves the rest to the walk that takes everything.
 */
static inline void usual_options(struct rdl_input *input, struct path *path, uint64_t *seen,
	struct rdl_coap_options *options)
{
	static const uint8_t rd[] = { RDL_COAP_URI_PATH << 4 | 2, 'r', 'd' };
	const unsigned format_head = (RDL_COAP_CONTENT_FORMAT - RDL_COAP_URI_PATH) << 4 | 1;
	const uint8_t *pos = options->pos;

	if (options->end - pos < 8 || memcmp(pos, rd, sizeof(rd)) != 0)
		return;
	path->first = (struct rdl_span){ pos + 1, 2 };
	path->segments = 1;
	pos += sizeof(rd);
	options->number = RDL_COAP_URI_PATH;
	if (usual_value(&pos, options->end, 0, &path->second))
		path->segments = 2;
	if (options->end - pos >= 2 && *pos == format_head) {
		input->content_format = pos[1];
		*seen |= UINT64_C(1) << RDL_COAP_CONTENT_FORMAT;
		pos += 2;
		options->number = RDL_COAP_CONTENT_FORMAT;
	}
	options->pos = pos;
	usual_queries(&input->parameters, options);
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

	usual_options(input, &path, &seen, &options);
	while ((more = rdl_coap_option_next(&options, &option)) > 0) {
		/* These two may come again. */
		struct rdl_span value = { option.value, option.len };
		if (option.number == RDL_COAP_URI_QUERY && option.len <= VALUE_MAX) {
			add_parameter(&input->parameters, value);
			continue;
		}
		if (option.number == RDL_COAP_URI_PATH && option.len <= VALUE_MAX) {
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
