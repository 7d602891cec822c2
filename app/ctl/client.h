/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client: asks a gateway at its control socket, one thing after another. What stands in the way of
 * a reply has been said on standard error.
 */
#ifndef RDL_CTL_CLIENT_H
#define RDL_CTL_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Exit codes. */
enum client_result { CLIENT_DONE = 0, CLIENT_NO_REPLY = 1, CLIENT_UNREACHED = 3 };

struct client {
	const char *path;
	FILE *stream;
	/* The last reply as it came, with the end of its line. */
	char *line;
	size_t line_len, line_room;
};

/* From here on a gateway that goes away is no signal, but UNREACHED. */
enum client_result client_open(struct client *client, const char *path);
/* One that could not be opened is fine. */
void client_close(struct client *client);

/* Takes the request over. *reply is the caller's to release, and NULL unless DONE. */
enum client_result client_ask(struct client *client, json_t *request, json_t **reply);
/* The next line without asking; the same of it. */
enum client_result client_hear(struct client *client, json_t **reply);
/*
 * Asks at a socket, and waits as long as it takes: a device may sleep for a day. `hear` has the
 * first line, which it releases, and hears the others; it returns an exit code, as this does.
 */
int client_converse(const char *path, json_t *request, bool json,
	int (*hear)(struct client *client, json_t *line, bool json));
/* What the gateway says is wrong; NULL: nothing. */
const char *client_error(const json_t *reply);

#endif
