/* SPDX-License-Identifier: BSD-3-Clause */
#include "thread.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

/* With its NUL: the system refuses a longer one. */
#define NAME_MAX_LEN 16

int rdl_thread_start(
	struct rdl_thread *thread, const char *name, void *(*run)(void *self), void *self)
{
	char shown[NAME_MAX_LEN];
	int ret = pthread_create(&thread->id, NULL, run, self);

	if (ret != 0) {
		rdl_log_error("start", "cannot start a thread: %s", strerror(ret));
		return -1;
	}
	thread->running = true;
	snprintf(shown, sizeof(shown), "%s", name);
	pthread_setname_np(thread->id, shown);
	return 0;
}

void rdl_thread_ask(struct rdl_thread *thread)
{
	__atomic_store_n(&thread->stopping, 1, __ATOMIC_RELEASE);
}

void rdl_thread_stop(struct rdl_thread *thread)
{
	rdl_thread_ask(thread);
	if (thread->running)
		pthread_join(thread->id, NULL);
	thread->running = false;
}
