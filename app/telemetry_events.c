/* SPDX-License-Identifier: BSD-3-Clause */
/* The event stream and the control socket, over the telemetry socket. */
#include "telemetry.h"

#include "control_socket.h"
#include "publisher.h"

static void put_server(struct rte_tel_data *d, const struct rdl_lines_counts *counts)
{
	tel_u64(d, "connections", relaxed(&counts->clients));
	tel_u64(d, "accepted", relaxed(&counts->accepted));
	tel_u64(d, "turned_away", relaxed(&counts->turned_away));
	tel_u64(d, "errors", relaxed(&counts->errors));
	tel_u64(d, "let_go", relaxed(&counts->let_go));
}

int telemetry_events(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct daemon *daemon = telemetry_hold();

	(void)cmd;
	(void)params;
	if (daemon == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (daemon->publisher != NULL) {
		const struct publisher_counts *counts = publisher_counts(daemon->publisher);

		tel_u64(d, "subscribers", relaxed(&counts->subscribers));
		tel_u64(d, "events", relaxed(&counts->events));
		tel_u64(d, "rows", relaxed(&counts->rows));
		tel_u64(d, "walks", relaxed(&counts->walks));
		tel_u64(d, "refused", relaxed(&counts->refused));
		tel_u64(d, "refused_suppressed", relaxed(&counts->suppressed));
		tel_u64(d, "lost_ring", relaxed(&counts->lost_ring));
		tel_u64(d, "lost_subscribers", relaxed(&counts->lost_subscribers));
		put_server(d, publisher_server_counts(daemon->publisher));
	}
	telemetry_release();
	return 0;
}

int telemetry_control(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct daemon *daemon = telemetry_hold();

	(void)cmd;
	(void)params;
	if (daemon == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (daemon->control_socket != NULL)
		put_server(d, control_socket_server_counts(daemon->control_socket));
	telemetry_release();
	return 0;
}
