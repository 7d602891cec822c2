/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Token buckets as the generic cell rate algorithm has them (ITU-T I.371): a bucket is one number,
 * the time at which it is full again. Time is counted in what it brings, thousandths of a Register:
 * milliseconds times Registers a second. So nothing is ever divided or rounded, whatever the rate.
 */
#include "admission.h"

#include <assert.h>

#define REGISTER UINT64_C(1000)
#define SETS 16384u
#define WAYS 4

/* A cache line. A prefix is known by its keyed digest, which also says the set. */
struct rdl_admission_set {
	uint64_t prefix[WAYS];
	uint64_t full_at[WAYS];
} __attribute__((aligned(RDL_CACHE_LINE)));

static_assert(sizeof(struct rdl_admission_set) == RDL_CACHE_LINE, "one line for a look-up");

size_t rdl_admission_memory(void)
{
	return SETS * sizeof(struct rdl_admission_set);
}

static uint32_t share_of(uint32_t limit, unsigned shards)
{
	assert(shards > 0);
	return limit / shards + (limit % shards != 0);
}

/*
 * The clock's step is a millisecond: a bucket too shallow for what a step brings, on top of what
 * was short of a Register before, would never let the rate through.
 */
static struct rdl_admission_limit limit_of(uint32_t per_s, uint32_t burst)
{
	uint64_t depth = (burst != 0 ? burst : per_s) * REGISTER;
	uint64_t least = per_s + REGISTER - 1;

	return (struct rdl_admission_limit){ per_s, depth > least ? depth : least };
}

void rdl_admission_init(struct rdl_admission *admission, const struct rdl_key *key, void *memory)
{
	*admission = (struct rdl_admission){
		.all = limit_of(0, 0),
		.prefix = limit_of(0, 0),
		.key = *key,
		.sets = memory,
	};
}

/*
 * What a bucket lacks of being full. Times wrap; that of a bucket which is full since long looks
 * like more than any can lack. (An idle one may be taken for a busy one when 2^64 thousandths have
 * passed to the second: after 213 days at 10^9 a second, after thousands of years at 10^5.)
 */
static uint64_t lack_of(const struct rdl_admission_limit *limit, uint64_t full_at, uint64_t now_ms)
{
	uint64_t lack = full_at - now_ms * limit->per_ms;

	return lack <= limit->depth ? lack : 0;
}

static bool has_room(const struct rdl_admission_limit *limit, uint64_t lack)
{
	return lack + REGISTER <= limit->depth;
}

static uint64_t taken_at(const struct rdl_admission_limit *limit, uint64_t lack, uint64_t now_ms)
{
	return now_ms * limit->per_ms + lack + REGISTER;
}

/* The time at which a bucket is full again, counted by another limit. */
static uint64_t full_by(const struct rdl_admission_limit *to,
	const struct rdl_admission_limit *from, uint64_t full_at, uint64_t now_ms)
{
	uint64_t lack = from->per_ms != 0 ? lack_of(from, full_at, now_ms) : 0;

	return now_ms * to->per_ms + (lack < to->depth ? lack : to->depth);
}

void rdl_admission_change(
	struct rdl_admission *admission, const struct rdl_admission_limits *limits, uint64_t now_ms)
{
	const struct rdl_admission_limit was = admission->prefix;
	const struct rdl_admission_limit all =
		limit_of(share_of(limits->registers_per_s, limits->shards),
			share_of(limits->burst, limits->shards));
	const struct rdl_admission_limit prefix =
		limit_of(share_of(limits->per_prefix, limits->shards), 0);

	admission->full_at = full_by(&all, &admission->all, admission->full_at, now_ms);
	admission->all = all;
	admission->prefix = prefix;
	if (was.per_ms == prefix.per_ms)
		return;
	for (size_t s = 0; s < SETS; s++)
		for (unsigned i = 0; i < WAYS; i++)
			admission->sets[s].full_at[i] =
				full_by(&prefix, &was, admission->sets[s].full_at[i], now_ms);
}

/*
 * A prefix that is not there has the place, and the time, of the fullest bucket. A full one is as
 * good as none. Where none is full, no prefix that had to leave lacks more than what it finds when
 * it comes back: each place only grows, and the fullest one went. So a flood of prefixes gets what
 * the places of a set get, and no prefix more than its own.
 */
static bool take_of_prefix(
	struct rdl_admission *admission, const struct rdl_peer *peer, uint64_t now_ms)
{
	const struct rdl_admission_limit *limit = &admission->prefix;
	struct rdl_span network = rdl_peer_prefix(peer);
	uint64_t prefix = rdl_siphash(&admission->key, network.data, network.len);
	uint64_t least = UINT64_MAX;
	struct rdl_admission_set *set = &admission->sets[prefix % SETS];
	unsigned place = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t lack = lack_of(limit, set->full_at[i], now_ms);
		bool same = set->prefix[i] == prefix;

		if (same || lack < least) {
			least = lack;
			place = i;
		}
		if (same)
			break;
	}
	if (!has_room(limit, least))
		return false;
	set->prefix[place] = prefix;
	set->full_at[place] = taken_at(limit, least, now_ms);
	return true;
}

enum rdl_admission_result rdl_admission_spend(
	struct rdl_admission *admission, const struct rdl_peer *peer, uint64_t now_ms)
{
	const struct rdl_admission_limit *all = &admission->all;
	uint64_t lack = lack_of(all, admission->full_at, now_ms);

	if (all->per_ms != 0 && !has_room(all, lack))
		return RDL_ADMISSION_RATE;
	if (admission->prefix.per_ms != 0 && !take_of_prefix(admission, peer, now_ms))
		return RDL_ADMISSION_PREFIX;
	admission->full_at = taken_at(all, lack, now_ms);
	return RDL_ADMISSION_SPENT;
}
