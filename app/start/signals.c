/* SPDX-License-Identifier: BSD-3-Clause */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* For which the main thread may take to notice by itself and undo what it did. */
#define GRACE_MS 200
#define TICK_MS 20
#define PATHS_MAX 3
#define NEVER UINT64_MAX
/* From the main thread to the guard; who else sends it means nothing by it. */
#define WAKE SIGWINCH

static sigset_t watched;
static pthread_t guard_thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told_more = PTHREAD_COND_INITIALIZER;
/* Under the lock. */
static bool may_leave;
static const char *leave_behind[PATHS_MAX];
static unsigned ends, told; /* signals that end us; those that signals_wait() has returned */
static bool reload; /* asked for, and not yet told */
static bool ending;
static unsigned end_ms;
static uint64_t asked_ms, gone_ms = NEVER; /* the first of them, and when the process is gone */
static bool just_leaves;
static int just_leaves_code;
/* The first signal that ends us; read without the lock, too (relaxed). */
static int asked;

static bool ends_us(int number)
{
	return number == SIGTERM || number == SIGINT;
}

/* The end must not wait for whoever reads the log. */
static void say_end(int number, bool again)
{
	if (rdl_log_flows())
		rdl_log_info("stop", "signal=%d%s", number, again ? " again" : "");
}

static void ignore(int number)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(RDL_LOG_INFO, "signal", "ignored") };

	if (rdl_log_flows())
		rdl_log_some(&kind, rdl_clock_ms(),
			"ignored signal=SIG%s (SIGHUP reads the configuration again)",
			sigabbrev_np(number));
}

/* With the lock, which it keeps: the main thread gets no further. */
static void leave(void)
{
	for (unsigned i = 0; i < PATHS_MAX; i++)
		if (leave_behind[i] != NULL)
			(void)unlink(leave_behind[i]);
	_exit(0);
}

/* With the lock. */
static void gone_by(uint64_t ms)
{
	if (ms < gone_ms)
		gone_ms = ms;
}

static void ask(int number)
{
	uint64_t now_ms = rdl_clock_ms();

	say_end(number, ends > 0);
	pthread_mutex_lock(&lock);
	/* The second may be of a drain; whoever sends a third had no answer of the main thread. */
	if (ending || ends == 2)
		_exit(0);
	if (ends++ == 0) {
		asked_ms = now_ms;
		__atomic_store_n(&asked, number, __ATOMIC_RELAXED);
	}
	gone_by(now_ms + end_ms);
	pthread_cond_signal(&told_more);
	pthread_mutex_unlock(&lock);
}

static void take(int number)
{
	if (ends_us(number)) {
		ask(number);
	} else if (number == SIGHUP) {
		pthread_mutex_lock(&lock);
		reload = true;
		pthread_cond_signal(&told_more);
		pthread_mutex_unlock(&lock);
	} else if (number > 0 && number != WAKE) {
		ignore(number);
	}
}

static void be_gone(void)
{
	if (just_leaves)
		_exit(just_leaves_code);
	if (rdl_log_flows())
		rdl_log_error("stop", "not over in %u ms: leaves as it is", end_ms);
	_exit(1);
}

/* Whether the process has to leave; returns whether it will have to. */
static bool look(void)
{
	uint64_t now_ms = rdl_clock_ms();

	pthread_mutex_lock(&lock);
	if (may_leave && ends > 0 && now_ms >= asked_ms + GRACE_MS)
		leave();
	if (now_ms >= gone_ms)
		be_gone();
	bool will = gone_ms != NEVER;
	pthread_mutex_unlock(&lock);
	return will;
}

static void *guard(void *unused)
{
	static const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };

	(void)unused;
	for (;;) {
		siginfo_t info;

		take(look() ? sigtimedwait(&watched, &info, &tick) : sigwaitinfo(&watched, &info));
	}
	return NULL;
}

int signals_begin(unsigned ms)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, WAKE };

	end_ms = ms;
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
	pthread_setname_np(guard_thread, "signals");
	return 0;
}

void signals_end_within(unsigned ms)
{
	pthread_mutex_lock(&lock);
	end_ms = ms;
	pthread_mutex_unlock(&lock);
}

void signals_stay_with_us(void)
{
	cpu_set_t ours;

	if (pthread_getaffinity_np(pthread_self(), sizeof(ours), &ours) == 0)
		(void)pthread_setaffinity_np(guard_thread, sizeof(ours), &ours);
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

int signals_wait(unsigned ms)
{
	const struct timespec end = rdl_clock_in_ms(ms);
	int number = 0;

	pthread_mutex_lock(&lock);
	while (ends == told && !reload &&
		pthread_cond_clockwait(&told_more, &lock, CLOCK_MONOTONIC, &end) == 0)
		;
	if (ends > told) {
		told++;
		number = asked;
	} else if (reload) {
		reload = false;
		number = SIGHUP;
	}
	pthread_mutex_unlock(&lock);
	return number;
}

/* ---- the end ---- */

void signals_put_off(unsigned ms)
{
	pthread_mutex_lock(&lock);
	/* Another signal that has come meanwhile is to be told. */
	if (ends == told)
		gone_ms = rdl_clock_ms() + ms + end_ms;
	pthread_mutex_unlock(&lock);
}

void signals_ending(void)
{
	pthread_mutex_lock(&lock);
	ending = true;
	gone_by(rdl_clock_ms() + end_ms);
	pthread_mutex_unlock(&lock);
	/* Where nobody told us to end, it waits for a signal. */
	pthread_kill(guard_thread, WAKE);
}

void signals_may_just_leave(int code)
{
	pthread_mutex_lock(&lock);
	just_leaves = true;
	just_leaves_code = code;
	pthread_mutex_unlock(&lock);
}
