/* SPDX-License-Identifier: BSD-3-Clause */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* For which the main thread may take to notice by itself and undo what it did. */
#define GRACE_MS 200
#define PATHS_MAX 3
/* From the main thread to the guard; who else sends it means nothing by it. */
#define WAKE SIGWINCH

static sigset_t watched;
static pthread_t guard_thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static bool started; /* the guard ends */
static bool may_leave;
static const char *leave_behind[PATHS_MAX];
static int asked; /* the first signal that ends us; read without it, too (relaxed) */
static unsigned ends, told; /* such signals; those that signals_wait() has returned */
static int reload; /* asked for, and not yet told (relaxed) */

static bool ends_us(int number)
{
	return number == SIGTERM || number == SIGINT;
}

static void ignore(int number)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(RDL_LOG_INFO, "signal", "ignored") };

	rdl_log_some(&kind, rdl_clock_ms(),
		"ignored signal=SIG%s (SIGHUP reads the configuration again)",
		sigabbrev_np(number));
}

static void ask(int number)
{
	ends++;
	rdl_log_info("stop", "signal=%d%s", number, ends > 1 ? " again" : "");
	if (ends == 1)
		__atomic_store_n(&asked, number, __ATOMIC_RELAXED);
}

static void take(int number)
{
	if (ends_us(number))
		ask(number);
	else if (number == SIGHUP)
		__atomic_store_n(&reload, 1, __ATOMIC_RELAXED);
	else if (number > 0 && number != WAKE)
		ignore(number);
}

static void leave(void)
{
	for (unsigned i = 0; i < PATHS_MAX; i++)
		if (leave_behind[i] != NULL)
			(void)unlink(leave_behind[i]);
	_exit(0);
}

/* False when the start is over. */
static bool look(unsigned asked_for_ms)
{
	pthread_mutex_lock(&lock);
	bool over = started;
	if (!over && may_leave && asked_for_ms >= GRACE_MS)
		leave(); /* with the lock: the main thread gets no further */
	pthread_mutex_unlock(&lock);
	return !over;
}

static void *guard(void *unused)
{
	unsigned waited_ms = 0;

	(void)unused;
	for (;;) {
		static const struct timespec tick = { .tv_nsec = 20 * 1000000 };
		bool waits = __atomic_load_n(&asked, __ATOMIC_RELAXED) != 0;
		siginfo_t info;
		int number =
			waits ? sigtimedwait(&watched, &info, &tick) : sigwaitinfo(&watched, &info);

		waited_ms += waits ? 20 : 0;
		take(number);
		if (!look(waited_ms))
			return NULL;
	}
}

int signals_begin(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, WAKE };

	sigemptyset(&watched);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(numbers); i++)
		sigaddset(&watched, numbers[i]);
	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &watched, NULL);
	int ret = pthread_create(&guard_thread, NULL, guard, NULL);
	if (ret != 0) {
		rdl_log_error("start", "cannot start a thread: %s", strerror(ret));
		return -1;
	}
	return 0;
}

bool signals_end_asked(void)
{
	return __atomic_load_n(&asked, __ATOMIC_RELAXED) != 0;
}

void signals_may_leave(const char *const paths[], unsigned count)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < PATHS_MAX; i++)
		leave_behind[i] = i < count ? paths[i] : NULL;
	may_leave = true;
	pthread_mutex_unlock(&lock);
}

void signals_may_not_leave(void)
{
	pthread_mutex_lock(&lock);
	may_leave = false;
	pthread_mutex_unlock(&lock);
}

void signals_started(void)
{
	pthread_mutex_lock(&lock);
	started = true;
	pthread_mutex_unlock(&lock);
	pthread_kill(guard_thread, WAKE);
	pthread_join(guard_thread, NULL);
}

int signals_wait(unsigned ms)
{
	uint64_t now = rdl_clock_ms(), end = now + ms;

	for (; ends == told && now <= end; now = rdl_clock_ms()) {
		struct timespec wait = { .tv_sec = (time_t)((end - now) / 1000),
			.tv_nsec = (long)((end - now) % 1000) * 1000000 };
		if (__atomic_exchange_n(&reload, 0, __ATOMIC_RELAXED) != 0)
			return SIGHUP;
		int number = sigtimedwait(&watched, NULL, &wait);

		take(number);
		if (number < 0 && errno == EAGAIN)
			break;
	}
	if (ends == told)
		return 0;
	told++;
	return __atomic_load_n(&asked, __ATOMIC_RELAXED);
}

/* ---- the end ---- */

static unsigned end_ms;
static bool just_leaves; /* (relaxed) */

static void *see_to_end(void *unused)
{
	uint64_t now = rdl_clock_ms(), end = now + end_ms;

	(void)unused;
	for (; now < end; now = rdl_clock_ms()) {
		struct timespec wait = { .tv_sec = (time_t)((end - now) / 1000),
			.tv_nsec = (long)((end - now) % 1000) * 1000000 };
		int number = sigtimedwait(&watched, NULL, &wait);

		if (!ends_us(number))
			continue;
		rdl_log_info("stop", "signal=%d again", number);
		_exit(0);
	}
	if (__atomic_load_n(&just_leaves, __ATOMIC_RELAXED))
		_exit(0);
	rdl_log_error("stop", "not over in %u ms: leaves as it is", end_ms);
	_exit(1);
}

void signals_may_just_leave(void)
{
	__atomic_store_n(&just_leaves, true, __ATOMIC_RELAXED);
}

void signals_ending(unsigned ms)
{
	pthread_t thread;

	end_ms = ms;
	/* Without a thread it ends as it can. */
	if (pthread_create(&thread, NULL, see_to_end, NULL) == 0)
		pthread_detach(thread);
}
