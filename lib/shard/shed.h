/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are shed: counted, and the answer says as what. Private to shard. */
#ifndef RDL_SHARD_SHED_H
#define RDL_SHARD_SHED_H

#include "shard.h"

static inline void rdl_shard_shed_as(
	struct rdl_shard *shard, struct rdl_request *request, enum rdl_stat why)
{
	rdl_stats_add(&shard->stats, why, 1);
	request->code = 0;
	request->shed = (uint8_t)why;
}

#endif
