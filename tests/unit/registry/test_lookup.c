/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts: what is looked up in bulk, and what became of it when the commit's turn comes. */
#include "fixture.h"

#define NOW 5000
#define FULL 300

static struct rdl_registry *registry;
static struct rdl_object_list *objects;
static struct rdl_request requests[RDL_REGISTRY_BURST];
static struct rdl_request *burst[RDL_REGISTRY_BURST];
static rdl_handle hints[RDL_REGISTRY_BURST];
static char names[RDL_REGISTRY_BURST][24];

static int setup(void **state)
{
	struct rdl_registry_config config = make_config(FULL);

	config.exchange_lifetime_s = 247;
	registry = rdl_registry_create(&config);
	objects = make_list(3, 4, "");
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
		burst[i] = &requests[i];
	return registry == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	rdl_registry_destroy(registry);
	free(objects);
	return 0;
}

static struct rdl_registry_counts counts(void)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(registry, &counts);
	return counts;
}

static void name(unsigned i, const char *word, unsigned number)
{
	int len = snprintf(names[i], sizeof(names[i]), "%s-%u", word, number);

	requests[i] = make_register(
		(struct rdl_span){ (const uint8_t *)names[i], (size_t)len }, 300, objects);
	requests[i].exchange = 1000 + number;
}

static struct rdl_location registered(unsigned i, enum rdl_registry_result want)
{
	struct rdl_location location;

	assert_int_equal(
		rdl_registry_register(registry, &requests[i], hints[i], NOW, &location, changed()),
		want);
	return location;
}

/* Registers endpoints node-0 .. node-(count - 1), one by one. */
static void fill(unsigned count)
{
	hints[0] = RDL_HANDLE_UNKNOWN;
	for (unsigned i = 0; i < count; i++) {
		name(0, "node", i);
		registered(0, RDL_REGISTRY_CREATED);
	}
}

static rdl_handle found(unsigned i)
{
	return rdl_registry_find_endpoint(
		registry, requests[i].digest, rdl_request_endpoint(&requests[i]), NOW);
}

/*
 * Two names of one digest cannot both be there;
 * the second never passes for the first, whatever the hint.
 */
static void test_digest_collision(void **state)
{
	static const rdl_handle other_hints[] = { RDL_HANDLE_UNKNOWN, RDL_HANDLE_NONE };
	struct rdl_location location;

	name(0, "one", 0);
	name(1, "another", 1);
	requests[1].digest = requests[0].digest;
	rdl_registry_lookup(registry, 2, burst, hints);
	location = registered(0, RDL_REGISTRY_CREATED);
	for (size_t i = 0; i < RDL_ARRAY_LEN(other_hints); i++) {
		hints[1] = other_hints[i];
		registered(1, RDL_REGISTRY_FULL);
	}
	hints[1] = location.handle;
	registered(1, RDL_REGISTRY_FULL);
	assert_int_equal(found(1), RDL_HANDLE_NONE);
	assert_int_equal(found(0), location.handle);
	/* Handles of any origin: that one, others in its partition, of no partition. */
	assert_true(rdl_registry_lives(registry, location.handle, NOW));
	assert_false(rdl_registry_lives(registry, location.handle, NOW + 1000 * 86400 * 2));
	assert_false(rdl_registry_lives(registry, location.handle ^ 1, NOW));
	assert_false(rdl_registry_lives(registry, location.handle | 0xffffff, NOW));
	assert_false(rdl_registry_lives(registry, RDL_HANDLE_NONE, NOW));
}

static void test_lookup(void **state)
{
	struct rdl_location locations[RDL_REGISTRY_BURST];

	rdl_registry_lookup(registry, 0, burst, hints);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++) {
		name(i, "n", i);
		hints[i] = RDL_HANDLE_UNKNOWN;
		if (i % 2 == 0)
			locations[i] = registered(i, RDL_REGISTRY_CREATED);
	}
	rdl_registry_lookup(registry, RDL_REGISTRY_BURST, burst, hints);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
		assert_int_equal(hints[i], i % 2 == 0 ? locations[i].handle : RDL_HANDLE_NONE);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++) {
		requests[i].exchange++;
		registered(i, i % 2 == 0 ? RDL_REGISTRY_REPLACED : RDL_REGISTRY_CREATED);
	}
	assert_int_equal(counts().registrations, RDL_REGISTRY_BURST);
}

