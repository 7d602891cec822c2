/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who listens to the gateway of fuzz_burst.c:
 * what is told keeps step with the counters, and is JSON for any octets.
 */
#ifndef RDL_FUZZ_BURST_EVENTS_H
#define RDL_FUZZ_BURST_EVENTS_H

#include "shard.h"

void events_start(struct rdl_shard *shard);
/* Reads what there is; a walk now and then, too. */
void events_check(struct rdl_shard *shard, uint64_t now_ms);

#endif
