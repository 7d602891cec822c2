/* SPDX-License-Identifier: BSD-3-Clause */
/* hand_on: the changes that a shard makes, numbered and told to whoever listens. */
#ifndef RDL_SHARD_HAND_ON_H
#define RDL_SHARD_HAND_ON_H

#include "shard.h"

/* To whoever minds: the last change, which gets its position here. */
void rdl_shard_tell(struct rdl_shard *shard, struct rdl_change *change, uint64_t now_ms);

/* To the requests to devices, where they mind. */
void rdl_shard_tell_orders(
	struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms);

/* What the last call to the registry has changed, which may be nothing. It takes a position. */
static inline void rdl_shard_hand_on(
	struct rdl_shard *shard, struct rdl_change *change, uint64_t now_ms)
{
	if (change->kind == RDL_CHANGE_NONE)
		return;
	if (RDL_UNLIKELY(
		    shard->keeps || (shard->events != NULL && rdl_events_wanted(shard->events))))
		rdl_shard_tell(shard, change, now_ms);
	else
		shard->position++;
	if (RDL_UNLIKELY(shard->orders != NULL))
		rdl_shard_tell_orders(shard, change, now_ms);
}

#endif
