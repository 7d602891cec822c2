/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to devices, of all shards, and of those who ask for them, over the telemetry socket. */
#include "telemetry_internal.h"

static void put_orders(struct rte_tel_data *d, const struct rdl_orders_counts *counts)
{
	char name[32];

#define X(name, text) tel_u64(d, #name, counts->name);
	RDL_ORDERS_COUNTERS(X)
#undef X
	/* Those that are no end have none. */
	for (unsigned state = RDL_ORDER_answered; state < RDL_ORDER_STATE_COUNT; state++) {
		snprintf(name, sizeof(name), "over_%s",
			rdl_order_state_text((enum rdl_order_state)state));
		tel_u64(d, name, counts->over[state]);
	}
	tel_u64(d, "waiting", counts->waiting);
	tel_u64(d, "under_way", counts->under_way);
	tel_u64(d, "asleep", counts->asleep);
	tel_u64(d, "observations", counts->observations);
}

static void put_callers(struct rte_tel_data *d, const struct callers *callers)
{
	const struct callers_counts *counts = callers_counts(callers);

	tel_lines(d, callers_lines_counts(callers));
#define X(name) tel_u64(d, "callers_" #name, relaxed(&counts->name));
	CALLERS_COUNTS(X)
#undef X
}

int telemetry_requests(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	struct rdl_orders_counts sum = { .taken = 0 };

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (from->watched.callers != NULL) {
		watched_orders(&from->watched, &sum);
		put_orders(d, &sum);
		put_callers(d, from->watched.callers);
	}
	telemetry_let_go();
	return 0;
}
