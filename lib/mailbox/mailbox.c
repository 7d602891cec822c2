/* SPDX-License-Identifier: BSD-3-Clause */
#include "mailbox.h"

#include "clock.h"

void rdl_mailbox_init(struct rdl_mailbox *mailbox)
{
	pthread_mutex_init(&mailbox->lock, NULL);
	pthread_cond_init(&mailbox->free, NULL);
	mailbox->taken = false;
	__atomic_store_n(&mailbox->state, RDL_MAILBOX_FREE, __ATOMIC_RELEASE);
}

static bool is_answered(const struct rdl_mailbox *mailbox)
{
	return __atomic_load_n(&mailbox->state, __ATOMIC_ACQUIRE) == RDL_MAILBOX_ANSWERED;
}

/* Whether the question was still there. */
static bool claim(struct rdl_mailbox *mailbox, enum rdl_mailbox_state to)
{
	enum rdl_mailbox_state asked = RDL_MAILBOX_ASKED;

	return __atomic_compare_exchange_n(
		&mailbox->state, &asked, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool rdl_mailbox_take(struct rdl_mailbox *mailbox, unsigned wait_ms, struct timespec *end)
{
	*end = rdl_clock_in_ms(wait_ms);
	/*
	 * Not a mutex held meanwhile: tools that look for races know no lock of a mutex by this
	 * clock.
	 */
	pthread_mutex_lock(&mailbox->lock);
	int ret = 0;
	while (mailbox->taken && ret == 0)
		ret = pthread_cond_clockwait(&mailbox->free, &mailbox->lock, CLOCK_MONOTONIC, end);
	bool mine = !mailbox->taken;
	mailbox->taken = true;
	pthread_mutex_unlock(&mailbox->lock);
	return mine;
}

void rdl_mailbox_give_back(struct rdl_mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->taken = false;
	pthread_mutex_unlock(&mailbox->lock);
	pthread_cond_signal(&mailbox->free);
}

bool rdl_mailbox_ask(struct rdl_mailbox *mailbox, const struct timespec *end)
{
	static const struct timespec pause = { .tv_nsec = 50 * 1000 };

	__atomic_store_n(&mailbox->state, RDL_MAILBOX_ASKED, __ATOMIC_RELEASE);
	while (!is_answered(mailbox)) {
		/*
		 * Taken back; or the owner is just at it,
		 * and then it is a matter of microseconds.
		 */
		if (rdl_clock_is_past(end) && claim(mailbox, RDL_MAILBOX_FREE))
			return false;
		nanosleep(&pause, NULL);
	}
	__atomic_store_n(&mailbox->state, RDL_MAILBOX_FREE, __ATOMIC_RELEASE);
	return true;
}

bool rdl_mailbox_begin(struct rdl_mailbox *mailbox)
{
	return claim(mailbox, RDL_MAILBOX_ANSWERING);
}

void rdl_mailbox_end(struct rdl_mailbox *mailbox)
{
	__atomic_store_n(&mailbox->state, RDL_MAILBOX_ANSWERED, __ATOMIC_RELEASE);
}
