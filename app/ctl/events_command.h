/* SPDX-License-Identifier: BSD-3-Clause */
/* events: what happens to registrations, as lines, as the gateway tells it. */
#ifndef RDL_CTL_EVENTS_COMMAND_H
#define RDL_CTL_EVENTS_COMMAND_H

#include <stdio.h>

void events_usage(FILE *out);
/* `events` and its arguments; returns an exit code. */
int events_command(int argc, char **argv, const char *socket);

#endif
