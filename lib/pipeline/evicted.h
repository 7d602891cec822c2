/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evicted: which transfers had to give way a while ago. A Bloom filter (Bloom 1970) of two
 * generations: it never forgets before its time, however many there are, and takes others for
 * evicted only where there are very many.
 */
#ifndef RDL_PIPELINE_EVICTED_H
#define RDL_PIPELINE_EVICTED_H

#include "base.h"

struct rdl_evicted {
	uint64_t *words;
	uint32_t word_mask;
};

/*
 * MAX_TRANSMIT_WAIT (RFC 7252 section 4.8.2): for as long as its client may send a block again, and
 * for up to twice that, a transfer is remembered.
 */
#define RDL_EVICTED_MS 93000

/*
 * Octets for a memory of `words`, a power of two,
 * a multiple of a cache line; they are to be zero.
 */
size_t rdl_evicted_memory(uint32_t words);
void rdl_evicted_init(struct rdl_evicted *evicted, uint32_t words, void *memory);

/* `name` is a keyed hash. The clock does not go back. */
void rdl_evicted_add(struct rdl_evicted *evicted, uint64_t name, uint64_t now_ms);
bool rdl_evicted_has(const struct rdl_evicted *evicted, uint64_t name, uint64_t now_ms);

#endif
