/* SPDX-License-Identifier: BSD-3-Clause */
/* A listening UNIX socket. */
#ifndef RDL_LISTEN_H
#define RDL_LISTEN_H

#include "lines.h"

/* In place of one that nobody serves; -1 after logging why not. */
RDL_MUST_CHECK int rdl_lines_listen(const struct rdl_lines_place *at, const char *area);

#endif
