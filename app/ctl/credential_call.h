/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands of `rdline-ctl credential` share. */
#ifndef RDL_CTL_CREDENTIAL_CALL_H
#define RDL_CTL_CREDENTIAL_CALL_H

#include <stdio.h>

#include "writing.h"

/* Exit codes. */
enum { CREDENTIAL_DONE = 0, CREDENTIAL_FAILED = 1, CREDENTIAL_USAGE = 2 };

/* One command, as it was given. */
struct call {
	struct rdl_credentials_config config;
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

#endif
