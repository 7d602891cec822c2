/* SPDX-License-Identifier: BSD-3-Clause */
/* The event stream and the control socket, over the telemetry socket. */
#include "telemetry_internal.h"

void tel_lines(struct rte_tel_data *d, const struct rdl_lines_counts *counts)
{
	tel_u64(d, "connections", relaxed(&counts->clients));
	tel_u64(d, "accepted", relaxed(&counts->accepted));
	tel_u64(d, "turned_away", relaxed(&counts->turned_away));
	tel_u64(d, "errors", relaxed(&counts->errors));
	tel_u64(d, "let_go", relaxed(&counts->let_go));
}

/* Of subscribers whose events come out of the log. */
static void put_recalled(struct rte_tel_data *d, struct recall *recall)
{
	struct recall_figures figures;

	if (recall == NULL)
		return;
	recall_figures(recall, &figures);
#define X(name) tel_u64(d, #name, figures.name);
	RECALL_FIGURES(X)
#undef X
}

int telemetry_events(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (from->feed != NULL) {
		const struct feed_counts *counts = feed_counts(from->feed);

		tel_u64(d, "subscribers", relaxed(&counts->subscribers));
		tel_u64(d, "events", relaxed(&counts->events));
		tel_u64(d, "rows", relaxed(&counts->rows));
		tel_u64(d, "walks", relaxed(&counts->walks));
		tel_u64(d, "refused", relaxed(&counts->refused));
		tel_u64(d, "refused_suppressed", relaxed(&counts->suppressed));
		tel_u64(d, "lost_ring", relaxed(&counts->lost_ring));
		tel_u64(d, "lost_subscribers", relaxed(&counts->lost_subscribers));
		tel_lines(d, feed_lines_counts(from->feed));
		put_recalled(d, feed_recall(from->feed));
	}
	telemetry_let_go();
	return 0;
}

int telemetry_control(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (from->console != NULL) {
		const struct console_captures *captures = console_captures(from->console);

		tel_lines(d, console_lines_counts(from->console));
		tel_u64(d, "captures", relaxed(&captures->begun));
		tel_u64(d, "captured", relaxed(&captures->packets));
		tel_u64(d, "capture_lost", relaxed(&captures->lost));
	}
	telemetry_let_go();
	return 0;
}
