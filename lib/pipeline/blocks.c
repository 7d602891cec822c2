/* SPDX-License-Identifier: BSD-3-Clause */
#include "blocks.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NONE UINT32_MAX

static size_t aligned(size_t octets)
{
	return (octets + RDL_CACHE_LINE - 1) & ~(size_t)(RDL_CACHE_LINE - 1);
}

static uint32_t bucket_count(uint32_t count)
{
	uint32_t buckets = 8;

	while (buckets < count)
		buckets *= 2;
	return buckets;
}

static size_t scratch_len(uint32_t max_payload)
{
	return aligned(2 * (size_t)max_payload + 4096);
}

size_t rdl_blocks_memory(uint32_t count, uint32_t max_payload)
{
	return aligned(count * sizeof(struct rdl_transfer)) +
	       aligned(bucket_count(count) * sizeof(uint32_t)) +
	       (size_t)count * aligned(max_payload) +
	       RDL_BLOCK_SCRATCHES * scratch_len(max_payload);
}

void rdl_blocks_init(struct rdl_blocks *blocks, uint32_t count, uint32_t max_payload,
	uint32_t lifetime_s, void *memory)
{
	uint8_t *p = memory;

	*blocks = (struct rdl_blocks){
		.count = count,
		.max_payload = max_payload,
		.bucket_mask = bucket_count(count) - 1,
		.scratch_len = (uint32_t)scratch_len(max_payload),
		.lifetime_ms = (uint64_t)lifetime_s * 1000,
		.scratch_free = UINT64_MAX,
		.newest = NONE,
		.oldest = NONE,
	};
	blocks->transfers = (struct rdl_transfer *)(void *)p;
	p += aligned(count * sizeof(struct rdl_transfer));
	blocks->buckets = (uint32_t *)(void *)p;
	p += aligned(bucket_count(count) * sizeof(uint32_t));
	blocks->bodies = p;
	p += (size_t)count * aligned(max_payload);
	blocks->scratches = p;
	for (uint32_t i = 0; i <= blocks->bucket_mask; i++)
		blocks->buckets[i] = NONE;
	/* Unused transfers are the oldest. */
	for (uint32_t i = 0; i < count; i++) {
		struct rdl_transfer *t = &blocks->transfers[i];

		*t = (struct rdl_transfer){ .newer = blocks->oldest, .older = NONE };
		if (blocks->oldest == NONE)
			blocks->newest = i;
		else
			blocks->transfers[blocks->oldest].older = i;
		blocks->oldest = i;
	}
}

static void hash_option(XXH3_state_t *state, const struct rdl_coap_option *option)
{
	const uint16_t head[2] = { option->number, option->len };

	XXH3_128bits_update(state, head, sizeof(head));
	XXH3_128bits_update(state, option->value, option->len);
}

struct rdl_block_key rdl_block_key(
	const struct rdl_coap_message *message, const struct rdl_peer *peer, uint64_t seed)
{
	struct rdl_coap_options options = rdl_coap_options(message);
	struct rdl_coap_option option;
	struct rdl_block_key key;
	XXH3_state_t state;

	key.source = XXH3_64bits_withSeed(peer, sizeof(*peer), seed);
	XXH3_INITSTATE(&state); /* the reset reads it */
	state.extSecret = NULL;
	XXH3_128bits_reset_withSeed(&state, key.source);
	XXH3_128bits_update(&state, &message->code, 1);
	while (rdl_coap_option_next(&options, &option) > 0)
		if (option.number == RDL_COAP_URI_PATH || option.number == RDL_COAP_URI_QUERY ||
			option.number == RDL_COAP_REQUEST_TAG)
			hash_option(&state, &option);
	XXH128_hash_t hash = XXH3_128bits_digest(&state);
	key.request[0] = hash.low64;
	key.request[1] = hash.high64;
	return key;
}

