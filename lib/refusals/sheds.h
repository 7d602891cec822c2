/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sheds: whose requests were dropped in silence lately, and why: a place for each endpoint or
 * location by its digest, which the next one of that place takes. Written by a worker's core alone,
 * read by any thread.
 */
#ifndef RDL_REFUSALS_SHEDS_H
#define RDL_REFUSALS_SHEDS_H

#include "stats.h"

#define RDL_SHEDS 4096

struct rdl_sheds {
	struct {
		uint64_t key; /* rdl_sheds_key_*() */
		uint64_t what; /* milliseconds, and the counter in the lowest octet */
	} places[RDL_SHEDS];
};

/* What an endpoint is known by, and what a location is, whatever its generation. */
static inline uint64_t rdl_sheds_key_endpoint(struct rdl_endpoint_digest digest)
{
	return digest.word[0] & ~UINT64_C(1);
}
static inline uint64_t rdl_sheds_key_location(uint32_t handle)
{
	return (uint64_t)handle << 1 | 1;
}

/* A request that its worker, or a shard, has shed as `stat`. */
void rdl_sheds_note(struct rdl_sheds *sheds, const struct rdl_request *request, enum rdl_stat stat,
	uint64_t now_ms);

/* The last one of this key, as far as it is known; false: none is. */
RDL_MUST_CHECK bool rdl_sheds_find(
	const struct rdl_sheds *sheds, uint64_t key, enum rdl_stat *stat, uint64_t *time_ms);

#endif
