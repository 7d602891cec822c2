/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway_shard.h"

#include "check.h"

struct rdl_registry_config gateway_registry(uint64_t registrations)
{
	return (struct rdl_registry_config){
		.registrations = registrations,
		.slots = rdl_registry_slots(registrations),
		.shards = 1,
		.exchange_lifetime_s = 247,
		.endpoint_key = gateway_endpoint_key,
		.list_key = gateway_list_key,
		.socket_id = -1,
	};
}

void gateway_shard_start(struct rdl_shard *shard, const struct rdl_registry_config *config,
	const struct rdl_admission_config *admission)
{
	const struct rdl_admission_config no_limits = { .shards = config->shards };

	rdl_shard_init(
		shard, rdl_registry_create(config), admission != NULL ? admission : &no_limits);
	CHECK(shard->registry != NULL);
}

void gateway_shard_stop(struct rdl_shard *shard)
{
	rdl_registry_destroy(shard->registry);
	shard->registry = NULL;
}
