/* SPDX-License-Identifier: BSD-3-Clause */
/* What copies of a request are known by. */
#include "pipeline_internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t multiply_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = a;

	product *= b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * The source, its identity included, mixed into the seed of the hash of its datagram's octets: half
 * the cost of a hash of their own.
 */
static uint64_t source_seed(const struct rdl_request *request, uint64_t seed)
{
	uint64_t rest = (uint64_t)request->identity << 32 | request->peer.port;
	uint64_t address[2];

	memcpy(address, request->peer.address, sizeof(address));
	/* Odd numbers of the digits of pi. */
	return multiply_fold(address[1] ^ seed, address[0] ^ 0x243f6a8885a308d3u) ^
	       multiply_fold(rest ^ 0x13198a2e03707345u, seed ^ 0xa4093822299f31d1u);
}

static inline uint64_t digest_of(const struct rdl_reply *reply, uint64_t source)
{
	uint64_t digest = XXH3_64bits_withSeed(reply->coap, reply->coap_len, source);

	return digest != 0 ? digest : 1;
}

uint64_t rdl_exchange_digest(const struct rdl_packet *packet, uint64_t seed)
{
	return digest_of(&packet->reply, source_seed(&packet->request, seed));
}

uint64_t rdl_secure_exchange_digest(const struct rdl_packet *packet, uint64_t seed)
{
	/* The next digits. */
	return digest_of(&packet->reply,
		multiply_fold(packet->session ^ 0x082efa98ec4e6c89u, seed ^ 0x452821e638d01377u));
}
