/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock over two clocks that the test sets. */
#include "support.h"

#include "clock.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

static uint64_t monotonic_ns, wall_ns;
static uint64_t took_ns; /* by each call */
static bool is_lopsided; /* only by those that read the monotonic one */

/* In place of the system's, for this program. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	uint64_t ns = id == CLOCK_REALTIME ? wall_ns : monotonic_ns;

	if (id == CLOCK_MONOTONIC_COARSE)
		ns -= ns % (4 * MS);
	now->tv_sec = (time_t)(ns / SECOND);
	now->tv_nsec = (long)(ns % SECOND);
	if (!is_lopsided || id == CLOCK_MONOTONIC) {
		monotonic_ns += took_ns;
		wall_ns += took_ns;
	}
	return 0;
}

static void set(uint64_t monotonic, uint64_t wall)
{
	monotonic_ns = monotonic;
	wall_ns = wall;
	took_ns = 40;
}

static void pass(uint64_t ns)
{
	monotonic_ns += ns;
	wall_ns += ns;
}

static void its_milliseconds_begin_with_the_walls(void **state)
{
	set(77 * SECOND + 100, 1700000000 * SECOND + 400 * 1000);
	rdl_clock_start();
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t wall_ms = wall_ns / MS;

		/* At an edge the wall's may have gone on by what one call takes. */
		if ((wall_ns + 2 * took_ns) / MS == wall_ms && wall_ns % MS > 2 * took_ns)
			assert_int_equal(rdl_clock_ms() + rdl_clock_wall_ms(), wall_ms);
		pass(333 * 1000);
	}
}

static void the_coarse_one_lags(void **state)
{
	set(5 * SECOND, 1700000000 * SECOND);
	rdl_clock_start();
	for (unsigned i = 0; i < 20; i++) {
		uint64_t coarse = rdl_clock_coarse_ms(), fine = rdl_clock_ms();

		assert_true(coarse <= fine && fine - coarse <= 4);
		pass(MS);
	}
}

static void same_number_until_the_wall_is_set(void **state)
{
	set(9 * SECOND, 1700000000 * SECOND + 123456);
	rdl_clock_start();
	uint64_t before = rdl_clock_wall_ms(), ours = rdl_clock_ms();

	for (unsigned i = 0; i < 100; i++) {
		pass(SECOND + 13);
		assert_int_equal(rdl_clock_wall_ms(), before);
	}
	/* Less than a millisecond is no news; an hour is, either way. */
	wall_ns += 900 * 1000;
	assert_int_equal(rdl_clock_wall_ms(), before);
	wall_ns -= 900 * 1000;
	wall_ns += 3600 * SECOND;
	assert_int_equal(rdl_clock_wall_ms(), before + 3600 * 1000);
	wall_ns -= 2 * 3600 * SECOND;
	assert_int_equal(rdl_clock_wall_ms(), before - 3600 * 1000);
	/* Ours did not jump. */
	assert_int_equal(rdl_clock_ms(), ours + 100 * 1000);
}

static void a_core_that_is_lost_in_between_is_no_news(void **state)
{
	set(9 * SECOND, 1700000000 * SECOND);
	rdl_clock_start();
	uint64_t before = rdl_clock_wall_ms();

	took_ns = 50 * MS;
	is_lopsided = true;
	assert_int_equal(rdl_clock_wall_ms(), before);
	is_lopsided = false;
}

static void an_end_to_waiting(void **state)
{
	set(9 * SECOND + 800 * MS, 0);
	took_ns = 0;
	struct timespec end = rdl_clock_in_ms(1300);

	assert_int_equal(end.tv_sec, 11);
	assert_int_equal(end.tv_nsec, 100 * MS);
	assert_false(rdl_clock_is_past(&end));
	pass(1300 * MS - 1);
	assert_false(rdl_clock_is_past(&end));
	pass(1);
	assert_true(rdl_clock_is_past(&end));
	pass(SECOND - 100 * MS);
	assert_true(rdl_clock_is_past(&end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_milliseconds_begin_with_the_walls),
		cmocka_unit_test(the_coarse_one_lags),
		cmocka_unit_test(same_number_until_the_wall_is_set),
		cmocka_unit_test(a_core_that_is_lost_in_between_is_no_news),
		cmocka_unit_test(an_end_to_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
