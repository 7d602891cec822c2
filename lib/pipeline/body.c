/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's payload, in its packet or gathered from blocks, and memory to decode it into. */
#include "internal.h"

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

uint64_t rdl_exchange_digest(const struct rdl_packet *packet, uint64_t seed)
{
	uint64_t source = source_seed(&packet->request, seed);
	uint64_t digest = XXH3_64bits_withSeed(packet->reply.coap, packet->reply.coap_len, source);

	return digest != 0 ? digest : 1;
}

void rdl_pipeline_release(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	if (RDL_UNLIKELY(packet->scratch != 0)) {
		rdl_blocks_scratch_free(&pipeline->blocks, (int)packet->scratch - 1);
		packet->scratch = 0;
	}
	if (packet->list != 0) {
		rdl_policy_memo_release(pipeline->memo, packet->list);
		packet->list = 0;
	}
}

/*
 * Memory for `need` octets, aligned to eight: behind the frame, up to its room; or a piece of the
 * worker's for what is long.
 */
static enum rdl_body find_scratch(struct rdl_pipeline *pipeline, struct rdl_packet *packet,
	size_t need, struct rdl_cursor *scratch)
{
	uint8_t *start = packet->frame.data + packet->frame.len;
	const uint8_t *end = packet->frame.data + packet->frame.room;

	start += -(uintptr_t)start & 7;
	if (RDL_LIKELY(start + need <= end)) {
		*scratch = rdl_cursor(start, (size_t)(end - start));
		return RDL_BODY_WHOLE;
	}
	if (need > pipeline->blocks.scratch_len) {
		packet->request.reason = RDL_REASON_too_large;
		packet->reply.size1 = pipeline->blocks.max_payload;
		return RDL_BODY_REFUSED;
	}
	int piece = rdl_blocks_scratch(&pipeline->blocks);
	if (piece < 0) {
		rdl_stats_add(&pipeline->stats, RDL_STAT_drop_scratch_full, 1);
		rdl_pipeline_release(pipeline, packet);
		return RDL_BODY_SHED;
	}
	packet->scratch = (uint16_t)(piece + 1);
	*scratch = rdl_cursor(
		rdl_blocks_scratch_at(&pipeline->blocks, piece), pipeline->blocks.scratch_len);
	return RDL_BODY_WHOLE;
}

/* The body of a transfer, put together before what is decoded of it. */
static enum rdl_body gather(struct rdl_pipeline *pipeline, unsigned i,
	const struct rdl_transfer *transfer, struct rdl_cursor *scratch)
{
	struct rdl_packet *packet = pipeline->burst.packets[i];
	size_t whole = ((size_t)transfer->len + 7) & ~(size_t)7;
	/*
	 * A list is read into twice its payload,
	 * parameters are no longer than the options that they came in.
	 */
	enum rdl_body body = find_scratch(pipeline, packet,
		whole + 2 * (size_t)transfer->len + packet->reply.coap_len + 64, scratch);

	if (body != RDL_BODY_WHOLE)
		return body;
	rdl_transfers_copy(&pipeline->blocks.transfers, transfer, scratch->pos);
	pipeline->burst.inputs[i].payload = (struct rdl_span){ scratch->pos, transfer->len };
	scratch->pos += whole;
	return RDL_BODY_WHOLE;
}

static enum rdl_body take_block(
	struct rdl_pipeline *pipeline, unsigned i, struct rdl_cursor *scratch)
{
	struct rdl_packet *packet = pipeline->burst.packets[i];
	const struct rdl_input *input = &pipeline->burst.inputs[i];
	struct rdl_request *request = &packet->request;
	bool is_update = request->operation == RDL_OPERATION_UPDATE;
	struct rdl_span id = is_update ? input->id : (struct rdl_span){ NULL, 0 };
	struct rdl_blocks *blocks = &pipeline->blocks;
	enum rdl_reason reason = RDL_REASON_NONE;
	struct rdl_transfer *transfer;
	struct rdl_block_key key;

	if (blocks->count == 0) {
		request->reason = RDL_REASON_bad_option;
		request->detail.number = RDL_COAP_BLOCK1;
		return RDL_BODY_REFUSED;
	}
	request->exchange = rdl_exchange_digest(packet, pipeline->config.exchange_seed);
	key = rdl_block_key(&input->message, &request->peer, request->identity, id,
		&pipeline->config.block_key);
	uint64_t gave_way = blocks->transfers.gave_way;
	enum rdl_block_result result = rdl_blocks_take(
		blocks, &key, input, request->exchange, pipeline->now_ms, &transfer, &reason);
	rdl_stats_add(&pipeline->stats, RDL_STAT_transfers_evicted,
		blocks->transfers.gave_way - gave_way);
	switch (result) {
	case RDL_BLOCK_MORE:
		return RDL_BODY_PART;
	case RDL_BLOCK_COMPLETE:
		return gather(pipeline, i, transfer, scratch);
	case RDL_BLOCK_EVICTED:
		rdl_stats_add(&pipeline->stats, RDL_STAT_drop_blocks_full, 1);
		return RDL_BODY_SHED;
	case RDL_BLOCK_REFUSED:
		break;
	}
	request->reason = (uint8_t)reason;
	packet->reply.size1 = blocks->max_payload;
	return RDL_BODY_REFUSED;
}

void rdl_pipeline_echo_block(struct rdl_packet *packet, const struct rdl_input *input)
{
	if (input->has_block1 && input->block1.szx != 7)
		packet->reply.block1 = rdl_coap_block_value(input->block1);
}

enum rdl_body rdl_pipeline_body(
	struct rdl_pipeline *pipeline, unsigned i, struct rdl_cursor *scratch)
{
	struct rdl_packet *packet = pipeline->burst.packets[i];
	const struct rdl_input *input = &pipeline->burst.inputs[i];

	if (RDL_UNLIKELY(input->has_block1)) {
		bool one_of_many = input->block1.num != 0 || input->block1.more;

		rdl_pipeline_echo_block(packet, input);
		if (input->block1.szx == 7) {
			packet->request.reason = RDL_REASON_block_size;
			return RDL_BODY_REFUSED;
		}
		if (one_of_many)
			return take_block(pipeline, i, scratch);
	}
	/* As in gather(); its payload is among the octets of the datagram already. */
	return find_scratch(
		pipeline, packet, input->payload.len + packet->reply.coap_len + 64, scratch);
}
