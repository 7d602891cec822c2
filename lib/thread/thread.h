/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * thread: a thread beside the cores that poll, and its end: it is asked to stop, and waited for.
 * Started and stopped by one thread, the one that owns it.
 */
#ifndef RDL_THREAD_H
#define RDL_THREAD_H

#include "base.h"

#include <pthread.h>

/* All zero: it does not run. */
struct rdl_thread {
	pthread_t id;
	bool running; /* to be joined; its owner's */
	int stopping; /* by its owner (release) */
};

/*
 * Runs `run` on a thread of that name, of which the system shows 15 octets. Logs and returns -1
 * when there can be none.
 */
RDL_MUST_CHECK int rdl_thread_start(
	struct rdl_thread *thread, const char *name, void *(*run)(void *self), void *self);

/* By the thread, between two pieces of work: it is to return. */
static inline bool rdl_thread_is_stopping(const struct rdl_thread *thread)
{
	return __atomic_load_n(&thread->stopping, __ATOMIC_ACQUIRE) != 0;
}

/*
 * Asks, without waiting: for whoever must wake it before he waits. What was never started may be
 * asked, too, and is not to be started any more.
 */
void rdl_thread_ask(struct rdl_thread *thread);
/* Asks, and waits until it has returned; nothing where it does not run. */
void rdl_thread_stop(struct rdl_thread *thread);

#endif
