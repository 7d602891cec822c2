/* SPDX-License-Identifier: BSD-3-Clause */
/* blocks: bodies that come in several blocks (RFC 7959 section 2.5, Block1). */
#ifndef RDL_PIPELINE_BLOCKS_H
#define RDL_PIPELINE_BLOCKS_H

#include "lwm2m.h"
#include "transfers.h"

struct rdl_blocks {
	uint32_t count, max_payload;
	struct rdl_transfers transfers;
};

/*
 * Octets that rdl_blocks_init() needs, aligned to a cache line and zero:
 * there is room for `count` whole bodies.
 */
size_t rdl_blocks_memory(uint32_t count, uint32_t max_payload);
void rdl_blocks_init(struct rdl_blocks *blocks, uint32_t count, uint32_t max_payload,
	uint32_t lifetime_s, void *memory);

/*
 * Of one request with Block1: a digest of what names its transfer, the peer, or its session, among
 * it, and of whose it is: of the peer's network prefix (a /24 of IPv4, a /64 of IPv6), or of the
 * registration that `id` names, when that is not empty.
 */
struct rdl_block_key rdl_block_key(const struct rdl_coap_message *message,
	const struct rdl_peer *peer, uint64_t session, struct rdl_span id,
	const struct rdl_key *key);

enum rdl_block_result {
	RDL_BLOCK_MORE, /* taken, or a copy of one that was: answer 2.31 */
	RDL_BLOCK_COMPLETE, /* the body is whole: `transfer` holds it */
	RDL_BLOCK_REFUSED, /* `reason` says why */
	/*
	 * of a transfer that has given way for others:
	 * no answer, since any would be the wrong one
	 */
	RDL_BLOCK_EVICTED,
};
struct rdl_block_outcome {
	enum rdl_block_result result;
	enum rdl_reason reason;
	const struct rdl_transfer *transfer;
};

/*
 * Takes one block of a body. `exchange` is the datagram's digest: a copy of a block changes nothing
 * and is answered as the block was.
 */
struct rdl_block_outcome rdl_blocks_take(struct rdl_blocks *blocks, const struct rdl_block_key *key,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms);

#endif
