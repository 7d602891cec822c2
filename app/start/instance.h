/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instance's name on this machine:
 * the folder that DPDK keeps for it, and that one process alone has it.
 */
#ifndef RDL_START_INSTANCE_H
#define RDL_START_INSTANCE_H

#include "conf.h"

/*
 * Makes the folder and takes the name until this process ends, however.
 * Before EAL; logs and returns -1 when it cannot.
 */
int instance_claim(const struct rdl_conf *conf);
/*
 * Telemetry is served where it should be, by this process;
 * after EAL. Logs and returns -1 when it is not.
 */
int instance_check_telemetry(const struct rdl_conf *conf);
/* Where it is served. */
const char *instance_telemetry_path(void);

#endif
