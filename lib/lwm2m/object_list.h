/* SPDX-License-Identifier: BSD-3-Clause */
/* object_list: what a registration lists: objects, instances, versions, in one canonical form. */
#ifndef RDL_LWM2M_OBJECT_LIST_H
#define RDL_LWM2M_OBJECT_LIST_H

#include "base.h"

#define RDL_OBJECT_SECURITY 0
#define RDL_OBJECT_SERVER 1
#define RDL_OBJECT_DEVICE 3
#define RDL_OBJECT_OSCORE 21
#define RDL_OBJECT_COSE 23

#define RDL_ID_NONE 0xffff /* MAX_ID: never an object's or an instance's */
/* What a list keeps beside its links is bounded, so that its links are what it costs. */
#define RDL_FORMATS_MAX 16 /* Content-Formats, each once: further ones are left out */
#define RDL_ROOT_MAX 64 /* octets of an alternate path: a longer one is refused */

/*
 * An object list in its canonical form, one block of memory: the same list has the same octets
 * whoever sent it, in whatever order. Host byte order. Behind the header, without gaps: links,
 * versions, formats, root, attributes.
 */
struct rdl_object_list {
	uint32_t len; /* octets, header included */
	uint16_t link_count;
	uint16_t version_count;
	uint16_t format_count;
	uint16_t root_len;
	uint32_t attributes_len; /* octets; 0 unless they are kept */
};

/*
 * object << 16 | instance;
 * an object listed without instances has RDL_ID_NONE there. Ascending, each once.
 */
typedef uint32_t rdl_object_link;

/* `ver` of an object, ascending by object, each object once. */
struct rdl_object_version {
	uint16_t object, major, minor;
};

static inline const rdl_object_link *rdl_object_list_links(const struct rdl_object_list *list)
{
	return (const rdl_object_link *)(list + 1);
}

static inline const struct rdl_object_version *rdl_object_list_versions(
	const struct rdl_object_list *list)
{
	return (const struct rdl_object_version *)(rdl_object_list_links(list) + list->link_count);
}

/* Content-Formats of the root link, as sent. */
static inline const uint16_t *rdl_object_list_formats(const struct rdl_object_list *list)
{
	return (const uint16_t *)(rdl_object_list_versions(list) + list->version_count);
}

/* The alternate path without its slashes at either end; empty for "/". */
static inline struct rdl_span rdl_object_list_root(const struct rdl_object_list *list)
{
	return (struct rdl_span){ (const uint8_t *)(rdl_object_list_formats(list) +
						    list->format_count),
		list->root_len };
}

/*
 * Attributes of links, ascending by link, each link once: object, instance (RDL_ID_NONE of a bare
 * object; of both: the root link), octets, big-endian, and `name[=value][;name[=value]]...` as
 * sent, but for what is kept elsewhere.
 */
static inline struct rdl_span rdl_object_list_attributes(const struct rdl_object_list *list)
{
	struct rdl_span root = rdl_object_list_root(list);

	return (struct rdl_span){ root.data + root.len, list->attributes_len };
}
#define RDL_ATTRIBUTES_HEAD 6
#define RDL_ATTRIBUTES_MAX 1024 /* octets of all */
#define RDL_ATTRIBUTES_LINKS 64
#define RDL_ATTRIBUTES_ROOT UINT32_MAX /* the root's link */

/* Takes the first link's off. False when there is none left. */
static inline bool rdl_object_attributes_next(
	struct rdl_span *rest, rdl_object_link *link, struct rdl_span *text)
{
	if (rest->len == 0)
		return false;
	*link = rdl_get_be32(rest->data);
	*text = (struct rdl_span){ rest->data + RDL_ATTRIBUTES_HEAD, rdl_get_be16(rest->data + 4) };
	rest->data += RDL_ATTRIBUTES_HEAD + text->len;
	rest->len -= RDL_ATTRIBUTES_HEAD + text->len;
	return true;
}

/* What a list is found by: keyed, so that nobody outside can make two of one digest; never 0. */
static inline uint64_t rdl_object_list_digest(
	const struct rdl_key *key, const struct rdl_object_list *list)
{
	return rdl_siphash(key, list, list->len) | 1;
}

#endif
