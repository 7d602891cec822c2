/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of requests: RFC 7252 section 4.5. */
#include "fixture.h"

#define NOW 10000
#define LIFETIME 247

static struct rdl_registry *registry;
static struct rdl_object_list *objects, *rooted;

static int start(void **state)
{
	struct rdl_registry_config config = make_config(8);

	config.exchange_lifetime_s = LIFETIME;
	config.now_ms = 0;
	registry = rdl_registry_create(&config);
	objects = make_list(3, 1, "");
	rooted = make_list(3, 1, "a");
	return registry == NULL ? -1 : 0;
}

static int stop(void **state)
{
	rdl_registry_destroy(registry);
	free(objects);
	free(rooted);
	return 0;
}

static struct rdl_request a_register(const char *name, uint64_t exchange)
{
	struct rdl_request request = make_register(span_of(name), 300, objects);

	request.exchange = exchange;
	return request;
}

static enum rdl_registry_result perform(
	struct rdl_request request, uint64_t now_ms, struct rdl_location *location)
{
	return rdl_registry_register(
		registry, &request, RDL_HANDLE_UNKNOWN, now_ms, location, changed());
}

static struct rdl_request to(struct rdl_location location, uint64_t exchange)
{
	return (struct rdl_request){
		.operation = RDL_OPERATION_UPDATE,
		.location = location,
		.exchange = exchange,
	};
}

static void update(struct rdl_location location, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_request request = to(location, exchange);

	assert_true(rdl_registry_update(registry, rdl_registry_find(registry, &location, now_ms),
		&request, now_ms, changed()));
}

static void leave(struct rdl_location location, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_request request = to(location, exchange);

	rdl_registry_deregister(registry, rdl_registry_find(registry, &location, now_ms), &request,
		now_ms, changed());
	rdl_registry_forget_ended(registry);
}

static bool is_copy(struct rdl_location location, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_request request = to(location, exchange);

	return perform_copy(registry, &request, now_ms) != RDL_REGISTRY_NO_COPY;
}

static struct rdl_registry_counts counts(void)
{
	struct rdl_registry_counts c;

	rdl_registry_counts(registry, &c);
	return c;
}

