/* SPDX-License-Identifier: BSD-3-Clause */
/* The shard's side of a gateway in a process: a shard on a real registry. EAL has been started. */
#ifndef RDL_TEST_GATEWAY_SHARD_H
#define RDL_TEST_GATEWAY_SHARD_H

#include "gateway.h"
#include "shard.h"

/* One shard of one, its clock at 0. */
struct rdl_registry_config gateway_registry(uint64_t registrations);

/* `limits` may be NULL: none. */
void gateway_shard_start(struct rdl_shard *shard, const struct rdl_registry_config *config,
	const struct rdl_admission_limits *limits);
void gateway_shard_stop(struct rdl_shard *shard);

#endif
