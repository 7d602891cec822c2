/* SPDX-License-Identifier: BSD-3-Clause */
#include "objects.h"

#include <stdio.h>

#include "support.h"

void object_say(struct object_words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(words->at + words->len, sizeof(words->at) - words->len, format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof(words->at) - words->len - 1);
	words->len += (size_t)n;
}

/* Begins a part of the description, behind others. */
static void object_part(struct object_words *words, const char *begin)
{
	object_say(words, "%s%s", words->len > 0 ? " | " : "", begin);
}

const char *describe_objects(const struct rdl_object_list *list, struct object_words *words)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	const struct rdl_object_version *versions = rdl_object_list_versions(list);
	const uint16_t *formats = rdl_object_list_formats(list);
	struct rdl_span root = rdl_object_list_root(list);

	words->len = 0;
	words->at[0] = '\0';
	for (unsigned i = 0; i < list->link_count; i++) {
		assert_true(i == 0 || links[i - 1] < links[i]);
		object_say(words, "%s%u", i > 0 ? " " : "", links[i] >> 16);
		if ((links[i] & 0xffff) != RDL_ID_NONE)
			object_say(words, "/%u", links[i] & 0xffff);
		else
			assert_true(i == 0 || links[i - 1] >> 16 != links[i] >> 16);
	}
	for (unsigned i = 0; i < list->version_count; i++) {
		assert_true(i == 0 || versions[i - 1].object < versions[i].object);
		if (i == 0)
			object_part(words, "");
		object_say(words, "%s%u=%u.%u", i > 0 ? " " : "", versions[i].object,
			versions[i].major, versions[i].minor);
	}
	for (unsigned i = 0; i < list->format_count; i++) {
		if (i == 0)
			object_part(words, "ct");
		object_say(words, " %u", formats[i]);
	}
	if (root.len > 0) {
		object_part(words, "root ");
		object_say(words, "%.*s", (int)root.len, (const char *)root.data);
	}
	struct rdl_span rest = rdl_object_list_attributes(list), text;
	rdl_object_link link, last = 0;
	for (unsigned i = 0; rdl_object_attributes_next(&rest, &link, &text); i++, last = link) {
		assert_true(i == 0 || last < link);
		assert_true(text.len > 0);
		object_part(words, link == RDL_ATTRIBUTES_ROOT ? "/ " : "");
		if (link != RDL_ATTRIBUTES_ROOT)
			object_say(words, "%u", link >> 16);
		if ((link & 0xffff) != RDL_ID_NONE)
			object_say(words, "/%u", link & 0xffff);
		object_say(words, "%s%.*s", link == RDL_ATTRIBUTES_ROOT ? "" : " ", (int)text.len,
			(const char *)text.data);
	}
	assert_ptr_equal(rest.data, (const uint8_t *)list + list->len);
	return words->at;
}
