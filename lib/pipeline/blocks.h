/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * blocks: bodies that come in several blocks (RFC 7959 section 2.5, Block1), and memory to decode what is too long for
 * its packet. Bounded: the oldest transfer goes when a new one comes, and one source has no more than a few.
 */
#ifndef RDL_PIPELINE_BLOCKS_H
#define RDL_PIPELINE_BLOCKS_H

#include "lwm2m.h"

/* What a transfer is known by (RFC 9175 section 3.3): not the token, which changes from block to block. */
struct rdl_block_key {
	uint64_t source; /* hash of the peer */
	uint64_t request[2]; /* of peer, method, path, query and Request-Tags */
};

struct rdl_transfer {
	struct rdl_block_key key;
	uint64_t first_exchange,
		last_exchange; /* digests of the block that began it, and of the last */
	uint64_t touched_ms;
	uint32_t len; /* octets of the body that are there */
	uint32_t bucket_next; /* places, UINT32_MAX: none */
	uint32_t newer, older;
	uint16_t in_flight; /* requests at a shard that point into the body */
	bool used, complete;
};

struct rdl_blocks {
	uint32_t count, max_payload, bucket_mask;
	uint32_t scratch_len;
	uint64_t lifetime_ms;
	struct rdl_transfer *transfers;
	uint32_t *buckets;
	uint8_t *bodies;
	uint8_t *scratches;
	uint64_t scratch_free; /* a bit each */
	uint32_t newest, oldest;
};

#define RDL_BLOCK_SCRATCHES 64
#define RDL_BLOCKS_PER_SOURCE 4

/* Octets that rdl_blocks_init() needs, aligned to a cache line and zero. */
size_t rdl_blocks_memory(uint32_t count, uint32_t max_payload);
void rdl_blocks_init(struct rdl_blocks *blocks, uint32_t count, uint32_t max_payload,
	uint32_t lifetime_s, void *memory);

/* Of one request with Block1: a digest of what names its transfer. */
struct rdl_block_key rdl_block_key(
	const struct rdl_coap_message *message, const struct rdl_peer *peer, uint64_t seed);

enum rdl_block_result {
	RDL_BLOCK_MORE, /* taken, or a copy of one that was: answer 2.31 */
	RDL_BLOCK_COMPLETE, /* the body is whole: *transfer holds it */
	RDL_BLOCK_REFUSED, /* *reason says why */
	RDL_BLOCK_NO_ROOM, /* to be shed */
};

/*
 * Takes one block of a body. `exchange` is the datagram's digest: a copy of a block changes nothing and is answered as the
 * block was.
 */
enum rdl_block_result rdl_blocks_take(struct rdl_blocks *blocks, const struct rdl_block_key *key,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms,
	struct rdl_transfer **transfer, enum rdl_reason *reason);

struct rdl_span rdl_blocks_body(
	const struct rdl_blocks *blocks, const struct rdl_transfer *transfer);

/* A piece of memory for decoding, 2 * max_payload + 4096 octets: its number, or -1. */
int rdl_blocks_scratch(struct rdl_blocks *blocks);
void *rdl_blocks_scratch_at(const struct rdl_blocks *blocks, int scratch);
void rdl_blocks_scratch_free(struct rdl_blocks *blocks, int scratch);

#endif
