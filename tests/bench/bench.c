/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-bench: the daemon's own worker and control loops, their port being rings to a fleet of devices in the same
 * process. What is counted is the time that each role is busy: rounds that found work, as telemetry counts them.
 */
#include "expiry.h"
#include "generator.h"
#include "stages.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "log.h"

#define PORT_RING 4096
#define ROUNDS_MAX 10
/* Small tables are filled and emptied several times, so that there is something to measure. */
#define REQUESTS_MIN 20000
#define UPDATES_MIN 1000000

struct options {
	uint64_t registrations;
	unsigned workers, shards, window, updates_percent, repeat[PHASES];
	double open_loop;
	uint64_t storm; /* requests of it */
	bool json, mixed, offload, huge, realtime, stages, expiry;
	const char *generator; /* "own", "worker", "shard": whose lcore it shares */
};

/* Sums over the phase, over all rounds. */
struct result {
	uint64_t requests, worker_ticks, shard_ticks, worker_rounds, ticks;
};

static void usage(FILE *out)
{
	fputs("usage: rdline-bench -n REGISTRATIONS [-w WORKERS] [-s SHARDS] [options]\n"
	      "  --json             one JSON object per line and phase\n"
	      "  --mixed            Registers as several real clients write them\n"
	      "  --offload          checksums verified by the port, as NICs do\n"
	      "  --window N         requests under way (512)\n"
	      "  --generator WHERE  on the lcore of the first worker or shard, or its own\n"
	      "  --open-loop RATE   then Updates at this rate a second, with their latency\n"
	      "  --storm N          with --open-loop: N requests, new Registers among them\n"
	      "  --updates PERCENT  of Updates in a storm (50)\n"
	      "  --no-huge          memory in pages of 4 KiB\n"
	      "  --re-registers N   so many times each, and so many Updates: for a profiler\n"
	      "  --updates-each N\n"
	      "  --expiry           instead: all registrations end in one second\n"
	      "  --stages           instead: ticks of each stage of a worker by itself\n"
	      "  --realtime         SCHED_FIFO, where the machine is shared with others\n",
		out);
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = { { "json", no_argument, NULL, 'j' },
		{ "mixed", no_argument, NULL, 'm' }, { "offload", no_argument, NULL, 'o' },
		{ "window", required_argument, NULL, 'W' },
		{ "generator", required_argument, NULL, 'g' },
		{ "open-loop", required_argument, NULL, 'l' },
		{ "storm", required_argument, NULL, 'S' },
		{ "updates", required_argument, NULL, 'u' },
		{ "re-registers", required_argument, NULL, '1' },
		{ "updates-each", required_argument, NULL, '2' },
		{ "no-huge", no_argument, NULL, 'H' }, { "realtime", no_argument, NULL, 'r' },
		{ "stages", no_argument, NULL, 't' }, { "expiry", no_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "n:w:s:h", names, NULL)) != -1) {
		switch (option) {
		case 'n':
			options->registrations = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			options->workers = (unsigned)atoi(optarg);
			break;
		case 's':
			options->shards = (unsigned)atoi(optarg);
			break;
		case 'j':
			options->json = true;
			break;
		case 'm':
			options->mixed = true;
			break;
		case 'o':
			options->offload = true;
			break;
		case 'W':
			options->window = (unsigned)atoi(optarg);
			break;
		case 'g':
			options->generator = optarg;
			break;
		case 'l':
			options->open_loop = atof(optarg);
			break;
		case 'S':
			options->storm = strtoull(optarg, NULL, 10);
			break;
		case '1':
			options->repeat[REREGISTER] = (unsigned)atoi(optarg);
			break;
		case '2':
			options->repeat[UPDATE] = (unsigned)atoi(optarg);
			break;
		case 'u':
			options->updates_percent = (unsigned)atoi(optarg);
			break;
		case 'H':
			options->huge = false;
			break;
		case 'x':
			options->expiry = true;
			break;
		case 't':
			options->stages = true;
			break;
		case 'r':
			options->realtime = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc && options->registrations > 0 &&
	       options->registrations + options->storm < 16000000 && options->workers > 0 &&
	       options->shards > 0 && options->window > 0 && options->window <= 2048;
}

static unsigned rounds_for(uint64_t registrations)
{
	uint64_t rounds = REQUESTS_MIN / registrations + 1;

	return rounds < ROUNDS_MAX ? (unsigned)rounds : ROUNDS_MAX;
}

/* A configuration like an operator's, everything on. */
static struct rdl_conf *configure(const struct options *options)
{
	char path[] = "/tmp/rdline-bench-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL)
		return NULL;
	fprintf(file,
		"instance = \"bench-%d\"; workers = %u; shards = %u;\n"
		"memory = { hugepages = %s; registrations = %llu; name_octets = 24; };\n"
		"ports = ( { device = \"net_null0\"; addresses = [ \"192.0.2.1/24\" ]; } );\n"
		"coap = { exchange_lifetime = %u; };\n"
		"lwm2m = { version = \"1.1\"; objects = (\n",
		(int)getpid(), options->workers, options->shards, options->huge ? "true" : "false",
		(unsigned long long)(options->registrations + options->storm),
		rounds_for(options->registrations) > 1 ? 2 : 247);
	for (unsigned id = 1; id <= 20; id++)
		fprintf(file, "{ id = %u; versions = [ \"1.0\", \"1.1\" ]; multiple = %s; },\n", id,
			id == 3 ? "false" : "true");
	for (unsigned id = 3300; id < 3350; id++)
		fprintf(file, "{ id = %u; versions = [ \"1.0\", \"1.1\" ]; multiple = true; }%s\n",
			id, id == 3349 ? " ); };" : ",");
	fclose(file);
	struct rdl_conf *conf = rdl_conf_load(path, stderr);
	unlink(path);
	return conf;
}

/* An lcore for the generator where there is a CPU to spare, else one that it shares. */
static unsigned place_generator(struct daemon *daemon, const struct options *options)
{
	cpu_set_t free;

	if (strcmp(options->generator, "worker") == 0)
		return 0;
	if (strcmp(options->generator, "shard") == 0)
		return options->workers % daemon->lcore_count;
	sched_getaffinity(0, sizeof(free), &free);
	for (unsigned i = 0; i < daemon->lcore_count; i++)
		CPU_CLR(daemon->lcores[i].cpu, &free);
	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0;) {
		if (!CPU_ISSET(cpu, &free))
			continue;
		struct lcore *lcore = &daemon->lcores[daemon->lcore_count];
		*lcore = (struct lcore){
			.id = daemon->lcore_count + 1, .cpu = cpu, .daemon = daemon
		};
		return daemon->lcore_count++;
	}
	return options->workers % daemon->lcore_count;
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
		result->shard_ticks += s * __atomic_load_n(&daemon->controls[i]->load.busy_cycles,
						   __ATOMIC_RELAXED);
}

