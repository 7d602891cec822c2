/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration turned into policy, ports, rings and registries. */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

#include "dpdk_log.h"
#include "log.h"
#include "signals.h"

int daemon_keys(struct daemon *daemon)
{
	struct rdl_key location_key, boot;
	/*
	 * None is part of another, nor made of one:
	 * what one of them gives away tells nothing about the others.
	 */
	const struct {
		void *to;
		size_t len;
	} secrets[] = {
		{ &daemon->endpoint_key, sizeof(daemon->endpoint_key) },
		{ &location_key, sizeof(location_key) },
		{ &daemon->list_key, sizeof(daemon->list_key) },
		{ &daemon->admission_key, sizeof(daemon->admission_key) },
		{ &daemon->fragments_key, sizeof(daemon->fragments_key) },
		{ &daemon->block_key, sizeof(daemon->block_key) },
		{ &daemon->exchange_seed, sizeof(daemon->exchange_seed) },
		{ &daemon->known_seed, sizeof(daemon->known_seed) },
		{ &boot, sizeof(boot) },
		{ &daemon->reply_salt, sizeof(daemon->reply_salt) },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(secrets); i++) {
		if (getrandom(secrets[i].to, secrets[i].len, 0) == (ssize_t)secrets[i].len)
			continue;
		rdl_log_error("start", "no random octets: %s", strerror(errno));
		return -1;
	}
	rdl_speck_expand(&daemon->location_key, &location_key);
	snprintf(daemon->boot, sizeof(daemon->boot), "%016llx%016llx", (unsigned long long)boot.k0,
		(unsigned long long)boot.k1);
	return 0;
}

struct rdl_policy *daemon_policy(const struct daemon *daemon, const struct rdl_conf *conf)
{
	struct rdl_policy_object *objects = calloc(conf->lwm2m.object_count + 1, sizeof(*objects));
	struct rdl_policy *policy = NULL;

	if (objects == NULL)
		return NULL;
	for (unsigned i = 0; i < conf->lwm2m.object_count; i++) {
		const struct rdl_conf_object *from = &conf->lwm2m.objects[i];

		_Static_assert(sizeof(struct rdl_conf_version) == sizeof(struct rdl_policy_version),
			"the same pair");
		objects[i] = (struct rdl_policy_object){
			.id = from->id,
			.multiple = from->multiple,
			.any_version = from->any_version,
			.version_count = from->version_count,
			.versions = (const struct rdl_policy_version *)from->versions,
		};
	}
	const struct rdl_policy_config config = {
		.version = { conf->lwm2m.version.major, conf->lwm2m.version.minor },
		.lifetime_min_s = conf->lwm2m.lifetime_min_s,
		.lifetime_max_s = conf->lwm2m.lifetime_max_s,
		.security_object_refuse = conf->lwm2m.security_object_refuse,
		.mandatory_objects_refuse = conf->lwm2m.mandatory_objects_refuse,
		.sms_msisdn = conf->lwm2m.sms_msisdn,
		.text_plain = conf->lwm2m.text_plain,
		.diagnostics = conf->coap.diagnostics,
		.keep_attributes = conf->lwm2m.keep_attributes,
		.max_links = conf->lwm2m.max_links,
		.all_objects = conf->lwm2m.all_objects,
		.object_count = conf->lwm2m.object_count,
		.objects = objects,
		.extra_count = conf->lwm2m.extra_parameters.count,
		.extra = conf->lwm2m.extra_parameters.items,
		.known_only = conf->endpoints.known_only,
		.unknown_forbidden = conf->endpoints.unknown_forbidden,
		.known_count = conf->endpoints.known.count,
		.known = conf->endpoints.known.items,
		.deny_count = conf->endpoints.deny.count,
		.deny = conf->endpoints.deny.items,
		.endpoint_key = daemon->endpoint_key,
	};
	policy = rdl_policy_create(&config);
	free(objects);
	return policy;
}

/*
 * What one shard must hold: its partitions' part of all, and seven standard deviations, since names
 * fall where their digests say.
 */
static uint64_t share_of(const struct rdl_conf *conf, unsigned shard)
{
	uint64_t all = conf->memory.registrations, deviation = 1;
	uint64_t partitions = (RDL_PARTITIONS - shard + conf->shards - 1) / conf->shards;
	uint64_t share = all * partitions / RDL_PARTITIONS;

	while (deviation * deviation < share)
		deviation++;
	share += 7 * deviation + 8;
	return conf->shards == 1 || share > all ? all : share;
}

