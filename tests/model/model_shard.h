/* SPDX-License-Identifier: BSD-3-Clause */
/* A shard's bursts and its expiry, beside what the reference makes of them. */
#ifndef RDL_MODEL_SHARD_H
#define RDL_MODEL_SHARD_H

#include "model_operations.h"
#include "model_registration.h"

/* A burst of one worker's requests, in their order. */
void shard_burst(unsigned s, unsigned w);

/* Changes up to a position are safe: answers that waited for them go to their workers. */
void release_answers(unsigned s, uint64_t position);

/*
 * A slice: what of the fallen it has come to, only the sums tell.
 * The clock stands until the rest has followed.
 */
void expire_slice(unsigned s);

/* All that is past its time, whatever it takes. */
void expire_whole(unsigned s);

#endif
