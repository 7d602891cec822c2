/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the owners of registrations, from any thread but theirs. */
#ifndef RDL_APP_ASK_H
#define RDL_APP_ASK_H

#include "daemon.h"

/*
 * Asks the endpoint's owner. The answer is the caller's until ask_done(). NULL: the owner did not
 * answer in time, and nothing was done. `endpoint` has 1 to RDL_ENDPOINT_MAX octets.
 */
struct question *ask_endpoint(
	struct daemon *daemon, enum question_kind kind, struct rdl_span endpoint);

/*
 * A page of endpoint names from *cursor on; it may hold none. Moves *cursor behind the page. 0
 * begins, and a cursor that is 0 again has come to the end.
 */
struct question *ask_page(struct daemon *daemon, enum question_kind kind, uint64_t *cursor);

void ask_done(struct question *question);

#endif
