/* SPDX-License-Identifier: BSD-3-Clause */
/* Roles on lcores of EAL's: turns, time, and the end. */
#include "support.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "lcores.h"

/* More rounds than any of these takes; a test that hangs is ended by who runs it. */
#define ROUNDS 200

struct counter {
	struct lcores *lcores;
	unsigned steps, work; /* finds work so many times */
	unsigned after_end; /* goes on so many steps when the end is asked for, and comes back */
	bool returned;
	struct load load;
};

static bool step(void *self)
{
	struct counter *counter = self;

	__atomic_add_fetch(&counter->steps, 1, __ATOMIC_RELAXED);
	if (ending_is_asked(&counter->lcores->ending) && !counter->returned &&
		counter->after_end-- == 0) {
		counter->returned = true;
		ending_come_back(&counter->lcores->ending);
	}
	if (counter->work == 0)
		return false;
	counter->work--;
	return true;
}

static int start(void **state)
{
	static char args[][64] = { "test", "--no-huge", "--no-shconf", "-m", "64", "--no-pci",
		"--no-telemetry", "--log-level", "error", "", "" };
	enum { COUNT = RDL_ARRAY_LEN(args) };
	char *words[COUNT];

	snprintf(args[COUNT - 2], sizeof(args[0]), "--lcores=(0-2)@%d", sched_getcpu());
	snprintf(args[COUNT - 1], sizeof(args[0]), "--file-prefix=rdl_test_%d", (int)getpid());
	for (int i = 0; i < COUNT; i++)
		words[i] = args[i];
	return rte_eal_init(COUNT, words) < 0 ? -1 : 0;
}

static int stop(void **state)
{
	return rte_eal_cleanup();
}

static struct lcores *two(uint32_t idle_sleep_us)
{
	struct lcores *lcores = calloc(1, sizeof(*lcores));

	assert_non_null(lcores);
	lcores->count = 2;
	for (unsigned i = 0; i < 2; i++) {
		lcores->lcore[i].id = i + 1;
		lcores->lcore[i].idle_sleep_us = idle_sleep_us;
	}
	return lcores;
}

static unsigned steps_of(const struct counter *counter)
{
	return __atomic_load_n(&counter->steps, __ATOMIC_RELAXED);
}

/* Three roles on two lcores: the third shares the first's, and has as many turns. */
static void test_turns(void **state)
{
	struct lcores *lcores = two(0);
	struct counter counters[3] = { { 0 } };

	for (unsigned i = 0; i < 3; i++) {
		counters[i].lcores = lcores;
		lcores_add_role(lcores, i, &(struct role){ step, &counters[i], &counters[i].load });
	}
	counters[1].work = 5;
	assert_int_equal(lcores->lcore[0].role_count, 2);
	assert_int_equal(lcores->lcore[1].role_count, 1);
	assert_int_equal(lcores_launch(lcores, 3), 0);
	while (steps_of(&counters[0]) < ROUNDS || steps_of(&counters[1]) < ROUNDS)
		sched_yield();
	lcores_join(lcores);
	assert_int_equal(lcores->ended, 2);
	assert_int_equal(steps_of(&counters[0]), steps_of(&counters[2]));
	/* Rounds that found work are told from others. */
	assert_int_equal(counters[1].load.bursts, 5);
	assert_true(counters[1].load.busy_cycles > 0 && counters[1].load.idle_cycles > 0);
	assert_int_equal(counters[0].load.bursts, 0);
	assert_int_equal(counters[0].load.busy_cycles, 0);
	free(lcores);
}

/* Nobody ends before the last has come back, however long that takes. */
static void test_waits_for_all(void **state)
{
	struct lcores *lcores = two(0);
	struct counter counters[2] = { { .after_end = 0 }, { .after_end = 5 * ROUNDS } };
	unsigned slow = 0;

	for (unsigned i = 0; i < 2; i++) {
		counters[i].lcores = lcores;
		lcores_add_role(lcores, i, &(struct role){ step, &counters[i], &counters[i].load });
	}
	assert_int_equal(lcores_launch(lcores, 2), 0);
	lcores_join(lcores);
	slow = steps_of(&counters[1]);
	assert_true(slow > 5 * ROUNDS);
	assert_true(counters[0].returned && counters[1].returned);
	assert_int_equal(lcores->ending.left, 0);
	free(lcores);
}

/* An lcore that EAL does not have: those that run are not kept waiting for its roles. */
static void test_failed_launch(void **state)
{
	struct lcores *lcores = two(0);
	struct counter counters[2] = { { .after_end = 3 }, { 0 } };

	for (unsigned i = 0; i < 2; i++) {
		counters[i].lcores = lcores;
		lcores_add_role(lcores, i, &(struct role){ step, &counters[i], &counters[i].load });
	}
	lcores->lcore[1].id = 77;
	assert_int_equal(lcores_launch(lcores, 2), -1);
	lcores_join(lcores);
	assert_int_equal(lcores->ended, 1);
	assert_int_equal(lcores->ending.left, 0);
	free(lcores);
}

/* One that may sleep does so when it finds nothing, and its sleep is idle time. */
static void test_sleeps(void **state)
{
	struct lcores *lcores = two(2000);
	struct counter counter = { .lcores = lcores };
	const struct timespec pause = { .tv_nsec = 60 * 1000000 };
	uint64_t began = rte_rdtsc();

	lcores->count = 1;
	lcores_add_role(lcores, 0, &(struct role){ step, &counter, &counter.load });
	assert_int_equal(lcores_launch(lcores, 1), 0);
	nanosleep(&pause, NULL);
	/* Some 35 sleeps behind the 64 rounds that come first. */
	assert_true(steps_of(&counter) < 64 + 60);
	/* They do not grow for ever. */
	while (steps_of(&counter) < 64 + 60)
		sched_yield();
	assert_true(rte_rdtsc() - began < rte_get_tsc_hz() / 10 * 9);
	lcores_join(lcores);
	assert_true(counter.load.idle_cycles > rte_get_tsc_hz() / 1000 * 40);
	free(lcores);
}

/* Finds work once in so many steps that its core has begun to sleep. */
static bool seldom(void *self)
{
	struct counter *counter = self;

	(void)step(counter);
	return steps_of(counter) % 70 == 0;
}

/* Who was just at work sleeps a moment only, however long he may. */
static void test_sleeps_lightly(void **state)
{
	struct lcores *lcores = two(100000);
	struct counter counter = { .lcores = lcores };
	uint64_t began = rte_rdtsc();

	lcores->count = 1;
	lcores_add_role(lcores, 0, &(struct role){ seldom, &counter, &counter.load });
	assert_int_equal(lcores_launch(lcores, 1), 0);
	while (steps_of(&counter) < 10 * 70)
		sched_yield();
	/* Some fifty sleeps. */
	assert_true(rte_rdtsc() - began < 2 * rte_get_tsc_hz());
	lcores_join(lcores);
	assert_true(counter.load.bursts >= 10);
	free(lcores);
}

static void test_age(void **state)
{
	struct load load = { .last = rte_rdtsc() - rte_get_tsc_hz() };
	uint64_t age = load_age_ms(&load);

	assert_true(age >= 1000 && age < 60000);
	/* Another core's clock may be ahead of ours. */
	load.last = rte_rdtsc() + rte_get_tsc_hz();
	assert_int_equal(load_age_ms(&load), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_waits_for_all),
		cmocka_unit_test(test_failed_launch),
		cmocka_unit_test(test_sleeps),
		cmocka_unit_test(test_sleeps_lightly),
		cmocka_unit_test(test_age),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
