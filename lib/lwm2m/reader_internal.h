/* SPDX-License-Identifier: BSD-3-Clause */
/* What the readers of an object list share. */
#ifndef RDL_LWM2M_READER_INTERNAL_H
#define RDL_LWM2M_READER_INTERNAL_H

#include "link.h"
#include "object_reader.h"

/* What a link's target names, under the root. */
enum rdl_target {
	RDL_TARGET_FOREIGN,
	RDL_TARGET_ROOT,
	RDL_TARGET_OBJECT,
	RDL_TARGET_INSTANCE,
	RDL_TARGET_RESOURCE, /* something inside an instance, whose link is *link */
};
enum rdl_target rdl_object_target(
	struct rdl_span target, struct rdl_span root, rdl_object_link *link);

/* False without room. */
static inline bool add_link(struct rdl_object_reader *reader, rdl_object_link link)
{
	const uint8_t *end = (const uint8_t *)reader->versions;

	if ((size_t)(end - (const uint8_t *)(reader->links + reader->link_count)) < sizeof(link))
		return false;
	reader->links[reader->link_count++] = link;
	switch (link >> 16) {
	case RDL_OBJECT_SECURITY:
		reader->has_security = true;
		break;
	case RDL_OBJECT_SERVER:
		reader->has_server = true;
		break;
	case RDL_OBJECT_DEVICE:
		reader->has_device = true;
		break;
	default:
		break;
	}
	return true;
}

static inline bool add_version(
	struct rdl_object_reader *reader, rdl_object_link link, uint32_t version)
{
	const uint8_t *end = (const uint8_t *)reader->versions;

	if ((size_t)(end - (const uint8_t *)(reader->links + reader->link_count)) <
		sizeof(uint64_t))
		return false;
	*--reader->versions = rdl_object_version_pack((uint16_t)(link >> 16), version);
	reader->version_count++;
	return true;
}

/*
 * Nearly all links are </object>, </object/instance> or </object>;ver=D.D, without white space and
 * with no root: reads a run of such, at most `most`, and leaves `links` before the first that is
 * anything else, or finds no room, for the general reader to judge. `last` is the last '>' of the
 * payload: no scan for digits can pass it. Returns how many.
 */
uint32_t rdl_object_read_plain(struct rdl_object_reader *reader, struct rdl_links *links,
	const uint8_t *last, uint32_t most);

#endif
