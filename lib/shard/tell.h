/* SPDX-License-Identifier: BSD-3-Clause */
/* tell: the changes that a shard makes, told to whoever listens. */
#ifndef RDL_SHARD_TELL_H
#define RDL_SHARD_TELL_H

#include "shard.h"

/* What the last call to the registry has changed, which may be nothing. */
void rdl_shard_tell(struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms);

#endif
