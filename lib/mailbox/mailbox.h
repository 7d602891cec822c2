/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mailbox: questions to the core that owns something. One asks at a time; the owner answers between
 * two bursts; who asks waits no longer than a limit. Nothing else is read across cores.
 *
 * What a question is, and what an answer, lies beside the mailbox: the asker's, from take to ask
 * and again from there to give_back; the owner's, from begin to end.
 */
#ifndef RDL_MAILBOX_H
#define RDL_MAILBOX_H

#include <pthread.h>
#include <time.h>

#include "base.h"

enum rdl_mailbox_state {
	RDL_MAILBOX_FREE,
	RDL_MAILBOX_ASKED, /* by anybody, for the owner */
	RDL_MAILBOX_ANSWERING, /* the owner is at it */
	RDL_MAILBOX_ANSWERED,
};

struct rdl_mailbox {
	pthread_mutex_t lock; /* of the turn */
	pthread_cond_t free;
	bool taken; /* by who asks, from take to give_back */
	/* Passes question and answer between asker and owner (acquire, release). */
	enum rdl_mailbox_state state;
};

void rdl_mailbox_init(struct rdl_mailbox *mailbox);

/*
 * Takes the turn, until give_back. Who asks waits for turn and answer together no longer than
 * `wait_ms`, until *end. False: others took all of it, and there is no turn to give back.
 */
RDL_MUST_CHECK bool rdl_mailbox_take(
	struct rdl_mailbox *mailbox, unsigned wait_ms, struct timespec *end);
void rdl_mailbox_give_back(struct rdl_mailbox *mailbox);

/*
 * The question is in place. False when the owner did not begin to answer in time: nothing is
 * pending then.
 */
RDL_MUST_CHECK bool rdl_mailbox_ask(struct rdl_mailbox *mailbox, const struct timespec *end);

/* By the owner, each round: one load when nothing is asked. */
static inline bool rdl_mailbox_pending(const struct rdl_mailbox *mailbox)
{
	return __atomic_load_n(&mailbox->state, __ATOMIC_RELAXED) == RDL_MAILBOX_ASKED;
}
/* By the owner: false when the question was taken back. The answer is in place at the end. */
RDL_MUST_CHECK bool rdl_mailbox_begin(struct rdl_mailbox *mailbox);
void rdl_mailbox_end(struct rdl_mailbox *mailbox);

#endif
