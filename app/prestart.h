/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be told before DPDK starts, so that it is said in one clear line. Each logs and returns -1. */
#ifndef RDL_APP_PRESTART_H
#define RDL_APP_PRESTART_H

#include "conf.h"

/* No other process serves this instance's telemetry socket. */
int prestart_instance(const struct rdl_conf *conf);
/* Ports name devices of DPDK's; kernel interfaces that they name exist, and may be opened. */
int prestart_ports(const struct rdl_conf *conf);
/* The machine has `mb` to give, as hugepages where they are asked for. */
int prestart_memory(const struct rdl_conf *conf, uint64_t mb);

#endif
