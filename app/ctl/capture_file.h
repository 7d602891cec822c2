/* SPDX-License-Identifier: BSD-3-Clause */
/* `rdline-ctl capture`: packets of a gateway, with what became of each, into a file. */
#ifndef RDL_CTL_CAPTURE_FILE_H
#define RDL_CTL_CAPTURE_FILE_H

#include <stdio.h>

/* What its options look like, a line each. */
void capture_usage(FILE *out);
/*
 * argv[0] is the word "capture". Returns the program's exit code: 0 done, 1 an error, which has
 * been said, 2 usage, 3 no connection.
 */
int capture_command(int argc, char **argv, const char *socket);

#endif
