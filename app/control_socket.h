/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * console: the control socket. Requests and replies are JSON, a line each: {"command": "show", "endpoint": "..."}. On a
 * thread of its own, which asks owners by mailbox.
 */
#ifndef RDL_APP_CONSOLE_H
#define RDL_APP_CONSOLE_H

#include "lines.h"

struct daemon;
struct console;

/* The same stages as the publisher's. */
int console_open(struct daemon *daemon);
int console_start(struct daemon *daemon);
void console_stop(struct daemon *daemon);
void console_close(struct daemon *daemon);

const struct rdl_lines_counts *console_server_counts(const struct console *console);

#endif
