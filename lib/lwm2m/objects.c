/* SPDX-License-Identifier: BSD-3-Clause */
/* A link-format payload read as an object list (LwM2M TS 1.0 section 5.3.1, 1.1 section 6.2.1). */
#include "reader_internal.h"
#include "values.h"

#include <assert.h>

#define ROOT_TYPE "oma.lwm2m"

static struct rdl_span strip_slashes(struct rdl_span path)
{
	if (path.len > 0 && path.data[0] == '/') {
		path.data++;
		path.len--;
	}
	if (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	return path;
}

/*
 * A plain decimal up to 65534 without leading zeros, ended by '/' or the end: its value, and *pos
 * behind it; otherwise RDL_ID_NONE.
 */
static uint32_t read_id(const uint8_t **pos, const uint8_t *end)
{
	const uint8_t *p = *pos;
	uint32_t id = 0;

	while (p < end && *p != '/') {
		unsigned digit = (unsigned)*p - '0';

		if (digit > 9 || (id == 0 && p != *pos))
			return RDL_ID_NONE;
		id = id * 10 + digit;
		if (id >= RDL_ID_NONE)
			return RDL_ID_NONE;
		p++;
	}
	if (p == *pos)
		return RDL_ID_NONE;
	*pos = p;
	return id;
}

/*
 * /object[/instance[/resource[/resource instance]]],
 * relative or not, with or without a slash at its end.
 */
enum rdl_target rdl_object_target(
	struct rdl_span target, struct rdl_span root, rdl_object_link *link)
{
	const uint8_t *p, *end;
	uint32_t id[4];
	unsigned depth = 0;

	target = strip_slashes(target);
	p = target.data;
	end = p + target.len;
	if (root.len > 0) {
		if (target.len < root.len || memcmp(p, root.data, root.len) != 0)
			return RDL_TARGET_FOREIGN;
		p += root.len;
		if (p < end && *p++ != '/')
			return RDL_TARGET_FOREIGN;
	}
	if (p == end)
		return RDL_TARGET_ROOT;
	for (;;) {
		if (depth == 4)
			return RDL_TARGET_FOREIGN;
		id[depth] = read_id(&p, end);
		if (id[depth] == RDL_ID_NONE)
			return RDL_TARGET_FOREIGN;
		depth++;
		if (p == end)
			break;
		p++; /* the slash: another segment must follow */
	}
	*link = id[0] << 16 | (depth == 1 ? RDL_ID_NONE : id[1]);
	if (depth > 2)
		return RDL_TARGET_RESOURCE;
	return depth == 1 ? RDL_TARGET_OBJECT : RDL_TARGET_INSTANCE;
}

static uint32_t read_version(const struct rdl_link_attribute *attribute)
{
	struct rdl_version version;

	if (!attribute->has_value || !rdl_version_parse(attribute->value, &version) ||
		version.major >= RDL_ID_NONE || version.minor >= RDL_ID_NONE)
		return RDL_VERSION_UNREADABLE;
	return version.major << 16 | version.minor;
}

/* The attributes that mean something to us; the first of a name counts (RFC 6690 section 3). */
struct attributes {
	struct rdl_link_attribute rt, ct, ver;
	bool has_rt, has_ct, has_ver;
};

static int read_attributes(struct rdl_links *links, struct attributes *attributes)
{
	struct rdl_link_attribute a;
	int more;

	while ((more = rdl_link_attribute_next(links, &a)) > 0) {
		if (a.name.len == 2 && memcmp(a.name.data, "rt", 2) == 0 && !attributes->has_rt) {
			attributes->rt = a;
			attributes->has_rt = true;
		} else if (a.name.len == 2 && memcmp(a.name.data, "ct", 2) == 0 &&
			   !attributes->has_ct) {
			attributes->ct = a;
			attributes->has_ct = true;
		} else if (a.name.len == 3 && memcmp(a.name.data, "ver", 3) == 0 &&
			   !attributes->has_ver) {
			attributes->ver = a;
			attributes->has_ver = true;
		}
	}
	return more;
}

enum pass { PASS_OK, PASS_ROOT_FOUND, PASS_MALFORMED, PASS_NO_ROOM };

/*
 * Most lists begin with `</>;rt="oma.lwm2m"`: what those octets say, without reading them one by
 * one. What else that link may have is left to be read.
 */
static bool begins_with_root(
	struct rdl_links *links, struct rdl_span *target, struct attributes *attributes)
{
	static const char beginning[] = "</>;rt=\"" ROOT_TYPE "\"";
	const size_t len = sizeof(beginning) - 1;

