/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts made: ports, workers, shards and their registries. */
#include "daemon.h"

#include <rte_malloc.h>

#include "device.h"
#include "dpdk_log.h"
#include "log.h"
#include "signals.h"

/* What the port does itself of `ipv4` and `udp` checksums. */
static const char *checksums(bool ipv4, bool udp)
{
	return ipv4 && udp ? "ipv4,udp" : ipv4 ? "ipv4" : udp ? "udp" : "none";
}

static void log_port(const struct daemon *daemon, unsigned p)
{
	const struct rdl_pktio_setup *setup = rdl_pktio_setup(daemon->pktio, p);
	const char *device = daemon->conf->ports[p].device;
	const uint8_t *mac = rdl_pktio_mac(daemon->pktio, p);

	rdl_log_info("port",
		"set up port=%u device=%s driver=%s mac=%02x:%02x:%02x:%02x:%02x:%02x mtu=%u "
		"node=%d queues=%u rss=%u rx_checksums=%s tx_checksums=%s",
		p, device, setup->driver, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		setup->mtu, setup->node, setup->queues, setup->rss,
		checksums(setup->rx_ipv4_checksum, setup->rx_udp_checksum),
		checksums(setup->tx_ipv4_checksum, setup->tx_udp_checksum));
	unsigned far = nodes_far(setup->node, daemon->nodes.workers, setup->polled);
	if (far > 0)
		rdl_log_warn("port",
			"workers on other NUMA nodes poll it port=%u device=%s node=%d "
			"workers=%d far_workers=%u",
			p, device, setup->node, __builtin_popcountll(setup->polled), far);
	/* Behind an interface of the kernel's it is that one's to spread. */
	if (setup->queues > 1 && !setup->rss && device_is_pci(device))
		rdl_log_warn("port",
			"the driver spreads nothing over its queues, and all comes to one worker "
			"of %u port=%u device=%s driver=%s",
			setup->queues, p, device, setup->driver);
}

static int setup_ports(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	struct rdl_pktio_config config;
	char why[256];
	unsigned bad;

	daemon_pktio_config(daemon, &config);
	dpdk_log_mark();
	daemon->pktio = rdl_pktio_open(&config, why, sizeof(why), &bad);
	if (daemon->pktio == NULL) {
		const struct rdl_conf_port *port = &conf->ports[bad];

		rdl_log_error("start", "%s:%u: port %s: %s%s", port->where.file, port->where.line,
			port->device, why, dpdk_log_reason());
		return -1;
	}
	for (unsigned p = 0; p < conf->port_count; p++) {
		struct rdl_interface *to = &daemon->interfaces[p];

		daemon_interface(daemon, p, to);
		memcpy(to->mac, rdl_pktio_mac(daemon->pktio, p), sizeof(to->mac));
		to->mtu = rdl_pktio_setup(daemon->pktio, p)->mtu;
		log_port(daemon, p);
	}
	return 0;
}

/* Beside ports that the kernel shares. */
static int setup_exception(struct daemon *daemon)
{
	uint8_t macs[PORTS_MAX][6];
	uint16_t mtus[PORTS_MAX];
	int nodes[PORTS_MAX];
	const struct exception_config config = { .conf = daemon->conf,
		.ending = &daemon->lcores.ending,
		.macs = (const uint8_t(*)[6])macs,
		.mtus = mtus,
		.nodes = nodes };

	if (!rdl_conf_has_exception(daemon->conf))
		return 0;
	for (unsigned p = 0; p < daemon->conf->port_count; p++) {
		memcpy(macs[p], rdl_pktio_mac(daemon->pktio, p), sizeof(macs[p]));
		mtus[p] = rdl_pktio_setup(daemon->pktio, p)->mtu;
		nodes[p] = daemon_memory_node(daemon, daemon->nodes.ports[p]);
	}
	daemon->exception = exception_open(&config);
	return daemon->exception != NULL ? 0 : -1;
}

