/* SPDX-License-Identifier: BSD-3-Clause */
#include "ask.h"

/* A page cursor: the shard above, the registry's cursor below. */
#define CURSOR_SHARD_SHIFT 34

void ask_done(struct mailbox *mailbox)
{
	mailbox_give_back(mailbox);
}

static struct mailbox *ask(struct mailbox *mailbox, const struct timespec *end)
{
	if (mailbox_ask(mailbox, end))
		return mailbox;
	ask_done(mailbox);
	return NULL;
}

struct mailbox *ask_endpoint(
	struct daemon *daemon, enum mailbox_kind kind, struct rdl_span endpoint)
{
	struct rdl_endpoint_digest digest;
	struct timespec end;

	rdl_siphash128(&daemon->endpoint_key, endpoint.data, endpoint.len, digest.word);
	struct mailbox *mailbox =
		&daemon->controls[rdl_endpoint_partition(digest) % daemon->conf->shards]->mailbox;
	if (!mailbox_take(mailbox, &end))
		return NULL;
	mailbox->kind = kind;
	mailbox->digest = digest;
	mailbox->endpoint_len = (uint8_t)endpoint.len;
	memcpy(mailbox->endpoint, endpoint.data, endpoint.len);
	return ask(mailbox, &end);
}

struct mailbox *ask_page(struct daemon *daemon, enum mailbox_kind kind, uint64_t *cursor)
{
	uint64_t shard = *cursor >> CURSOR_SHARD_SHIFT;
	struct timespec end;

	/* Nobody was given such a cursor: any page will do, an empty one at the end best. */
	if (shard >= daemon->conf->shards)
		shard = daemon->conf->shards - 1u;
	struct mailbox *mailbox = &daemon->controls[shard]->mailbox;
	if (!mailbox_take(mailbox, &end))
		return NULL;
	mailbox->kind = kind;
	mailbox->cursor = *cursor >> CURSOR_SHARD_SHIFT == shard
				  ? *cursor & ((UINT64_C(1) << CURSOR_SHARD_SHIFT) - 1)
				  : UINT64_MAX;
	if (ask(mailbox, &end) == NULL)
		return NULL;
	*cursor = mailbox->cursor == UINT64_MAX ? (shard + 1) << CURSOR_SHARD_SHIFT
						: shard << CURSOR_SHARD_SHIFT | mailbox->cursor;
	if (*cursor >> CURSOR_SHARD_SHIFT >= daemon->conf->shards)
		*cursor = 0;
	return mailbox;
}
