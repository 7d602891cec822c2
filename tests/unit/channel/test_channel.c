/* SPDX-License-Identifier: BSD-3-Clause */
/* Two roles and what goes between them: credit by kind, and a place for whatever is given back. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "channel.h"

enum { NEWCOMER, REGULAR, NEVER, UNASKED };

struct message {
	uint8_t kind;
	unsigned number;
};

static const struct rdl_channel_credit of_worker = { .limit = { [NEWCOMER] = 5, [REGULAR] = 8 } };
static const struct rdl_channel_credit of_shard = { .limit = { [UNASKED] = 3 } };
static struct rdl_channel worker, shard;

static void *join(const struct rdl_channel_credit *one, const struct rdl_channel_credit *other)
{
	void *memory = aligned_alloc(64, rdl_channel_memory(one, other));

	assert_non_null(memory);
	rdl_channel_join(&worker, one, &shard, other, memory);
	return memory;
}

/* Sends `count` of a kind out of `messages`, which the credit must allow. */
static void send(struct rdl_channel *end, struct message *messages, unsigned count, uint8_t kind)
{
	void *batch[16];

	assert_true(count <= rdl_channel_left(end, kind));
	for (unsigned i = 0; i < count; i++) {
		messages[i] = (struct message){ kind, i };
		batch[i] = &messages[i];
	}
	rdl_channel_send(end, batch, count);
}

static void test_credit_is_by_kind(void **state)
{
	struct message messages[8];
	void *memory = join(&of_worker, &of_shard), *batch[16];

	assert_int_equal(rdl_channel_left(&worker, NEWCOMER), 5);
	assert_int_equal(rdl_channel_left(&worker, REGULAR), 8);
	assert_int_equal(rdl_channel_left(&worker, NEVER), 0);
	/* Whoever is under way counts for all; regulars have what newcomers may not take. */
	send(&worker, messages, 5, NEWCOMER);
	assert_int_equal(rdl_channel_left(&worker, NEWCOMER), 0);
	assert_int_equal(rdl_channel_left(&worker, REGULAR), 3);
	send(&worker, messages + 5, 2, REGULAR);
	assert_int_equal(rdl_channel_left(&worker, REGULAR), 1);
	/* Taken is not come back: the other may keep them as long as it likes. */
	assert_int_equal(rdl_channel_waiting(&shard), 7);
	assert_int_equal(rdl_channel_take(&shard, batch, 16), 7);
	assert_int_equal(rdl_channel_waiting(&shard), 0);
	assert_int_equal(rdl_channel_left(&worker, NEWCOMER), 0);
	rdl_channel_give_back(&shard, batch, 3);
	assert_int_equal(rdl_channel_take(&worker, batch, 16), 3);
	rdl_channel_came_back(&worker, 3);
	assert_int_equal(rdl_channel_left(&worker, NEWCOMER), 1);
	assert_int_equal(rdl_channel_left(&worker, REGULAR), 4);
	free(memory);
}

/*
 * Each end has under way all that it may,
 * and gives all of the other's back: everything has room.
 */
static void test_both_ends_full(void **state)
{
	struct message asked[8], unasked[3];
	void *memory = join(&of_worker, &of_shard), *at_shard[16], *at_worker[16];

	for (unsigned round = 0; round < 100; round++) {
		send(&worker, asked, 8, REGULAR);
		send(&shard, unasked, 3, UNASKED);
		assert_int_equal(rdl_channel_left(&shard, UNASKED), 0);
		assert_int_equal(rdl_channel_take(&worker, at_worker, 16), 3);
		assert_int_equal(rdl_channel_take(&shard, at_shard, 16), 8);
		/* In the order in which they were sent, and those that were. */
		for (unsigned i = 0; i < 3; i++)
			assert_ptr_equal(at_worker[i], &unasked[i]);
		for (unsigned i = 0; i < 8; i++)
			assert_ptr_equal(at_shard[i], &asked[i]);
		rdl_channel_give_back(&worker, at_worker, 3);
		rdl_channel_give_back(&shard, at_shard, 8);
		assert_int_equal(rdl_channel_take(&worker, at_worker, 16), 8);
		assert_int_equal(rdl_channel_take(&shard, at_shard, 16), 3);
		rdl_channel_came_back(&worker, 8);
		rdl_channel_came_back(&shard, 3);
	}
	free(memory);
}

/*
 * New messages lie before those that are given back,
 * in either ring, as many as there may be of each.
 */
static void test_rings_hold_both(void **state)
{
	/* Either alone would do with a ring of 16. */
	static const struct rdl_channel_credit many = { .limit = { [REGULAR] = 15 } };
	struct message asked[15], unasked[3];
	void *memory = join(&many, &of_shard), *at_shard[32], *at_worker[32];

	send(&shard, unasked, 3, UNASKED);
	assert_int_equal(rdl_channel_take(&worker, at_worker, 32), 3);
	send(&worker, asked, 15, REGULAR);
	rdl_channel_give_back(&worker, at_worker, 3);
	assert_int_equal(rdl_channel_waiting(&shard), 18);
	assert_int_equal(rdl_channel_take(&shard, at_shard, 32), 18);
	assert_ptr_equal(at_shard[14], &asked[14]);
	assert_ptr_equal(at_shard[15], &unasked[0]);
	free(memory);
}

#define CROSSINGS 20000

static void *shard_thread(void *arg)
{
	void *batch[4];

	for (unsigned done = 0; done < CROSSINGS;) {
		unsigned n = rdl_channel_take(&shard, batch, 4);

		for (unsigned i = 0; i < n; i++)
			((struct message *)batch[i])->number++;
		rdl_channel_give_back(&shard, batch, n);
		done += n;
		if (n == 0)
			sched_yield();
	}
	return arg;
}

/* Two threads: what one writes the other sees, both ways. */
static void test_two_threads(void **state)
{
	struct message messages[8];
	void *memory = join(&of_worker, &of_shard), *batch[8];
	unsigned sent = 0, back = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, shard_thread, NULL), 0);
	while (back < CROSSINGS) {
		if (sent < CROSSINGS && rdl_channel_left(&worker, REGULAR) == 8) {
			send(&worker, messages, 8, REGULAR);
			sent += 8;
		}
		unsigned n = rdl_channel_take(&worker, batch, 8);
		rdl_channel_came_back(&worker, n);
		for (unsigned i = 0; i < n; i++, back++)
			assert_int_equal(((struct message *)batch[i])->number, back % 8 + 1);
		if (n == 0)
			sched_yield();
	}
	pthread_join(thread, NULL);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credit_is_by_kind),
		cmocka_unit_test(test_both_ends_full),
		cmocka_unit_test(test_rings_hold_both),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