/* What workers share of what is around: neighbours on the links, and paths beyond. */
static int setup_neighbours(struct daemon *daemon)
{
	void *neighbours = rte_zmalloc_socket("neighbours", rdl_neighbours_memory(NEIGHBOURS),
		RTE_CACHE_LINE_SIZE, daemon_home_node(daemon));
	void *paths = rte_zmalloc_socket(
		"paths", rdl_paths_memory(PATHS), RTE_CACHE_LINE_SIZE, daemon_home_node(daemon));

	if (neighbours == NULL || paths == NULL) {
		rdl_log_error(
			"start", "no memory for %u neighbours and %u paths", NEIGHBOURS, PATHS);
		rte_free(neighbours);
		rte_free(paths);
		return -1;
	}
	daemon->neighbours = rdl_neighbours_init(neighbours, NEIGHBOURS, daemon->interfaces,
		daemon->conf->port_count, &daemon->keys.neighbours);
	daemon->paths = rdl_paths_init(paths, PATHS, &daemon->keys.paths);
	return 0;
}

static int setup_fragments(const struct daemon *daemon, struct worker *worker)
{
	unsigned datagrams = daemon_reassemblies(daemon);
	void *memory = rte_zmalloc_socket("fragments", rdl_fragments_memory(datagrams),
		RTE_CACHE_LINE_SIZE, daemon_worker_node(daemon, worker->index));

	if (memory == NULL) {
		rdl_log_error("start", "no memory for %u reassemblies", datagrams);
		return -1;
	}
	worker->fragments = rdl_fragments_init(memory, datagrams, &daemon->keys.fragments);
	return 0;
}

static int setup_capture(const struct daemon *daemon, struct worker *worker)
{
	if (daemon->conf->control.path == NULL)
		return 0;
	worker->captures = rte_zmalloc_socket("capture", sizeof(*worker->captures),
		RTE_CACHE_LINE_SIZE, daemon_worker_node(daemon, worker->index));
	if (worker->captures != NULL)
		return 0;
	rdl_log_error("start", "no memory for copies of packets");
	return -1;
}

static int setup_workers(struct daemon *daemon)
{
	struct rdl_pipeline_config config;
	bool noted = daemon_notes_refusals(daemon);

	daemon_pipeline_config(daemon, &config);
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		int node = daemon_worker_node(daemon, w);
		struct worker *worker =
			rte_zmalloc_socket("worker", sizeof(*worker), RTE_CACHE_LINE_SIZE, node);

		daemon->workers[w] = worker;
		config.memory = rte_zmalloc_socket(
			"blocks", rdl_pipeline_memory(&config), RTE_CACHE_LINE_SIZE, node);
		config.leave = worker_leave;
		config.make = worker_make;
		config.give = worker_give;
		config.context = worker;
		config.refusals = NULL;
		config.dtls = daemon->dtls.tables[w];
		if (noted)
			config.refusals = rte_zmalloc_socket(
				"refusals", sizeof(*config.refusals), RTE_CACHE_LINE_SIZE, node);
		if (worker == NULL || config.memory == NULL || (config.refusals == NULL && noted)) {
			rdl_log_error("start", "no memory for worker %u", w);
			rte_free(config.memory);
			rte_free(config.refusals);
			return -1;
		}
		if (noted)
			config.refusals->identities = daemon->dtls.identities;
		worker->index = w;
		worker->port_count = daemon->conf->port_count;
		worker->shard_count = daemon->conf->shards;
		worker->handshaker_count = daemon_handshaker_count(daemon->conf);
		worker->worker_count = daemon->conf->dtls.port != 0 ? daemon->conf->workers : 0;
		worker->shares = rdl_conf_has_exception(daemon->conf);
		worker->converses = daemon_asks_devices(daemon->conf);
		for (unsigned p = 0; p < worker->port_count; p++)
			worker->foreign[p].per_s = daemon->conf->ports[p].exception_per_s;
		worker->pktio = daemon->pktio;
		worker->neighbours = daemon->neighbours;
		worker->rulebook = &daemon->rulebook;
		rdl_rulebook_add_reader(&daemon->rulebook, &worker->rules_seen);
		worker->ending = &daemon->lcores.ending;
		rdl_pipeline_init(&worker->pipeline, &config);
		if (setup_fragments(daemon, worker) != 0 || setup_capture(daemon, worker) != 0)
			return -1;
	}
	return 0;
}

