/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scratches: pieces of memory, for what is decoded of a request and does not fit behind its packet:
 * of a body that came in blocks, or of a message that is long.
 */
#ifndef RDL_PIPELINE_SCRATCHES_H
#define RDL_PIPELINE_SCRATCHES_H

#include "base.h"

#define RDL_SCRATCHES 64

struct rdl_scratches {
	uint8_t *memory;
	uint32_t piece_len; /* octets of each, a multiple of a cache line; 0: there are none */
	uint64_t free; /* a bit each */
};

/*
 * Octets that rdl_scratches_init() needs, aligned to a cache line: each piece holds a payload of
 * `max_payload`, what is read of it, and its message's parameters.
 */
size_t rdl_scratches_memory(uint32_t max_payload);
void rdl_scratches_init(struct rdl_scratches *scratches, uint32_t max_payload, void *memory);

/* Takes a piece, to be written to by *cursor. Returns its place, not 0; 0: none is left. */
unsigned rdl_scratches_take(struct rdl_scratches *scratches, struct rdl_cursor *cursor);
void rdl_scratches_release(struct rdl_scratches *scratches, unsigned place);

#endif
