/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a slot's generations: no location comes twice, so the slot is given up, and its
 * endpoint moves to another.
 */
#include "fixture.h"

#include "state.h"

#define NOW 5000 /* make_config()'s epoch */
#define REGISTRATIONS 8

static struct rdl_registry *registry;
static struct rdl_object_list *objects;

static int start(void **state)
{
	struct rdl_registry_config config = make_config(REGISTRATIONS);

	config.exchange_lifetime_s = 247;
	config.sessions = true;
	registry = rdl_registry_create(&config);
	objects = make_list(3, 2, "");
	return registry == NULL ? -1 : 0;
}

static int stop(void **state)
{
	rdl_registry_destroy(registry);
	free(objects);
	return 0;
}

/* A name longer than a record holds, with parameters: what has memory of its own moves, too. */
static const char name[] = "a-device-with-a-name-of-some-length";

static struct rdl_request a_register(uint64_t exchange)
{
	struct rdl_request request = make_register(span_of(name), 300, objects);

	request.exchange = exchange;
	request.gives |= RDL_GIVES_PARAMETERS;
	request.parameters.data = (const uint8_t *)"\x05sms=1";
	request.parameters.len = 6;
	return request;
}

static enum rdl_registry_result perform(
	uint64_t exchange, uint64_t now_ms, struct rdl_location *location)
{
	struct rdl_request request = a_register(exchange);

	return perform_register(registry, &request, now_ms, location);
}

/* As if the slot had been registered in so often: `left` more are to come. */
static void wear(rdl_handle handle, uint32_t left)
{
	rdl_slab_at(&registry->slab, handle)->generation = RDL_GENERATION_MAX - left;
}

static void assert_registered(struct rdl_location location, uint64_t now_ms)
{
	struct rdl_registration r;
	struct rdl_registry_counts counts;

	assert_int_equal(rdl_registry_find(registry, &location, now_ms), location.handle);
	assert_int_equal(rdl_registry_find_endpoint(
				 registry, digest_of(span_of(name)), span_of(name), now_ms),
		location.handle);
	rdl_registry_describe(registry, location.handle, &r);
	assert_true(rdl_span_equal(r.endpoint, span_of(name)));
	assert_true(rdl_span_equal(r.parameters, span_of("\x05sms=1")));
	assert_memory_equal(r.objects, objects, objects->len);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, 1);
	assert_int_equal(counts.object_lists, 1);
}

/*
 * The last generation is used;
 * the next Register of the same endpoint is performed in another slot of its partition.
 */
static void test_replaced(void **state)
{
	struct rdl_location first, last, moved, again;

	assert_int_equal(perform(1, NOW, &first), RDL_REGISTRY_CREATED);
	wear(first.handle, 1);
	assert_int_equal(perform(2, NOW, &last), RDL_REGISTRY_REPLACED);
	assert_int_equal(last.handle, first.handle);
	assert_int_equal(last.generation, RDL_GENERATION_MAX);
	assert_registered(last, NOW);
	assert_int_equal(rdl_registry_swap_session(registry, last.handle, 77), 0);

	assert_int_equal(perform(3, NOW, &moved), RDL_REGISTRY_REPLACED);
	assert_int_not_equal(moved.handle, last.handle);
	assert_int_equal(rdl_location_partition(&moved), rdl_location_partition(&last));
	assert_int_equal(moved.generation, 1);
	assert_registered(moved, NOW);
	assert_int_equal(rdl_registry_swap_session(registry, moved.handle, 0), 77);
	assert_int_equal(rdl_registry_find(registry, &last, NOW), RDL_HANDLE_NONE);
	assert_int_equal(perform(3, NOW, &again), RDL_REGISTRY_REPLAYED);
	assert_location(again, moved);
	/* What was before is forgotten: its location was of the other slot. */
	assert_int_equal(perform(2, NOW, &again), RDL_REGISTRY_REPLACED);
	assert_int_equal(again.handle, moved.handle);
	assert_int_equal(again.generation, moved.generation + 1);
	/* It expires at its own time, and once. */
	assert_int_equal(expire(registry, NOW + 299999, 1000), 0);
	assert_int_equal(expire(registry, NOW + 300000, 1000), 1);
}

/* The same of one that is dead by time, and of a tombstone. */
static void test_dead(void **state)
{
	struct rdl_location location, moved;

	assert_int_equal(perform(1, NOW, &location), RDL_REGISTRY_CREATED);
	wear(location.handle, 0);
	assert_int_equal(perform(2, NOW + 300000, &moved), RDL_REGISTRY_CREATED);
	assert_int_not_equal(moved.handle, location.handle);
	assert_registered(moved, NOW + 300000);
	assert_int_equal(expire(registry, NOW + 300000, 1000), 0);

	location = moved;
	wear(location.handle, 0);
	location.generation = RDL_GENERATION_MAX;
	deregister(registry, location.handle, NOW + 300000);
	assert_int_equal(registry->tombstones.count, 1);
	assert_int_equal(perform(3, NOW + 300000, &moved), RDL_REGISTRY_CREATED);
	assert_int_not_equal(moved.handle, location.handle);
	assert_int_equal(registry->tombstones.count, 0);
	assert_registered(moved, NOW + 300000);
	assert_int_equal(rdl_registry_find(registry, &location, NOW + 300000), RDL_HANDLE_NONE);
}

/*
 * A row whose slots are used up one by one gives each up once,
 * and then has none: nothing is changed, nothing lost.
 */
static void test_row(void **state)
{
	struct rdl_location location, before;
	uint32_t slots = registry->slab.slots;

	assert_int_equal(perform(1, NOW, &location), RDL_REGISTRY_CREATED);
	for (uint32_t i = 1; i < slots; i++) {
		wear(location.handle, 0);
		before = location;
		assert_int_equal(perform(1 + i, NOW, &location), RDL_REGISTRY_REPLACED);
		assert_int_equal(location.handle, before.handle + 1);
	}
	wear(location.handle, 0);
	location.generation = RDL_GENERATION_MAX;
	assert_int_equal(perform(1000, NOW, &before), RDL_REGISTRY_FULL);
	assert_registered(location, NOW);
	deregister(registry, location.handle, NOW);
	assert_int_equal(perform(1001, NOW, &before), RDL_REGISTRY_FULL);
	/* What is forgotten leaves a slot that nobody gets any more. */
	expire(registry, NOW + 1000000, 1000);
	assert_int_equal(registry->tombstones.count, 0);
	assert_int_equal(perform(1002, NOW + 1000000, &before), RDL_REGISTRY_FULL);
	assert_int_equal(registry->store.octets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replaced, start, stop),
		cmocka_unit_test_setup_teardown(test_dead, start, stop),
		cmocka_unit_test_setup_teardown(test_row, start, stop),
	};

	return RUN_EAL_TESTS(tests);
}
