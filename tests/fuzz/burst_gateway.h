/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateway of fuzz_burst.c: a pipeline, a shard on a real registry under EAL, a clock; and what
 * holds between inputs.
 */
#ifndef RDL_FUZZ_BURST_GATEWAY_H
#define RDL_FUZZ_BURST_GATEWAY_H

#include "pipeline.h"
#include "shard.h"

#define BODY_MAX 1000

extern struct rdl_policy *policy;
extern struct rdl_pipeline pipeline;
extern struct rdl_shard shard;
extern uint64_t now_ms;

void gateway_start(void);
/* A pipeline as new; registrations of the last input have ended. */
void gateway_begin(void);
void gateway_end(void);

/* Requests to which no answer is right, though they ask for one. */
uint64_t silences(void);
/* What is there is what began and has not ended. */
void check_balance(void);

#endif
