/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers beside a plain list: nothing is due early, late by more than a tick, or twice. */
#include "support.h"

#include "timers.h"

#define ENTRIES 200
#define NEVER UINT64_MAX

static struct memory memory;
static struct rdl_timers timers;
static uint64_t now_ms, due_ms[ENTRIES];

static int setup(void **state)
{
	size_t end = 0;

	rdl_timers_lay(&timers, ENTRIES, NULL, &end);
	memory = memory_begin(end);
	end = 0;
	rdl_timers_lay(&timers, ENTRIES, memory.data, &end);
	now_ms = 1234567;
	rdl_timers_init(&timers, now_ms);
	for (unsigned i = 0; i < ENTRIES; i++)
		due_ms[i] = NEVER;
	return 0;
}

static int teardown(void **state)
{
	memory_end(&memory);
	return 0;
}

static void set(uint32_t entry, uint64_t due)
{
	due_ms[entry] = due;
	rdl_timers_set(&timers, entry, due);
}

static void expect_due(void)
{
	unsigned budget = UINT32_MAX;
	uint32_t entry;

	while ((entry = rdl_timers_pop(&timers, now_ms, &budget)) != RDL_TIMERS_NONE) {
		assert_true(due_ms[entry] <= now_ms);
		due_ms[entry] = NEVER;
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_true(due_ms[i] > now_ms || now_ms - due_ms[i] < RDL_TIMERS_TICK_MS);
}

static void test_random_times(void **state)
{
	static const uint64_t spans[] = { 1, 20, 3000, 70000, 500000 };
	uint64_t seed = 5;

	for (unsigned step = 0; step < 200000; step++) {
		uint64_t random = test_random(&seed);
		uint64_t span = spans[random % RDL_ARRAY_LEN(spans)];

		set((uint32_t)(random >> 8) % ENTRIES,
			random >> 63 != 0 ? NEVER : now_ms + (random >> 16) % span);
		now_ms += (random >> 40) % 8 == 0 ? (random >> 44) % span : 0;
		expect_due();
	}
}

/* What is far off is looked at once in a minute, no more. */
static void test_far(void **state)
{
	unsigned looks = 0;

	set(1, now_ms + 86400000);
	for (unsigned i = 0; i <= 86400; i++) {
		unsigned budget = 10;

		now_ms += 1000;
		if (rdl_timers_pop(&timers, now_ms, &budget) == 1)
			due_ms[1] = NEVER;
		looks += 10 - budget;
	}
	assert_int_equal(due_ms[1], NEVER);
	assert_in_range(looks, 1, 86400 / 65 + 2);
}

/* Set later and later, it stays where it is. */
static void test_later(void **state)
{
	set(1, now_ms + 2000);
	uint64_t tick = timers.ticks[1];

	for (unsigned i = 1; i < 100; i++)
		set(1, now_ms + 2000 + i * 100);
	assert_int_equal(timers.ticks[1], tick);
	now_ms += 11899;
	expect_due();
	assert_int_not_equal(due_ms[1], NEVER);
	now_ms += 20;
	expect_due();
	assert_int_equal(due_ms[1], NEVER);
}

static void test_budget(void **state)
{
	unsigned budget = 10, popped = 0;

	for (unsigned i = 0; i < ENTRIES; i++)
		set(i, now_ms);
	now_ms += RDL_TIMERS_TICK_MS;
	while (rdl_timers_pop(&timers, now_ms, &budget) != RDL_TIMERS_NONE)
		popped++;
	assert_int_equal(popped, 10);
	assert_int_equal(budget, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_far, setup, teardown),
		cmocka_unit_test_setup_teardown(test_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