void daemon_registry_config(
	const struct daemon *daemon, unsigned shard, struct rdl_registry_config *config)
{
	const struct rdl_conf *conf = daemon->conf;

	*config = (struct rdl_registry_config){
		.registrations = share_of(conf, shard),
		.slots = rdl_registry_slots(conf->memory.registrations),
		.name_octets = conf->memory.name_octets,
		.prefix_percent = conf->memory.prefix_percent,
		.shard = shard,
		.shards = conf->shards,
		.expiry_grace_s = conf->lwm2m.expiry_grace_s,
		.exchange_lifetime_s = conf->coap.exchange_lifetime_s,
		.updates_per_s = conf->admission.updates,
		.endpoint_key = daemon->endpoint_key,
		.list_key = daemon->list_key,
		.socket_id = daemon->socket_id,
		.now_ms = rdl_clock_ms(),
		.wall_ms = rdl_clock_wall_ms(),
	};
}

/* The smallest there is on x86 and most others. */
#define HUGEPAGE (2u << 20)

void daemon_pktio_config(const struct daemon *daemon, struct rdl_pktio_config *config)
{
	const struct rdl_conf *conf = daemon->conf;
	uint16_t room = RDL_PACKET_ROOM(RDL_PKTIO_FRAME_MAX);

	/* Its driver copies a frame of the ring whatever the buffer holds. */
	if (rdl_conf_has_af_packet(conf) && room < RDL_CONF_FRAME_MAX)
		room = RDL_CONF_FRAME_MAX;
	*config = (struct rdl_pktio_config){
		.port_count = conf->port_count,
		.queues = conf->workers,
		.in_flight = conf->workers * (conf->shards * RING_SIZE + 4 * RDL_BURST_MAX),
		.private_len = sizeof(struct rdl_packet),
		.room = room,
		.page = conf->memory.hugepages ? HUGEPAGE : (uint32_t)sysconf(_SC_PAGESIZE),
		.socket_id = daemon->socket_id,
	};
	for (unsigned i = 0; i < conf->port_count; i++)
		config->devices[i] = conf->ports[i].device;
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
		const struct rdl_conf_port *from = &conf->ports[p];
		struct rdl_interface *to = &daemon->interfaces[p];

		memcpy(to->mac, rdl_pktio_mac(daemon->pktio, p), sizeof(to->mac));
		to->vlan = from->vlan;
		to->udp_port = conf->coap.port;
		to->mtu = rdl_pktio_mtu(daemon->pktio, p);
		for (unsigned i = 0; i < from->ipv4_count; i++)
			rdl_net_add_ipv4(to, from->ipv4[i].address, from->ipv4[i].prefix);
		for (unsigned i = 0; i < from->ipv6_count; i++)
			rdl_net_add_ipv6(to, from->ipv6[i].address, from->ipv6[i].prefix);
	}
	return 0;
}

static struct rte_ring *new_ring(const char *what, unsigned worker, unsigned shard, int socket)
{
	char name[48]; /* of any two numbers; EAL takes RTE_RING_NAMESIZE, of ours there is less */

	snprintf(name, sizeof(name), "rdl_%s_%u_%u", what, worker, shard);
	return rte_ring_create(name, RING_SIZE, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int setup_rings(struct daemon *daemon)
{
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		for (unsigned s = 0; s < daemon->conf->shards; s++) {
			daemon->requests[w][s] = new_ring("requests", w, s, daemon->socket_id);
			daemon->replies[w][s] = new_ring("replies", w, s, daemon->socket_id);
			if (daemon->requests[w][s] == NULL || daemon->replies[w][s] == NULL) {
				rdl_log_error("start",
					"no memory for the rings of worker %u and shard %u", w, s);
				return -1;
			}
		}
	}
	return 0;
}

void daemon_pipeline_config(const struct daemon *daemon, struct rdl_pipeline_config *config)
{
	const struct rdl_conf *conf = daemon->conf;

	*config = (struct rdl_pipeline_config){
		.interfaces = daemon->interfaces,
		.shards = conf->shards,
		.location_key = daemon->location_key,
		.slots = rdl_registry_slots(conf->memory.registrations),
		.list_key = daemon->list_key,
		.block_key = daemon->block_key,
		.exchange_seed = daemon->exchange_seed,
		.known_seed = daemon->known_seed,
		.reply_salt = daemon->reply_salt,
		.transfers = (conf->coap.block_transfers + conf->workers - 1) / conf->workers,
		.max_payload = conf->coap.max_payload,
		.transfer_lifetime_s = conf->coap.exchange_lifetime_s,
	};
}

unsigned daemon_reassemblies(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	return (conf->coap.reassemblies + conf->workers - 1) / conf->workers;
}

static int setup_fragments(struct worker *worker)
{
	const struct daemon *daemon = worker->daemon;
	unsigned datagrams = daemon_reassemblies(daemon);
	void *memory = rte_zmalloc_socket("fragments", rdl_fragments_memory(datagrams),
		RTE_CACHE_LINE_SIZE, daemon->socket_id);

	if (memory == NULL) {
		rdl_log_error("start", "no memory for %u reassemblies", datagrams);
		return -1;
	}
	worker->fragments = rdl_fragments_init(memory, datagrams, &daemon->fragments_key);
	return 0;
}

static int setup_workers(struct daemon *daemon)
{
	struct rdl_pipeline_config config;
	bool noted = daemon_notes_refusals(daemon);

	daemon_pipeline_config(daemon, &config);
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		struct worker *worker = rte_zmalloc_socket(
			"worker", sizeof(*worker), RTE_CACHE_LINE_SIZE, daemon->socket_id);

		daemon->workers[w] = worker;
		config.memory = rte_zmalloc_socket("blocks", rdl_pipeline_memory(&config),
			RTE_CACHE_LINE_SIZE, daemon->socket_id);
		config.refusals = NULL;
		if (noted)
			config.refusals = rte_zmalloc_socket("refusals", sizeof(*config.refusals),
				RTE_CACHE_LINE_SIZE, daemon->socket_id);
		if (worker == NULL || config.memory == NULL || (config.refusals == NULL && noted)) {
			rdl_log_error("start", "no memory for worker %u", w);
			rte_free(config.memory);
			rte_free(config.refusals);
			return -1;
		}
		worker->daemon = daemon;
		worker->index = w;
		rdl_pipeline_init(&worker->pipeline, &config);
		if (setup_fragments(worker) != 0)
			return -1;
	}
	return 0;
}

