/* SPDX-License-Identifier: BSD-3-Clause */
/* The links that need no grammar to be read. */
#include "reader_internal.h"

/* An ID as read_id() takes it, ended by any other octet, which must come. NULL: something else. */
static inline const uint8_t *plain_id(const uint8_t *p, uint32_t *id)
{
	uint32_t value = (uint32_t)*p++ - '0', digit;

	if (value > 9)
		return NULL;
	if (value != 0) {
		const uint8_t *most = p + 4;

		while ((digit = (uint32_t)*p - '0') <= 9) {
			if (p++ == most)
				return NULL;
			value = value * 10 + digit;
		}
		if (value >= RDL_ID_NONE)
			return NULL;
	}
	*id = value;
	return p;
}

/* Steps over `;ver=D.D` or `;ver="D.D"`; NULL when it is anything else. */
static inline const uint8_t *plain_version(const uint8_t *p, const uint8_t *end, uint32_t *version)
{
	static const char beginning[] = ";ver=";
	const size_t begin = sizeof(beginning) - 1, len = 3;

	if ((size_t)(end - p) < begin + len || memcmp(p, beginning, begin) != 0)
		return NULL;
	p += begin;
	bool quoted = *p == '"';
	if (quoted && ((size_t)(end - p) < len + 2 || p[len + 1] != '"'))
		return NULL;
	p += quoted;
	uint32_t major = (uint32_t)p[0] - '0', minor = (uint32_t)p[2] - '0';
	if (p[1] != '.' || major > 9 || minor > 9)
		return NULL;
	*version = major << 16 | minor;
	return p + len + quoted;
}

struct plain {
	uint32_t object, instance, version;
	bool versioned;
};

/*
 * Reads one link, which begins at `p` before the payload's last '>',
 * up to a comma or the end. NULL: not a plain one.
 */
static inline const uint8_t *plain_link(const uint8_t *p, const uint8_t *end, struct plain *plain)
{
	plain->instance = RDL_ID_NONE;
	plain->versioned = false;
	if (p[0] != '<' || p[1] != '/')
		return NULL;
	p = plain_id(p + 2, &plain->object);
	if (p != NULL && *p == '/')
		p = plain_id(p + 1, &plain->instance);
	if (p == NULL || *p++ != '>')
		return NULL;
	if (p == end || *p == ',')
		return p;
	if (plain->instance != RDL_ID_NONE)
		return NULL;
	plain->versioned = true;
	p = plain_version(p, end, &plain->version);
	return p != NULL && (p == end || *p == ',') ? p : NULL;
}

uint32_t rdl_object_read_plain(struct rdl_object_reader *reader, struct rdl_links *links,
	const uint8_t *last, uint32_t most)
{
	rdl_object_link *first = reader->links + reader->link_count, *out = first;
	uint32_t low = 0; /* a bit for each object below 32 that is listed */
	struct plain plain = { .versioned = false };

	while ((uint32_t)(out - first) < most) {
		const uint8_t *p = links->pos;

		if (links->begun && (p >= last || *p++ != ','))
			break;
		if (p >= last || (p = plain_link(p, links->end, &plain)) == NULL)
			break;
		if ((size_t)((const uint8_t *)reader->versions - (const uint8_t *)out) <
			sizeof(*out) + sizeof(*reader->versions))
			break;
		if (plain.versioned) {
			*--reader->versions =
				rdl_object_version_pack((uint16_t)plain.object, plain.version);
			reader->version_count++;
		}
		/* An object's bare link sorts behind its instances, and mostly comes before. */
		rdl_object_link link = plain.object << 16 | plain.instance;
		rdl_object_link bare = plain.object << 16 | RDL_ID_NONE;
		*out = link;
		if (out > first && out[-1] == bare) {
			out[-1] = link;
			*out = bare;
		}
		out++;
		low |= plain.object < 32 ? 1u << plain.object : 0;
		links->pos = p;
		links->begun = true;
	}
	reader->link_count += (uint32_t)(out - first);
	reader->has_security |= (low & 1u << RDL_OBJECT_SECURITY) != 0;
	reader->has_server |= (low & 1u << RDL_OBJECT_SERVER) != 0;
	reader->has_device |= (low & 1u << RDL_OBJECT_DEVICE) != 0;
	return (uint32_t)(out - first);
}
