/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's payload, in its packet or gathered from blocks, and memory to decode it into. */
#include "pipeline_internal.h"

void rdl_pipeline_let_go(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	if (RDL_UNLIKELY(packet->scratch != 0)) {
		rdl_scratches_release(&pipeline->scratches, packet->scratch);
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
static enum rdl_body find_scratch(
	struct rdl_pipeline *pipeline, unsigned i, size_t need, struct rdl_cursor *scratch)
{
	struct rdl_packet *packet = pipeline->burst.packets[i];
	uint8_t *start = packet->frame.data + packet->frame.len;
	const uint8_t *end = packet->frame.data + packet->frame.room;

	start += -(uintptr_t)start & 7;
	if (RDL_LIKELY(start + need <= end)) {
		*scratch = rdl_cursor(start, (size_t)(end - start));
		return RDL_BODY_WHOLE;
	}
	if (need > pipeline->scratches.piece_len) {
		packet->request.reason = RDL_REASON_too_large;
		packet->reply.size1 = pipeline->blocks.max_payload;
		return RDL_BODY_REFUSED;
	}
	packet->scratch = (uint16_t)rdl_scratches_take(&pipeline->scratches, scratch);
	if (packet->scratch == 0) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_scratch_full);
		rdl_pipeline_let_go(pipeline, packet);
		return RDL_BODY_SHED;
	}
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
	enum rdl_body body = find_scratch(pipeline, i,
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
	struct rdl_block_key key;

	if (blocks->count == 0) {
		request->reason = RDL_REASON_bad_option;
		request->detail.number = RDL_COAP_BLOCK1;
		return RDL_BODY_REFUSED;
	}
	if (request->exchange == 0)
		request->exchange = rdl_exchange_digest(packet, pipeline->config.exchange_seed);
	key = rdl_block_key(&input->message, &request->peer,
		packet->reply.head != 0 ? packet->session : 0, id, &pipeline->config.block_key);
	uint64_t gave_way = blocks->transfers.gave_way;
	struct rdl_block_outcome outcome =
		rdl_blocks_take(blocks, &key, input, request->exchange, pipeline->now_ms);
	rdl_stats_add(&pipeline->stats, RDL_STAT_transfers_evicted,
		blocks->transfers.gave_way - gave_way);
	switch (outcome.result) {
	case RDL_BLOCK_MORE:
		return RDL_BODY_PART;
	case RDL_BLOCK_COMPLETE:
		return gather(pipeline, i, outcome.transfer, scratch);
	case RDL_BLOCK_EVICTED:
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_blocks_full);
		return RDL_BODY_SHED;
	case RDL_BLOCK_REFUSED:
		break;
	}
	request->reason = (uint8_t)outcome.reason;
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
	return find_scratch(pipeline, i, input->payload.len + packet->reply.coap_len + 64, scratch);
}
