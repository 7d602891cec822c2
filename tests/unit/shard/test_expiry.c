/* SPDX-License-Identifier: BSD-3-Clause */
/* Lifetimes, by a clock of milliseconds: never early, at most a second late, counted once. */
#include "fixture.h"

/* All that is due; a slice that finds nothing may have looked at others first. */
static void expire_all(uint64_t now_ms)
{
	for (unsigned idle = 0; idle < 100;)
		idle = rdl_shard_expire(&shard, now_ms) ? 0 : idle + 1;
}

/* Registered at any millisecond of a second. */
static void test_never_early_never_late(void **state)
{
	static const uint32_t lifetimes[] = { 1, 2, 59, 60, 255, 256, 257, 86400, 65536 };

	for (size_t l = 0; l < RDL_ARRAY_LEN(lifetimes); l++) {
		for (unsigned ms = 0; ms < 2000; ms += ms % 500 < 3 ? 1 : 37) {
			char text[120];
			uint64_t begin = EPOCH + ms, end = begin + 1000 * (uint64_t)lifetimes[l];

			snprintf(text, sizeof(text),
				"CON POST 11:rd 15:ep=n%zu-%u 15:lt=%u" OBJECTS, l, ms,
				lifetimes[l]);
			struct id id = register_at(text, begin);
			assert_int_not_equal(find(&id, begin), RDL_HANDLE_NONE);
			assert_int_not_equal(find(&id, end - 1), RDL_HANDLE_NONE);
			assert_int_equal(find(&id, end + 1000), RDL_HANDLE_NONE);
			assert_in_range(describe(&id, begin).deadline_ms, end, end + 999);
		}
	}
}

static void test_reclaimed_in_time(void **state)
{
	uint64_t end = EPOCH + 300 + 60000;
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, EPOCH + 300);

	for (uint64_t now = EPOCH + 300; now < end; now += 250) {
		assert_false(rdl_shard_expire(&shard, now));
		assert_int_not_equal(find(&id, now), RDL_HANDLE_NONE);
	}
	assert_int_equal(counter(RDL_STAT_expired), 0);
	assert_true(rdl_shard_expire(&shard, end + 1000));
	assert_int_equal(counter(RDL_STAT_expired), 1);
	assert_int_equal(registrations(), 0);
	assert_false(rdl_shard_expire(&shard, end + 1000));
	assert_false(rdl_shard_expire(&shard, end + 100000));
	assert_int_equal(counter(RDL_STAT_expired), 1);
}

/* What there is, as of when it was last asked for; counters beside it stay. */
static void test_gauges(void **state)
{
	struct rdl_registry_counts counts;
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);

	register_at("CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, EPOCH);
	assert_int_equal(counter(RDL_STAT_registrations), 0);
	rdl_shard_gauge(&shard);
	assert_int_equal(counter(RDL_STAT_registrations), 2);
	assert_int_equal(counter(RDL_STAT_tombstones), 0);
	assert_int_equal(counter(RDL_STAT_object_lists), 1);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, EPOCH), CODE(2, 2));
	rdl_shard_gauge(&shard);
	rdl_registry_counts(shard.registry, &counts);
	assert_int_equal(counter(RDL_STAT_registrations), 1);
	assert_int_equal(counter(RDL_STAT_tombstones), 1);
	assert_int_equal(counter(RDL_STAT_store_octets), counts.store_octets);
	assert_true(counts.store_octets > 0);
	assert_int_equal(counter(RDL_STAT_registered), 2);
}

/* An Update restarts the lifetime from now, by the lifetime that it names or by the old one. */
static void test_update_restarts(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, EPOCH);
	uint64_t now = EPOCH;

	for (unsigned i = 0; i < 20; i++) {
		now += 59999;
		assert_int_equal(request_at("CON POST 11:rd 11:@", &id, now), CODE(2, 4));
		expire_all(now);
		assert_int_not_equal(find(&id, now + 59999), RDL_HANDLE_NONE);
	}
	/* Shorter, then longer. */
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:lt=5", &id, now), CODE(2, 4));
	assert_int_not_equal(find(&id, now + 4999), RDL_HANDLE_NONE);
	assert_int_equal(find(&id, now + 6000), RDL_HANDLE_NONE);
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:lt=500", &id, now + 4999), CODE(2, 4));
	expire_all(now + 60000);
	assert_int_not_equal(find(&id, now + 504998), RDL_HANDLE_NONE);
	assert_int_equal(counter(RDL_STAT_expired), 0);
	expire_all(now + 506000);
	assert_int_equal(counter(RDL_STAT_expired), 1);
	assert_int_equal(registrations(), 0);
}

/* A refused Update does not restart it. */
static void test_refused_update_does_not(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, EPOCH);

	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:ep=a", &id, EPOCH + 30000), CODE(4, 0));
	assert_int_equal(request_at("CON GET 11:rd 11:@", &id, EPOCH + 30000), CODE(4, 5));
	assert_int_not_equal(find(&id, EPOCH + 59999), RDL_HANDLE_NONE);
	assert_int_equal(find(&id, EPOCH + 61000), RDL_HANDLE_NONE);
}

