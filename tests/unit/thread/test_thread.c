/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "thread.h"

#include <unistd.h>

struct counter {
	struct rdl_thread thread;
	uint64_t rounds; /* the thread's */
	char name[16];
};

static void *count(void *self)
{
	struct counter *counter = self;

	do {
		__atomic_fetch_add(&counter->rounds, 1, __ATOMIC_RELAXED);
		usleep(100);
	} while (!rdl_thread_is_stopping(&counter->thread));
	pthread_getname_np(pthread_self(), counter->name, sizeof(counter->name));
	return NULL;
}

static void wait_for(const struct counter *counter, uint64_t rounds)
{
	for (unsigned i = 0; i < 100000; i++) {
		if (__atomic_load_n(&counter->rounds, __ATOMIC_RELAXED) >= rounds)
			return;
		usleep(100);
	}
	fail_msg("it does not run");
}

static void runs_until_it_is_stopped(void **state)
{
	struct counter counter = { .rounds = 0 };

	assert_int_equal(
		rdl_thread_start(&counter.thread, "a name of 21 octets..", count, &counter), 0);
	wait_for(&counter, 3);
	rdl_thread_stop(&counter.thread);
	assert_string_equal(counter.name, "a name of 21 oc");
	uint64_t rounds = counter.rounds;
	usleep(2000);
	assert_int_equal(counter.rounds, rounds);
	/* A second time there is nobody to wait for. */
	rdl_thread_stop(&counter.thread);
}

static void asked_it_ends_by_itself(void **state)
{
	struct counter counter = { .rounds = 0 };

	assert_int_equal(rdl_thread_start(&counter.thread, "counter", count, &counter), 0);
	rdl_thread_ask(&counter.thread);
	assert_true(counter.thread.running);
	rdl_thread_stop(&counter.thread);
	assert_true(counter.rounds > 0);
}

static void what_never_ran_stops_at_once(void **state)
{
	struct rdl_thread thread = { .running = false };

	rdl_thread_stop(&thread);
	assert_true(rdl_thread_is_stopping(&thread));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_until_it_is_stopped),
		cmocka_unit_test(asked_it_ends_by_itself),
		cmocka_unit_test(what_never_ran_stops_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
