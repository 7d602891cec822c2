/* SPDX-License-Identifier: BSD-3-Clause */
/* What a position of a partition means, in runs of several numbers of shards. */
#include "fixture.h"

#include "places.h"

static uint64_t places[RDL_PARTITIONS];

static uint64_t origin_of(size_t run)
{
	return rdl_journal_history_run(history, run)->origin;
}

/* Ten entries in each of two logs, then five in each of three. */
static int begin_two(void **state)
{
	if (begin(state) != 0)
		return -1;
	begin_run(2, 10);
	begin_run(3, 5);
	memset(places, 0, sizeof(places));
	return 0;
}

/* What one partition has, all of its log have. */
static void raised_with_its_log(void **state)
{
	assert_true(places_raise(history, places, 5, origin_of(0) + 7));
	for (unsigned p = 0; p < RDL_PARTITIONS; p++)
		assert_int_equal(places[p], p % 2 == 1 ? origin_of(0) + 7 : 0);
	/* Never back. */
	assert_true(places_raise(history, places, 7, origin_of(0) + 3));
	assert_int_equal(places[7], origin_of(0) + 7);
	assert_true(places_raise(history, places, 6, origin_of(1) + 5));
	for (unsigned p = 0; p < RDL_PARTITIONS; p++) {
		uint64_t before = p % 2 == 1 ? origin_of(0) + 7 : 0;

		assert_int_equal(places[p], p % 3 == 0 ? origin_of(1) + 5 : before);
	}
}

static void no_such_position(void **state)
{
	static const uint64_t none[RDL_PARTITIONS];

	assert_false(places_raise(history, places, 0, origin_of(0) + 11));
	assert_false(places_raise(history, places, 0, origin_of(1) + 6));
	assert_false(places_raise(history, places, 0, origin_of(0) - 1));
	assert_false(places_raise(history, places, 0, UINT64_MAX));
	assert_false(places_raise(history, places, RDL_PARTITIONS, origin_of(1)));
	assert_memory_equal(places, none, sizeof(none));
	/* It is there as soon as it is written. */
	log_entries(1, 1);
	assert_true(places_raise(history, places, 1, origin_of(1) + 6));
}

static void in_a_run(void **state)
{
	assert_int_equal(place_in(history, 0, 1, 0), 0);
	assert_int_equal(place_in(history, 0, 1, origin_of(0) + 4), 4);
	assert_int_equal(place_in(history, 0, 1, origin_of(1) + 2), 10);
	assert_int_equal(place_in(history, 1, 1, origin_of(0) + 4), 0);
	assert_int_equal(place_in(history, 1, 2, origin_of(1) + 2), 2);
}

static void lag(void **state)
{
	assert_int_equal(places_lag(history, places), 35);
	assert_true(places_raise(history, places, 0, origin_of(0) + 10));
	assert_int_equal(places_lag(history, places), 25);
	/*
	 * The log of all that have it, and no other: the other one of before is not over for these.
	 */
	assert_true(places_raise(history, places, 1, origin_of(1) + 5));
	assert_int_equal(places_lag(history, places), 20);
	assert_true(places_raise(history, places, 0, origin_of(1) + 5));
	assert_true(places_raise(history, places, 2, origin_of(1) + 5));
	assert_int_equal(places_lag(history, places), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_two, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(raised_with_its_log),
		TEST(no_such_position),
		TEST(in_a_run),
		TEST(lag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
