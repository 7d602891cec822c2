/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's side of a gateway in a process: a pipeline, and the two ports that it has. */
#ifndef RDL_TEST_GATEWAY_WORKER_H
#define RDL_TEST_GATEWAY_WORKER_H

#include "gateway.h"
#include "pipeline.h"

#define SALT 0x5a5a

/* The second has other addresses, another UDP port, and a VLAN. */
extern const struct rdl_interface gateway_interfaces[2];
/* With one address, as most have: for figures, which more would change. */
extern const struct rdl_interface gateway_plain;

/*
 * One shard, with so many slots of registrations;
 * eight transfers. Memory comes with gateway_worker_start().
 */
struct rdl_pipeline_config gateway_worker(unsigned slots);

void gateway_worker_start(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config);
/* As it was at its start, in the same memory. */
void gateway_worker_again(struct rdl_pipeline *pipeline);
void gateway_worker_stop(struct rdl_pipeline *pipeline);

#endif
