/* SPDX-License-Identifier: BSD-3-Clause */
#include "dpdk_log.h"

#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "daemon.h"
#include "log.h"

/* All of it is touched under the stream's lock, or while no other thread of DPDK's runs. */
static bool shown;
static bool marked; /* the next error takes the place of `reason` */
static char reason[300];

static struct rdl_log_kind kinds[] = {
	[RDL_CONF_LOG_ERROR] = { RDL_LOG_KIND(RDL_CONF_LOG_ERROR, "dpdk", "errors") },
	[RDL_CONF_LOG_WARN] = { RDL_LOG_KIND(RDL_CONF_LOG_WARN, "dpdk", "warnings") },
};

static enum rdl_conf_log_level level_of(int dpdk)
{
	if (dpdk <= (int)RTE_LOG_ERR)
		return RDL_CONF_LOG_ERROR;
	if (dpdk == (int)RTE_LOG_WARNING)
		return RDL_CONF_LOG_WARN;
	return dpdk == (int)RTE_LOG_DEBUG ? RDL_CONF_LOG_DEBUG : RDL_CONF_LOG_INFO;
}

static void say(const char *line, size_t len)
{
	enum rdl_conf_log_level level = level_of(rte_log_cur_msg_loglevel());

	if (len == 0)
		return;
	if (level == RDL_CONF_LOG_ERROR && (marked || reason[0] == '\0')) {
		marked = false;
		snprintf(reason, sizeof(reason), "; DPDK says: %.*s", (int)len, line);
	}
	if (!shown)
		rdl_log_debug("dpdk", "%.*s", (int)len, line);
	else if (level <= RDL_CONF_LOG_WARN)
		rdl_log_some(&kinds[level], clock_ms(), "%.*s", (int)len, line);
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
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = take });

	shown = verbose;
	if (stream != NULL)
		rte_openlog_stream(stream);
}

void dpdk_log_shown(bool now)
{
	shown = now;
}

void dpdk_log_mark(void)
{
	marked = true;
}

const char *dpdk_log_reason(void)
{
	return reason;
}