static void test_register_copy(void **state)
{
	struct rdl_location first, copy, second;
	struct rdl_registration before, after;

	assert_int_equal(perform(a_register("e", 11), NOW, &first), RDL_REGISTRY_CREATED);
	rdl_registry_describe(registry, first.handle, &before);
	assert_int_equal(perform(a_register("e", 11), NOW + 5000, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	rdl_registry_describe(registry, first.handle, &after);
	assert_location(after.location, before.location);
	assert_int_equal(after.deadline_ms, before.deadline_ms + 5000);
	assert_int_equal(after.registered_ms, before.registered_ms);
	assert_ptr_equal(after.objects, before.objects);
	/* Other octets, or another endpoint's exchange, is no copy. */
	assert_int_equal(perform(a_register("f", 11), NOW, &second), RDL_REGISTRY_CREATED);
	assert_int_equal(perform(a_register("e", 12), NOW, &second), RDL_REGISTRY_REPLACED);
	/* The one before is known all the same, with the location that it was given. */
	assert_int_equal(perform(a_register("e", 11), NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	assert_int_equal(perform(a_register("e", 12), NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, second);
}

/* The location of an old Register tells what that Register was. */
static void test_register_copy_of_another_kind(void **state)
{
	struct rdl_request old = a_register("e", 1);
	struct rdl_location first, copy;

	old.minor = 0;
	old.list.objects = rooted;
	assert_int_equal(perform(old, NOW, &first), RDL_REGISTRY_CREATED);
	assert_true(first.rooted && first.version_class == 0);
	assert_int_equal(perform(a_register("e", 2), NOW, &copy), RDL_REGISTRY_REPLACED);
	assert_false(copy.rooted);
	assert_int_equal(perform(old, NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
}

/*
 * As long as the exchange lifetime, a second more at the most,
 * then it is a request like any other.
 */
static void test_window(void **state)
{
	struct rdl_location first, second;
	struct rdl_request non = a_register("n", 7);

	assert_int_equal(perform(a_register("e", 7), NOW, &first), RDL_REGISTRY_CREATED);
	assert_int_equal(
		perform(a_register("e", 7), NOW + LIFETIME * 1000, &second), RDL_REGISTRY_RENEWED);
	assert_int_equal(perform(a_register("e", 7), NOW + (LIFETIME + 1) * 1000, &second),
		RDL_REGISTRY_REPLACED);
	non.non = true;
	assert_int_equal(perform(non, NOW, &first), RDL_REGISTRY_CREATED);
	assert_int_equal(perform(non, NOW + 145000, &second), RDL_REGISTRY_RENEWED);
	assert_int_equal(perform(non, NOW + 146000, &second), RDL_REGISTRY_REPLACED);
	assert_false(is_copy(second, 99, NOW));
	update(second, 99, NOW + 150000);
	assert_true(is_copy(second, 99, NOW + 150000 + LIFETIME * 1000));
	assert_false(is_copy(second, 99, NOW + 150000 + (LIFETIME + 1) * 1000));
}

static void test_update_copy(void **state)
{
	struct rdl_location location, replaced;

	assert_int_equal(perform(a_register("e", 1), NOW, &location), RDL_REGISTRY_CREATED);
	assert_false(is_copy(location, 2, NOW));
	update(location, 2, NOW);
	update(location, 3, NOW);
	assert_true(is_copy(location, 2, NOW));
	assert_true(is_copy(location, 3, NOW));
	/* The Register stays known however many Updates follow; of those, the last. */
	update(location, 4, NOW);
	assert_false(is_copy(location, 2, NOW));
	assert_int_equal(perform(a_register("e", 1), NOW, &replaced), RDL_REGISTRY_REPLAYED);
	/* A late copy of an Update to a location that was replaced meanwhile. */
	assert_int_equal(perform(a_register("e", 5), NOW, &replaced), RDL_REGISTRY_REPLACED);
	assert_true(is_copy(location, 4, NOW));
	assert_int_equal(rdl_registry_find(registry, &location, NOW), RDL_HANDLE_NONE);
	assert_false(is_copy((struct rdl_location){ .handle = 0xffffff }, 4, NOW));
}

static void test_tombstone(void **state)
{
	struct rdl_location location, copy;

	assert_int_equal(perform(a_register("e", 1), NOW, &location), RDL_REGISTRY_CREATED);
	update(location, 2, NOW);
	leave(location, 3, NOW);
	assert_int_equal(counts().registrations, 0);
	assert_int_equal(counts().tombstones, 1);
	assert_int_equal(rdl_registry_find(registry, &location, NOW), RDL_HANDLE_NONE);
	assert_true(is_copy(location, 3, NOW));
	assert_true(is_copy(location, 2, NOW));
	/* No ghost of a late copy. */
	assert_int_equal(perform(a_register("e", 1), NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, location);
	assert_int_equal(counts().registrations, 0);
	assert_int_equal(expire(registry, NOW + (LIFETIME - 1) * 1000, 99), 0);
	assert_int_equal(counts().tombstones, 1);
	assert_int_equal(expire(registry, NOW + LIFETIME * 1000, 99), 0);
	assert_int_equal(counts().tombstones, 0);
	assert_false(is_copy(location, 3, NOW + LIFETIME * 1000));
	assert_int_equal(counts().object_lists, 0);
}

/*
 * A new Register of the same endpoint takes the tombstone's place,
 * and remembers what it remembered.
 */
static void test_register_on_tombstone(void **state)
{
	struct rdl_location first, second, copy;

	assert_int_equal(perform(a_register("e", 1), NOW, &first), RDL_REGISTRY_CREATED);
	leave(first, 2, NOW);
	assert_int_equal(perform(a_register("e", 3), NOW, &second), RDL_REGISTRY_CREATED);
	assert_int_equal(second.handle, first.handle);
	assert_true(second.generation != first.generation);
	assert_int_equal(counts().registrations, 1);
	assert_int_equal(counts().tombstones, 0);
	assert_true(is_copy(first, 2, NOW));
	assert_int_equal(perform(a_register("e", 1), NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	assert_int_equal(rdl_registry_find(registry, &second, NOW), second.handle);
}

/* Tombstones never cause shedding: the oldest goes first. */
static void test_room(void **state)
{
	struct rdl_location location[8], other;
	char name[8][8];

	for (unsigned i = 0; i < 8; i++) {
		snprintf(name[i], sizeof(name[i]), "e%u", i);
		assert_int_equal(perform(a_register(name[i], i + 1), NOW, &location[i]),
			RDL_REGISTRY_CREATED);
	}
	assert_int_equal(perform(a_register("x", 50), NOW, &other), RDL_REGISTRY_FULL);
	leave(location[5], 60, NOW);
	leave(location[2], 61, NOW);
	assert_int_equal(perform(a_register("x", 50), NOW, &other), RDL_REGISTRY_CREATED);
	assert_int_equal(counts().tombstones, 1);
	assert_true(is_copy(location[2], 61, NOW));
	assert_false(is_copy(location[5], 60, NOW));
	/* The endpoint whose tombstone is the oldest keeps it for itself. */
	assert_int_equal(perform(a_register(name[2], 70), NOW, &other), RDL_REGISTRY_CREATED);
	assert_int_equal(perform(a_register("y", 51), NOW, &other), RDL_REGISTRY_FULL);
	assert_int_equal(counts().registrations, 8);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(test_register_copy),
		TEST(test_register_copy_of_another_kind),
		TEST(test_window),
		TEST(test_update_copy),
		TEST(test_tombstone),
		TEST(test_register_on_tombstone),
		TEST(test_room),
	};

	return RUN_EAL_TESTS(tests);
}
