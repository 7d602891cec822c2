/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sends: those that somebody was told of lately, by their names, which are hashes: a copy, whose
 * answer was lost, is answered again and told no more (RFC 7252 section 4.5). Of a fixed size,
 * however many devices there are: the oldest ones give way.
 */
#ifndef RDL_ORDERS_SENDS_H
#define RDL_ORDERS_SENDS_H

#include "base.h"

#define RDL_SENDS 65536

struct rdl_sends {
	uint64_t *words; /* RDL_SENDS of them */
};

/* Lays its part behind *end; `memory`, which is zero, NULL: only counts. */
void rdl_sends_lay(struct rdl_sends *sends, void *memory, size_t *end);
/*
 * Whether it came within so many seconds before `now_s`. One of 2^36 that did not is taken for it.
 */
bool rdl_sends_has(
	const struct rdl_sends *sends, uint64_t name, uint32_t now_s, uint32_t lifetime_s);
void rdl_sends_put(struct rdl_sends *sends, uint64_t name, uint32_t now_s);

#endif
