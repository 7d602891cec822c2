/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it takes to reclaim a fleet that ends in one second,
 * and how long a slice of it holds a burst up.
 */
#ifndef RDL_BENCH_EXPIRY_H
#define RDL_BENCH_EXPIRY_H

#include "daemon.h"

/* Before the launch: the first shard's registry is used by the caller, under a clock of its own. */
bool expiry_print(struct daemon *daemon, uint64_t registrations, bool json);

#endif
