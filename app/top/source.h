/* SPDX-License-Identifier: BSD-3-Clause */
/* source: samples one after the other, and what the control socket says meanwhile. */
#ifndef RDL_TOP_SOURCE_H
#define RDL_TOP_SOURCE_H

#include "client.h"
#include "top.h"

struct source {
	const struct top_options *options;
	struct sample before, now;
	unsigned samples; /* taken so far, two at most */
	char problem[160]; /* why the newest is old; empty: it is not */
	struct client control;
	bool connected;
};

void source_open(struct source *source, const struct top_options *options);
void source_close(struct source *source);
/* Takes one more sample. */
void source_take(struct source *source);
/*
 * What the control socket replies to a command about an endpoint, or about none (NULL), to be
 * released; NULL: nothing.
 */
json_t *source_ask(struct source *source, const char *command, const char *endpoint);

/* Everything there is to see now; of one endpoint, where that is not NULL. */
void source_view(
	struct source *source, struct view *view, enum view_order order, const char *endpoint);

#endif
