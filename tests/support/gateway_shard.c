/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway_shard.h"

#include <stdlib.h>

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
	const struct rdl_admission_limits *limits)
{
	size_t len = rdl_admission_memory();
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	CHECK(memory != NULL);
	memset(memory, 0, len);
	rdl_shard_init(shard, rdl_registry_create(config), &(struct rdl_key){ 41, 42 }, memory);
	CHECK(shard->registry != NULL);
	if (limits != NULL)
		rdl_shard_limit(shard, limits, config->now_ms);
}

void gateway_shard_stop(struct rdl_shard *shard)
{
	rdl_registry_destroy(shard->registry);
	free(shard->admission.sets);
	shard->registry = NULL;
	shard->admission.sets = NULL;
}
