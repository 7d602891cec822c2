/* SPDX-License-Identifier: BSD-3-Clause */
/* What each part is given, out of the configuration, and how much memory that takes. */
#include "daemon.h"

#include <unistd.h>

#include "clock.h"

/* Its partitions' part, and seven standard deviations, since names fall where their digests say. */
uint64_t daemon_shard_share(const struct rdl_conf *conf, uint64_t all, unsigned shard)
{
	uint64_t deviation = 1;
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
		.registrations = daemon_shard_share(conf, conf->memory.registrations, shard),
		.slots = rdl_registry_slots(conf->memory.registrations),
		.name_octets = conf->memory.name_octets,
		.prefix_percent = conf->memory.prefix_percent,
		.shard = shard,
		.shards = conf->shards,
		.expiry_grace_s = conf->lwm2m.expiry_grace_s,
		.exchange_lifetime_s = conf->coap.exchange_lifetime_s,
		.endpoint_key = daemon->keys.endpoint,
		.identities = daemon->dtls.identities,
		.sessions = conf->dtls.port != 0,
		.list_key = daemon->keys.list,
		.socket_id = daemon_shard_node(daemon, shard),
		.now_ms = rdl_clock_ms(),
		.wall_ms = rdl_clock_wall_ms(),
	};
}

/* The smallest there is on x86 and most others. */
#define HUGEPAGE (2u << 20)

_Static_assert(RDL_CONF_MTU_MAX + 22 <= RDL_PACKET_ROOM(RDL_PKTIO_FRAME_MAX),
	"a buffer holds the longest frame: Ethernet with two tags");

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
		.rss_key = daemon->keys.rss,
		.in_flight = conf->workers *
			     (conf->shards * (daemon_requests(conf) + 1) + 4 * RDL_BURST_MAX +
				     daemon_handshaker_count(conf) * (PARCELS + 1)),
		.born = conf->dtls.port != 0 ? BORN_DTLS : BORN,
		.private_len = sizeof(struct rdl_packet),
		.room = room,
		.page = conf->memory.hugepages ? HUGEPAGE : (uint32_t)sysconf(_SC_PAGESIZE),
	};
	/* Datagrams of other workers' sessions. */
	if (conf->dtls.port != 0 && conf->workers > 1)
		config->in_flight += conf->workers * (REQUESTS + 1);
	if (rdl_conf_has_exception(conf)) {
		config->in_flight += conf->workers * FOREIGN;
		config->born += KERNEL_BORN;
	}
	if (daemon_asks_devices(conf)) {
		config->in_flight += conf->workers * conf->shards * ANSWERS;
		config->born += BORN_REQUESTS;
	}
	for (unsigned i = 0; i < conf->port_count; i++) {
		config->devices[i] = conf->ports[i].device;
		config->mtus[i] = conf->ports[i].mtu;
		config->polled[i] = daemon->nodes.polled[i];
		config->nodes[i] = daemon_memory_node(daemon, daemon->nodes.ports[i]);
	}
}

void daemon_interface(const struct daemon *daemon, unsigned port, struct rdl_interface *interface)
{
	const struct rdl_conf_port *from = &daemon->conf->ports[port];

	interface->vlan = from->vlan;
	interface->shared = from->exception != RDL_CONF_EXCEPTION_NONE;
	if (daemon->conf->coap.port != 0)
		rdl_net_add_udp_port(interface, daemon->conf->coap.port);
	if (daemon->conf->dtls.port != 0)
		rdl_net_add_udp_port(interface, daemon->conf->dtls.port);
	for (unsigned i = 0; i < from->ipv4_count; i++)
		rdl_net_add_ipv4(interface, from->ipv4[i].address, from->ipv4[i].prefix);
	for (unsigned i = 0; i < from->ipv6_count; i++)
		rdl_net_add_ipv6(interface, from->ipv6[i].address, from->ipv6[i].prefix);
	for (unsigned i = 0; i < from->gateway_ipv4_count; i++)
		rdl_net_add_ipv4_router(interface, from->gateway_ipv4[i]);
	for (unsigned i = 0; i < from->gateway_ipv6_count; i++)
		rdl_net_add_ipv6_router(interface, from->gateway_ipv6[i]);
}

