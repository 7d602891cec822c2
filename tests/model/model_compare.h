/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole registry beside the whole reference; counters; and that nothing is left at the end. */
#ifndef RDL_MODEL_COMPARE_H
#define RDL_MODEL_COMPARE_H

#include "model_shard.h"
#include "model_worker.h"

/* Whose name it is. */
struct endpoint *endpoint_of(struct rdl_span name);
void compare_all(void);

/* All that is registered ends by time, and leaves nothing. */
void compare_end(void);

#endif