static uint32_t place_of(const struct rdl_blocks *blocks, const struct rdl_transfer *transfer)
{
	return (uint32_t)(transfer - blocks->transfers);
}

static uint8_t *body_of(const struct rdl_blocks *blocks, const struct rdl_transfer *transfer)
{
	return blocks->bodies + (size_t)place_of(blocks, transfer) * aligned(blocks->max_payload);
}

static uint32_t *bucket_of(const struct rdl_blocks *blocks, uint64_t source)
{
	return &blocks->buckets[source & blocks->bucket_mask];
}

static void age_unlink(struct rdl_blocks *blocks, struct rdl_transfer *t)
{
	*(t->newer == NONE ? &blocks->newest : &blocks->transfers[t->newer].older) = t->older;
	*(t->older == NONE ? &blocks->oldest : &blocks->transfers[t->older].newer) = t->newer;
}

static void make_newest(struct rdl_blocks *blocks, struct rdl_transfer *t)
{
	uint32_t place = place_of(blocks, t);

	age_unlink(blocks, t);
	t->newer = NONE;
	t->older = blocks->newest;
	*(t->older == NONE ? &blocks->oldest : &blocks->transfers[t->older].newer) = place;
	blocks->newest = place;
}

static void make_oldest(struct rdl_blocks *blocks, struct rdl_transfer *t)
{
	uint32_t place = place_of(blocks, t);

	age_unlink(blocks, t);
	t->older = NONE;
	t->newer = blocks->oldest;
	*(t->newer == NONE ? &blocks->newest : &blocks->transfers[t->newer].older) = place;
	blocks->oldest = place;
}

/* Not to be called while requests point into its body. */
static void drop(struct rdl_blocks *blocks, struct rdl_transfer *t)
{
	uint32_t *link = bucket_of(blocks, t->key.source);

	assert(t->used && t->in_flight == 0);
	while (*link != place_of(blocks, t))
		link = &blocks->transfers[*link].bucket_next;
	*link = t->bucket_next;
	t->used = false;
	make_oldest(blocks, t);
}

static struct rdl_transfer *find(
	struct rdl_blocks *blocks, const struct rdl_block_key *key, uint64_t now_ms)
{
	for (uint32_t i = *bucket_of(blocks, key->source); i != NONE;) {
		struct rdl_transfer *t = &blocks->transfers[i];

		i = t->bucket_next;
		if (memcmp(&t->key, key, sizeof(*key)) != 0)
			continue;
		if (now_ms - t->touched_ms <= blocks->lifetime_ms)
			return t;
		if (t->in_flight == 0)
			drop(blocks, t);
		return NULL;
	}
	return NULL;
}

/* The transfer that must give way for a new one: one of the same source when that has its share, else the oldest. */
static struct rdl_transfer *give_way(struct rdl_blocks *blocks, uint64_t source)
{
	struct rdl_transfer *last = NULL;
	unsigned of_source = 0;

	for (uint32_t i = *bucket_of(blocks, source); i != NONE;
		i = blocks->transfers[i].bucket_next) {
		struct rdl_transfer *t = &blocks->transfers[i];

		if (t->key.source != source)
			continue;
		of_source++;
		if (t->in_flight == 0 && (last == NULL || t->touched_ms <= last->touched_ms))
			last = t;
	}
	if (of_source >= RDL_BLOCKS_PER_SOURCE)
		return last;
	for (uint32_t i = blocks->oldest; i != NONE; i = blocks->transfers[i].newer)
		if (blocks->transfers[i].in_flight == 0)
			return &blocks->transfers[i];
	return NULL;
}

static struct rdl_transfer *begin(struct rdl_blocks *blocks, const struct rdl_block_key *key)
{
	struct rdl_transfer *t = give_way(blocks, key->source);
	uint32_t *link = bucket_of(blocks, key->source);

