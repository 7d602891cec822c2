/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a copy does beside being answered: devices that restart count their Message IDs from the
 * same start, and send the very octets of before. And what is no copy any more: a success that
 * would name a registration which ended unasked.
 */
#include "fixture.h"

#define NOW 10000
#define LIFETIME 247

static struct rdl_registry *registry;
static struct rdl_object_list *objects;

static int start(void **state)
{
	struct rdl_registry_config config = make_config(8);

	config.exchange_lifetime_s = LIFETIME;
	config.now_ms = 0;
	config.expiry_grace_s = 3;
	registry = rdl_registry_create(&config);
	objects = make_list(3, 1, "");
	return registry == NULL ? -1 : 0;
}

static int stop(void **state)
{
	rdl_registry_destroy(registry);
	free(objects);
	return 0;
}

static enum rdl_registry_result perform(
	uint64_t exchange, uint32_t lifetime_s, uint64_t now_ms, struct rdl_location *location)
{
	struct rdl_request request = make_register(span_of("node"), lifetime_s, objects);

	request.exchange = exchange;
	return perform_register(registry, &request, now_ms, location);
}

/* A Register that is performed. */
static struct rdl_location fresh(uint64_t exchange, uint32_t lifetime_s, uint64_t now_ms)
{
	struct rdl_location location;
	enum rdl_registry_result result = perform(exchange, lifetime_s, now_ms, &location);

	assert_true(result == RDL_REGISTRY_CREATED || result == RDL_REGISTRY_REPLACED);
	return location;
}

/* lifetime_s 0: it names none. */
static struct rdl_request an_update(
	struct rdl_location location, uint64_t exchange, uint32_t lifetime_s)
{
	return (struct rdl_request){
		.operation = RDL_OPERATION_UPDATE,
		.gives = lifetime_s > 0 ? RDL_GIVES_LIFETIME : 0,
		.lifetime_s = lifetime_s,
		.location = location,
		.exchange = exchange,
		.peer = { .address = { 1, 2, 3 }, .port = 5683 },
	};
}

static void update(
	struct rdl_location location, uint64_t exchange, uint32_t lifetime_s, uint64_t now_ms)
{
	struct rdl_request request = an_update(location, exchange, lifetime_s);

	assert_int_equal(perform_copy(registry, &request, now_ms), RDL_REGISTRY_NO_COPY);
	assert_true(rdl_registry_update(registry, rdl_registry_find(registry, &location, now_ms),
		&request, now_ms, changed()));
}

static enum rdl_registry_result repeat(
	struct rdl_location location, uint64_t exchange, uint32_t lifetime_s, uint64_t now_ms)
{
	struct rdl_request request = an_update(location, exchange, lifetime_s);

	return perform_copy(registry, &request, now_ms);
}

static void leave(struct rdl_location location, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_request request = an_update(location, exchange, 0);

	rdl_registry_deregister(registry, rdl_registry_find(registry, &location, now_ms), &request,
		now_ms, changed());
	rdl_registry_forget_ended(registry);
}

/* Lives for `lifetime_s` from `now_ms` on, and the grace of 3 s. */
static void expect_lifetime(struct rdl_location location, uint32_t lifetime_s, uint64_t now_ms)
{
	struct rdl_registration r;
	uint64_t end_ms = now_ms + (lifetime_s + 3) * UINT64_C(1000);

	assert_int_equal(rdl_registry_find(registry, &location, now_ms), location.handle);
	rdl_registry_describe(registry, location.handle, &r);
	assert_int_equal(r.lifetime_s, lifetime_s);
	assert_int_equal(r.updated_ms, now_ms / 1000 * 1000);
	assert_int_equal(r.deadline_ms, (end_ms + 999) / 1000 * 1000);
}

static void test_register(void **state)
{
	struct rdl_location first = fresh(1, 100, NOW), copy;

	for (uint64_t ms = NOW + 300; ms < NOW + 46000; ms += 9100) {
		assert_int_equal(perform(1, 100, ms, &copy), RDL_REGISTRY_REPLAYED);
		assert_location(copy, first);
		expect_lifetime(first, 100, ms);
	}
	/* Later than a retransmission is sent, it came instead of an Update. */
	for (uint64_t ms = NOW + 46000; ms < NOW + LIFETIME * 1000; ms += 50500) {
		assert_int_equal(perform(1, 100, ms, &copy), RDL_REGISTRY_RENEWED);
		assert_location(copy, first);
		expect_lifetime(first, 100, ms);
	}
	/* The window counts from the original, however many copies there were. */
	assert_int_equal(perform(1, 100, NOW + LIFETIME * 1000, &copy), RDL_REGISTRY_RENEWED);
	assert_int_equal(
		perform(1, 100, NOW + (LIFETIME + 1) * 1000, &copy), RDL_REGISTRY_REPLACED);
	assert_true(copy.generation != first.generation);
	expect_lifetime(copy, 100, NOW + (LIFETIME + 1) * 1000);
}

