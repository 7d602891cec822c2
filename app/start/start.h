/* SPDX-License-Identifier: BSD-3-Clause */
/* start: the daemon from its configuration to its end. By the main thread, which never polls. */
#ifndef RDL_START_H
#define RDL_START_H

/* Says what is wrong with the file on stdout; returns what to exit with. */
int start_check(const char *path);
/* Serves as the file says until told to stop; returns what to exit with. Once a process. */
int start_serve(const char *path);

#endif
