/* SPDX-License-Identifier: BSD-3-Clause */
#include "dpdk_log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "clock.h"
#include "log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock: DPDK has threads of its own. */
static bool shown;
static bool marked; /* the next error takes the place of `reason` */
static char reason[300];

static struct rdl_log_kind kinds[] = {
	[RDL_LOG_ERROR] = { RDL_LOG_KIND(RDL_LOG_ERROR, "dpdk", "errors") },
	[RDL_LOG_WARN] = { RDL_LOG_KIND(RDL_LOG_WARN, "dpdk", "warnings") },
};

static enum rdl_log_level level_of(int dpdk)
{
	if (dpdk <= (int)RTE_LOG_ERR)
		return RDL_LOG_ERROR;
	if (dpdk == (int)RTE_LOG_WARNING)
		return RDL_LOG_WARN;
	return dpdk == (int)RTE_LOG_DEBUG ? RDL_LOG_DEBUG : RDL_LOG_INFO;
}

static void say(const char *line, size_t len)
{
	enum rdl_log_level level = level_of(rte_log_cur_msg_loglevel());

	if (len == 0)
		return;
	pthread_mutex_lock(&lock);
	bool show = shown;
	if (level == RDL_LOG_ERROR && (marked || reason[0] == '\0')) {
		marked = false;
		snprintf(reason, sizeof(reason), "; DPDK says: %.*s", (int)len, line);
	}
	pthread_mutex_unlock(&lock);
	if (!show)
		rdl_log_debug("dpdk", "%.*s", (int)len, line);
	else if (level <= RDL_LOG_WARN)
		rdl_log_some(&kinds[level], rdl_clock_ms(), "%.*s", (int)len, line);
	else
		rdl_log(level, "dpdk", "%.*s", (int)len, line);
}

/* DPDK flushes behind each message, by the thread that wrote it. */
static ssize_t take(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	for (size_t done = 0; done < len;) {
		const char *end = memchr(text + done, '\n', len - done);
		size_t n = end != NULL ? (size_t)(end - text) - done : len - done;

		say(text + done, n);
		done += n + 1;
	}
	return (ssize_t)len;
}

void dpdk_log_open(bool verbose)
{
	/*
	 * Whichever thread wrote first would allocate it,
	 * out of sight of tools that look for races.
	 */
	static char buffer[BUFSIZ];
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = take });

	shown = verbose;
	if (stream == NULL)
		return;
	setvbuf(stream, buffer, _IOFBF, sizeof(buffer));
	rte_openlog_stream(stream);
}

void dpdk_log_shown(bool now)
{
	pthread_mutex_lock(&lock);
	shown = now;
	pthread_mutex_unlock(&lock);
}

void dpdk_log_mark(void)
{
	pthread_mutex_lock(&lock);
	marked = true;
	pthread_mutex_unlock(&lock);
}

const char *dpdk_log_reason(void)
{
	static char copy[sizeof(reason)];

	pthread_mutex_lock(&lock);
	memcpy(copy, reason, sizeof(copy));
	pthread_mutex_unlock(&lock);
	return copy;
}

/*
 * Its telemetry has no other words for a client that left in the midst of its replies, once for
 * each: by perror(3), which the linker leads here.
 */
void __wrap_perror(const char *what);
void __wrap_perror(const char *what)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(
		RDL_LOG_INFO, "dpdk", "errors of the system") };

	rdl_log_some(&kind, rdl_clock_ms(), "%s: %s", what, strerrordesc_np(errno));
}
