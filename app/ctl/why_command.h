/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * why: why an endpoint is registered, or is not, in words, with what to change; and what comes from
 * its address in the next seconds.
 */
#ifndef RDL_CTL_WHY_COMMAND_H
#define RDL_CTL_WHY_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "client.h"

void why_usage(FILE *out);
/* `why` and its arguments; returns an exit code. */
int why_command(int argc, char **argv, const char *socket, bool json);

/* What a gateway knows, as it says it; false: that the endpoint is not registered. */
bool why_print(json_t *why);

/*
 * What to do about a refusal's reason, a counter of what is shed, or why a handshake failed;
 * NULL: nothing is known.
 */
const char *why_advice_refused(const char *reason);
const char *why_advice_shed(const char *counter);
const char *why_advice_handshake(const char *failure);

/*
 * Listens so many seconds to an address, or else to an endpoint, and prints what came; the exit
 * code.
 */
int why_listen(
	struct client *client, const char *endpoint, const char *address, json_int_t seconds);

#endif
