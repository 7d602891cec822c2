/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept across a restart, over the telemetry socket. */
#include "telemetry_internal.h"

int telemetry_state(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	struct keeping_figures figures;

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	const struct keeping *keeping = from->watched.keeping;
	rte_tel_data_start_dict(d);
	if (keeping != NULL) {
		keeping_figures(keeping, &figures);
		rte_tel_data_add_dict_string(d, "health", keeping_health(keeping));
#define X(name) tel_u64(d, #name, figures.name);
		KEEPING_FIGURES(X)
#undef X
	}
	telemetry_let_go();
	return 0;
}
