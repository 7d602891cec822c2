/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the owners of registrations, from any thread but theirs. */
#ifndef RDL_APP_ASK_H
#define RDL_APP_ASK_H

#include "daemon.h"

/*
 * Asks the endpoint's owner; the answer is the caller's until ask_done(). NULL when the owner did not answer in time: nothing
 * was done then. `endpoint` has 1 to RDL_ENDPOINT_MAX octets.
 */
struct question *ask_endpoint(
	struct daemon *daemon, enum question_kind kind, struct rdl_span endpoint);

/*
 * A page of endpoint names from *cursor on, which may hold none; moves *cursor behind it: 0 begins, and is what it is at the
 * end.
 */
struct question *ask_page(struct daemon *daemon, enum question_kind kind, uint64_t *cursor);

void ask_done(struct question *question);

#endif
