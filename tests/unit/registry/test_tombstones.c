/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "tombstones.h"

#define RECORDS 200
#define ROUNDS 200000

static struct rdl_slab slab;
static struct rdl_tombstones tombstones;
static rdl_handle handles[RECORDS];

static int setup(void **state)
{
	memset(&slab, 0, sizeof(slab));
	assert_true(rdl_slab_create(&slab, RECORDS, 0, 1, -1));
	rdl_tombstones_init(&tombstones, &slab);
	for (unsigned i = 0; i < RECORDS; i++) {
		handles[i] = rdl_slab_alloc(&slab, i % RDL_PARTITIONS);
		rdl_slab_at(&slab, handles[i])->registered = i;
	}
	return 0;
}

static int teardown(void **state)
{
	rdl_slab_destroy(&slab);
	return 0;
}

static void add(unsigned i, uint32_t deadline)
{
	rdl_slab_at(&slab, handles[i])->deadline = deadline;
	rdl_tombstones_add(&tombstones, handles[i]);
}

static unsigned number(rdl_handle handle)
{
	return rdl_slab_at(&slab, handle)->registered;
}

static rdl_handle oldest(uint32_t second)
{
	return rdl_tombstones_pop_oldest(&tombstones, second);
}

/* Nobody taken from the middle: exactly by age, and not before its time. */
static void test_order(void **state)
{
	for (unsigned i = 0; i < RECORDS; i++)
		add(i, 100 + i);
	assert_int_equal(oldest(99), RDL_HANDLE_NONE);
	for (unsigned max = 0; max <= 64; max += 16) {
		rdl_handle oldest_ones[64];

		assert_int_equal(rdl_tombstones_peek(&tombstones, oldest_ones, max), max);
		for (unsigned i = 0; i < max; i++)
			assert_int_equal(number(oldest_ones[i]), i);
	}
	for (unsigned i = 0; i < RECORDS; i++) {
		assert_int_equal(oldest(99 + i), RDL_HANDLE_NONE);
		assert_int_equal(number(oldest(100 + i)), i);
	}
	assert_int_equal(tombstones.count, 0);
	assert_int_equal(rdl_tombstones_peek(&tombstones, &(rdl_handle){ 0 }, 1), 0);
	assert_int_equal(oldest(UINT32_MAX), RDL_HANDLE_NONE);
}

/* Added, taken from anywhere, and by age, against a plain array. */
static void test_mixture(void **state)
{
	uint32_t deadline[RECORDS] = { 0 }, now = 1000; /* 0: not there */
	uint64_t seed = 20261126, live = 0, taken = 0, number_of[RECORDS] = { 0 }, numbers = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = (unsigned)(test_random(&seed) % RECORDS);

		now += test_random(&seed) % 4 == 0;
		if (deadline[i] == 0) {
			add(i, deadline[i] = now + 50);
			number_of[i] = ++numbers;
			live++;
		} else if (test_random(&seed) % 2 == 0) {
			rdl_tombstones_remove(&tombstones, handles[i]);
			deadline[i] = 0;
			live--;
		}
		for (rdl_handle handle; (handle = oldest(now)) != RDL_HANDLE_NONE; live--) {
			assert_in_range(deadline[number(handle)], 1, now);
			for (unsigned k = 0; k < RECORDS; k++)
				assert_true(deadline[k] == 0 ||
					    number_of[k] >= number_of[number(handle)]);
			deadline[number(handle)] = 0;
			taken++;
		}
		assert_int_equal(tombstones.count, live);
		for (unsigned k = 0; round % 100 == 0 && k < RECORDS; k++)
			assert_true(deadline[k] == 0 || deadline[k] > now);
	}
	assert_true(taken > ROUNDS / 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_mixture),
	};

	return RUN_EAL_TESTS(tests);
}
