/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bodies in blocks as a worker must take them: RFC 7959 section 2.5. Which transfers had to give
 * way for others only the worker's answers tell; while none had, all is certain.
 */
#ifndef RDL_MODEL_BLOCKS_H
#define RDL_MODEL_BLOCKS_H

#include "model_requests.h"

#define TRANSFERS 12 /* whole bodies that a worker has memory for */

/* What a worker makes of a block. */
enum part {
	PART_CONTINUE,
	PART_WHOLE,
	PART_REFUSED,
	PART_SHED,
};

void evictions_count(unsigned w, uint64_t with);

/* `seen` is what the worker did, which is believed only where nothing else tells. */
enum part block_judge(unsigned w, const struct sent *q, enum part seen, const struct refusal **why);

#endif
