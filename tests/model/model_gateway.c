/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_gateway.h"

#include "eal.h"
#include "gateway_shard.h"
#include "model_sessions.h"

struct rdl_speck location_key;
struct rdl_policy *policy;
struct rdl_pipeline pipelines[WORKERS];
struct rdl_shard shards[SHARDS];
static void *waiting_memory[SHARDS];
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

static void make_policy(void)
{
	struct rdl_policy_config config = gateway_policy();

	config.lifetime_min_s = LIFETIME_MIN_S;
	config.lifetime_max_s = LIFETIME_MAX_S;
	config.max_links = 4 * LIST_LINKS;
	config.extra_count = RDL_ARRAY_LEN(extra_names);
	config.extra = extra_names;
	config.identities = identities;
	config.secured = secured;
	config.secured_patterns = secured_patterns;
	config.secured_pattern_count = RDL_ARRAY_LEN(secured_patterns);
	policy = rdl_policy_create(&config);
	CHECK(policy != NULL);
}

static struct rdl_interface interface;

static void make_pipelines(void)
{
	struct rdl_pipeline_config config =
		gateway_worker(rdl_registry_slots(SHARDS * REGISTRATIONS));

	interface = gateway_interfaces[0];
	rdl_net_add_udp_port(&interface, SECURE_PORT);
	config.interfaces = &interface;
	config.dtls = sessions_table();
	config.dtls_udp_port = 1;
	config.shards = SHARDS;
	config.transfers = TRANSFERS;
	config.max_payload = BODY_MAX;
	config.transfer_lifetime_s = EXCHANGE_LIFETIME_S;
	for (unsigned w = 0; w < WORKERS; w++)
		gateway_worker_start(&pipelines[w], &config);
}

struct rdl_registry_config registry_config(void)
{
	struct rdl_registry_config config = gateway_registry(REGISTRATIONS);

	config.slots = rdl_registry_slots(SHARDS * REGISTRATIONS);
	config.shards = SHARDS;
	config.expiry_grace_s = GRACE_S;
	config.exchange_lifetime_s = EXCHANGE_LIFETIME_S;
	config.identities = identities;
	config.now_ms = epoch_ms;
	config.wall_ms = wall_ms;
	return config;
}

static void make_shards(void)
{
	const struct rdl_admission_limits limits = { .shards = SHARDS, .updates = UPDATES_PER_S };
	struct rdl_registry_config config = registry_config();

	for (unsigned s = 0; s < SHARDS; s++) {
		config.shard = s;
		gateway_shard_start(&shards[s], &config, &limits);
		waiting_memory[s] = calloc(1, rdl_shard_waiting_memory(WORKERS, UNDER_WAY));
		CHECK(waiting_memory[s] != NULL);
		rdl_shard_wait(&shards[s], waiting_memory[s], WORKERS, UNDER_WAY);
	}
}

void gateway_start(void)
{
	CHECK(eal_start(NULL) == 0);
	location_key = gateway_location_key();
	make_policy();
	make_pipelines();
	make_shards();
}

void gateway_stop(void)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		gateway_shard_stop(&shards[s]);
		free(waiting_memory[s]);
	}
	for (unsigned w = 0; w < WORKERS; w++)
		gateway_worker_stop(&pipelines[w]);
	rdl_policy_destroy(policy);
	CHECK(eal_stop(NULL) == 0);
}

struct rdl_registry_counts counts_of(unsigned s)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(shards[s].registry, &counts);
	return counts;
}
