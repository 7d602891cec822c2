/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists in an array of links: an entry is in one list of the array at a time, a list is a ring
 * through its head.
 */
#ifndef RDL_BASE_LINKED_H
#define RDL_BASE_LINKED_H

#include "base.h"

struct rdl_list_links {
	uint32_t next, previous;
};

static inline void rdl_list_init(struct rdl_list_links *links, uint32_t head)
{
	links[head] = (struct rdl_list_links){ head, head };
}

static inline bool rdl_list_is_empty(const struct rdl_list_links *links, uint32_t head)
{
	return links[head].next == head;
}

/* The head itself when the list is empty. */
static inline uint32_t rdl_list_first(const struct rdl_list_links *links, uint32_t head)
{
	return links[head].next;
}

static inline void rdl_list_remove(struct rdl_list_links *links, uint32_t entry)
{
	links[links[entry].previous].next = links[entry].next;
	links[links[entry].next].previous = links[entry].previous;
}

static inline void rdl_list_append(struct rdl_list_links *links, uint32_t head, uint32_t entry)
{
	links[entry] = (struct rdl_list_links){ .next = head, .previous = links[head].previous };
	links[links[entry].previous].next = entry;
	links[head].previous = entry;
}

static inline void rdl_list_move(struct rdl_list_links *links, uint32_t head, uint32_t entry)
{
	rdl_list_remove(links, entry);
	rdl_list_append(links, head, entry);
}

#endif
