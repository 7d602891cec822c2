/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admission: how many new registrations a second, in all and from one network prefix. Pure: time is
 * an argument, memory the caller's. One for each shard, used by its core alone.
 */
#ifndef RDL_ADMISSION_H
#define RDL_ADMISSION_H

#include "net.h"

struct rdl_admission_config {
	/*
	 * Of the whole gateway, up to 10^9; 0: no limit, and burst 0: one second's worth. Names
	 * fall evenly on shards, so each shard enforces its share of all three, rounded up.
	 */
	uint32_t registers_per_s, burst, per_prefix;
	unsigned shards; /* at least 1 */
	struct rdl_key key; /* random: nobody outside can aim at a prefix's bucket */
	/*
	 * rdl_admission_memory() octets, zero, aligned to a cache line;
	 * the caller's. NULL for none.
	 */
	void *memory;
};

/* Octets of config->memory: none unless per_prefix is limited. */
size_t rdl_admission_memory(const struct rdl_admission_config *config);

/* What every bucket of a kind has in common, in thousandths of a Register. */
struct rdl_admission_limit {
	uint64_t per_ms; /* flow into it; 0: no limit */
	uint64_t depth;
};

struct rdl_admission_set;

struct rdl_admission {
	struct rdl_admission_limit all, prefix;
	uint64_t full_at; /* of the bucket of all */
	struct rdl_key key;
	struct rdl_admission_set *sets;
};

void rdl_admission_init(struct rdl_admission *admission, const struct rdl_admission_config *config);

/* False when there is nothing to ask rdl_admission_take() for. */
static inline bool rdl_admission_limited(const struct rdl_admission *admission)
{
	return (admission->all.per_ms | admission->prefix.per_ms) != 0;
}

enum rdl_admission_result {
	RDL_ADMISSION_TAKEN,
	RDL_ADMISSION_RATE, /* over registers_per_s: nothing was changed */
	RDL_ADMISSION_PREFIX, /* over per_prefix: nothing was changed */
};

/*
 * Takes one new Register of this peer out of both buckets, or out of none. A prefix is a /24 of
 * IPv4, a /64 of IPv6. `now_ms` may begin anywhere and stand still; it does not go back.
 */
enum rdl_admission_result rdl_admission_take(
	struct rdl_admission *admission, const struct rdl_peer *peer, uint64_t now_ms);

#endif
