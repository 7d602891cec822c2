/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replies for people. Whatever a device put into its texts,
 * nothing that controls a terminal or turns its text round reaches it.
 */
#ifndef RDL_CTL_PRINT_H
#define RDL_CTL_PRINT_H

#include <jansson.h>

/* A text that a device chose, and the end of the line. */
void print_line(json_t *text);
/* A name a line. */
void print_names(json_t *names);
/* `member: value` a line, lists on one. */
void print_registration(json_t *registration);
/* A line each. */
void print_refusals(json_t *refusals);

#endif
