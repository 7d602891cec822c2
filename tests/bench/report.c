/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <inttypes.h>

#include <rte_cycles.h>

static const char *secured(const struct run *run)
{
	return run->secured ? "secured " : "";
}

static void head(const struct options *options, const struct run *run, const char *phase)
{
	printf("{\"phase\": \"%s%s\", \"registrations\": %" PRIu64 ", \"workers\": %" PRIu64
	       ", \"shards\": %" PRIu64 ", \"mixed\": %d, \"offload\": %d, ",
		secured(run), phase, options->registrations, options->workers, options->shards,
		options->mixed, options->offload);
}

void report_begin(const struct options *options)
{
	if (!options->json)
		printf("%-20s %10s %-9s %10s %9s %9s %9s %9s %6s %8s\n", "phase", "held", "cores",
			"ops/s", "worker ns", "shard ns", "w ticks", "s ticks", "burst",
			"octets/r");
}

void report_phase(const struct options *options, const struct run *run, const struct result *result,
	double octets)
{
	const char *phase = phase_names[run->phase];
	double hz = (double)rte_get_tsc_hz(), n = (double)result->requests;
	double worker = (double)result->worker_ticks / n, shard = (double)result->shard_ticks / n;
	double rate = n * hz / (double)result->ticks;
	double burst = result->worker_rounds > 0 ? n / (double)result->worker_rounds : 0;

	if (options->json) {
		head(options, run, phase);
		printf("\"ops_per_s\": %.0f, \"worker_ns\": %.1f, \"shard_ns\": %.1f, "
		       "\"worker_ticks\": %.1f, \"shard_ticks\": %.1f, \"burst\": %.1f, "
		       "\"octets_per_registration\": %.1f}\n",
			rate, worker / hz * 1e9, shard / hz * 1e9, worker, shard, burst, octets);
	} else {
		printf("%s%-*s %10" PRIu64 " %3" PRIu64 " x %-3" PRIu64
		       " %10.0f %9.1f %9.1f %9.0f %9.0f %6.1f %8.1f\n",
			secured(run), run->secured ? 12 : 20, phase, options->registrations,
			options->workers, options->shards, rate, worker / hz * 1e9,
			shard / hz * 1e9, worker, shard, burst, octets);
	}
	fflush(stdout);
}

static double share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 100.0;
}

void report_open_loop(const struct options *options, const char *phase, const struct generator *g)
{
	double seconds = (double)(g->end - g->begin) / (double)rte_get_tsc_hz();
	double p50 = latencies_us(g->latencies, 0.5), p99 = latencies_us(g->latencies, 0.99),
	       p999 = latencies_us(g->latencies, 0.999);

	if (options->json) {
		head(options, &g->run, phase);
		printf("\"offered_per_s\": %" PRIu64 ", \"ops_per_s\": %.0f, \"p50_us\": %.2f, "
		       "\"p99_us\": %.2f, \"p999_us\": %.2f, \"sent\": %" PRIu64
		       ", \"not_taken\": %" PRIu64 ", \"registers_sent\": %" PRIu64
		       ", \"registers_answered\": %" PRIu64 ", \"updates_sent\": %" PRIu64
		       ", \"updates_answered\": %" PRIu64 ", \"wrong\": %" PRIu64 "}\n",
			options->open_loop, (double)g->answered / seconds, p50, p99, p999, g->sent,
			g->not_taken, g->sent_of[REGISTER], g->answered_of[REGISTER],
			g->sent_of[UPDATE], g->answered_of[UPDATE], g->wrong);
	} else {
		printf("%s%-12s %10" PRIu64 " offered %.0f/s, answered %.0f/s: %.2f %% of Updates, "
		       "%.2f %% of Registers; p50 %.1f us, p99 %.1f, p99.9 %.1f; the port's queue "
		       "lost %.2f %%\n",
			secured(&g->run), phase, options->registrations, (double)g->sent / seconds,
			(double)g->answered / seconds,
			share(g->answered_of[UPDATE], g->sent_of[UPDATE]),
			share(g->answered_of[REGISTER], g->sent_of[REGISTER]), p50, p99, p999,
			share(g->not_taken, g->sent));
	}
	fflush(stdout);
}
