/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-bench: the daemon's own loops of worker and shard core, their port being rings to a fleet
 * of devices in the same process. What is counted is the time that each role is busy: rounds that
 * found work, as telemetry counts them.
 */
#include "expiry.h"
#include "report.h"
#include "stages.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "instance.h"
#include "listeners.h"
#include "log.h"
#include "feed.h"

#define PORT_RING 1024 /* as many as the descriptors of a NIC's queue */
#define UPDATES_MIN 1000000

/*
 * An lcore for the generator where there is a CPU to spare; else the first worker's, whose packets
 * then come from its own cache, as a NIC's come from the last-level one.
 */
static unsigned place_generator(struct daemon *daemon, const struct options *options)
{
	cpu_set_t free;

	if (strcmp(options->generator, "worker") == 0)
		return 0;
	if (strcmp(options->generator, "shard") == 0)
		return (unsigned)options->workers % daemon->lcores.count;
	sched_getaffinity(0, sizeof(free), &free);
	for (unsigned i = 0; i < daemon->lcores.count; i++)
		CPU_CLR(daemon->lcores.lcore[i].cpu, &free);
	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0;) {
		if (!CPU_ISSET(cpu, &free))
			continue;
		struct lcore *lcore = &daemon->lcores.lcore[daemon->lcores.count];
		*lcore = (struct lcore){ .id = daemon->lcores.count + 1, .cpu = cpu };
		return daemon->lcores.count++;
	}
	return 0;
}