static void test_update(void **state)
{
	struct rdl_location location = fresh(1, 60, NOW);

	update(location, 2, 0, NOW);
	update(location, 3, 0, NOW + 1000);
	assert_int_equal(repeat(location, 2, 0, NOW + 45000), RDL_REGISTRY_REPLAYED);
	expect_lifetime(location, 60, NOW + 45000);
	assert_int_equal(repeat(location, 2, 0, NOW + 46000), RDL_REGISTRY_RENEWED);
	expect_lifetime(location, 60, NOW + 46000);
	assert_int_equal(repeat(location, 3, 0, NOW + 46000), RDL_REGISTRY_REPLAYED);
	/* So a device lives that is told so, each time, for as long as it is told. */
	for (uint64_t ms = NOW + 50000; ms <= NOW + LIFETIME * 1000; ms += 40000)
		assert_int_equal(repeat(location, 2, 0, ms), RDL_REGISTRY_RENEWED);
	assert_int_equal(repeat(location, 2, 0, NOW + (LIFETIME + 1) * 1000), RDL_REGISTRY_NO_COPY);
}

/*
 * What a copy says is not performed again,
 * but a longer lifetime is taken back: told, however soon.
 */
static void test_longer_lifetime(void **state)
{
	struct rdl_location location = fresh(1, 100, NOW), copy;

	update(location, 2, 200, NOW);
	assert_int_equal(perform(1, 100, NOW + 1000, &copy), RDL_REGISTRY_REPLAYED);
	expect_lifetime(location, 200, NOW + 1000);
	update(location, 3, 50, NOW + 2000);
	expect_lifetime(location, 50, NOW + 2000);
	assert_int_equal(perform(1, 100, NOW + 3000, &copy), RDL_REGISTRY_LENGTHENED);
	expect_lifetime(location, 100, NOW + 3000);
	assert_int_equal(repeat(location, 3, 50, NOW + 4000), RDL_REGISTRY_REPLAYED);
	expect_lifetime(location, 100, NOW + 4000);
	assert_int_equal(repeat(location, 2, 200, NOW + 60000), RDL_REGISTRY_LENGTHENED);
	expect_lifetime(location, 200, NOW + 60000);
	assert_int_equal(repeat(location, 2, 200, NOW + 60000), RDL_REGISTRY_RENEWED);
}

static void test_says_nothing_else_again(void **state)
{
	struct rdl_location location = fresh(1, 100, NOW);
	struct rdl_request old = an_update(location, 2, 0), later = an_update(location, 3, 0);
	struct rdl_registration r;

	old.gives = later.gives = RDL_GIVES_BINDING;
	old.binding = 5;
	later.binding = 7;
	later.peer.port = 999;
	assert_true(rdl_registry_update(registry, location.handle, &old, NOW, changed()));
	assert_true(rdl_registry_update(registry, location.handle, &later, NOW, changed()));
	assert_int_equal(perform_copy(registry, &old, NOW + 50000), RDL_REGISTRY_RENEWED);
	rdl_registry_describe(registry, location.handle, &r);
	assert_int_equal(r.binding, 7);
	assert_int_equal(r.peer.port, 999);
}

