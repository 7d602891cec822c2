/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway_cores.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "check.h"
#include "clock.h"
#include "gateway_shard.h"
#include "octets.h"

struct owners gateway_owners;
struct rdl_rulebook gateway_rulebook;

static struct shard_core cores[GATEWAY_CORES_MAX];
static pthread_t thread;
static int running;

void gateway_cores_start(unsigned shards)
{
	const struct rdl_policy_config config = gateway_policy();
	struct rdl_registry_config registry = gateway_registry(1000);
	const struct rdl_admission_limits no_limits = { .shards = shards };

	CHECK(shards <= GATEWAY_CORES_MAX);
	rdl_rulebook_init(&gateway_rulebook);
	rdl_rulebook_change(&gateway_rulebook, rdl_rules_create(&config, &no_limits, RDL_LOG_INFO));
	registry.slots = rdl_registry_slots(1000 * (uint64_t)shards);
	registry.shards = shards;
	registry.now_ms = rdl_clock_ms();
	registry.wall_ms = rdl_clock_wall_ms();
	gateway_owners = (struct owners){ .count = shards, .endpoint_key = gateway_endpoint_key };
	memset(cores, 0, sizeof(cores));
	for (unsigned s = 0; s < shards; s++) {
		struct shard_core *core = &cores[s];

		registry.shard = s;
		core->index = s;
		core->sleeps = true;
		core->rulebook = &gateway_rulebook;
		rdl_rulebook_add_reader(&gateway_rulebook, &core->rules_seen);
		core->now_ms = registry.now_ms;
		gateway_shard_start(&core->shard, &registry, &no_limits);
		core->registry = core->shard.registry;
		rdl_mailbox_init(&core->question.mailbox);
		gateway_owners.cores[s] = core;
	}
}

void gateway_cores_stop(void)
{
	gateway_cores_pause();
	for (unsigned s = 0; s < gateway_owners.count; s++)
		gateway_shard_stop(&cores[s].shard);
	gateway_owners.count = 0;
	rdl_rulebook_close(&gateway_rulebook);
}

struct rdl_object_list *gateway_list(uint16_t object, uint16_t links)
{
	size_t len = sizeof(struct rdl_object_list) + links * sizeof(rdl_object_link);
	struct rdl_object_list *list = calloc(1, len);

	CHECK(list != NULL);
	list->len = (uint32_t)len;
	list->link_count = links;
	rdl_object_link *link = (rdl_object_link *)(list + 1);
	for (uint16_t i = 0; i < links; i++)
		link[i] = (uint32_t)object << 16 | i;
	return list;
}

static void commit(struct rdl_request *request, unsigned partition)
{
	static uint64_t exchanges;
	struct rdl_request *requests[] = { request };

	CHECK(!running);
	request->exchange = ++exchanges;
	rdl_shard_burst(&cores[partition % gateway_owners.count].shard,
		gateway_rulebook.current->policy, requests, 1, 0, rdl_clock_ms());
}

struct rdl_location gateway_register_by(uint32_t identity, const char *endpoint,
	uint32_t lifetime_s, const struct rdl_object_list *objects)
{
	struct rdl_request request = {
		.operation = RDL_OPERATION_REGISTER,
		.gives = RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_OBJECTS,
		.lifetime_s = lifetime_s,
		.binding = RDL_BINDING_DEFAULT,
		.minor = 1,
		.peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2, 7 }, .port = 5683 },
		.identity = identity,
		.list.objects = objects,
	};
	const struct rdl_span name = span_of(endpoint);

	rdl_siphash128(&gateway_endpoint_key, name.data, name.len, request.digest.word);
	rdl_request_set_endpoint(&request, name);
	commit(&request, rdl_endpoint_partition(request.digest));
	CHECK(request.code == RDL_COAP_CREATED);
	return request.location;
}

struct rdl_location gateway_register(
	const char *endpoint, uint32_t lifetime_s, const struct rdl_object_list *objects)
{
	return gateway_register_by(0, endpoint, lifetime_s, objects);
}

void gateway_deregister(const struct rdl_location *location)
{
	struct rdl_request request = { .operation = RDL_OPERATION_DEREGISTER,
		.location = *location };

	commit(&request, rdl_location_partition(location));
	CHECK(request.code == RDL_COAP_DELETED);
}

static void *step(void *unused)
{
	(void)unused;
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) != 0) {
		for (unsigned s = 0; s < gateway_owners.count; s++)
			(void)shard_core_step(&cores[s]);
		sched_yield();
	}
	return NULL;
}

void gateway_cores_run(void)
{
	CHECK(!running);
	/* What there is, is counted before anybody looks. */
	for (unsigned s = 0; s < gateway_owners.count; s++)
		(void)shard_core_step(&cores[s]);
	__atomic_store_n(&running, 1, __ATOMIC_RELEASE);
	CHECK(pthread_create(&thread, NULL, step, NULL) == 0);
}

void gateway_cores_pause(void)
{
	if (!running)
		return;
	__atomic_store_n(&running, 0, __ATOMIC_RELEASE);
	CHECK(pthread_join(thread, NULL) == 0);
}
