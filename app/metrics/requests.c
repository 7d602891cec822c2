/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to devices. */
#include "families.h"

static void put_gauge(
	struct exposition *exposition, const char *name, const char *help, uint64_t value)
{
	exposition_family(exposition, name, EXPOSITION_GAUGE, help);
	exposition_sample(exposition, NULL, value);
}

void families_put_requests(struct exposition *exposition, const struct watched *watched)
{
	struct rdl_orders_counts sum = { .taken = 0 };

	watched_orders(watched, &sum);
#define X(name, text)                                                             \
	exposition_family(exposition, "orders_" #name, EXPOSITION_COUNTER, text); \
	exposition_sample(exposition, NULL, sum.name);
	RDL_ORDERS_COUNTERS(X)
#undef X
	exposition_family(exposition, "orders_over", EXPOSITION_COUNTER,
		"orders that are over, by how they ended");
	/* Those that are no end have none. */
	for (unsigned state = RDL_ORDER_answered; state < RDL_ORDER_STATE_COUNT; state++)
		exposition_sample(exposition,
			LABELS({ "state", rdl_order_state_text((enum rdl_order_state)state) }),
			sum.over[state]);
	put_gauge(exposition, "orders_waiting", "orders that wait", sum.waiting);
	put_gauge(exposition, "orders_under_way", "orders that were sent", sum.under_way);
	put_gauge(exposition, "orders_asleep",
		"endpoints that something waits for until they wake up", sum.asleep);
	put_gauge(exposition, "observations", "observations of devices", sum.observations);
}
