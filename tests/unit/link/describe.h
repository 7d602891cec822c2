/* SPDX-License-Identifier: BSD-3-Clause */
/* A walk over a payload, written down: without optional white space it reads like the payload. */
#ifndef RDL_TEST_DESCRIBE_H
#define RDL_TEST_DESCRIBE_H

#include "support.h"

#include "link.h"

struct text {
	char at[8192];
	size_t len;
};

static inline void say(struct text *text, const void *data, size_t len)
{
	assert_true(len < sizeof(text->at) - text->len);
	if (len > 0)
		memcpy(text->at + text->len, data, len);
	text->len += len;
	text->at[text->len] = '\0';
}

static inline void say_attribute(struct text *text, const struct rdl_link_attribute *attribute)
{
	say(text, ";", 1);
	say(text, attribute->name.data, attribute->name.len);
	if (!attribute->has_value)
		return;
	say(text, "=\"", attribute->quoted ? 2 : 1);
	say(text, attribute->value.data, attribute->value.len);
	say(text, "\"", attribute->quoted ? 1 : 0);
}

static inline void assert_inside(struct rdl_span payload, struct rdl_span view)
{
	assert_true(view.data >= payload.data && view.len <= payload.len);
	assert_true((size_t)(view.data - payload.data) <= payload.len - view.len);
}

/*
 * Walks all of it, reading at most `attributes` of each link, and writes down what it saw. Returns
 * the walk's result, 0 or RDL_MALFORMED; `offset` is where it stood then.
 */
static inline int walk(
	struct rdl_span payload, size_t attributes, struct text *text, size_t *offset)
{
	struct rdl_links links = rdl_links(payload);
	struct rdl_link_attribute attribute;
	struct rdl_span target;
	int r;

	text->len = 0;
	text->at[0] = '\0';
	while ((r = rdl_link_next(&links, &target)) > 0) {
		assert_inside(payload, target);
		assert_true(target.len > 0);
		say(text, ",<", text->len > 0 ? 2 : 0);
		say(text, "<", text->len > 0 ? 0 : 1);
		say(text, target.data, target.len);
		say(text, ">", 1);
		for (size_t n = 0; n < attributes; n++) {
			int a = rdl_link_attribute_next(&links, &attribute);
			if (a <= 0)
				break;
			assert_inside(payload, attribute.name);
			assert_true(attribute.name.len > 0);
			if (attribute.has_value)
				assert_inside(payload, attribute.value);
			assert_true(attribute.has_value || !attribute.quoted);
			say_attribute(text, &attribute);
		}
	}
	*offset = rdl_link_offset(&links);
	/* The end and an error are both final. */
	assert_int_equal(rdl_link_attribute_next(&links, &attribute), r);
	assert_int_equal(rdl_link_next(&links, &target), r);
	assert_int_equal(rdl_link_next(&links, &target), r);
	assert_int_equal(rdl_link_offset(&links), *offset);
	if (r == 0)
		assert_int_equal(*offset, payload.len);
	else
		assert_int_equal(r, RDL_MALFORMED);
	return r;
}

/* The same, from a guarded copy, and however many attributes are read, the result stays. */
static inline int walk_guarded(const void *data, size_t len, struct text *text, size_t *offset)
{
	static struct text other;
	uint8_t *copy = guard_copy(data, len);
	struct rdl_span payload = { copy, len };
	int r = walk(payload, SIZE_MAX, text, offset);

	for (size_t attributes = 0; attributes < 3; attributes++) {
		size_t other_offset;

		assert_int_equal(walk(payload, attributes, &other, &other_offset), r);
		assert_int_equal(other_offset, *offset);
	}
	guard_free(copy, len);
	return r;
}

#endif
