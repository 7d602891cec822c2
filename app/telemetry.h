/* SPDX-License-Identifier: BSD-3-Clause */
/* Between telemetry's files. Callbacks run on threads of DPDK's: they read counters, and ask owners by mailbox. */
#ifndef RDL_APP_TELEMETRY_H
#define RDL_APP_TELEMETRY_H

#include <rte_telemetry.h>

#include "daemon.h"

/* The daemon, held for the length of one callback; NULL when it is going down. Release it if not NULL. */
struct daemon *telemetry_hold(void);
void telemetry_release(void);

/* 23.03 renamed it; counters are u64 wherever we run. */
static inline int tel_u64(struct rte_tel_data *d, const char *name, uint64_t value)
{
	return rte_tel_data_add_dict_u64(d, name, value);
}

/* A dictionary entry that is an array of its own: NULL without memory. */
struct rte_tel_data *tel_array(enum rte_tel_value_type type);

int telemetry_registration(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_objects(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_registrations(const char *cmd, const char *params, struct rte_tel_data *d);

#endif