static int setup_registry(struct daemon *daemon, struct shard_core *core)
{
	struct rdl_registry_config config;

	daemon_registry_config(daemon, core->index, &config);
	core->now_ms = config.now_ms;
	core->registry = rdl_registry_create(&config);
	if (core->registry == NULL) {
		rdl_log_error("start", "shard %u: no memory for %llu registrations: %llu MB needed",
			core->index, (unsigned long long)config.registrations,
			(unsigned long long)(rdl_registry_memory(&config) >> 20) + 1);
		return -1;
	}
	return 0;
}

static int setup_events(struct daemon *daemon, struct shard_core *core)
{
	uint64_t octets = daemon_events_octets(daemon);
	void *ring = NULL;

	if (octets == 0)
		return 0;
	ring = rte_zmalloc_socket(
		"events", octets, RTE_CACHE_LINE_SIZE, daemon_shard_node(daemon, core->index));
	if (ring == NULL) {
		rdl_log_error("start", "shard %u: no memory for its ring of events", core->index);
		return -1;
	}
	rdl_events_init(&core->events, ring, octets);
	core->shard.events = &core->events;
	return 0;
}

int daemon_setup_shards(struct daemon *daemon)
{
	daemon->owners.endpoint_key = daemon->keys.endpoint;
	daemon->owners.count = daemon->conf->shards;
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		int node = daemon_shard_node(daemon, s);
		struct shard_core *core =
			rte_zmalloc_socket("shard core", sizeof(*core), RTE_CACHE_LINE_SIZE, node);

		daemon->owners.cores[s] = core;
		daemon->admission[s] = rte_zmalloc_socket(
			"admission", rdl_admission_memory(), RTE_CACHE_LINE_SIZE, node);
		if (core == NULL || daemon->admission[s] == NULL) {
			rdl_log_error("start", "no memory for shard %u", s);
			return -1;
		}
		core->index = s;
		core->worker_count = daemon->conf->workers;
		core->sleeps = daemon->conf->idle_sleep_us > 0;
		core->rulebook = &daemon->rulebook;
		rdl_rulebook_add_reader(&daemon->rulebook, &core->rules_seen);
		core->ending = &daemon->lcores.ending;
		rdl_mailbox_init(&core->question.mailbox);
		if (signals_end_asked() || setup_registry(daemon, core) != 0)
			return -1;
		rdl_shard_init(&core->shard, core->registry, &daemon->keys.admission,
			daemon->admission[s]);
		if (setup_events(daemon, core) != 0 || daemon_setup_journal(daemon, core) != 0 ||
			daemon_setup_dialogues(daemon, core) != 0)
			return -1;
	}
	return daemon_setup_channels(daemon);
}

int daemon_setup(struct daemon *daemon)
{
	return setup_ports(daemon) == 0 && setup_exception(daemon) == 0 &&
			       setup_neighbours(daemon) == 0 && daemon_setup_awaited(daemon) == 0 &&
			       setup_workers(daemon) == 0 && daemon_setup_handshakers(daemon) == 0
		       ? 0
		       : -1;
}

void daemon_teardown(struct daemon *daemon)
{
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		rte_free(daemon->admission[s]);
		if (daemon->owners.cores[s] != NULL) {
			rdl_registry_destroy(daemon->owners.cores[s]->registry);
			rte_free(daemon->owners.cores[s]->events.octets);
			rte_free(daemon->owners.cores[s]->journal.octets);
			rte_free(daemon->owners.cores[s]->waiting);
			rte_free(daemon->owners.cores[s]->dialogues_memory);
		}
		rte_free(daemon->owners.cores[s]);
	}
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		if (daemon->workers[w] != NULL) {
			rte_free(daemon->workers[w]->pipeline.config.memory);
			rte_free(daemon->workers[w]->pipeline.config.refusals);
			rte_free(daemon->workers[w]->fragments);
			rte_free(daemon->workers[w]->captures);
		}
		rte_free(daemon->workers[w]);
		rte_free(daemon->channels[w]);
	}
	rte_free(daemon->neighbours);
	rte_free(daemon->paths);
	rte_free(daemon->awaited);
	daemon_teardown_dtls(daemon);
	exception_close(daemon->exception);
	rdl_pktio_close(daemon->pktio);
}
