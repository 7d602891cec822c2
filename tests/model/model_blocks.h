/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bodies in blocks as a worker must take them: RFC 7959 section 2.5, SPEC rows B. Whether an idle transfer had to give way
 * for others is certain only while few have come since; else the worker's answer tells.
 */
#ifndef RDL_MODEL_BLOCKS_H
#define RDL_MODEL_BLOCKS_H

#include "model_requests.h"

#define TRANSFERS 64 /* of a worker */
#define FEW_APPENDS 32 /* with what is under way, fewer than all others */
#define FEW_BEGINS 3 /* of a source, which has four */

/* What a worker makes of a block. */
enum part {
	PART_CONTINUE,
	PART_WHOLE,
	PART_REFUSED,
	PART_SHED,
};

static struct {
	uint64_t appends;
	unsigned under_way;
} transfers[WORKERS];

static inline bool certain(unsigned w, const struct sent *q, const struct transfer *t)
{
	return t->under_way > 0 || (transfers[w].appends - t->appends < FEW_APPENDS &&
					   sources[q->source].begins[w] - t->begins < FEW_BEGINS);
}

static inline void touch(unsigned w, const struct sent *q, struct transfer *t)
{
	transfers[w].appends++;
	t->appends = transfers[w].appends;
	t->begins = sources[q->source].begins[w];
	t->touched_ms = now_ms;
	t->last = q->identity;
	t->len += q->payload_len;
	t->complete = !q->more;
}

static inline void begin(unsigned w, const struct sent *q, struct transfer *t)
{
	struct source *s = &sources[q->source];

	if (!t->there || t->muddled) {
		/* Those under way cannot give way: others do sooner. */
		s->begins[w] += s->under_way[w] > 0 ? FEW_BEGINS : 1;
		transfers[w].appends +=
			transfers[w].under_way >= TRANSFERS - FEW_APPENDS - 1 ? FEW_APPENDS : 0;
	} else {
		happened(KIND_block_restart);
	}
	t->there = true;
	t->muddled = false;
	t->first = q->identity;
	t->len = 0;
	touch(w, q, t);
}

static inline enum part refuse_block(
	struct transfer *t, bool drops, const struct refusal *reason, const struct refusal **why)
{
	if (drops && t->under_way == 0)
		t->there = t->muddled = false;
	*why = reason;
	return PART_REFUSED;
}

/* What a block alone tells. */
static inline const struct refusal *judge_alone(const struct sent *q)
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

static inline enum part first_block(unsigned w, const struct sent *q, struct transfer *t)
{
	if (t->there && (q->identity == t->first || q->identity == t->last)) {
		t->muddled |= !certain(w, q, t);
		happened(KIND_block_again);
		return PART_CONTINUE;
	}
	if (t->there && t->under_way > 0)
		return PART_SHED;
	begin(w, q, t);
	return PART_CONTINUE;
}

static inline enum part next_block(unsigned w, const struct sent *q, struct transfer *t,
	enum part seen, const struct refusal **why)
{
	size_t offset = (size_t)q->num << (q->szx + 4);
	bool held;

	if (t->there && (t->muddled || !certain(w, q, t)) && seen == PART_REFUSED) {
		happened(KIND_block_lost);
		t->there = t->muddled = false;
	}
	if (!t->there) {
		happened(KIND_block_gap);
		return refuse_block(t, false, &block_gap, why);
	}
	if (t->muddled)
		return seen;
	held = q->identity == t->last ||
	       ((q->more || t->complete) && offset + q->payload_len <= t->len);
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

/* `seen` is what the worker did, which is believed only where nothing else tells. */
static inline enum part block_judge(
	unsigned w, const struct sent *q, enum part seen, const struct refusal **why)
{
	struct transfer *t = &q->script->at[w];
	const struct refusal *alone = judge_alone(q);

	if (t->there && !t->muddled && now_ms - t->touched_ms > EXCHANGE_LIFETIME_S * 1000) {
		CHECK(t->under_way == 0);
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

/* A whole body is with a request from now on, until it is answered. */
static inline void under_way(unsigned w, struct sent *q, int n)
{
	q->script->at[w].under_way += (unsigned)n;
	sources[q->source].under_way[w] += (unsigned)n;
	transfers[w].under_way += (unsigned)n;
}

#endif