void daemon_pipeline_config(const struct daemon *daemon, struct rdl_pipeline_config *config)
{
	const struct rdl_conf *conf = daemon->conf;

	*config = (struct rdl_pipeline_config){
		.interfaces = daemon->interfaces,
		.paths = daemon->paths,
		.shards = conf->shards,
		.location_key = daemon->keys.location,
		.slots = rdl_registry_slots(conf->memory.registrations),
		.list_key = daemon->keys.list,
		.block_key = daemon->keys.block,
		.exchange_seed = daemon->keys.exchange_seed,
		.memo_seed = daemon->keys.memo_seed,
		.reply_salt = daemon->keys.reply_salt,
		.transfers = (conf->coap.block_transfers + conf->workers - 1) / conf->workers,
		.max_payload = conf->coap.max_payload,
		.transfer_lifetime_s = conf->coap.exchange_lifetime_s,
		.dtls_udp_port = daemon_dtls_udp_port(conf),
		.awaited = daemon->awaited,
		.awaited_key = daemon->keys.awaited,
		.token_key = daemon->keys.token,
	};
}

unsigned daemon_reassemblies(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	return (conf->coap.reassemblies + conf->workers - 1) / conf->workers;
}

uint64_t daemon_events_octets(const struct daemon *daemon)
{
	uint64_t octets = RDL_EVENTS_RING_MIN;

	if (daemon->conf->events.socket.path == NULL)
		return 0;
	while (octets < (uint64_t)daemon->conf->events.ring_kb << 10)
		octets *= 2;
	return octets;
}

/* What EAL and drivers allocate for themselves; of nodes with ports but not the rest, drivers. */
#define OVERHEAD (48u << 20)
#define OVERHEAD_PORTS (8u << 20)

static void add(struct node_memory *memory, int node, uint64_t octets)
{
	memory->octets[node >= 0 ? node : 0] += octets;
}

static void add_worker(const struct daemon *daemon, unsigned w, struct node_memory *memory)
{
	struct rdl_pipeline_config pipeline;
	int node = daemon_worker_node(daemon, w);

	daemon_pipeline_config(daemon, &pipeline);
	add(memory, node, rdl_pipeline_memory(&pipeline) + sizeof(struct worker));
	add(memory, node, rdl_fragments_memory(daemon_reassemblies(daemon)));
	if (daemon_notes_refusals(daemon))
		add(memory, node, sizeof(struct rdl_refusals));
	/* For those who ask for copies of packets, by the control socket. */
	if (daemon->conf->control.path != NULL)
		add(memory, node, sizeof(struct rdl_capture));
	add(memory, node, daemon_channels_memory(daemon, w));
	add(memory, node, daemon_dtls_table_memory(daemon, w));
}

static void add_shard(const struct daemon *daemon, unsigned s, struct node_memory *memory)
{
	struct rdl_registry_config registry;
	int node = daemon_shard_node(daemon, s);

	daemon_registry_config(daemon, s, &registry);
	add(memory, node, rdl_registry_memory(&registry) + sizeof(struct shard_core));
	add(memory, node, rdl_admission_memory() + daemon_events_octets(daemon));
	add(memory, node, daemon_journal_memory(daemon));
	add(memory, node, daemon_dialogues_memory(daemon, s));
}

static void add_ports(const struct daemon *daemon, struct node_memory *memory)
{
	int home = daemon_home_node(daemon);
	struct rdl_pktio_config pktio;

	daemon_pktio_config(daemon, &pktio);
	for (unsigned p = 0; p < pktio.port_count; p++)
		if (daemon->conf->ports[p].exception == RDL_CONF_EXCEPTION_VIRTIO_USER)
			add(memory, pktio.nodes[p], RDL_VHOST_MEMORY);
	for (int node = -1; node < NODES_MAX; node++) {
		uint64_t octets = rdl_pktio_memory(&pktio, node);

		if (octets > 0 && node != home)
			octets += OVERHEAD_PORTS;
		add(memory, node, octets);
	}
}

uint64_t daemon_dpdk_memory(const struct daemon *daemon, struct node_memory *memory)
{
	uint64_t sum = 0;

	*memory = (struct node_memory){ { 0 } };
	add(memory, daemon_home_node(daemon),
		OVERHEAD + daemon_dtls_memory(daemon) + rdl_neighbours_memory(NEIGHBOURS) +
			rdl_paths_memory(PATHS) + daemon_awaited_memory(daemon->conf));
	add_ports(daemon, memory);
	for (unsigned w = 0; w < daemon->conf->workers; w++)
		add_worker(daemon, w, memory);
	for (unsigned s = 0; s < daemon->conf->shards; s++)
		add_shard(daemon, s, memory);
	for (unsigned n = 0; n < NODES_MAX; n++)
		sum += memory->octets[n];
	return sum;
}

uint64_t daemon_memory(const struct daemon *daemon)
{
	uint64_t exception = rdl_conf_has_exception(daemon->conf) ? exception_memory() : 0;
	struct node_memory memory;

	return daemon_dpdk_memory(daemon, &memory) + daemon_handshakes_memory(daemon) + exception +
	       keeping_memory(daemon->conf) + callers_memory(daemon->conf) +
	       feed_memory(daemon->conf) + recall_memory(daemon->recall);
}