/*
 * A Register of a dead endpoint that was not yet reclaimed:
 * one expired, one registered, none replaced.
 */
static void test_register_after_end(void **state)
{
	register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, EPOCH);
	struct id new = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, EPOCH + 61000);

	assert_int_equal(counter(RDL_STAT_registered), 2);
	assert_int_equal(counter(RDL_STAT_replaced), 0);
	expire_all(EPOCH + 61000);
	assert_int_equal(counter(RDL_STAT_expired), 1);
	assert_int_not_equal(find(&new, EPOCH + 120999), RDL_HANDLE_NONE);
	expire_all(EPOCH + 120999);
	assert_int_equal(counter(RDL_STAT_expired), 1);
}

/* A replaced registration's time does not end the new one. */
static void test_old_time_after_replacement(void **state)
{
	register_at("CON POST 11:rd 15:ep=node 15:lt=10" OBJECTS, EPOCH);
	struct id new = register_at("CON POST 11:rd 15:ep=node 15:lt=100" OBJECTS, EPOCH + 5000);

	expire_all(EPOCH + 104999);
	assert_int_not_equal(find(&new, EPOCH + 104999), RDL_HANDLE_NONE);
	assert_int_equal(counter(RDL_STAT_expired), 0);
	expire_all(EPOCH + 106000);
	assert_int_equal(counter(RDL_STAT_expired), 1);
}

/* Removed and replaced ones never count as expired; each end is counted once, in slices or not. */
static void test_counts_add_up(void **state)
{
	uint64_t now = EPOCH, seed = 3;
	struct id ids[100] = { { "" } };

	for (unsigned round = 0; round < 4000; round++) {
		unsigned node = (unsigned)(test_random(&seed) % RDL_ARRAY_LEN(ids));
		char text[120];

		now += test_random(&seed) % 400;
		if (round % 7 == 0)
			rdl_shard_expire(&shard, now);
		if (ids[node].text[0] != '\0' && test_random(&seed) % 3 == 0) {
			request_at(round % 2 ? "CON DELETE 11:rd 11:@" : "CON POST 11:rd 11:@",
				&ids[node], now);
			continue;
		}
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u 15:lt=%u" OBJECTS, node,
			1 + (unsigned)(test_random(&seed) % 60));
		ids[node] = register_at(text, now);
	}
	expire_all(now);
	uint64_t ended = counter(RDL_STAT_expired) + counter(RDL_STAT_deregistered);
	assert_int_equal(registrations(), counter(RDL_STAT_registered) - ended);
	assert_true(counter(RDL_STAT_expired) > 50 && counter(RDL_STAT_replaced) > 50);
	expire_all(now + 100000);
	assert_int_equal(registrations(), 0);
	assert_int_equal(counter(RDL_STAT_registered),
		counter(RDL_STAT_expired) + counter(RDL_STAT_deregistered));
}

/* Many at once are reclaimed slice by slice, and dead before. */
static void test_slices(void **state)
{
	struct id ids[500];
	unsigned slices = 0;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++) {
		char text[120];

		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u 15:lt=10" OBJECTS, i);
		ids[i] = register_at(text, EPOCH + i);
	}
	assert_true(rdl_shard_expire(&shard, EPOCH + 12000));
	assert_in_range(counter(RDL_STAT_expired), 1, RDL_ARRAY_LEN(ids) - 1);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++)
		assert_int_equal(find(&ids[i], EPOCH + 12000), RDL_HANDLE_NONE);
	while (rdl_shard_expire(&shard, EPOCH + 12000))
		slices++;
	assert_in_range(slices, 2, RDL_ARRAY_LEN(ids));
	assert_int_equal(counter(RDL_STAT_expired), RDL_ARRAY_LEN(ids));
	assert_int_equal(registrations(), 0);
}

/* lt=0 and the largest there is: no wrap, for decades. */
static void test_longest(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=0" OBJECTS, EPOCH + 999);
	struct id other = register_at(
		"CON POST 11:rd 15:ep=b 15:lt=99999999999999999999" OBJECTS, EPOCH + 999);
	uint64_t end = EPOCH + 999 + 1000 * (uint64_t)INT32_MAX;

	for (uint64_t now = EPOCH + 999; now < end; now += end / 50)
		expire_all(now);
	assert_int_not_equal(find(&id, end - 1), RDL_HANDLE_NONE);
	assert_int_not_equal(find(&other, end - 1), RDL_HANDLE_NONE);
	assert_int_equal(find(&id, end + 1000), RDL_HANDLE_NONE);
	expire_all(end + 1000);
	assert_int_equal(counter(RDL_STAT_expired), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_never_early_never_late),
		SHARD_TEST(test_reclaimed_in_time),
		SHARD_TEST(test_gauges),
		SHARD_TEST(test_update_restarts),
		SHARD_TEST(test_refused_update_does_not),
		SHARD_TEST(test_register_after_end),
		SHARD_TEST(test_old_time_after_replacement),
		SHARD_TEST(test_counts_add_up),
		SHARD_TEST(test_slices),
		SHARD_TEST(test_longest),
	};

	return RUN_SHARD_TESTS(tests);
}