/* Requests to locations among Registers, also to places that this registry does not have. */
static void test_mixed(void **state)
{
	struct rdl_location location;

	fill(1);
	location = registered(0, RDL_REGISTRY_REPLAYED);
	name(0, "new", 0);
	name(2, "node", 0);
	requests[1] =
		(struct rdl_request){ .operation = RDL_OPERATION_DEREGISTER, .location = location };
	requests[3] = (struct rdl_request){ .operation = RDL_OPERATION_UPDATE,
		.location = { .handle = 0x05ffffff } };
	requests[4] = (struct rdl_request){ .operation = RDL_OPERATION_UPDATE,
		.location = { .handle = RDL_HANDLE_NONE } };
	rdl_registry_lookup(registry, 5, burst, hints);
	assert_int_equal(hints[0], RDL_HANDLE_NONE);
	assert_int_equal(hints[2], location.handle);
	assert_int_equal(hints[3], RDL_HANDLE_NONE);
	assert_int_equal(hints[4], RDL_HANDLE_NONE);
	registered(0, RDL_REGISTRY_CREATED);
	rdl_registry_deregister(registry, location.handle, &requests[1], NOW, changed());
	requests[2].exchange = 77;
	registered(2, RDL_REGISTRY_CREATED);
	assert_int_equal(counts().registrations, 2);
	assert_int_equal(counts().tombstones, 0);
}

/* One endpoint several times in a burst: the look-up knew none of them. */
static void test_twice(void **state)
{
	struct rdl_location first, second;

	for (unsigned i = 0; i < 3; i++)
		name(i, "twin", 0);
	requests[1].exchange = requests[2].exchange = 77; /* another request, and a copy of it */
	rdl_registry_lookup(registry, 3, burst, hints);
	assert_int_equal(hints[2], RDL_HANDLE_NONE);
	first = registered(0, RDL_REGISTRY_CREATED);
	second = registered(1, RDL_REGISTRY_REPLACED);
	assert_int_equal(first.handle, second.handle);
	assert_location(registered(2, RDL_REGISTRY_REPLAYED), second);
	assert_int_equal(counts().registrations, 1);
}

/*
 * A full registry of tombstones gives up one for each new endpoint, the oldest first, and not
 * before its commit; a hint to one that is gone by its turn, or to a slot that is another's by now,
 * does no harm.
 */
static void test_stale_hints(void **state)
{
	struct rdl_location new, old;

	fill(FULL);
	for (unsigned i = 0; i < FULL; i++) {
		name(0, "node", i);
		deregister(registry, found(0), NOW);
	}
	assert_int_equal(counts().tombstones, FULL);
	name(0, "node", 0); /* the oldest tombstone: it goes */
	name(1, "node", FULL - 1); /* the youngest stays */
	for (unsigned i = 2; i < 12; i++)
		name(i, "new", i);
	requests[1].exchange = 5;
	requests[0].exchange = 6;
	rdl_registry_lookup(registry, 12, burst, hints);
	assert_int_not_equal(hints[0], RDL_HANDLE_NONE);
	assert_int_not_equal(hints[1], RDL_HANDLE_NONE);
	assert_int_equal(counts().tombstones, FULL);
	for (unsigned i = 2; i < 12; i++)
		registered(i, RDL_REGISTRY_CREATED);
	assert_int_equal(counts().tombstones, FULL - 10);
	new = registered(0, RDL_REGISTRY_CREATED);
	old = registered(1, RDL_REGISTRY_CREATED);
	assert_int_equal(old.handle, hints[1]);
	assert_int_equal(found(0), new.handle);
	assert_int_equal(found(1), old.handle);
	for (unsigned i = 2; i < 12; i++)
		assert_int_not_equal(found(i), RDL_HANDLE_NONE);
	assert_int_equal(counts().registrations, 12);
}

/* The hint names a slot that belongs to somebody else by the time of the commit. */
static void test_hint_of_another(void **state)
{
	struct rdl_location location;

	name(0, "a", 0);
	name(1, "b", 1);
	hints[0] = hints[1] = RDL_HANDLE_UNKNOWN;
	location = registered(0, RDL_REGISTRY_CREATED);
	hints[1] = location.handle;
	assert_int_not_equal(registered(1, RDL_REGISTRY_CREATED).handle, location.handle);
	assert_int_equal(found(0), location.handle);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_digest_collision),
		TEST(test_lookup),
		TEST(test_mixed),
		TEST(test_twice),
		TEST(test_stale_hints),
		TEST(test_hint_of_another),
	};

	return RUN_EAL_TESTS(tests);
}