static bool make_port(struct generator *generator, struct rdl_conf *conf)
{
	char name[32];

	generator->workers = conf->workers;
	for (unsigned w = 0; w < conf->workers; w++) {
		snprintf(name, sizeof(name), "bench_to_%u", w);
		generator->to[w] = rte_ring_create(
			name, PORT_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		snprintf(name, sizeof(name), "bench_from_%u", w);
		generator->from[w] = rte_ring_create(
			name, PORT_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (generator->to[w] == NULL || generator->from[w] == NULL)
			return false;
	}
	conf->ports[0].device = "net_ring_bench";
	return rte_eth_from_rings("bench", generator->to, conf->workers, generator->from,
		       conf->workers, 0) >= 0;
}

static uint32_t count_waiting(void *queue)
{
	/* The driver's queue begins with its ring. */
	return rte_ring_count(*(struct rte_ring **)queue);
}

/* NICs count what waits in their queues; the rings' driver does not, for all that rings can. */
static bool count_as_nics_do(void)
{
	uint16_t id;

	if (rte_eth_dev_get_port_by_name("net_ring_bench", &id) != 0)
		return false;
	rte_eth_fp_ops[id].rx_queue_count = count_waiting;
	return true;
}

static uint64_t heap_octets(void)
{
	struct rte_malloc_socket_stats stats;
	uint64_t octets = 0;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			octets += stats.heap_allocsz_bytes;
	return octets;
}

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

static bool open_loop(
	struct daemon *daemon, struct generator *generator, const struct options *options)
{
	struct result result = { 0 };
	struct run run = { .phase = UPDATE,
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

static bool measure(struct daemon *daemon, struct generator *generator,
	const struct options *options, double octets)
{
	struct result results[PHASES] = { { 0 } };
	unsigned rounds = options_rounds(options);

	for (unsigned r = 0; r < rounds; r++) {
		for (enum phase phase = REGISTER; phase < PHASES; phase++) {
			struct run run = { .phase = phase,
				.requests = options->registrations,
				.first = r * options->registrations,
				.endpoints = options->registrations };

			if (phase == UPDATE)
				run.requests = updates_of(options, rounds);
			if (phase == REREGISTER && options->re_registers > 0)
				run.requests *= options->re_registers;
			if (phase == DEREGISTER && options->open_loop > 0 &&
				!open_loop(daemon, generator, options))
				return false;
			if (!run_phase(daemon, generator, &run, &results[phase]))
				return false;
			if (r + 1 == rounds)
				report_phase(options, phase_names[phase], &results[phase], octets);
		}
		if (r + 1 < rounds)
			wait_for_tombstones(daemon);
	}
	return true;
}

/* Threads made later inherit it. The main one must be able to end the others. */
static bool be_realtime(int priority)
{
	struct sched_param parameter = { .sched_priority = priority };

	if (sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &parameter) == 0)
		return true;
	rdl_log_error("bench", "cannot become a real-time process: %s", strerror(errno));
	return false;
}

static int bench(struct daemon *daemon, struct rdl_conf *conf, const struct options *options)
{
	/* Far too large for a stack. */
	static struct generator generator;
	unsigned rounds = options_rounds(options);
	uint64_t endpoints = options->registrations * rounds, before;
	double octets = 0;
	bool ok = false;

	unsigned place = place_generator(daemon, options);
	conf->memory.mb =
		(uint32_t)((daemon_dpdk_memory(daemon) + endpoints * RDL_LOCATION_LEN) >> 20) + 64;
	if (instance_claim(daemon->conf) != 0 || daemon_eal(daemon) != 0)
		return EXIT_FAILURE;
	if (!make_port(&generator, conf) || daemon_setup(daemon) != 0 || !count_as_nics_do() ||
		feed_open(daemon->conf, &daemon->feed) != 0)
		return EXIT_FAILURE;
	before = heap_octets();
	if (daemon_setup_shards(daemon) != 0)
		return EXIT_FAILURE;
	octets = (double)(heap_octets() - before - options->shards * sizeof(struct shard_core) -
			  daemon_channels_memory(daemon)) /
		 (double)(options->registrations + options->storm);
	if (options->stages) {
		stages_print(options->json);
		return EXIT_SUCCESS;
	}
	if (options->expiry)
		return expiry_print(daemon, options->registrations, options->json) ? EXIT_SUCCESS
										   : EXIT_FAILURE;
	generator.pool = rte_mempool_lookup("rdl_packets");
	generator.window = (unsigned)options->window;
	generator.mixed = options->mixed;
	generator.offload = options->offload;
	packets_init(&generator.packets, rdl_pktio_mac(daemon->pktio, 0),
		conf->ports[0].ipv4[0].address);
	if (generator.pool == NULL || !generator_init(&generator, endpoints))
		return EXIT_FAILURE;
	if (!options->uncounted) {
		daemon_assign(daemon);
		lcores_add_role(&daemon->lcores, place,
			&(struct role){ generator_step, &generator, &generator.load });
	}
	report_begin(options);
	/* The feed and its subscribers are nobody's real-time threads. */
	const struct feed_sources sources = daemon_feed_sources(daemon);
	if (feed_start(daemon->feed, &sources) != 0)
		return EXIT_FAILURE;
	if (options->realtime && !be_realtime(2))
		return EXIT_FAILURE;
	if ((options->uncounted || lcores_launch(&daemon->lcores, conf->workers) == 0) &&
		listeners_start(daemon, (unsigned)options->listeners))
		ok = measure(daemon, &generator, options, octets);
	/* It waits spinning. */
	if (options->realtime)
		be_realtime(0);
	if (options->events)
		listeners_end(daemon, options->json);
	feed_stop(daemon->feed);
	lcores_join(&daemon->lcores);
	feed_close(daemon->feed);
	daemon_teardown(daemon);
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	struct options options;

	if (!options_parse(argc, argv, &options)) {
		options_usage(stderr);
		return 2;
	}
	struct rdl_conf *conf = options_configure(&options);
	if (conf == NULL)
		return EXIT_FAILURE;
	if (options.realtime && !be_realtime(1))
		return EXIT_FAILURE;
	daemon.conf = conf;
	daemon.socket_id = -1;
	daemon.started_ms = rdl_clock_ms();
	struct rdl_rules *rules = NULL;
	if (daemon_keys(&daemon) != 0 || daemon_plan_lcores(&daemon) != 0 ||
		(rules = daemon_rules(&daemon, conf)) == NULL)
		return EXIT_FAILURE;
	rdl_rulebook_init(&daemon.rulebook);
	rdl_rulebook_change(&daemon.rulebook, rules);
	int ret = bench(&daemon, conf, &options);
	rdl_rulebook_close(&daemon.rulebook);
	rdl_conf_free(conf);
	return ret;
}
