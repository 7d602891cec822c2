/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "latency.h"

static void bounds_rise(void **state)
{
	assert_int_equal(rdl_latency_bound_us(0), 1);
	assert_int_equal(rdl_latency_bound_us(RDL_LATENCY_BOUNDS - 1), 10000000);
	for (unsigned i = 1; i < RDL_LATENCY_BOUNDS; i++) {
		uint64_t before = rdl_latency_bound_us(i - 1), bound = rdl_latency_bound_us(i);

		assert_in_range(bound, before + 1, 2 * before);
	}
}

/* A bound belongs to what is below it. */
static void each_has_its_place(void **state)
{
	struct rdl_latency latency = { { 0 }, 0 };
	uint64_t sum = 0;

	for (unsigned i = 0; i < RDL_LATENCY_BOUNDS; i++) {
		uint64_t bound_ns = rdl_latency_bound_us(i) * 1000;

		rdl_latency_add(&latency, bound_ns);
		assert_int_equal(latency.count[i], i == 0 ? 1 : 2);
		rdl_latency_add(&latency, bound_ns + 1);
		assert_int_equal(latency.count[i + 1], 1);
		sum += 2 * bound_ns + 1;
	}
	rdl_latency_add(&latency, 0);
	assert_int_equal(latency.count[0], 2);
	rdl_latency_add(&latency, UINT64_C(3600) * 1000000000);
	assert_int_equal(latency.count[RDL_LATENCY_BOUNDS], 2);
	assert_true(latency.sum_ns == sum + UINT64_C(3600) * 1000000000);
}

static void percentiles(void **state)
{
	struct rdl_latency one = { { 0 }, 0 }, sum = { { 0 }, 0 };

	assert_int_equal(rdl_latency_percentile_us(&one, 500), 0);
	for (unsigned i = 0; i < 998; i++)
		rdl_latency_add(&one, 4000);
	rdl_latency_add(&one, 100001);
	rdl_latency_sum(&sum, &one);
	rdl_latency_add(&one, UINT64_C(11) * 1000000000);
	assert_int_equal(rdl_latency_percentile_us(&one, 500), 5);
	assert_int_equal(rdl_latency_percentile_us(&one, 998), 5);
	assert_int_equal(rdl_latency_percentile_us(&one, 999), 200);
	assert_true(rdl_latency_percentile_us(&one, 1000) == UINT64_MAX);
	rdl_latency_sum(&sum, &one);
	assert_int_equal(sum.count[3], 2 * 998);
	assert_int_equal(sum.count[RDL_LATENCY_BOUNDS], 1);
	assert_true(sum.sum_ns == one.sum_ns + 998 * 4000 + 100001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_rise),
		cmocka_unit_test(each_has_its_place),
		cmocka_unit_test(percentiles),
	};

	return RUN_TESTS(tests);
}
