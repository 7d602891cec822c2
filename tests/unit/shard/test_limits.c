/* SPDX-License-Identifier: BSD-3-Clause */
/* Which Registers the limits of admission are for, and what becomes of those that are over one. */
#include "fixture.h"

#define NOW (EPOCH + 10000)

static int setup_limits(uint32_t registers_per_s, uint32_t burst, uint32_t per_prefix)
{
	limits = (struct rdl_admission_limits){ registers_per_s, burst, per_prefix, .shards = 1 };
	return setup(NULL);
}

static int two_at_once(void **state)
{
	return setup_limits(1, 2, 0);
}

static int one_of_a_prefix(void **state)
{
	return setup_limits(1, 5, 1);
}

#define LIMITS_TEST(test, some) cmocka_unit_test_setup_teardown(test, some, teardown)

static struct handed h;

static void send(const char *text, const char *id, uint64_t now_ms)
{
	hand(&h, text, id);
	commit(&h, now_ms);
}

static struct rdl_registry_counts counts(void)
{
	struct rdl_registry_counts counts;

	memset(&counts, 0, sizeof(counts));
	rdl_registry_counts(shard.registry, &counts);
	return counts;
}

/*
 * The Register that was just committed got no answer,
 * left its datagram as it was, and nothing anywhere.
 */
static void expect_shed(const struct rdl_registry_counts *before, enum rdl_stat stat, uint64_t n)
{
	struct rdl_registry_counts after = counts();

	assert_int_equal(code_of(&h), 0);
	assert_memory_equal(&after, before, sizeof(after));
	assert_int_equal(counter(stat), n);
}

static const char *numbered(unsigned n)
{
	static char text[80];

	snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=node-%u 15:lt=20" OBJECTS, n);
	return text;
}

/* Leaves nothing for new ones at `now_ms`. */
static struct id fill_up(uint64_t now_ms)
{
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=600 15:sms=5" OBJECTS, now_ms);

	register_at("CON POST 11:rd 15:ep=b 15:lt=10" ROOTED, now_ms);
	return id;
}

static void test_new_are_counted(void **state)
{
	static struct portrait before, after;
	struct id id = fill_up(NOW);
	struct rdl_registry_counts all = counts();

	paint(&before, &id, NOW);
	for (unsigned i = 1; i <= 20; i++) {
		send(numbered(i), "", NOW + i);
		expect_shed(&all, RDL_STAT_drop_admission_rate, i);
	}
	paint(&after, &id, NOW);
	assert_string_equal(after.text, before.text);
	assert_int_equal(counter(RDL_STAT_drop_admission_prefix), 0);
	assert_int_equal(counter(RDL_STAT_registered), 2);
	/* The shed one comes again when there is room for it. */
	send(numbered(20), "", NOW + 1000);
	expect_created(&h);
	all = counts();
	assert_int_equal(all.registrations, 3);
	send(numbered(21), "", NOW + 1000);
	expect_shed(&all, RDL_STAT_drop_admission_rate, 21);
}

/* Register anew, Update and De-register of what lives. */
static void test_live_are_free(void **state)
{
	struct id id = fill_up(NOW);

	for (unsigned i = 0; i < 50; i++) {
		id = register_at("CON POST 11:rd 15:ep=a 15:lt=600 15:sms=5" OBJECTS, NOW + i);
		assert_int_equal(
			request_at("CON POST 11:rd 11:@ 15:lt=60", &id, NOW + i), CODE(2, 4));
	}
	assert_int_equal(counter(RDL_STAT_replaced), 50);
	/* They took nothing: what has flowed in since is there. */
	send(numbered(1), "", NOW + 1000);
	expect_created(&h);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, NOW + 1000), CODE(2, 2));
	assert_int_equal(counter(RDL_STAT_drop_admission_rate), 0);
}

/* A copy of a Register that was performed is answered as it was. */
static void test_copies_are_free(void **state)
{
	static struct handed first;

	hand(&first, numbered(1), "");
	first.request.exchange = 77;
	commit(&first, NOW);
	struct id id = expect_created(&first);
	register_at(numbered(2), NOW);
	for (unsigned i = 0; i < 10; i++) {
		hand(&h, numbered(1), "");
		h.request.exchange = 77;
		commit(&h, NOW + i);
		assert_string_equal(expect_created(&h).text, id.text);
	}
	assert_int_equal(counter(RDL_STAT_replayed), 10);
	assert_int_equal(counter(RDL_STAT_drop_admission_rate), 0);
}

