/* SPDX-License-Identifier: BSD-3-Clause */
/* A refusal as JSON, for whoever asked. */
#ifndef RDL_APP_REFUSAL_TEXT_H
#define RDL_APP_REFUSAL_TEXT_H

#include "daemon.h"

/*
 * No refusal's members are longer:
 * names of 252 octets, which may take six each, and all the rest.
 */
#define REFUSAL_TEXT_MAX 3072

/* Its members, without braces. */
void refusal_text(
	struct rdl_cursor *reply, const struct daemon *daemon, const struct rdl_refusal *refusal);

#endif
