/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * requests: what is asked of devices: the operations of LwM2M over a gateway's request socket, and
 * Updates by its control socket. What stands in the way has been said on standard error.
 */
#ifndef RDL_CTL_REQUESTS_H
#define RDL_CTL_REQUESTS_H

#include <stdio.h>

#include <jansson.h>

#include "base.h"

/* Where they go, and how what comes back is shown. */
struct request_options {
	const char *control, *requests, *events; /* sockets */
	bool json; /* lines as they come */
};

void requests_usage(FILE *out);
/* Whether a command is one of these. */
bool requests_have(const char *command);
/* Returns an exit code. */
int requests_command(int argc, char **argv, const struct request_options *options);

/* ---- observe.c ---- */

/* Sends a request that observes, and prints what comes of it until it ends, or a signal ends it. */
int requests_observe(const struct request_options *options, json_t *request);

/* ---- update.c ---- */

void update_usage(FILE *out);
int update_command(int argc, char **argv, const struct request_options *options);

/* ---- payload.c ---- */

/* The number of a Content-Format by name, or as a number; -1: there is none of that name. */
int payload_format(const char *name);
/*
 * What people write, as octets in base64: text as it is, other formats in hex; "-" is what standard
 * input has, as it is. NULL: it is not hex, or cannot be read, which has been said.
 */
json_t *payload_of(const char *text, int format);
/* The payload of an answer or of a notification, as it is where it is text, else in hex. */
void payload_print(const json_t *line);

/* ---- requests.c ---- */

/* An answer, or the end without one. Returns an exit code: only 2.xx is a success. */
int requests_print(const json_t *line);
/* A state after which nothing comes, but of what observes. */
bool requests_is_over(const json_t *line);

#endif
