/* SPDX-License-Identifier: BSD-3-Clause */
/* The limit of new Registers in all: what is let through in any stretch of time, at every rate. */
#include "watch.h"

#define YEAR_MS (UINT64_C(365) * 86400 * 1000)

static const uint32_t rates[] = { 1, 2, 3, 7, 10, 99, 600, 999, 1000, 1001, 1500, 99991, 1000000,
	123456789, 999999937, 1000000000 };
static const uint32_t bursts[] = { 0, 1, 2, 10, 777, 20000 };

/* Demand that is always above the limit: what is let through is exact to the last Register. */
static void steady(uint32_t per_s, uint32_t burst)
{
	struct rdl_peer peer = peer_of("192.0.2.1");
	int64_t depth = depth_of(per_s, burst), taken = 0;
	uint64_t ms = UINT64_C(2000000000) / per_s;
	struct watch watch = { 0, 0 };

	ms = ms < 3 ? 3 : ms > 200000 ? 200000 : ms;
	start(&(struct rdl_admission_limits){ .registers_per_s = per_s, .burst = burst });
	for (uint64_t since = 0; since <= ms; since++) {
		while (take(&peer, BEGIN + since)) {
			watch_taken(&watch, per_s, depth, since);
			taken++;
		}
		assert_int_equal(
			rdl_admission_spend(&admission, &peer, BEGIN + since), RDL_ADMISSION_RATE);
	}
	assert_int_equal(taken, (depth + per_s * (int64_t)ms) / 1000);
	stop();
}

static void test_steady(void **state)
{
	for (size_t r = 0; r < RDL_ARRAY_LEN(rates); r++)
		for (size_t b = 0; b < RDL_ARRAY_LEN(bursts); b++)
			/* A second's worth of the fastest takes seconds to empty. */
			if (bursts[b] != 0 || rates[r] <= 1000000)
				steady(rates[r], bursts[b]);
}

/* Not a millisecond, and then years: the bucket is full, and no fuller. */
static void test_clock_stands_and_jumps(void **state)
{
	static const uint64_t begins[] = { 0, 1, BEGIN, YEAR_MS, 3000 * YEAR_MS };
	struct rdl_peer peer = peer_of("192.0.2.1");

	for (size_t r = 0; r < RDL_ARRAY_LEN(rates); r++) {
		for (size_t b = 0; b < RDL_ARRAY_LEN(begins); b++) {
			int64_t depth = depth_of(rates[r], 5) / 1000;

			start(&(struct rdl_admission_limits){
				.registers_per_s = rates[r], .burst = 5 });
			for (uint64_t years = 0; years < 300; years += 99) {
				uint64_t now_ms = begins[b] + years * YEAR_MS;

				for (int64_t i = 0; i < depth; i++)
					assert_true(take(&peer, now_ms));
				for (unsigned i = 0; i < 10; i++)
					assert_false(take(&peer, now_ms));
			}
			stop();
		}
	}
}

/* Random demand, with pauses, long ones too, and times of far too much. */
static void test_random_demand(void **state)
{
	struct rdl_peer peer = peer_of("192.0.2.1");
	uint64_t seed = 1;

	for (size_t r = 0; r < RDL_ARRAY_LEN(rates); r++) {
		uint32_t burst = (uint32_t)(test_random(&seed) % 100);
		int64_t depth = depth_of(rates[r], burst);
		uint64_t since = 0, refused = 0;
		struct watch watch = { 0, 0 };

		start(&(struct rdl_admission_limits){
			.registers_per_s = rates[r], .burst = burst });
		for (unsigned i = 0; i < 200; i++) {
			uint64_t much = test_random(&seed) % (rates[r] / 500 + 10);

			since += test_random(&seed) % 4 != 0 ? test_random(&seed) % 3 : 0;
			since += test_random(&seed) % 50 == 0 ? test_random(&seed) % 5000000 : 0;
			for (uint64_t k = 0; k < (much < 20000 ? much : 20000); k++) {
				if (take(&peer, BEGIN + since))
					watch_taken(&watch, rates[r], depth, since);
				else
					refused++;
			}
		}
		assert_true(watch.taken > 0 && (refused > 0 || rates[r] > 10000));
		stop();
	}
}

static void test_no_limit(void **state)
{
	struct rdl_peer peer = peer_of("192.0.2.1");

	start(&(struct rdl_admission_limits){ .burst = 1 });
	assert_false(rdl_admission_limited(&admission));
	for (unsigned i = 0; i < 100; i++)
		assert_true(take(&peer, BEGIN));
	stop();
	start(&(struct rdl_admission_limits){ .registers_per_s = 1 });
	assert_true(rdl_admission_limited(&admission));
	stop();
	start(&(struct rdl_admission_limits){ .per_prefix = 1 });
	assert_true(rdl_admission_limited(&admission));
	stop();
}

/* A shard's part of each limit, rounded up: seen at once, and again a second later. */
static void test_shares(void **state)
{
	static const struct {
		struct rdl_admission_limits all;
		unsigned at_once, later;
	} cases[] = {
		{ { 10, 0, 0, .shards = 4 }, 3, 3 },
		{ { 12, 0, 0, .shards = 4 }, 3, 3 },
		{ { 13, 6, 0, .shards = 4 }, 2, 2 },
		{ { 1, 1, 0, .shards = 64 }, 1, 1 },
		{ { 64, 65, 0, .shards = 64 }, 2, 1 },
		{ { 1000000, 100, 0, .shards = 64 }, 16, 16 },
		{ { 0, 0, 7, .shards = 3 }, 3, 3 },
		{ { 0, 0, 6, .shards = 3 }, 2, 2 },
	};

	for (size_t c = 0; c < RDL_ARRAY_LEN(cases); c++) {
		struct rdl_peer peer = peer_of("192.0.2.1");

		start(&cases[c].all);
		for (unsigned i = 0; i < cases[c].at_once + 10; i++)
			assert_int_equal(take(&peer, BEGIN), i < cases[c].at_once);
		for (unsigned i = 0; i < cases[c].later + 10; i++)
			assert_int_equal(take(&peer, BEGIN + 1000), i < cases[c].later);
		stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_clock_stands_and_jumps),
		cmocka_unit_test(test_random_demand),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_shares),
	};

	return RUN_TESTS(tests);
}
