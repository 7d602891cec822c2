/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An admission on memory that ends at a guard page,
 * peers, and a watch over what a bucket lets through.
 */
#ifndef RDL_TEST_SHARD_WATCH_H
#define RDL_TEST_SHARD_WATCH_H

#include <arpa/inet.h>

#include "support.h"

#include "admission.h"

#define BEGIN 1000000 /* ms; nothing depends on it */

static struct rdl_admission admission;
static struct rdl_key key = { 3, 4 };

/* Of one shard, unless there are more. */
static inline void start(const struct rdl_admission_limits *wanted)
{
	struct rdl_admission_limits limits = *wanted;
	void *memory = guard_alloc(rdl_admission_memory());

	limits.shards = limits.shards != 0 ? limits.shards : 1;
	memset(memory, 0, rdl_admission_memory());
	rdl_admission_init(&admission, &key, memory);
	assert_false(rdl_admission_limited(&admission));
	rdl_admission_change(&admission, &limits, 0);
}

static inline void stop(void)
{
	guard_free((uint8_t *)admission.sets, rdl_admission_memory());
}

static inline struct rdl_peer peer_of(const char *address)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff }, .port = 5683 };

	assert_int_equal(strchr(address, ':') != NULL
				 ? inet_pton(AF_INET6, address, peer.address)
				 : inet_pton(AF_INET, address, peer.address + 12),
		1);
	return peer;
}

/* An address in the n-th /24. */
static inline struct rdl_peer peer_in(uint32_t n)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff } };

	rdl_put_be32(peer.address + 12, n << 8 | (n & 0xff));
	return peer;
}

static inline bool take(const struct rdl_peer *peer, uint64_t now_ms)
{
	return rdl_admission_spend(&admission, peer, now_ms) == RDL_ADMISSION_SPENT;
}

/*
 * Watches what one bucket lets through: in no stretch of time more than its depth and what flowed
 * in. In thousandths of a Register; `least` is the smallest of what was taken less what had flowed,
 * before each one taken.
 */
struct watch {
	int64_t taken, least;
};

static inline void watch_taken(struct watch *watch, int64_t per_s, int64_t depth, uint64_t since_ms)
{
	int64_t level = watch->taken - per_s * (int64_t)since_ms;

	if (watch->taken == 0 || level < watch->least)
		watch->least = level;
	watch->taken += 1000;
	assert_true(level + 1000 - watch->least <= depth);
}

/* `burst` Registers, or enough for a clock that goes by milliseconds. */
static inline int64_t depth_of(int64_t per_s, int64_t burst)
{
	int64_t depth = (burst != 0 ? burst : per_s) * 1000;

	return depth > per_s + 999 ? depth : per_s + 999;
}

#endif
