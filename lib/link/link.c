/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <assert.h>

/* What an octet may be part of: a target, which takes more than a URI may hold; */
#define TARGET 1
/* a parmname (RFC 5987 section 3.2.1), its final '*' aside; */
#define NAME 2
/* an unquoted value, of ptokenchar (RFC 6690 section 2). */
#define VALUE 4

#define IS_ALNUM(c) \
	(((c) >= '0' && (c) <= '9') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z'))
#define IS_NAME(c)                                                                            \
	(IS_ALNUM(c) || (c) == '!' || (c) == '#' || (c) == '$' || (c) == '&' || (c) == '+' || \
		(c) == '-' || (c) == '.' || (c) == '^' || (c) == '_' || (c) == '`' ||         \
		(c) == '|' || (c) == '~')
#define IS_VALUE(c) \
	((c) > 0x20 && (c) < 0x7f && (c) != '"' && (c) != ',' && (c) != ';' && (c) != '\\')
#define IS_TARGET(c) ((c) > 0x20 && (c) != 0x7f && (c) != '<' && (c) != '>' && (c) != '"')

#define O1(c) ((IS_TARGET(c) ? TARGET : 0) | (IS_NAME(c) ? NAME : 0) | (IS_VALUE(c) ? VALUE : 0))
#define O4(c) O1(c), O1((c) + 1), O1((c) + 2), O1((c) + 3)
#define O16(c) O4(c), O4((c) + 4), O4((c) + 8), O4((c) + 12)
#define O64(c) O16(c), O16((c) + 16), O16((c) + 32), O16((c) + 48)

static const uint8_t octets[256] = { O64(0), O64(64), O64(128), O64(192) };

/* The first octet that is not of `class`. */
static inline const uint8_t *skip(const uint8_t *pos, const uint8_t *end, uint8_t class)
{
	while (pos < end && (octets[*pos] & class) != 0)
		pos++;
	return pos;
}

static inline const uint8_t *skip_space(const uint8_t *pos, const uint8_t *end)
{
	while (pos < end && (*pos == ' ' || *pos == '\t' || *pos == '\r' || *pos == '\n'))
		pos++;
	return pos;
}

static inline const uint8_t *skip_digits(const uint8_t *pos, const uint8_t *end)
{
	while (pos < end && *pos >= '0' && *pos <= '9')
		pos++;
	return pos;
}

/*
 * The end of an unquoted value. That of `ct` may be a list of numbers with spaces between them (RFC
 * 7252 section 7.2.1): the quotes that belong around it are what clients in the field leave out.
 */
static const uint8_t *skip_value(
	const uint8_t *pos, const uint8_t *end, const struct rdl_link_attribute *attribute)
{
	bool is_ct = rdl_span_equal(attribute->name, RDL_SPAN("ct"));
	const uint8_t *value_end = skip(pos, end, VALUE);

	if (!is_ct || value_end == pos || skip_digits(pos, end) != value_end)
		return value_end;
	for (const uint8_t *p = value_end; p < end && *p == ' '; p++) {
		const uint8_t *number_end = skip_digits(p + 1, end);

		if (number_end == p + 1)
			continue;
		value_end = number_end;
		p = number_end - 1;
	}
	return value_end;
}

/* The quote that closes a string, or the end. */
static const uint8_t *skip_quoted(const uint8_t *pos, const uint8_t *end)
{
	while (pos < end && *pos != '"') {
		if (*pos == '\\' && end - pos > 1)
			pos++;
		pos++;
	}
	return pos;
}

static int malformed(struct rdl_links *links, const uint8_t *pos)
{
	links->pos = pos;
	links->inside = false;
	links->malformed = true;
	return RDL_MALFORMED;
}

int rdl_link_next(struct rdl_links *links, struct rdl_span *target)
{
	if (links->inside) {
		struct rdl_link_attribute unread;

		while (rdl_link_attribute_next(links, &unread) > 0)
			;
	}
	if (RDL_UNLIKELY(links->malformed))
		return RDL_MALFORMED;

	const uint8_t *pos = links->pos;
	const uint8_t *end = links->end;
	if (RDL_LIKELY(links->begun)) {
		if (pos == end)
			return 0;
		if (*pos != ',')
			return malformed(links, pos);
		pos++;
	}
	pos = skip_space(pos, end);
	if (pos == end || *pos != '<')
		return malformed(links, pos);

	const uint8_t *first = ++pos;
	pos = skip(pos, end, TARGET);
	if (pos == end || *pos != '>' || pos == first)
		return malformed(links, pos);
	*target = (struct rdl_span){ first, (size_t)(pos - first) };
	pos++;
	links->pos = pos;
	links->begun = true;
	/*
	 * Most links have no attributes:
	 * what asks for them, or skips them, then has nothing to do.
	 */
	links->inside = pos < end && *pos != ',';
	return 1;
}

static int attribute_value(
	struct rdl_links *links, const uint8_t *pos, struct rdl_link_attribute *attribute)
{
	const uint8_t *end = links->end;
	const uint8_t *first = pos;

	attribute->has_value = true;
	if (pos < end && *pos == '"') {
		attribute->quoted = true;
		first = ++pos;
		pos = skip_quoted(pos, end);
		if (pos == end)
			return malformed(links, pos);
		links->pos = pos + 1;
	} else {
		pos = skip_value(pos, end, attribute);
		if (pos == first)
			return malformed(links, pos);
		links->pos = pos;
	}
	attribute->value = (struct rdl_span){ first, (size_t)(pos - first) };
	return 1;
}

int rdl_link_attribute_next(struct rdl_links *links, struct rdl_link_attribute *attribute)
{
	if (!links->inside)
		return links->malformed ? RDL_MALFORMED : 0;

	const uint8_t *end = links->end;
	const uint8_t *pos = skip_space(links->pos, end);
	if (pos == end || *pos != ';') {
		/* Whether a link may end here is for rdl_link_next() to say. */
		links->pos = pos;
		links->inside = false;
		return 0;
	}

	const uint8_t *name = skip_space(pos + 1, end);
	pos = skip(name, end, NAME);
	if (pos == name)
		return malformed(links, pos);
	if (pos < end && *pos == '*')
		pos++;
	*attribute = (struct rdl_link_attribute){ .name = { name, (size_t)(pos - name) } };
	if (pos < end && *pos == '=')
		return attribute_value(links, pos + 1, attribute);
	links->pos = pos;
	return 1;
}

bool rdl_link_has_word(struct rdl_span list, struct rdl_span word)
{
	assert(word.len > 0);
	for (size_t start = 0, pos = 0; pos <= list.len; pos++) {
		if (pos < list.len && list.data[pos] != ' ')
			continue;
		if (rdl_span_equal((struct rdl_span){ list.data + start, pos - start }, word))
			return true;
		start = pos + 1;
	}
	return false;
}
