/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gateway in a process, as app/ puts one together: what its parts share. The parts are in
 * gateway_worker.h and gateway_shard.h. Each begins with what most tests go by, of which a test
 * changes what it is about.
 */
#ifndef RDL_TEST_GATEWAY_H
#define RDL_TEST_GATEWAY_H

#include "policy.h"

extern const struct rdl_key gateway_endpoint_key, gateway_list_key;

/* The key of all locations, expanded. */
struct rdl_speck gateway_location_key(void);

/* All objects, no limits, names that begin with "denied-" refused. */
struct rdl_policy_config gateway_policy(void);

#endif
