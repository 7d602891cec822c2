/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subscribers of the event stream, threads of the benchmark's own:
 * what events cost the shard, and how many get through.
 */
#ifndef RDL_BENCH_LISTENERS_H
#define RDL_BENCH_LISTENERS_H

#include "daemon.h"
#include "options.h"

/* Each subscribes to all events from now on, and counts lines. False when one could not. */
bool listeners_start(const struct daemon *daemon, unsigned count);
/* When the feed has told what there is: ends them, and prints what came and what was lost. */
void listeners_end(const struct daemon *daemon, bool json);

#endif
