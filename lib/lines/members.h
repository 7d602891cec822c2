/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members: what a line says that is a JSON object. What is there is what it has to be, or it is
 * named as wrong: nothing is taken for left out that was said.
 */
#ifndef RDL_LINES_MEMBERS_H
#define RDL_LINES_MEMBERS_H

#include <jansson.h>

#include "base.h"

enum rdl_lines_kind {
	RDL_LINES_STRING, /* struct rdl_span, a view; `least` to `most` octets */
	RDL_LINES_BOOLEAN, /* bool */
	RDL_LINES_WHOLE, /* uint64_t; of 1.0 and 1e0, too, which JSON has no difference for */
	RDL_LINES_NUMBER, /* double */
	RDL_LINES_ANY, /* json_t *, a view: its owner looks at it */
};

struct rdl_lines_member {
	const char *name;
	size_t at; /* where it is kept in what they are read into */
	enum rdl_lines_kind kind;
	bool required;
	double least, most; /* of a number or a string */
	/* What is said of any other value, and where it is required and not there. */
	const char *wrong;
};

/*
 * The line's value, which the caller releases; NULL: it is none, and *wrong says why. Where
 * `whole_exact` is false, numbers are doubles, and may be of any size that these have.
 */
json_t *rdl_lines_load(const char *text, size_t len, bool whole_exact, const char **wrong);

/*
 * Reads all that the object has into `into`, in the order of `members`, up to the first that is
 * wrong; what is left out stays as it is. Returns what is wrong, or NULL; `strange`, where it is no
 * object or has a member that is none of these.
 */
const char *rdl_lines_read(json_t *object, const struct rdl_lines_member members[], unsigned count,
	void *into, const char *strange);

#endif