/* A copy of what went to a former registration is answered, and does nothing to its successor. */
static void test_successor(void **state)
{
	struct rdl_location first = fresh(1, 900, NOW), second, copy;

	update(first, 2, 0, NOW);
	second = fresh(3, 60, NOW + 1000);
	assert_int_equal(perform(1, 900, NOW + 2000, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	assert_int_equal(repeat(first, 2, 0, NOW + 2000), RDL_REGISTRY_REPLAYED);
	expect_lifetime(second, 60, NOW + 1000);
	assert_int_equal(repeat(first, 2, 900, NOW + 50000), RDL_REGISTRY_REPLAYED);
	expect_lifetime(second, 60, NOW + 1000);
}

/*
 * For as long as a copy may be under way a Register makes no ghost;
 * after that, whoever sends it wants to be registered.
 */
static void test_deregistered_or_replaced(void **state)
{
	struct rdl_location first = fresh(1, 900, NOW), second, copy;

	leave(first, 2, NOW + 1000);
	assert_int_equal(perform(1, 900, NOW + 145000, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	assert_int_equal(rdl_registry_find(registry, &first, NOW + 145000), RDL_HANDLE_NONE);
	/* A De-register is answered with what is so. */
	assert_int_equal(repeat(first, 2, 0, NOW + 145000), RDL_REGISTRY_REPLAYED);
	second = fresh(1, 900, NOW + 146000);
	assert_int_equal(rdl_registry_find(registry, &second, NOW + 146000), second.handle);
	/* That one is replaced. */
	fresh(3, 900, NOW + 147000);
	assert_int_equal(perform(1, 900, NOW + 291000, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, second);
	assert_int_equal(perform(1, 900, NOW + 292000, &copy), RDL_REGISTRY_REPLACED);
}

static void test_expired(void **state)
{
	for (unsigned reclaimed = 0; reclaimed < 2; reclaimed++) {
		uint64_t now = NOW + reclaimed * UINT64_C(100000);
		struct rdl_location first = fresh(1 + reclaimed, 2, now), second;
		struct rdl_registry_counts counts;

		update(first, 7, 0, now);
		if (reclaimed) {
			assert_true(expire(registry, now + 5000, 99) > 0);
			rdl_registry_counts(registry, &counts);
			assert_int_equal(counts.registrations + counts.tombstones, 0);
		}
		assert_int_equal(repeat(first, 7, 0, now + 5000), RDL_REGISTRY_NO_COPY);
		second = fresh(1 + reclaimed, 2, now + 5000);
		assert_true(second.generation != first.generation || second.handle != first.handle);
		assert_int_equal(repeat(first, 7, 0, now + 5000), RDL_REGISTRY_NO_COPY);
		expect_lifetime(second, 2, now + 5000);
		expire(registry, now + 50000, 99);
	}
}

/* The operator ends it: the device is to register again. */
static void test_removed(void **state)
{
	struct rdl_location first = fresh(1, 300, NOW), second;

	update(first, 2, 0, NOW);
	rdl_registry_remove(registry, first.handle, NOW + 1000, changed());
	assert_int_equal(repeat(first, 2, 0, NOW + 1000), RDL_REGISTRY_NO_COPY);
	second = fresh(1, 300, NOW + 1000);
	assert_int_equal(rdl_registry_find(registry, &second, NOW + 1000), second.handle);
}

/*
 * What the registrations before one that expired were asked for is still known:
 * they ended otherwise.
 */
static void test_before_the_expired(void **state)
{
	struct rdl_location first = fresh(1, 300, NOW), second, copy;
	struct rdl_registry_counts counts;

	second = fresh(2, 4, NOW + 1000);
	assert_int_equal(expire(registry, NOW + 9000, 99), 1);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.tombstones, 1);
	assert_int_equal(perform(1, 300, NOW + 9000, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, first);
	assert_int_equal(perform(2, 4, NOW + 9000, &copy), RDL_REGISTRY_CREATED);
	assert_true(copy.generation != second.generation);
}

/*
 * Two others are the last two:
 * a former Register is not among them when two requests came after it.
 */
static void test_last_two(void **state)
{
	struct rdl_location first = fresh(1, 300, NOW), second, third, copy;

	update(first, 2, 0, NOW);
	update(first, 3, 0, NOW);
	second = fresh(4, 300, NOW);
	assert_int_equal(repeat(first, 2, 0, NOW), RDL_REGISTRY_REPLAYED);
	assert_int_equal(repeat(first, 3, 0, NOW), RDL_REGISTRY_REPLAYED);
	/* One, and it comes behind that. */
	update(second, 5, 0, NOW);
	third = fresh(6, 300, NOW);
	assert_int_equal(repeat(second, 5, 0, NOW), RDL_REGISTRY_REPLAYED);
	assert_int_equal(perform(4, 300, NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, second);
	assert_int_equal(repeat(first, 3, 0, NOW), RDL_REGISTRY_NO_COPY);
	update(third, 7, 0, NOW);
	assert_int_equal(repeat(second, 5, 0, NOW), RDL_REGISTRY_REPLAYED);
	assert_int_equal(perform(6, 300, NOW, &copy), RDL_REGISTRY_REPLAYED);
	assert_location(copy, third);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(test_register),
		TEST(test_update),
		TEST(test_longer_lifetime),
		TEST(test_says_nothing_else_again),
		TEST(test_successor),
		TEST(test_deregistered_or_replaced),
		TEST(test_expired),
		TEST(test_removed),
		TEST(test_before_the_expired),
		TEST(test_last_two),
	};

	return RUN_EAL_TESTS(tests);
}
