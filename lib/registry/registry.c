/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include "memory.h"

/*
 * Fleets share their object lists: 16 octets each are room for one list of 96 in six registrations.
 * Where names are put by for, there is more of it: the quarter that is kept for the live, and long
 * lists, must leave them their room.
 */
#define LIST_OCTETS 16
#define LIST_OCTETS_BESIDE_NAMES 48

/* Of the store, for what a record does not hold of an endpoint name as it is expected. */
static uint64_t name_octets(const struct rdl_registry_config *config)
{
	if (config->name_octets <= RDL_NAME_INLINE)
		return 0;
	return rdl_store_block_octets(config->name_octets - RDL_NAME_INLINE + RDL_EXTRAS_HEAD);
}

static uint64_t store_octets(const struct rdl_registry_config *config)
{
	uint64_t names = name_octets(config);
	uint64_t lists = names > 0 ? LIST_OCTETS_BESIDE_NAMES : LIST_OCTETS;

	return (names + lists) * config->registrations + (UINT64_C(4) << 20);
}

static struct rdl_store_config store_config(const struct rdl_registry_config *config)
{
	return (struct rdl_store_config){
		.octets = store_octets(config),
		.short_octets = name_octets(config) * config->registrations,
		.short_len = (uint32_t)name_octets(config),
		.prefix_percent = config->prefix_percent,
		.key = config->list_key,
		.socket_id = config->socket_id,
	};
}

uint32_t rdl_registry_slots(uint64_t registrations)
{
	return rdl_slab_slots(registrations);
}

uint64_t rdl_registry_memory(const struct rdl_registry_config *config)
{
	return rdl_memory_octets(sizeof(struct rdl_registry)) +
	       rdl_slab_memory(config->slots, config->shard, config->shards) +
	       (config->sessions ? rdl_slab_sessions_memory(
					   config->slots, config->shard, config->shards)
				 : 0) +
	       rdl_index_memory(config->registrations) + rdl_store_memory(store_octets(config)) +
	       rdl_lists_memory(config->registrations) + rdl_memory_octets(RDL_ENDPOINT_MAX);
}

struct rdl_registry *rdl_registry_create(const struct rdl_registry_config *config)
{
	assert(config->registrations > 0 && config->shard < config->shards &&
		config->shards <= RDL_PARTITIONS);
	if (config->slots == 0)
		return NULL;
	struct rdl_registry *registry =
		rdl_memory_alloc(sizeof(struct rdl_registry), config->socket_id);
	if (registry == NULL)
		return NULL;
	registry->shard = (uint16_t)config->shard;
	registry->shards = (uint16_t)config->shards;
	registry->endpoint_key = config->endpoint_key;
	registry->identities = config->identities;
	registry->epoch_ms = config->now_ms;
	registry->wall_ms = config->wall_ms;
	registry->registrations_max = config->registrations;
	registry->expiry_grace_s = config->expiry_grace_s;
	registry->exchange_lifetime_s = config->exchange_lifetime_s;
	registry->described = rdl_memory_alloc(RDL_ENDPOINT_MAX, config->socket_id);
	const struct rdl_store_config store = store_config(config);
	rdl_tombstones_init(&registry->tombstones, &registry->slab);
	rdl_wheel_init(&registry->wheel, &registry->slab);
	if (registry->described == NULL ||
		!rdl_slab_create(&registry->slab, config->slots, config->shard, config->shards,
			config->socket_id) ||
		(config->sessions && !rdl_slab_add_sessions(&registry->slab, config->shard,
					     config->shards, config->socket_id)) ||
		!rdl_index_create(&registry->endpoints, config->registrations, config->socket_id) ||
		!rdl_store_create(&registry->store, &store) ||
		!rdl_lists_create(&registry->lists, &registry->store, &config->list_key,
			config->registrations, config->socket_id)) {
		rdl_registry_destroy(registry);
		return NULL;
	}
	return registry;
}

void rdl_registry_destroy(struct rdl_registry *registry)
{
	if (registry == NULL)
		return;
	rdl_lists_destroy(&registry->lists);
	rdl_store_destroy(&registry->store);
	rdl_index_destroy(&registry->endpoints);
	rdl_slab_destroy(&registry->slab);
	rdl_memory_free(registry->described);
	rdl_memory_free(registry);
}

void rdl_registry_set_wall(struct rdl_registry *registry, uint64_t wall_ms)
{
	registry->wall_ms = wall_ms;
}

uint64_t rdl_registry_wall(const struct rdl_registry *registry, uint64_t now_ms)
{
	return now_ms + registry->wall_ms;
}

void rdl_registry_counts(const struct rdl_registry *registry, struct rdl_registry_counts *counts)
{
	*counts = (struct rdl_registry_counts){
		.registrations = registry->registrations,
		.tombstones = registry->tombstones.count,
		.object_lists = registry->lists.count,
		.store_octets = registry->store.octets,
		.store_octets_max = rdl_store_octets_max(&registry->store),
	};
}
