/* SPDX-License-Identifier: BSD-3-Clause */
/* `rdline-ctl credential`: the database of credentials, whether a gateway runs on it or not. */
#ifndef RDL_CTL_CREDENTIAL_H
#define RDL_CTL_CREDENTIAL_H

#include <stdio.h>

/* What a command's options and commands look like, a line each. */
void credential_usage(FILE *out);
/*
 * argv[0] is the word "credential"; `socket` is of a gateway, where one is to be asked. Returns
 * the program's exit code: 0 done, 1 no such identity or an error, which has been said, 2 usage, 3
 * no connection. Keys among the arguments are overwritten.
 */
int credential_command(int argc, char **argv, const char *socket);

#endif
