/* SPDX-License-Identifier: BSD-3-Clause */
/* How long replies took, of all workers, over the telemetry socket. */
#include "telemetry_internal.h"

/* Each count is of what took no longer than its name says, as Prometheus has it. */
static void put_latency(struct rte_tel_data *d, const struct rdl_latency *latency)
{
	uint64_t so_far = 0;
	char name[32];

	for (unsigned i = 0; i < RDL_LATENCY_BOUNDS; i++) {
		so_far += latency->count[i];
		snprintf(name, sizeof(name), "le_%llu_us",
			(unsigned long long)rdl_latency_bound_us(i));
		tel_u64(d, name, so_far);
	}
	tel_u64(d, "count", so_far + latency->count[RDL_LATENCY_BOUNDS]);
	tel_u64(d, "sum_ns", latency->sum_ns);
}

int telemetry_latency(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	struct rdl_latency sum = { .sum_ns = 0 };

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	for (unsigned w = 0; w < from->watched.conf->workers; w++)
		rdl_latency_sum(&sum, &from->watched.workers[w]->probe.latency);
	rte_tel_data_start_dict(d);
	put_latency(d, &sum);
	telemetry_let_go();
	return 0;
}
