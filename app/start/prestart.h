/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be told of memory before DPDK starts, so that it is said in one clear line. */
#ifndef RDL_START_PRESTART_H
#define RDL_START_PRESTART_H

#include "conf.h"

/*
 * The machine has `mb` to give, as hugepages where they are asked for;
 * logs and returns -1 when not.
 */
int prestart_memory(const struct rdl_conf *conf, uint64_t mb);
/* The same of each node's hugepages, as far as they are reserved. */
int prestart_node_memory(const struct rdl_conf *conf, const uint32_t mb[]);

#endif