static bool run_phase(struct daemon *daemon, struct generator *generator, const struct run *run,
	struct result *result)
{
	add_load(daemon, result, -1);
	generator_run(generator, run);
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
		uint64_t left = 0;

		for (unsigned s = 0; s < daemon->conf->shards; s++)
			left += __atomic_load_n(&daemon->controls[s]->tombstones, __ATOMIC_RELAXED);
		if (left == 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static void print(const struct options *options, const char *phase, const struct result *result,
	double octets)
{
	double hz = (double)rte_get_tsc_hz(), n = (double)result->requests;
	double worker = (double)result->worker_ticks / n, shard = (double)result->shard_ticks / n;

	if (options->json)
		printf("{\"phase\": \"%s\", \"registrations\": %llu, \"workers\": %u, "
		       "\"shards\": %u, "
		       "\"ops_per_s\": %.0f, \"worker_ns\": %.1f, \"shard_ns\": %.1f, "
		       "\"worker_ticks\": %.1f, "
		       "\"shard_ticks\": %.1f, \"burst\": %.1f, "
		       "\"octets_per_registration\": %.1f}\n",
			phase, (unsigned long long)options->registrations, options->workers,
			options->shards, n * hz / (double)result->ticks, worker / hz * 1e9,
			shard / hz * 1e9, worker, shard, n / (double)result->worker_rounds, octets);
	else
		printf("%-12s %10llu %3u x %-3u %10.0f %9.1f %9.1f %9.0f %9.0f %6.1f %8.1f\n",
			phase, (unsigned long long)options->registrations, options->workers,
			options->shards, n * hz / (double)result->ticks, worker / hz * 1e9,
			shard / hz * 1e9, worker, shard, n / (double)result->worker_rounds, octets);
	fflush(stdout);
}

static void print_open_loop(
	const struct options *options, const char *phase, const struct generator *generator)
{
	double hz = (double)rte_get_tsc_hz();

	printf("{\"phase\": \"%s\", \"registrations\": %llu, \"workers\": %u, \"shards\": %u, "
	       "\"offered_per_s\": %.0f, \"ops_per_s\": %.0f, \"p50_us\": %.2f, \"p99_us\": %.2f, "
	       "\"p999_us\": %.2f, \"sent\": %llu, \"not_taken\": %llu, \"answered\": %llu, "
	       "\"registers_sent\": %llu, \"registers_answered\": %llu, \"updates_sent\": %llu, "
	       "\"updates_answered\": %llu, \"wrong\": %llu}\n",
		phase, (unsigned long long)options->registrations, options->workers,
		options->shards, options->open_loop,
		(double)generator->answered * hz / (double)(generator->end - generator->begin),
		generator_latency_us(generator, 0.5), generator_latency_us(generator, 0.99),
		generator_latency_us(generator, 0.999), (unsigned long long)generator->sent,
		(unsigned long long)generator->not_taken, (unsigned long long)generator->answered,
		(unsigned long long)generator->sent_of[REGISTER],
		(unsigned long long)generator->answered_of[REGISTER],
		(unsigned long long)generator->sent_of[UPDATE],
		(unsigned long long)generator->answered_of[UPDATE],
		(unsigned long long)generator->wrong);
	fflush(stdout);
}

static bool open_loop(
	struct daemon *daemon, struct generator *generator, const struct options *options)
{
	struct result result = { 0 };
	struct run run = { .phase = UPDATE,
		.endpoints = options->registrations,
		.rate = options->open_loop,
		.requests = (uint64_t)(options->open_loop * 2) };

	if (options->storm > 0) {
		run.requests = options->storm;
		run.updates_percent = options->updates_percent;
	}
	bool ok = run_phase(daemon, generator, &run, &result);
	print_open_loop(options, options->storm > 0 ? "storm" : "open-loop", generator);
	return ok;
}

static bool measure(struct daemon *daemon, struct generator *generator,
	const struct options *options, double octets)
{
	struct result results[PHASES] = { { 0 } };
	unsigned rounds = rounds_for(options->registrations);

	for (unsigned r = 0; r < rounds; r++) {
		for (enum phase phase = REGISTER; phase < PHASES; phase++) {
			struct run run = { .phase = phase,
				.requests = options->registrations,
				.first = r * options->registrations,
				.endpoints = options->registrations };

			if (options->repeat[phase] > 0)
				run.requests *= options->repeat[phase];
			else if (phase == UPDATE && run.requests < UPDATES_MIN / rounds)
				run.requests = UPDATES_MIN / rounds;
			if (phase == DEREGISTER && options->open_loop > 0 &&
				!open_loop(daemon, generator, options))
				return false;
			if (!run_phase(daemon, generator, &run, &results[phase]))
				return false;
			if (r + 1 == rounds)
				print(options, phase_names[phase], &results[phase], octets);
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
	unsigned rounds = rounds_for(options->registrations);
	uint64_t endpoints = options->registrations * rounds, before;
	double octets = 0;
	bool ok = false;

	unsigned place = place_generator(daemon, options);
	conf->memory.mb =
		(uint32_t)((daemon_memory(daemon) + endpoints * RDL_LOCATION_LEN) >> 20) + 64;
	if (daemon_eal(daemon) != 0)
		return EXIT_FAILURE;
	if (!make_port(&generator, conf) || daemon_setup(daemon) != 0)
		return EXIT_FAILURE;
	before = heap_octets();
	if (daemon_setup_shards(daemon) != 0)
		return EXIT_FAILURE;
	octets = (double)(heap_octets() - before - options->shards * sizeof(struct control)) /
		 (double)(options->registrations + options->storm);
	if (options->stages) {
		stages_print(daemon, options->json);
		return EXIT_SUCCESS;
	}
	if (options->expiry)
		return expiry_print(daemon, options->registrations, options->json) ? EXIT_SUCCESS
										   : EXIT_FAILURE;
	generator.pool = rte_mempool_lookup("rdl_packets");
	generator.window = options->window;
	generator.mixed = options->mixed;
	generator.offload = options->offload;
	packets_init(&generator.packets, rdl_pktio_mac(daemon->pktio, 0),
		conf->ports[0].ipv4[0].address);
	if (generator.pool == NULL || !generator_init(&generator, endpoints))
		return EXIT_FAILURE;
	daemon_assign(daemon);
	daemon_add_role(daemon, place, generator_step, &generator, &generator.load);
	if (!options->json)
		printf("%-12s %10s %-9s %10s %9s %9s %9s %9s %6s %8s\n", "phase", "held", "cores",
			"ops/s", "worker ns", "shard ns", "w ticks", "s ticks", "burst",
			"octets/r");
	if (options->realtime && !be_realtime(2))
		return EXIT_FAILURE;
	if (daemon_launch(daemon) == 0)
		ok = measure(daemon, &generator, options, octets);
	/* It waits spinning. */
	if (options->realtime)
		be_realtime(0);
	daemon_join(daemon);
	daemon_teardown(daemon);
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	struct options options = { .workers = 1,
		.shards = 1,
		.window = 512,
		.updates_percent = 50,
		.huge = true,
		.generator = "own" };

	if (!parse(argc, argv, &options)) {
		usage(stderr);
		return 2;
	}
	struct rdl_conf *conf = configure(&options);
	if (conf == NULL)
		return EXIT_FAILURE;
	if (options.realtime && !be_realtime(1))
		return EXIT_FAILURE;
	daemon.conf = conf;
	daemon.socket_id = -1;
	daemon.started_ms = clock_ms();
	struct rdl_policy *policy = NULL;
	if (daemon_keys(&daemon) != 0 || daemon_plan_lcores(&daemon) != 0 ||
		(policy = daemon_policy(&daemon, conf)) == NULL)
		return EXIT_FAILURE;
	daemon.policy = policy;
	int ret = bench(&daemon, conf, &options);
	rdl_policy_destroy(policy);
	rdl_conf_free(conf);
	return ret;
}
