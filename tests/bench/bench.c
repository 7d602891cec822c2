/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-bench: the daemon's own loops of worker and shard core, their port being rings to a fleet
 * of devices in the same process. What is counted is the time that each role is busy: rounds that
 * found work, as telemetry counts them.
 */
#include "expiry.h"
#include "phases.h"
#include "report.h"
#include "established.h"
#include "stages.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
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

/* Threads made later inherit it. The main one must be able to end the others. */
static bool be_realtime(int priority)
{
	struct sched_param parameter = { .sched_priority = priority };

	if (sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &parameter) == 0)
		return true;
	rdl_log_error("bench", "cannot become a real-time process: %s", strerror(errno));
	return false;
}

static bool make_fleet(struct daemon *daemon, struct generator *generator,
	const struct options *options, uint64_t endpoints)
{
	struct secure *secure = &generator->secure;

	generator->pool = rte_mempool_lookup("rdl_packets");
	generator->window = (unsigned)options->window;
	generator->mixed = options->mixed;
	generator->offload = options->offload;
	secure->port = daemon->conf->dtls.port;
	secure->cid_percent = (unsigned)options->cid_percent;
	secure->gcm_percent = (unsigned)options->gcm_percent;
	packets_init(&generator->packets, rdl_pktio_mac(daemon->pktio, 0),
		daemon->conf->ports[0].ipv4[0].address);
	if (generator->pool == NULL || !generator_init(generator, endpoints))
		return false;
	if (!options->dtls)
		return true;
	void *memory =
		rte_zmalloc("fleet's sessions", secure_memory(endpoints), RTE_CACHE_LINE_SIZE);
	return memory != NULL && secure_init(secure, memory, endpoints, &daemon->keys.dtls_cid) &&
	       established_open(daemon, secure, &generator->packets);
}

/* By what is shared of DTLS; once EAL is up. */
static bool make_rules(struct daemon *daemon)
{
	struct rdl_rules *rules = NULL;

	if (daemon_setup_dtls(daemon) == 0)
		rules = daemon_rules(daemon, daemon->conf);
	if (rules != NULL)
		rdl_rulebook_change(&daemon->rulebook, rules);
	return rules != NULL;
}

static int bench(struct daemon *daemon, struct rdl_conf *conf, const struct options *options)
{
	/* Far too large for a stack. */
	static struct generator generator;
	static struct asks asks;
	unsigned rounds = options_rounds(options);
	uint64_t endpoints = options->registrations * rounds, before;
	double octets = 0;
	bool ok = false;

	unsigned place = place_generator(daemon, options);
	struct node_memory nodes;
	uint64_t memory = daemon_dpdk_memory(daemon, &nodes) + endpoints * RDL_LOCATION_LEN;
	if (options->dtls)
		memory += secure_memory(endpoints);
	conf->memory.mb = (uint32_t)(memory >> 20) + 64;
	if (instance_claim(daemon->conf) != 0 || daemon_eal(daemon) != 0 ||
		(options->dtls && !established_database(conf->dtls.credentials.path)) ||
		!make_rules(daemon))
		return EXIT_FAILURE;
	if (!make_port(&generator, conf) || daemon_setup(daemon) != 0 || !count_as_nics_do() ||
		feed_open(daemon->conf, &daemon->feed) != 0)
		return EXIT_FAILURE;
	if (options->dtls)
		established_forget_database(conf->dtls.credentials.path);
	before = heap_octets();
	if (daemon_setup_shards(daemon) != 0 || daemon_setup_keeping(daemon) != 0)
		return EXIT_FAILURE;
	for (unsigned w = 0; w < conf->workers; w++)
		before += daemon_channels_memory(daemon, w);
	octets = (double)(heap_octets() - before - options->shards * sizeof(struct shard_core)) /
		 (double)(options->registrations + options->storm);
	if (options->stages) {
		stages_print(options->json);
		return EXIT_SUCCESS;
	}
	if (options->expiry)
		return expiry_print(daemon, options->registrations, options->json) ? EXIT_SUCCESS
										   : EXIT_FAILURE;
	if (!make_fleet(daemon, &generator, options, endpoints) ||
		(options->asks > 0 && !asks_init(&asks, daemon, &generator, options)))
		return EXIT_FAILURE;
	if (!options->uncounted) {
		daemon_assign(daemon);
		lcores_add_role(&daemon->lcores, place,
			&(struct role){ generator_step, &generator, &generator.load });
		lcores_add_role(
			&daemon->lcores, place, &(struct role){ asks_step, &asks, &asks.load });
	}
	if (options->dtls)
		established_print(daemon, endpoints, options->json);
	report_begin(options);
	/* The feed and its subscribers are nobody's real-time threads. */
	const struct feed_sources sources = daemon_feed_sources(daemon);
	if (keeping_start(daemon->keeping) != 0 || feed_start(daemon->feed, &sources) != 0)
		return EXIT_FAILURE;
	if (options->realtime && !be_realtime(2))
		return EXIT_FAILURE;
	if ((options->uncounted || lcores_launch(&daemon->lcores, daemon_waited_for(conf)) == 0) &&
		listeners_start(daemon, (unsigned)options->listeners))
		ok = phases_run(daemon, &generator, &asks, options, octets);
	/* It waits spinning. */
	if (options->realtime)
		be_realtime(0);
	if (options->events)
		listeners_end(daemon, options->json);
	feed_stop(daemon->feed);
	lcores_join(&daemon->lcores);
	keeping_stop(daemon->keeping);
	keeping_close(daemon->keeping);
	feed_close(daemon->feed);
	asks_free(&asks);
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
	daemon.started_ms = rdl_clock_ms();
	if (keeping_open(conf, &daemon.keeping) != 0 || daemon_keys(&daemon) != 0 ||
		daemon_plan_lcores(&daemon) != 0)
		return EXIT_FAILURE;
	rdl_rulebook_init(&daemon.rulebook);
	int ret = bench(&daemon, conf, &options);
	rdl_rulebook_close(&daemon.rulebook);
	rdl_conf_free(conf);
	return ret;
}
