/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines besides events. */
#ifndef RDL_RECALL_SAY_H
#define RDL_RECALL_SAY_H

#include "base.h"

/* None of a reader's turn is longer, all in all: one for each log, and some. */
#define SAY_OCTETS (256 * 80 + 1024)

static inline void say_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

void say_text(struct rdl_cursor *out, const char *text);
void say_error(struct rdl_cursor *out, const char *text);
void say_gap(struct rdl_cursor *out, const char *why);
void say_place(struct rdl_cursor *out, unsigned partition, uint64_t position);
void say_snapshot_end(struct rdl_cursor *out, uint64_t rows);

#endif
