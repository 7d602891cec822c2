/* SPDX-License-Identifier: BSD-3-Clause */
/* How often one registration may update: its own bucket, which nobody else spends of. */
#include "fixture.h"

#define LIMIT 10
#define NOW (EPOCH + 300)
#define UPDATE "CON POST 11:rd 11:@"

static int setup_limit(void **state)
{
	limits.updates = LIMIT;
	return setup(state);
}

static int teardown_limit(void **state)
{
	limits.updates = 0;
	return teardown(state);
}

static struct id a_register(const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=%s 15:lt=60" OBJECTS, name);
	return register_at(text, NOW);
}

/* Each request its own exchange, as those of a client that counts its Message IDs. */
static unsigned send(const char *text, const struct id *id, uint64_t exchange, uint64_t now_ms)
{
	static struct handed h;

	hand(&h, text, id->text);
	h.request.exchange = exchange;
	commit(&h, now_ms);
	return code_of(&h);
}

/* 3,600 a second for 20 seconds: ten of each second are performed, the others are silence. */
static void test_flood(void **state)
{
	struct id id = a_register("busy"), other = a_register("calm");
	unsigned in_second[22] = { 0 }, shed = 0;

	for (uint64_t i = 0; i < UINT64_C(3600) * 20; i++) {
		uint64_t now = NOW + i * 1000 / 3600;
		unsigned code = send(UPDATE, &id, i + 1, now);

		if (code == CODE(2, 4)) {
			in_second[(now - EPOCH) / 1000]++;
			assert_int_equal(describe(&id, now).updated_ms, now / 1000 * 1000);
		} else {
			assert_int_equal(code, 0);
			shed++;
		}
		/* What is behind the same address does not notice. */
		if (i % 1800 == 0)
			assert_int_equal(send(UPDATE, &other, 1000000 + i, now), CODE(2, 4));
	}
	for (unsigned s = 0; s < 21; s++)
		assert_int_equal(in_second[s], LIMIT);
	assert_int_equal(counter(RDL_STAT_drop_admission_update), shed);
	assert_int_equal(counter(RDL_STAT_updated), 21 * LIMIT + 40);
	/* After a pause, so many at once and no more. */
	for (unsigned i = 0; i < 2 * LIMIT; i++)
		assert_int_equal(
			send(UPDATE, &id, 5000000 + i, NOW + 70000), i < LIMIT ? CODE(2, 4) : 0);
}

/*
 * A client that updates whenever it is answered, and asks again as RFC 7252 says when it is not
 * (Wakaama with lifetime 0): it is slowed down, and never without an answer for longer than its
 * first time-out.
 */
static void test_answered_in_time(void **state)
{
	struct id id = a_register("wakaama");
	uint64_t now = NOW, exchange = 1, answered = 0;

	while (now < NOW + 60000) {
		unsigned code = send("CON POST 11:rd 11:@ 15:lt=0", &id, exchange, now);

		if (code == 0) {
			now += 2000;
			code = send("CON POST 11:rd 11:@ 15:lt=0", &id, exchange, now);
		}
		assert_int_equal(code, CODE(2, 4));
		assert_int_not_equal(find(&id, now), RDL_HANDLE_NONE);
		exchange++;
		answered++;
		now += 1;
	}
	assert_in_range(answered, 5 * 60, LIMIT * 60);
}

/*
 * A location that is none, or not any more, spends nobody's;
 * nor does what is refused, and a De-register always passes.
 */
static void test_who_spends(void **state)
{
	struct id old = a_register("node"), id = a_register("node"), forged = id;
	struct rdl_location location;

	assert_true(rdl_location_decode(&location_key, span_of(id.text), &location));
	location.generation++;
	rdl_location_encode(&location_key, &location, (uint8_t *)forged.text);
	for (unsigned i = 0; i < 5 * LIMIT; i++) {
		assert_int_equal(send(UPDATE, &old, 100 + i, NOW), CODE(4, 4));
		assert_int_equal(send(UPDATE, &forged, 200 + i, NOW), CODE(4, 4));
		assert_int_equal(
			send("CON POST 11:rd 11:@ 15:lt=x", &id, 300 + i, NOW), CODE(4, 0));
	}
	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(send(UPDATE, &id, 400 + i, NOW), CODE(2, 4));
	assert_int_equal(send(UPDATE, &id, 500, NOW), 0);
	/* A refusal is no Update. */
	assert_int_equal(send("CON POST 11:rd 11:@ 15:lt=x", &id, 501, NOW), CODE(4, 0));
	assert_int_equal(send("CON DELETE 11:rd 11:@", &id, 502, NOW), CODE(2, 2));
	assert_int_equal(counter(RDL_STAT_drop_admission_update), 1);
}

/*
 * A copy restarts the lifetime as its original did,
 * and is paid for alike; one that changes nothing is free.
 */
