/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link: CoRE Link Format (RFC 6690 section 2) as an iterator over views. Pure; any core may call
 * it.
 *
 * Stricter than most where structure is at stake, more lenient where clients in the field are:
 * space, tab, CR and LF around commas, semicolons and at both ends are skipped, and the numbers of
 * a `ct` may stand one behind the other without quotes around them.
 */
#ifndef RDL_LINK_H
#define RDL_LINK_H

#include "base.h"

/*
 * Walks the links of one payload, once:
 *
 *	while ((r = rdl_link_next(&links, &target)) > 0)
 *		while (rdl_link_attribute_next(&links, &attribute) > 0)
 *			...
 *
 * Attributes that are not asked for are checked all the same. RDL_MALFORMED sticks: every later
 * call returns it too, so that the outer loop's last result is the payload's.
 */
struct rdl_links {
	const uint8_t *pos;
	const uint8_t *end;
	const uint8_t *start;
	bool inside; /* a link whose attributes have not been read to their end */
	bool begun;
	bool malformed;
};

struct rdl_link_attribute {
	struct rdl_span name;
	struct rdl_span value; /* without the quotes; escapes stand as sent */
	bool has_value;
	bool quoted;
};

static inline struct rdl_links rdl_links(struct rdl_span payload)
{
	return (struct rdl_links){ payload.data, payload.data + payload.len, payload.data, false,
		false, false };
}

/*
 * 1: *target is the next link's, between its angle brackets. 0: the payload ended where a link may
 * end. RDL_MALFORMED: rdl_link_offset() is the offending octet, or the payload's length when
 * something is missing at its end. An empty payload, an empty target, a trailing or doubled comma
 * are malformed.
 * Octets outside ASCII are let through in a target: what it names is the caller's to judge.
 */
RDL_MUST_CHECK int rdl_link_next(struct rdl_links *links, struct rdl_span *target);

/* 1: *attribute is the next one of the current link. 0: no more. RDL_MALFORMED as above. */
RDL_MUST_CHECK int rdl_link_attribute_next(
	struct rdl_links *links, struct rdl_link_attribute *attribute);

/* True when `word`, not empty, is one of the space-separated words of `list` (as in rt, if, ct). */
bool rdl_link_has_word(struct rdl_span list, struct rdl_span word);

/* The octet at which the walk stands: after RDL_MALFORMED, the offending one. */
static inline size_t rdl_link_offset(const struct rdl_links *links)
{
	return (size_t)(links->pos - links->start);
}

#endif
