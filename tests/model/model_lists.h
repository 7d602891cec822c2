/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object lists, each made from a number whenever it is wanted: the payload that a device sends, and
 * what is to be kept of it.
 */
#ifndef RDL_MODEL_LISTS_H
#define RDL_MODEL_LISTS_H

#include "lwm2m.h"
#include "model_base.h"

enum list_size { LIST_SMALL, LIST_MEDIUM, LIST_FAT, LIST_HUGE, LIST_SIZES };

struct kept_list {
	uint32_t number;
	uint8_t size; /* enum list_size */
	uint8_t root; /* of `roots` */
	bool declared; /* the payload names the root, with Content-Formats */
	bool mandatory; /* objects 1 and 3 are in it */
};

#define LIST_LINKS 1024

struct list {
	char payload[BODY_MAX + 256];
	size_t len;
	rdl_object_link links[LIST_LINKS];
	struct rdl_object_version versions[LIST_LINKS];
	uint16_t formats[2];
	unsigned link_count, version_count, format_count;
	const char *root;
	char prefix[12]; /* of every target */
	/* While it is made. */
	uint64_t random;
	size_t pieces[4 * LIST_LINKS]; /* where in the text each link begins */
	unsigned piece_count;
	char text[BODY_MAX + 256];
	size_t text_len;
};

void list_make(struct list *list, const struct kept_list *kept);
bool list_is(const struct list *list, const struct rdl_object_list *got);

#endif
