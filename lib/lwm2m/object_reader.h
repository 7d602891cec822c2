/* SPDX-License-Identifier: BSD-3-Clause */
/* object_reader: an object list while it is read, filtered and sealed. */
#ifndef RDL_LWM2M_OBJECT_READER_H
#define RDL_LWM2M_OBJECT_READER_H

#include "object_list.h"

/*
 * `ver` while a list is read: object << 32 | major << 16 | minor, so that numbers sort as versions
 * do. An unreadable version (RDL_VERSION_UNREADABLE) is no version that anybody supports.
 */
#define RDL_VERSION_UNREADABLE UINT32_MAX
static inline uint64_t rdl_object_version_pack(uint16_t object, uint32_t version)
{
	return (uint64_t)object << 32 | version;
}

/*
 * A list while it is read and filtered, in memory of the caller's: links from the front, versions
 * from the back.
 */
struct rdl_object_reader {
	struct rdl_object_list *list; /* the caller's memory, aligned to 8 */
	rdl_object_link *links;
	uint32_t link_count;
	uint64_t *versions; /* grows downwards: rdl_object_version_pack() */
	uint32_t version_count;
	struct rdl_span root; /* view, no slashes at the ends */
	struct rdl_span formats; /* the root link's ct value, view */
	uint32_t foreign; /* links that are not LwM2M's, or outside the root */
	bool has_security, has_server, has_device; /* listed, whatever their version */
	size_t offset; /* of the offence, after RDL_MALFORMED */
};

/*
 * Reads a link-format payload. `root`: the alternate path to assume where no link says
 * rt="oma.lwm2m" (an Update to a registration that has one; else empty). `memory`, aligned to 8,
 * holds what is read; 2 * payload.len + 64 octets are always enough.
 * RDL_NO_ROOM: more than `max_links` links. Links come out unsorted, doubles included.
 */
RDL_MUST_CHECK enum rdl_status rdl_object_read(struct rdl_object_reader *reader,
	struct rdl_span payload, struct rdl_span root, uint32_t max_links, void *memory,
	size_t memory_len);

/*
 * True when a link says rt="oma.lwm2m":
 * then the list is the same whatever root rdl_object_read() is told.
 */
bool rdl_object_names_root(struct rdl_span payload);

/* Sorts links and versions ascending, so that a filter can walk them by object. Doubles stay. */
void rdl_object_sort(struct rdl_object_reader *reader);

/*
 * Makes the canonical form out of what a filter left (sorted; links and versions only of objects
 * that stay), in the reader's memory. Drops doubles, and an object's bare link where it has
 * instances. RDL_NO_ROOM when the memory does not hold it.
 */
RDL_MUST_CHECK enum rdl_status rdl_object_seal(struct rdl_object_reader *reader);

/*
 * Adds to a list what the payload that it was made of says beside links, versions and formats: the
 * attributes of the root and of what is listed, of objects and instances. At most
 * RDL_ATTRIBUTES_LINKS links have some, the lowest, within RDL_ATTRIBUTES_MAX octets; `room` is
 * that of the list's memory. Returns how many links' were left out.
 */
unsigned rdl_object_keep_attributes(
	struct rdl_object_list *list, size_t room, struct rdl_span payload);

#endif
