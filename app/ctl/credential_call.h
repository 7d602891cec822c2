/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands of `rdline-ctl credential` share. */
#ifndef RDL_CTL_CREDENTIAL_CALL_H
#define RDL_CTL_CREDENTIAL_CALL_H

#include <stdio.h>

#include "writing.h"

/* Exit codes, beside the client's. */
enum { CREDENTIAL_DONE = 0, CREDENTIAL_FAILED = 1, CREDENTIAL_USAGE = 2 };

/* One command, as it was given. */
struct call {
	struct rdl_credentials_config config;
	/* A gateway's control socket. */
	const char *socket;
	/* Behind the command's name. */
	char **arguments;
	int count;
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
};

/* Says what went wrong; CREDENTIAL_FAILED. */
int credential_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* NULL, and it has been said why. */
struct rdl_credentials *credential_open(struct call *call, bool write, bool make);
/* Writes rows that are in order; an exit code. */
int credential_put(struct call *call, const struct rdl_credentials_row *rows, size_t count,
	struct rdl_credentials_tally *tally);

int credential_import(struct call *call);
int credential_list(struct call *call);
/*
 * Of an identity that was removed, at the gateway behind that socket; prints each. An exit code,
 * also that there is no connection.
 */
int credential_end_registrations(const char *socket, struct rdl_credentials_identity identity,
	const struct rdl_credentials_removed *removed);

#endif
