/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_blocks.h"

#define EVICTED_MS 186000 /* that a transfer is remembered at most, which had to give way */

/*
 * How many transfers of a worker have had to give way:
 * before the burst at hand, with it, and when one did.
 */
static struct {
	uint64_t before, with;
	uint64_t last_ms;
} evictions[WORKERS];

void evictions_count(unsigned w, uint64_t with)
{
	evictions[w].before = evictions[w].with;
	evictions[w].with = with;
	if (evictions[w].before != with)
		evictions[w].last_ms = now_ms;
}

static bool certain(unsigned w, const struct transfer *t)
{
	return evictions[w].with == t->evictions;
}

/* True when a worker may take a transfer for one that had to give way. */
static bool may_be_silent(unsigned w)
{
	return evictions[w].with > 0 && now_ms - evictions[w].last_ms <= EVICTED_MS;
}

static void touch(unsigned w, const struct sent *q, struct transfer *t)
{
	t->evictions = evictions[w].before;
	t->touched_ms = now_ms;
	t->last = q->known_by;
	t->len += q->payload_len;
	t->complete = !q->more;
}

static void begin(unsigned w, const struct sent *q, struct transfer *t)
{
	if (t->there && !t->muddled)
		happened(KIND_block_restart);
	t->there = true;
	t->muddled = false;
	t->first = q->known_by;
	t->len = 0;
	touch(w, q, t);
}

static enum part refuse_block(
	struct transfer *t, bool drops, const struct refusal *reason, const struct refusal **why)
{
	if (drops)
		t->there = t->muddled = false;
	*why = reason;
	return PART_REFUSED;
}

/* What a block alone tells. */
static const struct refusal *judge_alone(const struct sent *q)
{
	size_t size = (size_t)16 << q->szx;

	if (q->szx == 7)
		return &block_size;
	if (q->more ? q->payload_len != size : q->payload_len > size)
		return &block_length;
	if (q->too_large || q->num * size + q->payload_len > BODY_MAX)
		return &block_too_large;
	return NULL;
}

static enum part first_block(unsigned w, const struct sent *q, struct transfer *t)
{
	if (t->there && (q->known_by == t->first || q->known_by == t->last)) {
		t->muddled |= !certain(w, t);
		happened(KIND_block_again);
		return PART_CONTINUE;
	}
	begin(w, q, t);
	return PART_CONTINUE;
}

static enum part next_block(unsigned w, const struct sent *q, struct transfer *t, enum part seen,
	const struct refusal **why)
{
	size_t offset = (size_t)q->num << (q->szx + 4);
	bool held;

	if (t->there && (t->muddled || !certain(w, t)) &&
		(seen == PART_REFUSED || seen == PART_SHED)) {
		happened(KIND_block_lost);
		t->there = t->muddled = false;
	}
	if (!t->there && seen == PART_SHED && may_be_silent(w)) {
		happened(KIND_block_silence);
		return PART_SHED;
	}
	if (!t->there) {
		happened(KIND_block_gap);
		return refuse_block(t, false, &block_gap, why);
	}
	if (t->muddled)
		return seen;
	held = q->known_by == t->last ||
	       (q->more ? offset + q->payload_len <= t->len
			: t->complete && offset + q->payload_len == t->len);
	if (held) {
		happened(t->complete && !q->more ? KIND_block_again_whole : KIND_block_again);
		return t->complete && !q->more ? PART_WHOLE : PART_CONTINUE;
	}
	if (t->complete || offset != t->len) {
		happened(KIND_block_gap);
		return refuse_block(t, true, &block_gap, why);
	}
	touch(w, q, t);
	happened(t->complete ? (q->what == REGISTER ? KIND_block_register : KIND_block_update)
			     : KIND_block_continued);
	return t->complete ? PART_WHOLE : PART_CONTINUE;
}

enum part block_judge(unsigned w, const struct sent *q, enum part seen, const struct refusal **why)
{
	struct transfer *t = &q->script->at[w];
	const struct refusal *alone = judge_alone(q);

	if (t->there && !t->muddled && now_ms - t->touched_ms > EXCHANGE_LIFETIME_S * 1000) {
		t->there = false;
		if (alone == NULL)
			happened(KIND_block_late);
	}
	if (alone != NULL) {
		happened(alone == &block_too_large ? KIND_block_too_large : KIND_block_refused);
		return refuse_block(t, alone == &block_too_large, alone, why);
	}
	return q->num == 0 ? first_block(w, q, t) : next_block(w, q, t, seen, why);
}
