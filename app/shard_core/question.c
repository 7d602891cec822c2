/* SPDX-License-Identifier: BSD-3-Clause */
#include "question.h"

/* Slots looked at for one page: tens of microseconds of the owner's time. */
#define PAGE_SLOTS 1024

static void copy_registration(
	struct question *question, const struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_registration *r = &question->registration;

	rdl_registry_describe(registry, handle, r);
	memcpy(question->endpoint, r->endpoint.data, r->endpoint.len);
	r->endpoint.data = question->endpoint;
	if (r->parameters.len > sizeof(question->parameters))
		r->parameters.len = 0;
	if (r->parameters.len > 0)
		memcpy(question->parameters, r->parameters.data, r->parameters.len);
	r->parameters.data = question->parameters;
	if (r->objects->len > sizeof(question->list)) {
		question->found = false;
		return;
	}
	memcpy(question->list, r->objects, r->objects->len);
	r->objects = (const struct rdl_object_list *)question->list;
	question->found = true;
}

static void put_row(struct question *question, const struct rdl_registration *r)
{
	const struct question_row row = { .peer = r->peer,
		.identity = r->identity,
		.binding = r->binding,
		.lifetime_s = r->lifetime_s,
		.expires_in_s = rdl_registration_expires_in(r, question->wall_ms),
		.minor = r->minor,
		.queue = rdl_registration_queues(r) };

	memcpy(question->page + question->page_len, &row, sizeof(row));
	question->page_len += sizeof(row);
}

static void copy_page(struct question *question, const struct rdl_registry *registry)
{
	uint32_t longest = RDL_ENDPOINT_MAX + 1;
	unsigned budget = PAGE_SLOTS, names = 0;

	if (question->kind == QUESTION_ROWS)
		longest += sizeof(struct question_row);
	question->page_len = 0;
	while (QUESTION_PAGE_MAX - question->page_len >= longest && names < QUESTION_PAGE_NAMES) {
		struct rdl_registration r;
		rdl_handle handle =
			rdl_registry_next(registry, &question->cursor, question->now_ms, &budget);

		if (handle == RDL_HANDLE_NONE)
			break;
		names++;
		rdl_registry_describe(registry, handle, &r);
		if (question->kind == QUESTION_ROWS)
			put_row(question, &r);
		question->page[question->page_len++] = (uint8_t)r.endpoint.len;
		memcpy(question->page + question->page_len, r.endpoint.data, r.endpoint.len);
		question->page_len += (uint32_t)r.endpoint.len;
	}
}

/* What has been done so far is to be safe before the answer says it. */
static void wait_until_safe(struct question *question, const struct rdl_shard *shard)
{
	if (rdl_waiting_is_used(&shard->waiting))
		question->position = shard->position;
}

/* The registration of the endpoint asked for; ended, where that is the question. */
static void answer_endpoint(struct question *question, struct rdl_shard *shard)
{
	rdl_handle handle = rdl_registry_find_endpoint(shard->registry, question->digest,
		(struct rdl_span){ question->endpoint, question->endpoint_len }, question->now_ms);

	if (handle == RDL_HANDLE_NONE) {
		/* It may have ended just now. */
		if (question->kind == QUESTION_REMOVE)
			wait_until_safe(question, shard);
		return;
	}
	copy_registration(question, shard->registry, handle);
	question->asks = shard->orders != NULL;
	if (question->asks)
		rdl_orders_look(shard->orders, handle, question->now_ms, &question->look);
	if (question->kind != QUESTION_REMOVE)
		return;
	question->refused = !rdl_shard_remove(shard, handle, question->now_ms);
	if (!question->refused)
		wait_until_safe(question, shard);
}

void question_answer(struct question *question, struct rdl_shard *shard, uint64_t now_ms)
{
	if (!rdl_mailbox_begin(&question->mailbox))
		return; /* taken back */
	question->now_ms = now_ms;
	question->wall_ms = rdl_registry_wall(shard->registry, now_ms);
	question->found = question->refused = question->safe = false;
	if (question->kind == QUESTION_PAGE || question->kind == QUESTION_ROWS)
		copy_page(question, shard->registry);
	else
		answer_endpoint(question, shard);
	if (question_waits(question))
		return;
	question->safe = !question->refused;
	rdl_mailbox_end(&question->mailbox);
}

void question_settle(struct question *question, struct rdl_shard *shard, uint64_t now_ms)
{
	question->safe = question->position <= shard->waiting.released;
	if (!question->safe && now_ms - question->now_ms < QUESTION_WAIT_MS)
		return;
	question->position = 0;
	rdl_mailbox_end(&question->mailbox);
}
