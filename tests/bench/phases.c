/* SPDX-License-Identifier: BSD-3-Clause */
#include "phases.h"

#include <time.h>

#include <rte_cycles.h>

#include "log.h"
#include "report.h"

#define UPDATES_MIN 1000000

static void add_load(const struct daemon *daemon, struct result *result, int sign)
{
	uint64_t s = sign > 0 ? 1 : UINT64_MAX;

	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		const struct load *load = &daemon->workers[w]->load;

		result->worker_ticks += s * __atomic_load_n(&load->busy_cycles, __ATOMIC_RELAXED);
		result->worker_rounds += s * __atomic_load_n(&load->bursts, __ATOMIC_RELAXED);
	}
	for (unsigned i = 0; i < daemon->conf->shards; i++)
		result->shard_ticks +=
			s * __atomic_load_n(
				    &daemon->owners.cores[i]->load.busy_cycles, __ATOMIC_RELAXED);
}

static bool run_phase(struct daemon *daemon, struct generator *generator, const struct run *run,
	struct result *result)
{
	add_load(daemon, result, -1);
	if (daemon->lcores.lcore[0].role_count > 0)
		generator_run(generator, run);
	else
		generator_run_uncounted(
			generator, run, daemon->workers[0], daemon->owners.cores[0]);
	add_load(daemon, result, 1);
	result->requests += generator->answered;
	result->ticks += generator->end - generator->begin;
	if (generator->wrong == 0 && generator->lost == 0 && generator->answered == run->requests)
		return true;
	if (run->rate > 0)
		return generator->wrong == 0;
	rdl_log_error("bench", "%s: %llu of %llu answered, %llu wrong, %llu lost",
		phase_names[run->phase], (unsigned long long)generator->answered,
		(unsigned long long)run->requests, (unsigned long long)generator->wrong,
		(unsigned long long)generator->lost);
	return false;
}

static void wait_for_tombstones(const struct daemon *daemon)
{
	for (unsigned tries = 0; tries < 1000; tries++) {
		struct timespec pause = { .tv_nsec = 10000000 };
		struct rdl_stats sum = { { 0 } };

		owners_stats(&daemon->owners, &sum);
		if (rdl_stats_get(&sum, RDL_STAT_tombstones) == 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static bool open_loop(struct daemon *daemon, struct generator *generator,
	const struct options *options, bool secured)
{
	struct result result = { 0 };
	struct run run = { .phase = UPDATE,
		.secured = secured,
		.endpoints = options->registrations,
		.rate = (double)options->open_loop,
		.requests = options->open_loop * 2 };

	if (options->storm > 0) {
		run.requests = options->storm;
		run.updates_percent = (unsigned)options->updates_percent;
	}
	bool ok = run_phase(daemon, generator, &run, &result);
	report_open_loop(options, options->storm > 0 ? "storm" : "open-loop", generator);
	return ok;
}

static uint64_t updates_of(const struct options *options, unsigned rounds)
{
	uint64_t updates = options->registrations;

	if (options->updates_each > 0)
		return updates * options->updates_each;
	return updates < UPDATES_MIN / rounds ? UPDATES_MIN / rounds : updates;
}

static bool measure(struct daemon *daemon, struct generator *generator, struct asks *asks,
	const struct options *options, double octets, bool secured)
{
	struct result results[PHASES] = { { 0 } };
	unsigned rounds = options_rounds(options);

	for (unsigned r = 0; r < rounds; r++) {
		for (enum phase phase = REGISTER; phase < PHASES; phase++) {
			struct run run = { .phase = phase,
				.secured = secured,
				.requests = options->registrations,
				.first = r * options->registrations,
				.endpoints = options->registrations };

			if (phase == UPDATE)
				run.requests = updates_of(options, rounds);
			if (phase == REREGISTER && options->re_registers > 0)
				run.requests *= options->re_registers;
			if (phase == DEREGISTER && options->open_loop > 0 &&
				!open_loop(daemon, generator, options, secured))
				return false;
			if (phase == DEREGISTER && options->asks > 0 &&
				!asks_run(asks, daemon, options))
				return false;
			if (!run_phase(daemon, generator, &run, &results[phase]))
				return false;
			if (r + 1 == rounds)
				report_phase(options, &run, &results[phase], octets);
		}
		if (r + 1 < rounds)
			wait_for_tombstones(daemon);
	}
	return true;
}

bool phases_run(struct daemon *daemon, struct generator *generator, struct asks *asks,
	const struct options *options, double octets)
{
	if (!measure(daemon, generator, asks, options, octets, false))
		return false;
	if (!options->dtls)
		return true;
	wait_for_tombstones(daemon);
	return measure(daemon, generator, asks, options, octets, true);
}
