/* SPDX-License-Identifier: BSD-3-Clause */
#include "blocks.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

size_t rdl_blocks_memory(uint32_t count, uint32_t max_payload)
{
	return rdl_transfers_memory(count, max_payload);
}

void rdl_blocks_init(struct rdl_blocks *blocks, uint32_t count, uint32_t max_payload,
	uint32_t lifetime_s, void *memory)
{
	blocks->count = count;
	blocks->max_payload = max_payload;
	rdl_transfers_init(
		&blocks->transfers, count, max_payload, (uint64_t)lifetime_s * 1000, memory);
}

static void hash_option(XXH3_state_t *state, const struct rdl_coap_option *option)
{
	const uint16_t head[2] = { option->number, option->len };

	XXH3_128bits_update(state, head, sizeof(head));
	XXH3_128bits_update(state, option->value, option->len);
}

/* Names of different lengths: none of one kind is one of another. */
static uint64_t holder_of(
	const struct rdl_peer *peer, struct rdl_span id, const struct rdl_key *key)
{
	if (id.len > 0)
		return rdl_siphash(key, id.data, id.len);
	return rdl_peer_is_ipv4(peer) ? rdl_siphash(key, peer->address + 12, 3)
				      : rdl_siphash(key, peer->address, 8);
}

struct rdl_block_key rdl_block_key(const struct rdl_coap_message *message,
	const struct rdl_peer *peer, uint64_t session, struct rdl_span id,
	const struct rdl_key *key)
{
	struct rdl_coap_options options = rdl_coap_options(message);
	struct rdl_coap_option option;
	XXH3_state_t state;

	XXH3_INITSTATE(&state); /* the reset reads it */
	state.extSecret = NULL;
	/* Of different lengths, so that no peer is a session. */
	XXH3_128bits_reset_withSeed(&state, session != 0
						    ? rdl_siphash(key, &session, sizeof(session))
						    : rdl_siphash(key, peer, sizeof(*peer)));
	XXH3_128bits_update(&state, &message->code, 1);
	while (rdl_coap_option_next(&options, &option) > 0)
		if (option.number == RDL_COAP_URI_PATH || option.number == RDL_COAP_URI_QUERY ||
			option.number == RDL_COAP_REQUEST_TAG)
			hash_option(&state, &option);
	XXH128_hash_t hash = XXH3_128bits_digest(&state);
	return (struct rdl_block_key){ .request = { hash.low64, hash.high64 },
		.holder = holder_of(peer, id, key),
		.is_update = id.len > 0 };
}

/* Whatever came of its transfer before, when there is one, is given up. */
static struct rdl_block_outcome refuse(
	struct rdl_blocks *blocks, struct rdl_transfer *t, enum rdl_reason why)
{
	if (t != NULL)
		rdl_transfers_drop(&blocks->transfers, t);
	return (struct rdl_block_outcome){ .result = RDL_BLOCK_REFUSED, .reason = why };
}

static struct rdl_block_outcome taken(const struct rdl_transfer *t, bool whole)
{
	return (struct rdl_block_outcome){ .result = whole ? RDL_BLOCK_COMPLETE : RDL_BLOCK_MORE,
		.transfer = t };
}

static struct rdl_block_outcome append(struct rdl_blocks *blocks, struct rdl_transfer *t,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms)
{
	rdl_transfers_append(&blocks->transfers, t, input->payload, now_ms);
	t->last_exchange = exchange;
	t->complete = !input->block1.more;
	return taken(t, t->complete);
}

/* Begins a transfer, or the one that is there once more. */
static struct rdl_transfer *begin(struct rdl_blocks *blocks, const struct rdl_block_key *key,
	struct rdl_transfer *t, uint64_t now_ms)
{
	if (t == NULL)
		return rdl_transfers_begin(&blocks->transfers, key, now_ms);
	rdl_transfers_restart(&blocks->transfers, t);
	return t;
}

/* What the block alone tells. */
static enum rdl_reason judge_alone(const struct rdl_blocks *blocks, const struct rdl_input *input)
{
	const struct rdl_coap_block *block = &input->block1;
	uint32_t size = 16u << block->szx;

	if (block->szx == 7)
		return RDL_REASON_block_size;
	if (block->more ? input->payload.len != size : input->payload.len > size)
		return RDL_REASON_block_length;
	if (input->size1 > blocks->max_payload ||
		(uint64_t)block->num * size + input->payload.len > blocks->max_payload)
		return RDL_REASON_too_large;
	return RDL_REASON_NONE;
}

/*
 * True when the block has come before, in whatever datagram:
 * its octets are there, and the last one ends the body.
 */
static bool is_copy(const struct rdl_blocks *blocks, const struct rdl_transfer *t,
	const struct rdl_input *input, uint64_t offset)
{
	if (!input->block1.more && !(t->complete && offset + input->payload.len == t->len))
		return false;
	return rdl_transfers_holds(&blocks->transfers, t, offset, input->payload);
}

struct rdl_block_outcome rdl_blocks_take(struct rdl_blocks *blocks, const struct rdl_block_key *key,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_transfer *t = rdl_transfers_find(&blocks->transfers, key, now_ms);
	uint64_t offset = (uint64_t)input->block1.num << (input->block1.szx + 4);
	enum rdl_reason alone = judge_alone(blocks, input);

	if (alone != RDL_REASON_NONE)
		return refuse(blocks, alone == RDL_REASON_too_large ? t : NULL, alone);
	if (t != NULL && exchange == t->last_exchange)
		return taken(t, t->complete);
	if (t != NULL && exchange == t->first_exchange)
		return taken(t, false);
	if (input->block1.num == 0) {
		t = begin(blocks, key, t, now_ms);
		t->first_exchange = exchange;
	} else if (t == NULL) {
		if (rdl_transfers_evicted(&blocks->transfers, key, now_ms))
			return (struct rdl_block_outcome){ .result = RDL_BLOCK_EVICTED };
		return refuse(blocks, NULL, RDL_REASON_block_gap);
	} else if (is_copy(blocks, t, input, offset)) {
		return taken(t, !input->block1.more);
	} else if (t->complete || offset != t->len) {
		return refuse(blocks, t, RDL_REASON_block_gap);
	}
	return append(blocks, t, input, exchange, now_ms);
}
