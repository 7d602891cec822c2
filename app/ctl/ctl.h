/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl: a gateway's replies, for people. Whatever a device put into its texts,
 * nothing that controls a terminal or turns its text round reaches it. On standard output.
 * Credentials, which are a database and no gateway's, are in credential.h.
 */
#ifndef RDL_CTL_H
#define RDL_CTL_H

#include <stdbool.h>

#include <jansson.h>

#include "base.h"

/* A text that a device chose. */
void print_octets(struct rdl_span text);
/* The same, and the end of the line. */
void print_line(json_t *text);
/* A name a line. */
void print_names(json_t *names);
/* `member: value` a line, lists on one. */
void print_registration(json_t *registration);
/* A line each. */
void print_refusals(json_t *refusals);

/* A line each: name, entries behind, and who follows it. */
void print_cursors(json_t *cursors);

/* ---- a list of registrations ---- */

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
