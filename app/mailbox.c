/* SPDX-License-Identifier: BSD-3-Clause */
#include "mailbox.h"

#include "clock.h"

/* Slots looked at for one page: tens of microseconds of the owner's time. */
#define PAGE_SLOTS 1024

void mailbox_init(struct mailbox *mailbox)
{
	pthread_mutex_init(&mailbox->lock, NULL);
	pthread_cond_init(&mailbox->free, NULL);
	mailbox->taken = false;
	__atomic_store_n(&mailbox->state, MAILBOX_FREE, __ATOMIC_RELEASE);
}

static enum mailbox_state state_of(const struct mailbox *mailbox)
{
	return __atomic_load_n(&mailbox->state, __ATOMIC_ACQUIRE);
}

bool mailbox_take(struct mailbox *mailbox, struct timespec *end)
{
	*end = rdl_clock_in_ms(MAILBOX_WAIT_MS);
	/* Not a mutex held meanwhile: tools that look for races know no lock of a mutex by this clock. */
	pthread_mutex_lock(&mailbox->lock);
	int ret = 0;
	while (mailbox->taken && ret == 0)
		ret = pthread_cond_clockwait(&mailbox->free, &mailbox->lock, CLOCK_MONOTONIC, end);
	bool mine = !mailbox->taken;
	mailbox->taken = true;
	pthread_mutex_unlock(&mailbox->lock);
	return mine;
}

void mailbox_give_back(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->taken = false;
	pthread_mutex_unlock(&mailbox->lock);
	pthread_cond_signal(&mailbox->free);
}

bool mailbox_ask(struct mailbox *mailbox, const struct timespec *end)
{
	static const struct timespec pause = { .tv_nsec = 50 * 1000 };

	__atomic_store_n(&mailbox->state, MAILBOX_ASKED, __ATOMIC_RELEASE);
	while (state_of(mailbox) != MAILBOX_ANSWERED) {
		enum mailbox_state asked = MAILBOX_ASKED;

		/* Taken back; or the owner is just at it, and then it is a matter of microseconds. */
		if (rdl_clock_is_past(end) &&
			__atomic_compare_exchange_n(&mailbox->state, &asked, MAILBOX_FREE, false,
				__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return false;
		nanosleep(&pause, NULL);
	}
	__atomic_store_n(&mailbox->state, MAILBOX_FREE, __ATOMIC_RELEASE);
	return true;
}

static void copy_registration(
	struct mailbox *mailbox, const struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_registration *r = &mailbox->registration;

	rdl_registry_describe(registry, handle, r);
	memcpy(mailbox->endpoint, r->endpoint.data, r->endpoint.len);
	r->endpoint.data = mailbox->endpoint;
	if (r->parameters.len > sizeof(mailbox->parameters))
		r->parameters.len = 0;
	if (r->parameters.len > 0)
		memcpy(mailbox->parameters, r->parameters.data, r->parameters.len);
	r->parameters.data = mailbox->parameters;
	if (r->objects->len > sizeof(mailbox->list)) {
		mailbox->found = false;
		return;
	}
	memcpy(mailbox->list, r->objects, r->objects->len);
	r->objects = (const struct rdl_object_list *)mailbox->list;
	mailbox->found = true;
}

static void put_row(struct mailbox *mailbox, const struct rdl_registration *r)
{
	const struct mailbox_row row = { .peer = r->peer,
		.binding = r->binding,
		.lifetime_s = r->lifetime_s,
		.expires_in_s = rdl_registration_expires_in(r, mailbox->wall_ms),
		.minor = r->minor,
		.queue = rdl_registration_queues(r) };

	memcpy(mailbox->page + mailbox->page_len, &row, sizeof(row));
	mailbox->page_len += sizeof(row);
}

static void copy_page(struct mailbox *mailbox, const struct rdl_registry *registry)
{
	uint32_t longest = RDL_ENDPOINT_MAX + 1;
	unsigned budget = PAGE_SLOTS, names = 0;

	if (mailbox->kind == MAILBOX_ROWS)
		longest += sizeof(struct mailbox_row);
	mailbox->page_len = 0;
	while (MAILBOX_PAGE_MAX - mailbox->page_len >= longest && names < MAILBOX_PAGE_NAMES) {
		struct rdl_registration r;
		rdl_handle handle =
			rdl_registry_next(registry, &mailbox->cursor, mailbox->now_ms, &budget);

		if (handle == RDL_HANDLE_NONE)
			break;
		names++;
		rdl_registry_describe(registry, handle, &r);
		if (mailbox->kind == MAILBOX_ROWS)
			put_row(mailbox, &r);
		mailbox->page[mailbox->page_len++] = (uint8_t)r.endpoint.len;
		memcpy(mailbox->page + mailbox->page_len, r.endpoint.data, r.endpoint.len);
		mailbox->page_len += (uint32_t)r.endpoint.len;
	}
}

/* The registration of the endpoint asked for; ended, where that is the question. */
static void answer_endpoint(struct mailbox *mailbox, struct rdl_shard *shard)
{
	rdl_handle handle = rdl_registry_find_endpoint(shard->registry, mailbox->digest,
		(struct rdl_span){ mailbox->endpoint, mailbox->endpoint_len }, mailbox->now_ms);

	if (handle == RDL_HANDLE_NONE)
		return;
	copy_registration(mailbox, shard->registry, handle);
	if (mailbox->kind == MAILBOX_REMOVE)
		rdl_shard_remove(shard, handle, mailbox->now_ms);
}

void mailbox_answer(struct mailbox *mailbox, struct rdl_shard *shard, uint64_t now_ms)
{
	enum mailbox_state asked = MAILBOX_ASKED;

	if (!__atomic_compare_exchange_n(&mailbox->state, &asked, MAILBOX_ANSWERING, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return; /* taken back */
	mailbox->now_ms = now_ms;
	mailbox->wall_ms = rdl_registry_wall(shard->registry, now_ms);
	mailbox->found = false;
	if (mailbox->kind == MAILBOX_PAGE || mailbox->kind == MAILBOX_ROWS)
		copy_page(mailbox, shard->registry);
	else
		answer_endpoint(mailbox, shard);
	__atomic_store_n(&mailbox->state, MAILBOX_ANSWERED, __ATOMIC_RELEASE);
}