/* The second of two Registers of one endpoint in a burst finds what the first has made. */
static void test_twice_in_a_burst(void **state)
{
	static struct handed handed[3];
	struct rdl_request *requests[3];

	for (unsigned i = 0; i < 3; i++) {
		hand(&handed[i], numbered(i / 2), "");
		requests[i] = &handed[i].request;
	}
	register_at(numbered(9), NOW);
	assert_int_equal(rdl_shard_burst(&shard, policy, requests, 3, 0, NOW), 3);
	expect_created(&handed[0]);
	expect_created(&handed[1]);
	assert_int_equal(code_of(&handed[2]), 0);
	assert_int_equal(counter(RDL_STAT_drop_admission_rate), 1);
}

/* Whose time is over is new, also before its memory is reclaimed; and so is who left. */
static void test_dead_are_new(void **state)
{
	struct id id = fill_up(NOW);
	uint64_t now = NOW + 11000;

	register_at(numbered(1), now);
	register_at(numbered(2), now);
	struct rdl_registry_counts all = counts();
	send("CON POST 11:rd 15:ep=b 15:lt=10" ROOTED, "", now);
	expect_shed(&all, RDL_STAT_drop_admission_rate, 1);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, now), CODE(2, 2));
	all = counts();
	assert_int_equal(all.tombstones, 1);
	send("CON POST 11:rd 15:ep=a 15:lt=600 15:sms=5" OBJECTS, "", now);
	expect_shed(&all, RDL_STAT_drop_admission_rate, 2);

	register_at("CON POST 11:rd 15:ep=b 15:lt=10" ROOTED, now + 1000);
	register_at("CON POST 11:rd 15:ep=a 15:lt=600 15:sms=5" OBJECTS, now + 2000);
	assert_int_equal(counter(RDL_STAT_registered), 6);
	assert_int_equal(counter(RDL_STAT_replaced), 0);
}

/* By the address that a Register comes from, wherever else the endpoint has been. */
static void test_prefixes(void **state)
{
	static const struct rdl_peer other = { .address = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
		.port = 40000 };
	struct rdl_registry_counts all;

	register_at(numbered(1), NOW);
	all = counts();
	for (unsigned i = 2; i < 5; i++) {
		send(numbered(i), "", NOW);
		expect_shed(&all, RDL_STAT_drop_admission_prefix, i - 1);
	}
	assert_int_equal(counter(RDL_STAT_drop_admission_rate), 0);
	register_at(numbered(1), NOW);
	hand(&h, numbered(2), "");
	h.request.peer = other;
	commit(&h, NOW);
	expect_created(&h);
	all = counts();
	hand(&h, numbered(3), "");
	h.request.peer = other;
	commit(&h, NOW);
	expect_shed(&all, RDL_STAT_drop_admission_prefix, 4);
	register_at(numbered(3), NOW + 1000);
	assert_int_equal(counter(RDL_STAT_registered), 3);
	assert_int_equal(counter(RDL_STAT_drop_admission_rate), 0);
}

/* A shard that began without limits is given some, and others; and none again. */
static void test_limits_that_come_later(void **state)
{
	struct rdl_registry_counts all;

	register_at(numbered(1), NOW);
	rdl_shard_limit(
		&shard, &(struct rdl_admission_limits){ .per_prefix = 2, .shards = 1 }, NOW);
	register_at(numbered(2), NOW);
	register_at(numbered(3), NOW);
	all = counts();
	send(numbered(4), "", NOW);
	expect_shed(&all, RDL_STAT_drop_admission_prefix, 1);
	rdl_shard_limit(
		&shard, &(struct rdl_admission_limits){ 1, .updates = 1, .shards = 1 }, NOW);
	struct id id = register_at(numbered(4), NOW);
	all = counts();
	send(numbered(5), "", NOW);
	expect_shed(&all, RDL_STAT_drop_admission_rate, 1);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, NOW), CODE(2, 4));
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:lt=9", &id, NOW), 0);
	assert_int_equal(counter(RDL_STAT_drop_admission_update), 1);
	rdl_shard_limit(&shard, &(struct rdl_admission_limits){ .shards = 1 }, NOW);
	for (unsigned i = 5; i < 9; i++)
		register_at(numbered(i), NOW);
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:lt=9", &id, NOW), CODE(2, 4));
}

static int no_limits(void **state)
{
	return setup_limits(0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIMITS_TEST(test_new_are_counted, two_at_once),
		LIMITS_TEST(test_live_are_free, two_at_once),
		LIMITS_TEST(test_copies_are_free, two_at_once),
		LIMITS_TEST(test_twice_in_a_burst, two_at_once),
		LIMITS_TEST(test_dead_are_new, two_at_once),
		LIMITS_TEST(test_prefixes, one_of_a_prefix),
		LIMITS_TEST(test_limits_that_come_later, no_limits),
	};

	return RUN_SHARD_TESTS(tests);
}
