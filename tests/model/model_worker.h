/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's bursts: what of them it answers, hands over and drops. */
#ifndef RDL_MODEL_WORKER_H
#define RDL_MODEL_WORKER_H

#include "model_replies.h"

extern uint64_t silences[WORKERS][RDL_STAT_COUNT];

void worker_burst(unsigned w, struct sent *const burst_sent[], unsigned n);

/* Replies that have come back from a shard, up to a burst of them. */
void take_replies(unsigned w, unsigned s);

#endif
