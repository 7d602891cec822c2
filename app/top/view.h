/* SPDX-License-Identifier: BSD-3-Clause */
/* view: what is shown of two samples, in lines of text. Pure. */
#ifndef RDL_TOP_VIEW_H
#define RDL_TOP_VIEW_H

#include <jansson.h>

#include "sample.h"

/* In what order counters of what is dropped, refused and left out are shown. */
enum view_order { VIEW_BY_RATE, VIEW_BY_TOTAL, VIEW_BY_NAME, VIEW_ORDERS };

enum view_style { VIEW_PLAIN, VIEW_STRONG, VIEW_HEAD, VIEW_ALARM };

#define VIEW_LINES_MAX 512
#define VIEW_COLUMNS_MAX 256

struct view {
	unsigned count, columns;
	struct view_line {
		enum view_style style;
		char text[VIEW_COLUMNS_MAX];
	} lines[VIEW_LINES_MAX];
};

/* What the gateway does. `problem` is why the newest sample is old; NULL: it is not. */
void view_overview(struct view *view, const struct sample *before, const struct sample *now,
	enum view_order order, const char *problem);
/* The last refusals, as the control socket tells them; NULL: it is not known. */
void view_refusals(struct view *view, const json_t *refusals);
/* One endpoint's registration, or null, and its refusals; `error` in place of the first. */
void view_endpoint(struct view *view, const char *endpoint, const json_t *registration,
	const char *error, const json_t *refusals);

#endif
