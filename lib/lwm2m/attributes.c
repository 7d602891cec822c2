/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What links say beside what they name, for an operator who wants it kept.
 * A second walk: who does not want it pays nothing.
 */
#include "reader_internal.h"

/* A link that has some: where they begin in the payload. */
struct place {
	rdl_object_link link;
	uint32_t offset;
};

struct places {
	unsigned count;
	struct place at[RDL_ATTRIBUTES_LINKS];
	unsigned left_out;
};

/*
 * In their order, each link once: the first that came.
 * Beyond what there is room for the highest goes.
 */
static void add_place(struct places *places, rdl_object_link link, uint32_t offset)
{
	unsigned i = places->count;

	while (i > 0 && places->at[i - 1].link > link)
		i--;
	if (i > 0 && places->at[i - 1].link == link)
		return;
	if (places->count == RDL_ATTRIBUTES_LINKS) {
		places->left_out++;
		if (i == RDL_ATTRIBUTES_LINKS)
			return;
		places->count--;
	}
	memmove(&places->at[i + 1], &places->at[i], (places->count - i) * sizeof(places->at[0]));
	places->at[i] = (struct place){ link, offset };
	places->count++;
}

static bool is_named(struct rdl_span name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

/* The list has these by other names: `ver` of an object, `rt` and `ct` of the root. */
static bool is_kept_elsewhere(rdl_object_link link, struct rdl_span name)
{
	if (link == RDL_ATTRIBUTES_ROOT)
		return is_named(name, "rt") || is_named(name, "ct");
	return (link & 0xffff) == RDL_ID_NONE && is_named(name, "ver");
}

/* The link itself is in the list; of a bare one its object is. */
static bool is_listed(const struct rdl_object_list *list, rdl_object_link link)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	uint32_t low = 0, high = list->link_count;

	if (link == RDL_ATTRIBUTES_ROOT)
		return true;
	rdl_object_link least = (link & 0xffff) == RDL_ID_NONE ? link & 0xffff0000 : link;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (links[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->link_count && links[low] <= link;
}

/* True when the link at hand says more than is kept anyway. Reads its attributes to their end. */
static bool says_more(struct rdl_links *links, rdl_object_link link)
{
	struct rdl_link_attribute attribute;
	bool more = false;

	while (rdl_link_attribute_next(links, &attribute) > 0)
		more |= !is_kept_elsewhere(link, attribute.name);
	return more;
}

static void find_places(
	const struct rdl_object_list *list, struct rdl_span payload, struct places *places)
{
	struct rdl_links links = rdl_links(payload);
	struct rdl_span root = rdl_object_list_root(list), target;

	while (rdl_link_next(&links, &target) > 0) {
		rdl_object_link link = RDL_ATTRIBUTES_ROOT;
		enum rdl_target what = rdl_object_target(target, root, &link);
		uint32_t offset = (uint32_t)rdl_link_offset(&links);

		if (what == RDL_TARGET_FOREIGN || what == RDL_TARGET_RESOURCE)
			continue;
		if (is_listed(list, link) && says_more(&links, link))
			add_place(places, link, offset);
	}
}

/* One link's, from where they begin. */
static void write_place(struct rdl_cursor *out, struct rdl_span payload, const struct place *place)
{
	struct rdl_links links = rdl_links(payload);
	struct rdl_link_attribute attribute;
	uint8_t *head = out->pos;

	links.pos += place->offset;
	links.begun = links.inside = true;
	rdl_cursor_take(out, RDL_ATTRIBUTES_HEAD);
	while (rdl_link_attribute_next(&links, &attribute) > 0) {
		if (is_kept_elsewhere(place->link, attribute.name))
			continue;
		if (!out->failed && out->pos > head + RDL_ATTRIBUTES_HEAD)
			rdl_cursor_u8(out, ';');
		rdl_cursor_bytes(out, attribute.name.data,
			rdl_link_offset(&links) - (size_t)(attribute.name.data - payload.data));
	}
	if (out->failed)
		return;
	rdl_put_be32(head, place->link);
	rdl_put_be16(head + 4, (uint16_t)(out->pos - head - RDL_ATTRIBUTES_HEAD));
}

unsigned rdl_object_keep_attributes(
	struct rdl_object_list *list, size_t room, struct rdl_span payload)
{
	struct places places = { .count = 0 };
	size_t left = room - list->len;
	struct rdl_cursor out = rdl_cursor(
		(uint8_t *)list + list->len, left < RDL_ATTRIBUTES_MAX ? left : RDL_ATTRIBUTES_MAX);

	find_places(list, payload, &places);
	for (unsigned i = 0; i < places.count; i++) {
		struct rdl_cursor before = out;

		write_place(&out, payload, &places.at[i]);
		if (out.failed) {
			places.left_out++;
			out = before;
		}
	}
	list->attributes_len = (uint32_t)(out.pos - ((uint8_t *)list + list->len));
	list->len += list->attributes_len;
	return places.left_out;
}
