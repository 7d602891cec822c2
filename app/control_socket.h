/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket. Requests and replies are JSON, a line each: {"command": "show", "endpoint":
 * "..."}. On a thread of its own, which asks owners by mailbox.
 */
#ifndef RDL_APP_CONTROL_SOCKET_H
#define RDL_APP_CONTROL_SOCKET_H

#include "lines.h"

struct daemon;
struct control_socket;

/* The same stages as the publisher's. */
int control_socket_open(struct daemon *daemon);
int control_socket_start(struct daemon *daemon);
void control_socket_stop(struct daemon *daemon);
void control_socket_close(struct daemon *daemon);

const struct rdl_lines_counts *control_socket_server_counts(const struct control_socket *control);

#endif