static void test_copies(void **state)
{
	static struct handed h;
	struct id id;

	for (unsigned i = 0; i < 2 * LIMIT; i++) {
		hand(&h, "CON POST 11:rd 15:ep=node" OBJECTS, "");
		h.request.exchange = 7;
		commit(&h, NOW);
		if (i == 0)
			id = expect_created(&h);
		/* The Register itself is no Update. */
		assert_int_equal(code_of(&h), i <= LIMIT ? CODE(2, 1) : 0);
	}
	assert_int_equal(send(UPDATE, &id, 8, NOW), 0);
	for (unsigned i = 0; i < 2 * LIMIT; i++)
		assert_int_equal(send(UPDATE, &id, 8, NOW + 1000), i < LIMIT ? CODE(2, 4) : 0);
	assert_int_equal(send("CON DELETE 11:rd 11:@", &id, 9, NOW + 1000), CODE(2, 2));
	for (unsigned i = 0; i < 2 * LIMIT; i++) {
		assert_int_equal(send("CON DELETE 11:rd 11:@", &id, 9, NOW + 1000), CODE(2, 2));
		assert_int_equal(send(UPDATE, &id, 8, NOW + 1000), CODE(2, 4));
	}
	assert_int_equal(counter(RDL_STAT_drop_admission_update), 2 * LIMIT);
}

/*
 * A Register in the place of a registration takes over
 * what that has spent, so that nobody gets more by it.
 */
static void test_registered_again(void **state)
{
	struct id id = a_register("node");
	unsigned performed = 0;

	for (unsigned i = 0; i < 100; i++) {
		id = a_register("node");
		for (unsigned k = 0; k < LIMIT / 2; k++)
			performed += send(UPDATE, &id, 1 + i * LIMIT + k, NOW) == CODE(2, 4);
	}
	assert_int_equal(performed, LIMIT);
	/* One that is left and comes again is another. */
	assert_int_equal(send("CON DELETE 11:rd 11:@", &id, 9999, NOW), CODE(2, 2));
	id = a_register("node");
	assert_int_equal(send(UPDATE, &id, 10000, NOW), CODE(2, 4));
}

/* What only the shard can read is not read when it comes too often. */
static void test_unread(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=rooted" ROOTED, NOW);
	static const char bad[] = "CON POST 11:rd 11:@ | </lwm2m/1/0>,";

	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(send(UPDATE, &id, 1 + i, NOW), CODE(2, 4));
	assert_int_equal(send(bad, &id, 100, NOW), 0);
	assert_int_equal(send(bad, &id, 101, NOW + 1000), CODE(4, 0));
}

static void test_no_limit(void **state)
{
	struct id id = a_register("node");

	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(send(UPDATE, &id, 1 + i, NOW), CODE(2, 4));
	assert_int_equal(counter(RDL_STAT_drop_admission_update), 0);
}

/* How many Updates are answered at one time, of so many. */
static unsigned answered(const struct id *id, unsigned sent, uint64_t now_ms)
{
	static uint64_t exchange = 5000000;
	unsigned count = 0;

	for (unsigned i = 0; i < sent; i++)
		count += send(UPDATE, id, exchange++, now_ms) == CODE(2, 4);
	return count;
}

/*
 * The limit changes while registrations live. What was spent of it stays, but never more than all:
 * whoever comes again 2 s later is answered, whatever the limit was.
 */
static void test_other_limit(void **state)
{
	struct id id = a_register("busy");

	assert_int_equal(answered(&id, 100, NOW), LIMIT);
	rdl_registry_limit_updates(shard.registry, 25);
	assert_int_equal(answered(&id, 100, NOW), 15);
	rdl_registry_limit_updates(shard.registry, 3);
	assert_int_equal(answered(&id, 100, NOW), 0);
	assert_int_equal(answered(&id, 100, NOW + 2000), 3);
	rdl_registry_limit_updates(shard.registry, 0);
	assert_int_equal(answered(&id, 2000, NOW + 2000), 2000);
	rdl_registry_limit_updates(shard.registry, RDL_REGISTRY_UPDATES_MAX);
	assert_int_equal(answered(&id, 2000, NOW + 4000), RDL_REGISTRY_UPDATES_MAX);
	rdl_registry_limit_updates(shard.registry, 1);
	assert_int_equal(answered(&id, 100, NOW + 4000), 0);
	assert_int_equal(answered(&id, 100, NOW + 6000), 1);
}

int main(void)
{
#define LIMIT_TEST(test) cmocka_unit_test_setup_teardown(test, setup_limit, teardown_limit)
	const struct CMUnitTest tests[] = {
		LIMIT_TEST(test_flood),
		LIMIT_TEST(test_answered_in_time),
		LIMIT_TEST(test_who_spends),
		LIMIT_TEST(test_copies),
		LIMIT_TEST(test_registered_again),
		LIMIT_TEST(test_unread),
		LIMIT_TEST(test_other_limit),
		SHARD_TEST(test_no_limit),
	};

	return RUN_SHARD_TESTS(tests);
}