void daemon_admission_config(const struct daemon *daemon, struct rdl_admission_config *config)
{
	const struct rdl_conf *conf = daemon->conf;

	*config = (struct rdl_admission_config){
		.registers_per_s = conf->admission.registers_per_s,
		.burst = conf->admission.burst,
		.per_prefix = conf->admission.per_prefix,
		.shards = conf->shards,
		.key = daemon->admission_key,
	};
}

static int setup_registry(struct daemon *daemon, struct shard_core *core)
{
	struct rdl_registry_config config;

	daemon_registry_config(daemon, core->index, &config);
	config.ended = rdl_shard_ended;
	config.ended_arg = &core->shard;
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

int daemon_setup_shards(struct daemon *daemon)
{
	struct rdl_admission_config admission;

	daemon_admission_config(daemon, &admission);
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		struct shard_core *core = rte_zmalloc_socket(
			"shard core", sizeof(*core), RTE_CACHE_LINE_SIZE, daemon->socket_id);

		daemon->shard_cores[s] = core;
		admission.memory = rte_zmalloc_socket("admission", rdl_admission_memory(&admission),
			RTE_CACHE_LINE_SIZE, daemon->socket_id);
		if (core == NULL ||
			(admission.memory == NULL && rdl_admission_memory(&admission) > 0)) {
			rdl_log_error("start", "no memory for shard %u", s);
			rte_free(admission.memory);
			return -1;
		}
		core->daemon = daemon;
		core->index = s;
		core->admission = admission.memory;
		rdl_mailbox_init(&core->question.mailbox);
		if (signals_end_asked() || setup_registry(daemon, core) != 0)
			return -1;
		rdl_shard_init(&core->shard, core->registry, &admission);
		if (daemon_setup_events(daemon, core) != 0)
			return -1;
	}
	return 0;
}

int daemon_setup(struct daemon *daemon)
{
	if (setup_ports(daemon) != 0 || setup_rings(daemon) != 0 || setup_workers(daemon) != 0)
		return -1;
	return 0;
}

void daemon_teardown(struct daemon *daemon)
{
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		if (daemon->shard_cores[s] != NULL) {
			rdl_registry_destroy(daemon->shard_cores[s]->registry);
			rte_free(daemon->shard_cores[s]->admission);
			rte_free(daemon->shard_cores[s]->events_ring);
		}
		rte_free(daemon->shard_cores[s]);
	}
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		for (unsigned s = 0; s < daemon->conf->shards; s++) {
			rte_ring_free(daemon->requests[w][s]);
			rte_ring_free(daemon->replies[w][s]);
		}
		if (daemon->workers[w] != NULL) {
			rte_free(daemon->workers[w]->pipeline.config.memory);
			rte_free(daemon->workers[w]->pipeline.config.refusals);
			rte_free(daemon->workers[w]->fragments);
		}
		rte_free(daemon->workers[w]);
	}
	rdl_pktio_close(daemon->pktio);
}
