/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of registrations, for people. */
#ifndef RDL_CTL_LIST_H
#define RDL_CTL_LIST_H

#include <stdbool.h>

#include <jansson.h>

enum list_order {
	LIST_ENDPOINT,
	LIST_ADDRESS,
	LIST_LEFT, /* of the lifetime */
	LIST_NONE, /* as they come: nothing is held back */
};

/* By its name; false when it is none. */
bool list_order_of(const char *name, enum list_order *order);

struct list_rows {
	struct list_row *rows;
	size_t count, room;
	bool headed; /* the columns have been named */
};

/* Adds a reply's registrations; false without memory. */
bool list_add(struct list_rows *list, json_t *registrations);
/* Sorts, prints and forgets them. */
void list_print(struct list_rows *list, enum list_order order);

#endif
