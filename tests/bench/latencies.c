/* SPDX-License-Identifier: BSD-3-Clause */
#include "latencies.h"

#define FINE_NS 20
#define COARSE_NS 50000

static uint64_t step_of(uint64_t ns)
{
	uint64_t fine = ns / FINE_NS, coarse = LATENCIES_FINE + ns / COARSE_NS;

	if (fine < LATENCIES_FINE)
		return fine;
	return coarse < LATENCIES_STEPS ? coarse : LATENCIES_STEPS - 1;
}

static double end_us(uint64_t step)
{
	return step < LATENCIES_FINE ? (double)(step + 1) * FINE_NS / 1000
				     : (double)(step + 1 - LATENCIES_FINE) * COARSE_NS / 1000;
}

void latencies_add(struct latencies *latencies, uint64_t ns)
{
	latencies->counts[step_of(ns)]++;
	latencies->all++;
}

double latencies_us(const struct latencies *latencies, double share)
{
	uint64_t want = (uint64_t)((double)latencies->all * share), seen = 0;

	for (unsigned i = 0; i < LATENCIES_STEPS; i++) {
		seen += latencies->counts[i];
		if (seen > want)
			return end_us(i);
	}
	return end_us(LATENCIES_STEPS - 1);
}
