/* SPDX-License-Identifier: BSD-3-Clause */
/* What is tested: pipelines, and shards with registries of their own, joined as app/worker.c and app/control.c do. */
#ifndef RDL_MODEL_GATEWAY_H
#define RDL_MODEL_GATEWAY_H

#include <unistd.h>

#include "frames.h"
#include "model_blocks.h"
#include "model_records.h"
#include "pipeline.h"
#include "shard.h"

/* From rte_eal.h: nothing here sees a header of DPDK's. */
int rte_eal_init(int argc, char **argv);
int rte_eal_cleanup(void);

#define SALT 0x5a5a
#define GATEWAY4 "192.0.2.1"
#define GATEWAY6 "2001:db8::1"

static const struct rdl_key endpoint_key = { 21, 22 }, list_key = { 31, 32 };
static struct rdl_speck location_key; /* gateway_start() */
static const struct rdl_interface interface = {
	.mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port = 5683,
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 },
	.ipv6_count = 1,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};
static struct rdl_policy *policy;
static struct rdl_pipeline pipelines[WORKERS];
static struct rdl_shard shards[SHARDS];

/* What a packet is to be answered. */
struct reply {
	size_t len; /* 0: not at all */
	uint8_t octets[200];
};

struct packet {
	struct rdl_packet packet;
	uint8_t *buffer;
	struct sent *sent;
	unsigned worker;
	bool continues; /* a block that is not the last */
	const struct refusal *verdict; /* that travels along, or NULL */
	struct reply reply;
};

/* Packets on their way between a worker and a shard, oldest first. */
#define RING 256
struct ring {
	struct packet *at[RING];
	unsigned first, count;
};
static struct ring requests[WORKERS][SHARDS], replies[WORKERS][SHARDS];

static inline void ring_put(struct ring *ring, struct packet *packet)
{
	CHECK(ring->count < RING);
	ring->at[(ring->first + ring->count++) % RING] = packet;
}

static inline struct packet *ring_take(struct ring *ring)
{
	struct packet *packet = ring->at[ring->first];

	ring->first = (ring->first + 1) % RING;
	ring->count--;
	return packet;
}

static inline void eal_start(void)
{
	static char args[][24] = { "model", "--no-huge", "--no-shconf", "-m", "128", "--no-pci",
		"--no-telemetry", "--log-level", "error", "--file-prefix", "" };
	char *words[RDL_ARRAY_LEN(args)];
	int count = (int)RDL_ARRAY_LEN(args);

	snprintf(args[count - 1], sizeof(args[0]), "rdl_model_%d", (int)getpid());
	for (int i = 0; i < count; i++)
		words[i] = args[i];
	CHECK(rte_eal_init(count, words) >= 0);
}

static inline void make_policy(void)
{
	static const char *const deny[] = { "denied-*" };
	static const struct rdl_policy_config config = {
		.version = { 1, 1 },
		.lifetime_min_s = LIFETIME_MIN_S,
		.lifetime_max_s = LIFETIME_MAX_S,
		.mandatory_objects_refuse = true,
		.diagnostics = true,
		.max_links = 4 * LIST_LINKS,
		.all_objects = true,
		.deny_count = 1,
		.deny = deny,
		.extra_count = RDL_ARRAY_LEN(extra_names),
		.extra = extra_names,
		.endpoint_key = endpoint_key,
	};

	policy = rdl_policy_create(&config);
	CHECK(policy != NULL);
}

static inline void make_pipelines(void)
{
	struct rdl_pipeline_config config = {
		.interfaces = &interface,
		.shards = SHARDS,
		.location_key = location_key,
		.slots = rdl_registry_slots(SHARDS * REGISTRATIONS),
		.list_key = list_key,
		.exchange_seed = 99,
		.known_seed = 98,
		.block_key = { 41, 42 },
		.reply_salt = SALT,
		.transfers = TRANSFERS,
		.max_payload = BODY_MAX,
		.transfer_lifetime_s = EXCHANGE_LIFETIME_S,
	};

	for (unsigned w = 0; w < WORKERS; w++) {
		config.memory = aligned_alloc(RDL_CACHE_LINE, rdl_pipeline_memory(&config));
		CHECK(config.memory != NULL);
		memset(config.memory, 0, rdl_pipeline_memory(&config));
		rdl_pipeline_init(&pipelines[w], &config);
	}
}

static inline void make_shards(void)
{
	static const struct rdl_admission_config no_limits = { .shards = SHARDS };

	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_registry_config config = {
			.registrations = REGISTRATIONS,
			.slots = rdl_registry_slots(SHARDS * REGISTRATIONS),
			.shard = s,
			.shards = SHARDS,
			.expiry_grace_s = GRACE_S,
			.exchange_lifetime_s = EXCHANGE_LIFETIME_S,
			.updates_per_s = UPDATES_PER_S,
			.endpoint_key = endpoint_key,
			.list_key = list_key,
			.socket_id = -1,
			.now_ms = epoch_ms,
			.wall_ms = wall_ms,
			.ended = rdl_shard_ended,
			.ended_arg = &shards[s],
		};

		rdl_shard_init(&shards[s], rdl_registry_create(&config), &no_limits);
		CHECK(shards[s].registry != NULL);
	}
}

static inline void gateway_start(void)
{
	eal_start();
	rdl_speck_expand(&location_key, &(struct rdl_key){ 11, 12 });
	make_policy();
	make_pipelines();
	make_shards();
}

static inline void gateway_stop(void)
{
	for (unsigned s = 0; s < SHARDS; s++)
		rdl_registry_destroy(shards[s].registry);
	for (unsigned w = 0; w < WORKERS; w++)
		free(pipelines[w].config.memory);
	rdl_policy_destroy(policy);
	CHECK(rte_eal_cleanup() == 0);
}

static inline struct rdl_registry_counts counts_of(unsigned s)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(shards[s].registry, &counts);
	return counts;
}

#endif
