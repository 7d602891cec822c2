/* SPDX-License-Identifier: BSD-3-Clause */
/* tell: the changes that a shard makes, told to whoever listens. */
#ifndef RDL_SHARD_TELL_H
#define RDL_SHARD_TELL_H

#include "shard.h"

static inline bool rdl_shard_is_heard(const struct rdl_shard *shard)
{
	return shard->events != NULL && rdl_events_wanted(shard->events);
}

/* The registration is live: already there, or not ended yet. */
void rdl_shard_tell(
	struct rdl_shard *shard, rdl_handle handle, enum rdl_event_kind kind, uint64_t now_ms);
/*
 * The same of a copy that came instead of an Update.
 * `longer`: the lifetime is, as the copy said.
 */
void rdl_shard_tell_renewed(
	struct rdl_shard *shard, rdl_handle handle, bool longer, uint64_t now_ms);
/* rdl_registry_register(), told; the location is written into the request. */
enum rdl_registry_result rdl_shard_register(
	struct rdl_shard *shard, struct rdl_request *request, rdl_handle hint, uint64_t now_ms);
/* rdl_registry_update(), told. */
bool rdl_shard_update(struct rdl_shard *shard, rdl_handle handle, const struct rdl_request *request,
	uint64_t now_ms);

#endif
