/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_gateway.h"

#include <unistd.h>

/* From rte_eal.h: nothing here sees a header of DPDK's. */
int rte_eal_init(int argc, char **argv);
int rte_eal_cleanup(void);

static const struct rdl_key endpoint_key = { 21, 22 }, list_key = { 31, 32 };
struct rdl_speck location_key;
static const struct rdl_interface interface = {
	.mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port = 5683,
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 },
	.ipv6_count = 1,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};
struct rdl_policy *policy;
struct rdl_pipeline pipelines[WORKERS];
struct rdl_shard shards[SHARDS];
struct ring requests[WORKERS][SHARDS], replies[WORKERS][SHARDS];

void ring_put(struct ring *ring, struct packet *packet)
{
	CHECK(ring->count < RING);
	ring->at[(ring->first + ring->count++) % RING] = packet;
}

struct packet *ring_take(struct ring *ring)
{
	struct packet *packet = ring->at[ring->first];

	ring->first = (ring->first + 1) % RING;
	ring->count--;
	return packet;
}

static void eal_start(void)
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

static void make_policy(void)
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

static void make_pipelines(void)
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

static void make_shards(void)
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

void gateway_start(void)
{
	eal_start();
	rdl_speck_expand(&location_key, &(struct rdl_key){ 11, 12 });
	make_policy();
	make_pipelines();
	make_shards();
}

void gateway_stop(void)
{
	for (unsigned s = 0; s < SHARDS; s++)
		rdl_registry_destroy(shards[s].registry);
	for (unsigned w = 0; w < WORKERS; w++)
		free(pipelines[w].config.memory);
	rdl_policy_destroy(policy);
	CHECK(rte_eal_cleanup() == 0);
}

struct rdl_registry_counts counts_of(unsigned s)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(shards[s].registry, &counts);
	return counts;
}
