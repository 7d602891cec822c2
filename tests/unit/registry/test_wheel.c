/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "wheel.h"

#define RECORDS 300
#define NEVER UINT64_MAX

static struct rdl_slab slab;
static struct rdl_wheel wheel;
static rdl_handle handles[RECORDS];
static uint64_t model[RECORDS]; /* deadlines; NEVER: not started */

static int setup(void **state)
{
	memset(&slab, 0, sizeof(slab));
	assert_true(rdl_slab_create(&slab, RECORDS, 0, 1, -1));
	rdl_wheel_init(&wheel, &slab);
	for (unsigned i = 0; i < RECORDS; i++) {
		handles[i] = rdl_slab_alloc(&slab, i % RDL_PARTITIONS);
		rdl_slab_at(&slab, handles[i])->registered = i;
		model[i] = NEVER;
	}
	return 0;
}

static int teardown(void **state)
{
	rdl_slab_destroy(&slab);
	return 0;
}

static void start(unsigned i, uint32_t deadline)
{
	rdl_slab_at(&slab, handles[i])->deadline = deadline;
	rdl_wheel_start(&wheel, handles[i]);
	model[i] = deadline;
}

/* Takes what the wheel says is due, no more than `budget` looks; returns the looks left. */
static unsigned drain(uint32_t now, unsigned budget)
{
	rdl_handle due[7];
	unsigned n;

	do {
		n = rdl_wheel_pop(&wheel, now, &budget, due, RDL_ARRAY_LEN(due));
		for (unsigned k = 0; k < n; k++) {
			uint64_t i = rdl_slab_at(&slab, due[k])->registered;

			assert_true(model[i] != NEVER);
			assert_true(model[i] <= now);
			model[i] = NEVER;
		}
	} while (n == RDL_ARRAY_LEN(due));
	return budget;
}

static void check_none_due(uint32_t now)
{
	for (unsigned i = 0; i < RECORDS; i++)
		assert_true(model[i] == NEVER || model[i] > now);
}

/* Not a second early, not a second late, from every distance. */
static void test_exact(void **state)
{
	static const uint32_t deadlines[] = { 0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537,
		131071, 131072, 16777215, 16777216, 16777217, 0x7fffffff, 0x80000000, 0xfffffffe,
		0xffffffff };
	const unsigned count = RDL_ARRAY_LEN(deadlines);

	for (unsigned i = 0; i < count; i++)
		start(i, deadlines[i]);
	for (unsigned i = 0; i < count; i++) {
		if (deadlines[i] > 0)
			drain(deadlines[i] - 1, UINT32_MAX);
		assert_true(model[i] == deadlines[i]);
		drain(deadlines[i], UINT32_MAX);
		assert_true(model[i] == NEVER);
		check_none_due(deadlines[i]);
	}
}

/* A pause of years costs as many looks as there are levels; a second after it, one. */
static void test_long_pause(void **state)
{
	drain(0x70000000, 10);
	start(2, 0x70000009);
	assert_int_equal(drain(0x70000008, 10), 10);
	assert_int_equal(drain(0x70000009, 10), 10 - 1);
	start(0, 0x7f123456);
	start(1, 0xffffffff);
	assert_int_equal(drain(0x7f123455, 10), 10 - 3);
	assert_int_equal(drain(0x7f123455, 10), 10);
	assert_int_equal(drain(0x7f123456, 10), 10 - 1);
	assert_int_equal(drain(0xfffffffe, 10), 10 - 3);
	assert_int_equal(drain(0xffffffff, 10), 10 - 1);
	assert_true(model[0] == NEVER && model[1] == NEVER);
}

/* What is late already is due at the next look, also when the tick has gone past it. */
static void test_overdue(void **state)
{
	start(0, 1000);
	drain(5000, UINT32_MAX);
	start(0, 10);
	start(1, 5000);
	start(2, 5001);
	drain(5000, UINT32_MAX);
	check_none_due(5000);
	assert_true(model[2] == 5001);
}

static void test_restart(void **state)
{
	start(0, 100);
	rdl_wheel_restart(&wheel, handles[0], 400);
	assert_int_equal(rdl_slab_at(&slab, handles[0])->deadline, 400);
	model[0] = 400;
	assert_int_equal(drain(100, 10), 9); /* looked at, and put further back */
	assert_int_equal(drain(399, 10), 9); /* once more, from the second level to the first */
	rdl_wheel_restart(&wheel, handles[0], 1000000);
	rdl_wheel_restart(&wheel, handles[0], 395);
	model[0] = 395;
	assert_int_equal(drain(399, 10), 9);
	assert_true(model[0] == NEVER);
}

