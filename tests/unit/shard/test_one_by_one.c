/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A burst is what its requests would be one by one, each in a burst of its own: whatever ends and
 * comes again in it, with too little room, and with slots whose generations are used up.
 */
#include "fixture.h"

#include <stdlib.h>

#include "state.h"

#define NAMES 40
#define ROOM_FOR 24 /* registrations */
#define KEPT 4 /* requests of a name that copies are made of */
#define ROUNDS 400

static struct rdl_shard single;
static struct rdl_object_list *lists[3];
static struct {
	char text[64];
	struct rdl_location location; /* the last one given */
	struct rdl_request sent[KEPT];
	bool given;
} names[NAMES];
static struct rdl_request burst[RDL_REGISTRY_BURST], alone[RDL_REGISTRY_BURST];
static unsigned name_of[RDL_REGISTRY_BURST];

static void make_names(void)
{
	memset(names, 0, sizeof(names));
	for (unsigned i = 0; i < NAMES; i++)
		snprintf(names[i].text, sizeof(names[i].text), "%s%u",
			i % 3 == 0 ? "a-name-that-no-record-holds-whole-" : "n", i);
}

static struct rdl_request make_request(unsigned name, uint64_t *seed)
{
	static uint64_t exchange;
	const struct rdl_object_list *list = lists[test_random(seed) % RDL_ARRAY_LEN(lists)];
	struct rdl_span endpoint = span_of(names[name].text);
	struct rdl_request request = {
		.exchange = ++exchange,
		.lifetime_s = 20 + (uint32_t)(test_random(seed) % 60),
		.peer = { .address = { 1, 2 }, .port = (uint16_t)(test_random(seed) % 3) },
		.list.objects = list,
	};
	unsigned kind = (unsigned)(test_random(seed) % 8);

	if (kind < 3 || !names[name].given) {
		request.operation = RDL_OPERATION_REGISTER;
		request.gives = RDL_GIVES_LIFETIME | RDL_GIVES_OBJECTS;
		rdl_request_set_endpoint(&request, endpoint);
		rdl_siphash128(
			&gateway_endpoint_key, endpoint.data, endpoint.len, request.digest.word);
		return request;
	}
	request.location = names[name].location;
	request.operation = kind < 6 ? RDL_OPERATION_DEREGISTER : RDL_OPERATION_UPDATE;
	if (kind == 7)
		request.gives = RDL_GIVES_LIFETIME | RDL_GIVES_OBJECTS;
	return request;
}

/* A burst of a few names, so that one has several requests in it; some are copies. */
static unsigned make_burst(uint64_t *seed)
{
	unsigned count = 1 + (unsigned)(test_random(seed) % RDL_REGISTRY_BURST);
	unsigned first = (unsigned)(test_random(seed) % NAMES);

	for (unsigned i = 0; i < count; i++) {
		unsigned name = (first + (unsigned)(test_random(seed) % 12)) % NAMES;
		struct rdl_request *sent = &names[name].sent[test_random(seed) % KEPT];

		if (sent->exchange == 0 || test_random(seed) % 4 != 0)
			*sent = make_request(name, seed);
		burst[i] = alone[i] = *sent;
		name_of[i] = name;
	}
	return count;
}

static void expect_same(unsigned count)
{
	struct rdl_registry_counts a, b;

	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(burst[i].code, alone[i].code);
		assert_int_equal(burst[i].reason, alone[i].reason);
		if (burst[i].code != RDL_COAP_CREATED)
			continue;
		assert_int_equal(burst[i].location.handle, alone[i].location.handle);
		assert_int_equal(burst[i].location.generation, alone[i].location.generation);
		names[name_of[i]].location = burst[i].location;
		names[name_of[i]].given = true;
	}
	rdl_registry_counts(shard.registry, &a);
	rdl_registry_counts(single.registry, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_equal(&shard.stats, &single.stats, sizeof(shard.stats));
	assert_int_equal(shard.position, single.position);
}

static void run(uint64_t seed, bool expires)
{
	uint64_t now_ms = EPOCH;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct rdl_request *requests[RDL_REGISTRY_BURST] = { NULL }, *one;
		unsigned count = make_burst(&seed);

		now_ms += test_random(&seed) % 15000;
		for (unsigned i = 0; i < count; i++) {
			requests[i] = &burst[i];
			one = &alone[i];
			assert_int_equal(rdl_shard_burst(&single, policy, &one, 1, 0, now_ms), 1);
		}
		assert_int_equal(
			rdl_shard_burst(&shard, policy, requests, count, 0, now_ms), count);
		if (expires) {
			while (rdl_shard_expire(&shard, now_ms))
				;
			while (rdl_shard_expire(&single, now_ms))
				;
		}
		expect_same(count);
	}
}

static int start_both(void **state)
{
	struct rdl_policy_config config = gateway_policy();
	struct rdl_registry_config registry = gateway_registry(ROOM_FOR);

	start(ROOM_FOR, &config);
	registry.now_ms = EPOCH;
	gateway_shard_start(&single, &registry, NULL);
	make_names();
	return 0;
}

static int stop_both(void **state)
{
	gateway_shard_stop(&single);
	return teardown(state);
}

static void test_much_happens(void **state)
{
	run(7, false);
	assert_true(counter(RDL_STAT_registered) > 500 && counter(RDL_STAT_replaced) > 100);
	assert_true(counter(RDL_STAT_deregistered) > 500 && counter(RDL_STAT_expired) > 50);
	assert_true(counter(RDL_STAT_replayed) > 200 && counter(RDL_STAT_drop_registry_full) > 100);
}

static void test_expired(void **state)
{
	run(8, true);
	assert_true(counter(RDL_STAT_expired) > 100);
}

/* Registrations move to other slots, until there are none. */
static void test_used_up(void **state)
{
	for (uint32_t slot = 0; slot < rdl_registry_slots(ROOM_FOR); slot++)
		for (uint32_t partition = 0; partition < RDL_PARTITIONS; partition++) {
			rdl_handle handle = partition << 24 | slot;

			rdl_slab_at(&shard.registry->slab, handle)->generation =
				RDL_GENERATION_MAX - 1;
			rdl_slab_at(&single.registry->slab, handle)->generation =
				RDL_GENERATION_MAX - 1;
		}
	run(9, true);
	assert_true(counter(RDL_STAT_registered) > 500);
}

int main(void)
{
	static uint64_t memory[RDL_ARRAY_LEN(lists)][8];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(lists); i++) {
		lists[i] = (struct rdl_object_list *)memory[i];
		lists[i]->len = sizeof(struct rdl_object_list) + sizeof(rdl_object_link);
		lists[i]->link_count = 1;
		((rdl_object_link *)(lists[i] + 1))[0] = i;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_much_happens, start_both, stop_both),
		cmocka_unit_test_setup_teardown(test_expired, start_both, stop_both),
		cmocka_unit_test_setup_teardown(test_used_up, start_both, stop_both),
	};

	return RUN_SHARD_TESTS(tests);
}
