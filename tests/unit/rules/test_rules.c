/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that are put in force while cores read. Rules number N say N in all that they hold, so that
 * a reader can tell when what it holds is not one object, or has been freed.
 */
#include "support.h"

#include <sched.h>

#include "gateway.h"
#include "rules.h"

static struct rdl_rulebook book;

static struct rdl_rules *make(uint32_t n)
{
	struct rdl_policy_config policy = gateway_policy();
	const struct rdl_admission_limits limits = { n, n, n, .shards = 1, .updates = n };

	policy.lifetime_min_s = n;
	struct rdl_rules *rules = rdl_rules_create(&policy, &limits, n % 4);
	assert_non_null(rules);
	return rules;
}

static bool is_whole(const struct rdl_rules *rules)
{
	return rdl_policy_config(rules->policy)->lifetime_min_s == rules->number &&
	       rules->limits.registers_per_s == rules->number &&
	       rules->limits.updates == rules->number && rules->log_level == rules->number % 4;
}

static int begin(void **state)
{
	rdl_rulebook_init(&book);
	return 0;
}

static int end(void **state)
{
	rdl_rulebook_close(&book);
	return 0;
}

/* They are the book's, in the order of their numbers, and what they were made of may go. */
static void test_numbers(void **state)
{
	uint64_t seen = 0;

	rdl_rulebook_add_reader(&book, &seen);
	for (uint32_t n = 1; n < 5; n++) {
		rdl_rulebook_change(&book, make(n));
		const struct rdl_rules *rules = rdl_rulebook_read(&book, &seen);
		assert_int_equal(rules->number, n);
		assert_int_equal(seen, n);
		assert_true(is_whole(rules));
		assert_ptr_equal(rdl_rulebook_visit(&book), rules);
		rdl_rulebook_leave(&book);
	}
	rdl_rules_destroy(make(5));
	rdl_rules_destroy(NULL);
}

/* Old rules go when every reader has seen later ones, and not before. */
static void test_who_keeps_them(void **state)
{
	uint64_t seen[3] = { 0 };

	assert_int_equal(rdl_rulebook_reclaim(&book), 0);
	for (unsigned i = 0; i < 3; i++)
		rdl_rulebook_add_reader(&book, &seen[i]);
	rdl_rulebook_change(&book, make(1));
	assert_int_equal(rdl_rulebook_reclaim(&book), 0);
	const struct rdl_rules *first = rdl_rulebook_read(&book, &seen[0]);
	rdl_rulebook_read(&book, &seen[1]);
	rdl_rulebook_change(&book, make(2));
	/* The third has not even begun: it may be reading the first at this moment. */
	assert_int_equal(rdl_rulebook_reclaim(&book), 1);
	rdl_rulebook_read(&book, &seen[2]);
	assert_int_equal(rdl_rulebook_reclaim(&book), 1);
	rdl_rulebook_read(&book, &seen[1]);
	assert_int_equal(rdl_rulebook_reclaim(&book), 1);
	/* The one that stands still goes on with what it has. */
	rdl_rulebook_change(&book, make(3));
	rdl_rulebook_change(&book, make(4));
	assert_int_equal(rdl_rulebook_reclaim(&book), 3);
	assert_true(is_whole(first));
	assert_int_equal(rdl_rulebook_read(&book, &seen[0])->number, 4);
	assert_int_equal(rdl_rulebook_reclaim(&book), 2);
	rdl_rulebook_read(&book, &seen[1]);
	/* The third may still be reading by the second. */
	assert_int_equal(rdl_rulebook_reclaim(&book), 2);
	rdl_rulebook_read(&book, &seen[2]);
	assert_int_equal(rdl_rulebook_reclaim(&book), 0);
	assert_true(is_whole(rdl_rulebook_read(&book, &seen[0])));
}

/* ---- two threads and a visitor, while rules change as fast as they can ---- */

#define CHANGES 3000
#define ROUNDS_A_READ 8

static int over;

struct reader {
	pthread_t thread;
	uint64_t seen, rounds, changes;
	bool bad;
};

/* What a core does: the rules of a round are the same from its beginning to its end. */
static void *read_rounds(void *self)
{
	struct reader *reader = self;
	uint64_t last = 0;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		const struct rdl_rules *rules = rdl_rulebook_read(&book, &reader->seen);

		for (unsigned i = 0; i < ROUNDS_A_READ; i++)
			reader->bad |= !is_whole(rules);
		reader->bad |= rules->number < last;
		reader->changes += rules->number != last;
		last = rules->number;
		if (++reader->rounds % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void *visit(void *self)
{
	struct reader *reader = self;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		const struct rdl_rules *rules = rdl_rulebook_visit(&book);

		reader->bad |= !is_whole(rules);
		reader->changes++;
		rdl_rulebook_leave(&book);
		sched_yield();
	}
	return NULL;
}

static void test_threads(void **state)
{
	static struct reader readers[2], visitor;
	unsigned left = 0, most = 0;

	over = 0;
	rdl_rulebook_change(&book, make(1));
	for (unsigned i = 0; i < 2; i++)
		rdl_rulebook_add_reader(&book, &readers[i].seen);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&readers[i].thread, NULL, read_rounds, &readers[i]), 0);
	assert_int_equal(pthread_create(&visitor.thread, NULL, visit, &visitor), 0);
	for (uint32_t n = 2; n <= CHANGES; n++) {
		rdl_rulebook_change(&book, make(n));
		left = rdl_rulebook_reclaim(&book);
		most = left > most ? left : most;
		if (n % 16 == 0)
			sched_yield();
	}
	/* Nobody waits, but whoever makes rounds moves on. */
	while (rdl_rulebook_reclaim(&book) > 0)
		sched_yield();
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	pthread_join(visitor.thread, NULL);
	assert_false(visitor.bad);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_false(readers[i].bad);
		assert_int_equal(readers[i].seen, CHANGES);
		assert_true(readers[i].changes > 1);
	}
	assert_true(most > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, begin, end),
		cmocka_unit_test_setup_teardown(test_who_keeps_them, begin, end),
		cmocka_unit_test_setup_teardown(test_threads, begin, end),
	};

	return RUN_TESTS(tests);
}
