/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths.h"

#define WAYS 8 /* words of a bucket: a cache line */

/*
 * A word each: a part of the address's hash, the MTU, and the second of the message. Two addresses
 * that share a word share an MTU: one in 2^24 does, and is sent no less for it.
 */
#define MTU_SHIFT 24
#define TAG_SHIFT 40
#define SECOND_MASK 0xffffffu

struct rdl_paths {
	struct rdl_key key;
	uint64_t sent; /* datagrams that may be fragmented */
	uint64_t buckets;
	uint64_t words[][WAYS] __attribute__((aligned(RDL_CACHE_LINE)));
};

size_t rdl_paths_memory(unsigned places)
{
	return sizeof(struct rdl_paths) + (places + WAYS - 1) / WAYS * RDL_CACHE_LINE;
}

struct rdl_paths *rdl_paths_init(void *memory, unsigned places, const struct rdl_key *key)
{
	struct rdl_paths *paths = memory;

	_Static_assert(sizeof(paths->words[0]) == RDL_CACHE_LINE, "a line each");
	paths->key = *key;
	paths->buckets = (places + WAYS - 1) / WAYS;
	return paths;
}

static uint16_t mtu_of(uint64_t word)
{
	return (uint16_t)(word >> MTU_SHIFT);
}

/* Seconds since its message; after half a year it may look young again, which does no harm. */
static uint32_t age_s(uint64_t word, uint64_t now_ms)
{
	return (uint32_t)(now_ms / 1000 - word) & SECOND_MASK;
}

/* Workers' clocks may be a little apart. */
#define APART_S 2

static bool is_known(uint64_t word, uint64_t tag, uint64_t now_ms)
{
	return word != 0 && word >> TAG_SHIFT == tag &&
	       age_s(word, now_ms + APART_S * 1000) < RDL_PATHS_MS / 1000 + APART_S;
}

static uint64_t tag_of(const struct rdl_paths *paths, const uint8_t address[16], uint64_t *bucket)
{
	uint64_t hash = rdl_siphash(&paths->key, address, 16);

	*bucket = (hash & UINT32_MAX) * paths->buckets >> 32;
	return hash >> TAG_SHIFT;
}

void rdl_paths_learn(
	struct rdl_paths *paths, const uint8_t address[16], uint16_t mtu, uint64_t now_ms)
{
	uint64_t at, tag = tag_of(paths, address, &at), *bucket = paths->words[at];
	unsigned place = 0;
	uint32_t oldest = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t word = __atomic_load_n(&bucket[i], __ATOMIC_RELAXED);
		uint32_t age = word == 0 ? UINT32_MAX : age_s(word, now_ms);

		if (is_known(word, tag, now_ms)) {
			/* A path grows by being forgotten alone. */
			if (mtu_of(word) < mtu)
				mtu = mtu_of(word);
			place = i;
			break;
		}
		if (age > oldest) {
			oldest = age;
			place = i;
		}
	}
	__atomic_store_n(&bucket[place],
		tag << TAG_SHIFT | (uint64_t)mtu << MTU_SHIFT | (now_ms / 1000 & SECOND_MASK),
		__ATOMIC_RELAXED);
}

uint16_t rdl_paths_mtu(const struct rdl_paths *paths, const uint8_t address[16], uint64_t now_ms)
{
	uint64_t at, tag = tag_of(paths, address, &at);
	const uint64_t *bucket = paths->words[at];

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t word = __atomic_load_n(&bucket[i], __ATOMIC_RELAXED);

		if (is_known(word, tag, now_ms))
			return mtu_of(word);
	}
	return UINT16_MAX;
}

/* No two datagrams to a peer have the same one soon, and nobody guesses the next (RFC 6864). */
static uint16_t identification(struct rdl_paths *paths)
{
	uint64_t number = __atomic_add_fetch(&paths->sent, 1, __ATOMIC_RELAXED);

	return (uint16_t)rdl_siphash(&paths->key, &number, sizeof(number));
}

bool rdl_paths_fit(struct rdl_paths *paths, struct rdl_frame *frame, uint64_t now_ms)
{
	const uint8_t *ip = frame->data + frame->l2_len;
	uint8_t address[16] = { [10] = 0xff, [11] = 0xff };
	bool ipv4 = ip[0] >> 4 == 4;

	if (ipv4)
		memcpy(address + 12, ip + 16, 4);
	else
		memcpy(address, ip + 24, 16);
	if (frame->len - frame->l2_len <= rdl_paths_mtu(paths, address, now_ms))
		return true;
	if (ipv4)
		rdl_net_let_fragment(frame, identification(paths));
	return ipv4;
}
