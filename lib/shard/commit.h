/* SPDX-License-Identifier: BSD-3-Clause */
/* commit: a decided request, performed; its answer is in it then. */
#ifndef RDL_SHARD_COMMIT_H
#define RDL_SHARD_COMMIT_H

#include "shard.h"

/* `hint` is what rdl_registry_lookup() said of it. */
void rdl_shard_commit(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *request, rdl_handle hint, uint64_t now_ms);

#endif
