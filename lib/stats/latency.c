/* SPDX-License-Identifier: BSD-3-Clause */
#include "latency.h"

#include <assert.h>

#define DECADE(us) (us), 2 * (us), 3 * (us), 5 * (us), 7 * (us)

static const uint32_t bounds_us[] = { DECADE(1), DECADE(10), DECADE(100), DECADE(1000),
	DECADE(10000), DECADE(100000), DECADE(1000000), 10000000 };

static_assert(RDL_ARRAY_LEN(bounds_us) == RDL_LATENCY_BOUNDS, "a count for each, and one more");

uint64_t rdl_latency_bound_us(unsigned bound)
{
	assert(bound < RDL_LATENCY_BOUNDS);
	return bounds_us[bound];
}

void rdl_latency_add(struct rdl_latency *latency, uint64_t ns)
{
	unsigned i = 0;

	while (i < RDL_LATENCY_BOUNDS && ns > bounds_us[i] * UINT64_C(1000))
		i++;
	__atomic_store_n(&latency->count[i], latency->count[i] + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&latency->sum_ns, latency->sum_ns + ns, __ATOMIC_RELAXED);
}

void rdl_latency_sum(struct rdl_latency *sum, const struct rdl_latency *latency)
{
	for (unsigned i = 0; i <= RDL_LATENCY_BOUNDS; i++)
		sum->count[i] += __atomic_load_n(&latency->count[i], __ATOMIC_RELAXED);
	sum->sum_ns += __atomic_load_n(&latency->sum_ns, __ATOMIC_RELAXED);
}

uint64_t rdl_latency_percentile_us(const struct rdl_latency *latency, unsigned thousandths)
{
	uint64_t all = 0, so_far = 0;

	for (unsigned i = 0; i <= RDL_LATENCY_BOUNDS; i++)
		all += latency->count[i];
	if (all == 0)
		return 0;
	for (unsigned i = 0; i < RDL_LATENCY_BOUNDS; i++) {
		so_far += latency->count[i];
		if (so_far * 1000 >= all * thousandths)
			return rdl_latency_bound_us(i);
	}
	return UINT64_MAX;
}
