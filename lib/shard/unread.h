/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unread: object lists that a worker could not read: what they mean, only the registration knows.
 */
#ifndef RDL_SHARD_UNREAD_H
#define RDL_SHARD_UNREAD_H

#include "shard.h"

/*
 * Reads the list of an Update under its registration's alternate path: then the request has it, or
 * a reason to be refused. False, and counted, when enough were read for now.
 */
bool rdl_shard_read_list(struct rdl_shard *shard, const struct rdl_policy *policy,
	rdl_handle handle, struct rdl_request *request, uint64_t now_ms);

#endif
