/* SPDX-License-Identifier: BSD-3-Clause */
/* latencies: how long each of many took, finely: 20 ns up to 10 ms, then 50 us up to 5 s. */
#ifndef RDL_BENCH_LATENCIES_H
#define RDL_BENCH_LATENCIES_H

#include <stdint.h>

#define LATENCIES_FINE 500000
#define LATENCIES_STEPS (LATENCIES_FINE + 100000)

struct latencies {
	uint64_t all;
	uint32_t counts[LATENCIES_STEPS]; /* the last holds all that took longer */
};

void latencies_add(struct latencies *latencies, uint64_t ns);
/* Microseconds that no more than that share of them exceed, of whom there are some. */
double latencies_us(const struct latencies *latencies, double share);

#endif
