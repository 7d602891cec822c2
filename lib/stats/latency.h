/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latency: how long something took, as a histogram whose bounds are the same everywhere, from a
 * microsecond to ten seconds. Written by one core, read by anybody at any time.
 */
#ifndef RDL_STATS_LATENCY_H
#define RDL_STATS_LATENCY_H

#include "base.h"

/* Upper bounds in microseconds: five a decade, so that a percentile is read within 40 %. */
#define RDL_LATENCY_BOUNDS 36

struct rdl_latency {
	/* Not cumulative; the last one is of what took longer than the highest bound. */
	uint64_t count[RDL_LATENCY_BOUNDS + 1];
	uint64_t sum_ns;
};

/* Of number `bound` < RDL_LATENCY_BOUNDS. */
uint64_t rdl_latency_bound_us(unsigned bound);

/* By the owning core only. */
void rdl_latency_add(struct rdl_latency *latency, uint64_t ns);

/* On top of `sum`, by anybody. */
void rdl_latency_sum(struct rdl_latency *sum, const struct rdl_latency *latency);

/*
 * The lowest bound, in microseconds, that so many thousandths of all do not exceed. UINT64_MAX: the
 * highest does not do; 0: there are none.
 */
uint64_t rdl_latency_percentile_us(const struct rdl_latency *latency, unsigned thousandths);

#endif