	if (t == NULL)
		return NULL;
	if (t->used)
		drop(blocks, t);
	t->key = *key;
	t->used = true;
	t->bucket_next = *link;
	*link = place_of(blocks, t);
	return t;
}

struct rdl_span rdl_blocks_body(
	const struct rdl_blocks *blocks, const struct rdl_transfer *transfer)
{
	return (struct rdl_span){ body_of(blocks, transfer), transfer->len };
}

static enum rdl_block_result refuse(struct rdl_blocks *blocks, struct rdl_transfer *t,
	enum rdl_reason why, enum rdl_reason *reason)
{
	if (t != NULL && t->in_flight == 0)
		drop(blocks, t);
	*reason = why;
	return RDL_BLOCK_REFUSED;
}

/* Octets that the transfer holds already, whichever message brings them again. */
static bool holds(const struct rdl_blocks *blocks, const struct rdl_transfer *t, uint64_t offset,
	struct rdl_span payload)
{
	return offset + payload.len <= t->len &&
	       memcmp(body_of(blocks, t) + offset, payload.data, payload.len) == 0;
}

static enum rdl_block_result append(struct rdl_blocks *blocks, struct rdl_transfer *t,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms)
{
	memcpy(body_of(blocks, t) + t->len, input->payload.data, input->payload.len);
	t->len += (uint32_t)input->payload.len;
	t->last_exchange = exchange;
	t->touched_ms = now_ms;
	t->complete = !input->block1.more;
	make_newest(blocks, t);
	return t->complete ? RDL_BLOCK_COMPLETE : RDL_BLOCK_MORE;
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

enum rdl_block_result rdl_blocks_take(struct rdl_blocks *blocks, const struct rdl_block_key *key,
	const struct rdl_input *input, uint64_t exchange, uint64_t now_ms,
	struct rdl_transfer **transfer, enum rdl_reason *reason)
{
	struct rdl_transfer *t = find(blocks, key, now_ms);
	uint64_t offset = (uint64_t)input->block1.num << (input->block1.szx + 4);
	enum rdl_reason alone = judge_alone(blocks, input);

	*transfer = t;
	if (alone != RDL_REASON_NONE)
		return refuse(blocks, alone == RDL_REASON_too_large ? t : NULL, alone, reason);
	if (t != NULL && exchange == t->last_exchange)
		return t->complete ? RDL_BLOCK_COMPLETE : RDL_BLOCK_MORE;
	if (t != NULL && exchange == t->first_exchange)
		return RDL_BLOCK_MORE;
	if (input->block1.num == 0) {
		if (t == NULL)
			t = begin(blocks, key);
		if (t == NULL || t->in_flight > 0)
			return RDL_BLOCK_NO_ROOM;
		t->len = 0;
		t->first_exchange = exchange;
	} else if (t == NULL) {
		return refuse(blocks, NULL, RDL_REASON_block_gap, reason);
	} else if ((input->block1.more || t->complete) &&
		   holds(blocks, t, offset, input->payload)) {
		return t->complete && !input->block1.more ? RDL_BLOCK_COMPLETE : RDL_BLOCK_MORE;
	} else if (t->complete || offset != t->len) {
		return refuse(blocks, t, RDL_REASON_block_gap, reason);
	}
	*transfer = t;
	return append(blocks, t, input, exchange, now_ms);
}

int rdl_blocks_scratch(struct rdl_blocks *blocks)
{
	if (blocks->scratch_free == 0)
		return -1;
	int scratch = __builtin_ctzll(blocks->scratch_free);
	blocks->scratch_free &= blocks->scratch_free - 1;
	return scratch;
}

void *rdl_blocks_scratch_at(const struct rdl_blocks *blocks, int scratch)
{
	return blocks->scratches + (size_t)scratch * blocks->scratch_len;
}

void rdl_blocks_scratch_free(struct rdl_blocks *blocks, int scratch)
{
	blocks->scratch_free |= UINT64_C(1) << scratch;
}
