/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admission: how many new registrations a second, in all and from one network prefix. Pure: time is
 * an argument, memory the caller's. Limits are numbers that never change, which anybody may read;
 * the buckets that go by them are a shard's, used by its core alone.
 */
#ifndef RDL_ADMISSION_H
#define RDL_ADMISSION_H

#include "net.h"

struct rdl_admission_limits {
	/*
	 * Of the whole gateway, up to 10^9; 0: no limit, and burst 0: one second's worth. Names
	 * fall evenly on shards, so each shard enforces its share of all three, rounded up.
	 */
	uint32_t registers_per_s, burst, per_prefix;
	unsigned shards; /* at least 1 */
	uint32_t updates; /* a second, of one registration, whose owner keeps count; 0: no limit */
};

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

/*
 * Octets for the buckets of prefixes. They are there whatever the limits are, so that there can be
 * one later.
 */
size_t rdl_admission_memory(void);

/*
 * No limits at first. `key` is random: nobody outside can aim at a prefix's bucket. `memory` is
 * zero, aligned to a cache line, and the caller's.
 */
void rdl_admission_init(struct rdl_admission *admission, const struct rdl_key *key, void *memory);

/*
 * Goes by these limits from now on. What a bucket lacks stays as it is, but no more than the new
 * limit's depth; where there was no limit before, it is full. Goes through all buckets when the
 * limit of prefixes is another: tens of microseconds.
 */
void rdl_admission_change(struct rdl_admission *admission,
	const struct rdl_admission_limits *limits, uint64_t now_ms);

/* False when there is nothing to ask rdl_admission_spend() for. */
static inline bool rdl_admission_limited(const struct rdl_admission *admission)
{
	return (admission->all.per_ms | admission->prefix.per_ms) != 0;
}

enum rdl_admission_result {
	RDL_ADMISSION_SPENT,
	RDL_ADMISSION_RATE, /* over registers_per_s: nothing was changed */
	RDL_ADMISSION_PREFIX, /* over per_prefix: nothing was changed */
};

/*
 * Takes one new Register of this peer out of both buckets, or out of none. A prefix is a /24 of
 * IPv4, a /64 of IPv6. `now_ms` may begin anywhere and stand still; it does not go back.
 */
RDL_MUST_CHECK enum rdl_admission_result rdl_admission_spend(
	struct rdl_admission *admission, const struct rdl_peer *peer, uint64_t now_ms);

#endif