/*
 * In the middle of a bucket, and of its being spread: the rest comes with the next budget, in the
 * meantime all calls work.
 */
static void test_budget(void **state)
{
	for (unsigned i = 0; i < 100; i++)
		start(i, 70000 + i % 2);
	unsigned looks = 0;

	for (; looks < 1000 && model[0] != NEVER; looks++) {
		assert_int_equal(drain(70000, 1), 0);
		if (looks == 50) {
			rdl_wheel_stop(&wheel, handles[2]);
			model[2] = NEVER;
			rdl_wheel_stop(&wheel, handles[0]);
			start(0, 70000);
			start(200, 65537); /* before what is still to be spread */
			start(201, 70001);
		}
		if (looks > 70)
			rdl_wheel_restart(&wheel, handles[1], 70001);
	}
	while (drain(70000, 1) == 0)
		looks++;
	check_none_due(70000);
	assert_in_range(looks, 150, 350);
	for (unsigned i = 1; i < 100; i += 2)
		assert_true(model[i] == 70001);
	assert_true(model[201] == 70001);
	drain(70001, UINT32_MAX);
	check_none_due(70001);
}

static void test_stop_positions(void **state)
{
	for (unsigned i = 0; i < 5; i++)
		start(i, 50);
	const unsigned order[] = { 4, 0, 2 }; /* head, tail, middle */
	for (unsigned i = 0; i < 3; i++) {
		rdl_wheel_stop(&wheel, handles[order[i]]);
		model[order[i]] = NEVER;
	}
	assert_int_equal(drain(50, 10), 8);
	check_none_due(50);
	start(0, 60);
	rdl_wheel_stop(&wheel, handles[0]);
	model[0] = NEVER;
	assert_int_equal(drain(1000, 10), 10);
}

static uint32_t random_time(uint64_t *seed, uint32_t now)
{
	uint64_t time = now + test_random(seed) % (UINT64_C(1) << test_random(seed) % 32);

	if (test_random(seed) % 50 == 0)
		time = now + UINT64_C(0x7fffffff) + 86400;
	return time < UINT32_MAX ? (uint32_t)time : UINT32_MAX;
}

static uint64_t random_step(uint64_t *seed)
{
	uint64_t dice = test_random(seed) % 1000;

	if (dice < 900)
		return test_random(seed) % 3;
	if (dice < 990)
		return test_random(seed) % 1000;
	return test_random(seed) % (5 * 86400);
}

static void test_model(void **state)
{
	uint64_t seed = 42, now = 0;
	unsigned drained = 0;

	print_message("# seed %u\n", (unsigned)seed);
	for (unsigned n = 0; n < 200000; n++) {
		unsigned i = (unsigned)(test_random(&seed) % RECORDS);
		uint64_t dice = test_random(&seed) % 10;

		if (model[i] == NEVER) {
			start(i, random_time(&seed, (uint32_t)now));
		} else if (dice < 2) {
			rdl_wheel_stop(&wheel, handles[i]);
			model[i] = NEVER;
		} else if (dice < 7) {
			model[i] = random_time(&seed, (uint32_t)now);
			rdl_wheel_restart(&wheel, handles[i], (uint32_t)model[i]);
		} else {
			now += random_step(&seed);
			if (now > UINT32_MAX)
				now = UINT32_MAX;
			unsigned budget = 1 + (unsigned)(test_random(&seed) % 20);
			if (drain((uint32_t)now, budget) > 0) {
				check_none_due((uint32_t)now);
				drained++;
			}
		}
	}
	assert_true(drained > 10000);
	drain(UINT32_MAX, UINT32_MAX);
	check_none_due(UINT32_MAX);
	for (unsigned level = 0; level < RDL_WHEEL_LEVELS; level++)
		for (unsigned word = 0; word < RDL_WHEEL_SLOTS / 64; word++)
			assert_true(wheel.occupied[level][word] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overdue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_positions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_model, setup, teardown),
	};

	return RUN_EAL_TESTS(tests);
}
