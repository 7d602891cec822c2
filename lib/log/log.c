/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static enum rdl_log_level shown = RDL_LOG_INFO;
static bool journal; /* reads stderr, and takes a priority from each line */

void rdl_log_open(void)
{
	struct stat status;

	journal = fstat(fileno(stderr), &status) == 0 &&
		  rdl_is_journal(getenv("JOURNAL_STREAM"), status.st_dev, status.st_ino);
}

void rdl_log_show(enum rdl_log_level level)
{
	__atomic_store_n(&shown, level, __ATOMIC_RELAXED);
}

/* All counters of what is shed, each with its largest number, are no longer. */
#define TEXT_MAX 2048

void rdl_log_line(enum rdl_log_level level, const char *before, const char *text)
{
	/* syslog's, as sd-daemon(3) has them at the start of a line. */
	static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
	char line[TEXT_MAX];
	size_t len = strlen(text);

	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	/* Names of files, devices and endpoints may hold anything; a line is one line. */
	rdl_printable_copy(line, (struct rdl_span){ (const uint8_t *)text, len });
	/* One call, so that lines of two threads do not mix. */
	fprintf(stderr, "%s%s%s\n", journal ? priorities[level] : "", before, line);
}

void rdl_log(enum rdl_log_level level, const char *area, const char *format, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char before[64], text[TEXT_MAX];
	va_list args;

	if (level > __atomic_load_n(&shown, __ATOMIC_RELAXED))
		return;
	snprintf(before, sizeof(before), "%s %s: ", names[level], area);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rdl_log_line(level, before, text);
}

bool rdl_log_flows(void)
{
	struct pollfd reader = { .fd = fileno(stderr), .events = POLLOUT };

	return poll(&reader, 1, 0) == 1 && (reader.revents & POLLOUT) != 0;
}

/* ---- kinds of which there may be many ---- */

/* Of a kind, in a time. */
#define LINES 10
#define EACH_MS 10000

static pthread_mutex_t gates = PTHREAD_MUTEX_INITIALIZER;
static struct rdl_log_kind *kinds; /* under the lock */

void rdl_log_some(struct rdl_log_kind *kind, uint64_t now_ms, const char *format, ...)
{
	char text[1000];
	uint64_t swallowed;
	va_list args;

	pthread_mutex_lock(&gates);
	if (!kind->known) {
		kind->known = true;
		kind->next = kinds;
		kinds = kind;
	}
	bool pass = rdl_gate_pass(&kind->gate, now_ms, LINES, EACH_MS, &swallowed);
	pthread_mutex_unlock(&gates);
	if (!pass)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (swallowed > 0)
		rdl_log(kind->level, kind->area, "%s swallowed=%llu", text,
			(unsigned long long)swallowed);
	else
		rdl_log(kind->level, kind->area, "%s", text);
}

void rdl_log_rest(uint64_t now_ms)
{
	pthread_mutex_lock(&gates);
	for (struct rdl_log_kind *kind = kinds; kind != NULL; kind = kind->next) {
		uint64_t rest = rdl_gate_rest(&kind->gate, now_ms);

		if (rest > 0)
			rdl_log(kind->level, kind->area, "%s swallowed=%llu", kind->what,
				(unsigned long long)rest);
	}
	pthread_mutex_unlock(&gates);
}
