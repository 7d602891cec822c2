/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the owners of registrations, from any thread but theirs. */
#include "shard_core.h"

/* A page cursor: the shard above, the registry's cursor below. */
#define CURSOR_SHARD_SHIFT 34

void owners_stats(const struct owners *owners, struct rdl_stats *sum)
{
	for (unsigned s = 0; s < owners->count; s++)
		rdl_stats_sum(sum, &owners->cores[s]->shard.stats);
}

void ask_done(struct question *question)
{
	rdl_mailbox_give_back(&question->mailbox);
}

static struct question *ask(struct question *question, const struct timespec *end)
{
	if (rdl_mailbox_ask(&question->mailbox, end))
		return question;
	ask_done(question);
	return NULL;
}

struct question *ask_endpoint(
	const struct owners *owners, enum question_kind kind, struct rdl_span endpoint)
{
	struct rdl_endpoint_digest digest;
	struct timespec end;

	rdl_siphash128(&owners->endpoint_key, endpoint.data, endpoint.len, digest.word);
	struct question *question =
		&owners->cores[rdl_endpoint_partition(digest) % owners->count]->question;
	if (!rdl_mailbox_take(&question->mailbox, QUESTION_WAIT_MS, &end))
		return NULL;
	question->kind = kind;
	question->digest = digest;
	question->endpoint_len = (uint8_t)endpoint.len;
	memcpy(question->endpoint, endpoint.data, endpoint.len);
	return ask(question, &end);
}

struct question *ask_page(const struct owners *owners, enum question_kind kind, uint64_t *cursor)
{
	uint64_t shard = *cursor >> CURSOR_SHARD_SHIFT;
	struct timespec end;

	/* Nobody was given such a cursor: any page will do, an empty one at the end best. */
	if (shard >= owners->count)
		shard = owners->count - 1u;
	struct question *question = &owners->cores[shard]->question;
	if (!rdl_mailbox_take(&question->mailbox, QUESTION_WAIT_MS, &end))
		return NULL;
	question->kind = kind;
	question->cursor = *cursor >> CURSOR_SHARD_SHIFT == shard
				   ? *cursor & ((UINT64_C(1) << CURSOR_SHARD_SHIFT) - 1)
				   : UINT64_MAX;
	if (ask(question, &end) == NULL)
		return NULL;
	*cursor = question->cursor == UINT64_MAX ? (shard + 1) << CURSOR_SHARD_SHIFT
						 : shard << CURSOR_SHARD_SHIFT | question->cursor;
	if (*cursor >> CURSOR_SHARD_SHIFT >= owners->count)
		*cursor = 0;
	return question;
}