	if ((size_t)(links->end - links->pos) < len || memcmp(links->pos, beginning, len) != 0)
		return false;
	*target = (struct rdl_span){ links->pos + 1, 1 };
	attributes->has_rt = true;
	attributes->rt.has_value = true;
	attributes->rt.value = RDL_SPAN(ROOT_TYPE);
	links->pos += len;
	links->begun = true;
	links->inside = links->pos != links->end && *links->pos != ',';
	return true;
}

/* The next link with all its attributes: as rdl_link_next(). */
static int next_link(
	struct rdl_links *links, struct rdl_span *target, struct attributes *attributes)
{
	memset(attributes, 0, sizeof(*attributes));
	if (links->begun || !begins_with_root(links, target, attributes)) {
		int more = rdl_link_next(links, target);

		if (more <= 0)
			return more;
	}
	return read_attributes(links, attributes) < 0 ? RDL_MALFORMED : 1;
}

static bool is_root_link(const struct attributes *attributes)
{
	return attributes->rt.has_value &&
	       rdl_link_has_word(attributes->rt.value, RDL_SPAN(ROOT_TYPE));
}

bool rdl_object_names_root(struct rdl_span payload)
{
	struct rdl_links links = rdl_links(payload);
	struct attributes attributes;
	struct rdl_span target;

	/* Most that do not say it do not have the word either, which is soon found. */
	if (payload.len == 0 ||
		memmem(payload.data, payload.len, ROOT_TYPE, sizeof(ROOT_TYPE) - 1) == NULL)
		return false;
	while (next_link(&links, &target, &attributes) > 0)
		if (is_root_link(&attributes))
			return true;
	return false;
}

/* Keeps what one link says. False without room. */
static bool take_link(struct rdl_object_reader *reader, struct rdl_span target,
	const struct attributes *attributes)
{
	rdl_object_link link = 0;

	switch (rdl_object_target(target, reader->root, &link)) {
	case RDL_TARGET_FOREIGN:
		reader->foreign++;
		return true;
	case RDL_TARGET_ROOT:
		if (attributes->has_ct && reader->formats.len == 0)
			reader->formats = attributes->ct.value;
		return true;
	case RDL_TARGET_OBJECT:
		return add_link(reader, link) &&
		       (!attributes->has_ver ||
			       add_version(reader, link, read_version(&attributes->ver)));
	case RDL_TARGET_INSTANCE:
	case RDL_TARGET_RESOURCE:
		return add_link(reader, link);
	}
	return false;
}

/*
 * Reads all links as seen from reader->root. While `root_known` is false, a link that claims
 * another root ends the pass with that root set: the links before it have to be seen again.
 */
static enum pass read_links(struct rdl_object_reader *reader, struct rdl_span payload,
	bool root_known, uint32_t max_links)
{
	struct rdl_links links = rdl_links(payload);
	const uint8_t *last = payload.len > 0 ? memrchr(payload.data, '>', payload.len) : NULL;
	struct attributes attributes;
	struct rdl_span target;
	uint32_t count = 0;
	int more;

	for (;;) {
		if (reader->root.len == 0 && last != NULL)
			count += rdl_object_read_plain(reader, &links, last, max_links - count);
		more = next_link(&links, &target, &attributes);
		if (more <= 0)
			break;
		if (++count > max_links)
			return PASS_NO_ROOM;
		if (!root_known && is_root_link(&attributes)) {
			struct rdl_span root = strip_slashes(target);

			root_known = true;
			if (!rdl_span_equal(root, reader->root)) {
				reader->root = root;
				return PASS_ROOT_FOUND;
			}
		}
		if (!take_link(reader, target, &attributes))
			return PASS_NO_ROOM;
	}
	reader->offset = rdl_link_offset(&links);
	return more < 0 ? PASS_MALFORMED : PASS_OK;
}

static void reset(struct rdl_object_reader *reader, void *memory, size_t memory_len)
{
	reader->list = memory;
	reader->links = (rdl_object_link *)(reader->list + 1);
	reader->link_count = 0;
	reader->versions = (uint64_t *)memory + memory_len / sizeof(uint64_t);
	reader->version_count = 0;
	reader->formats = (struct rdl_span){ NULL, 0 };
	reader->foreign = 0;
	reader->has_security = reader->has_server = reader->has_device = false;
	reader->offset = 0;
}

enum rdl_status rdl_object_read(struct rdl_object_reader *reader, struct rdl_span payload,
	struct rdl_span root, uint32_t max_links, void *memory, size_t memory_len)
{
	enum pass pass;

	assert(((uintptr_t)memory & 7) == 0);
	if (memory_len < sizeof(struct rdl_object_list))
		return RDL_NO_ROOM;
	reset(reader, memory, memory_len);
	reader->root = root;
	pass = read_links(reader, payload, false, max_links);
	if (pass == PASS_ROOT_FOUND) {
		reset(reader, memory, memory_len);
		pass = read_links(reader, payload, true, max_links);
	}
	if (pass == PASS_NO_ROOM)
		return RDL_NO_ROOM;
	return pass == PASS_OK ? RDL_OK : RDL_MALFORMED;
}
