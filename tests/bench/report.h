/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured, as a table or as JSON, a line for each phase. */
#ifndef RDL_BENCH_REPORT_H
#define RDL_BENCH_REPORT_H

#include "generator.h"
#include "options.h"

/* Sums over all rounds of a phase. */
struct result {
	uint64_t requests; /* answered */
	uint64_t ticks; /* from the first to the last */
	uint64_t worker_ticks, shard_ticks; /* busy, over all of a kind */
	uint64_t worker_rounds; /* that found work */
};

void report_begin(const struct options *options);
void report_phase(const struct options *options, const struct run *run, const struct result *result,
	double octets);
/* The last run of the generator, at a rate of its own. */
void report_open_loop(
	const struct options *options, const char *phase, const struct generator *generator);

#endif
