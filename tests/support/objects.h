/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object list in words: "1/0 3/0 5 | 10=1.1 | ct 110 112 | root x".
 * What there is none of is left out.
 */
#ifndef RDL_TEST_OBJECTS_H
#define RDL_TEST_OBJECTS_H

#include "lwm2m.h"

struct object_words {
	char at[32768];
	size_t len;
};

__attribute__((format(printf, 2, 3))) void object_say(
	struct object_words *words, const char *format, ...);

/* Checks on its way that the list is canonical. */
const char *describe_objects(const struct rdl_object_list *list, struct object_words *words);

#endif
