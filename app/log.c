/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <stdarg.h>

static enum rdl_conf_log_level shown = RDL_CONF_LOG_INFO;

void rdl_log_level(enum rdl_conf_log_level level)
{
	shown = level;
}

void rdl_log(enum rdl_conf_log_level level, const char *area, const char *format, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char line[1024];
	va_list args;

	if (level > shown)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* One call, so that lines of two threads do not mix. */
	fprintf(stderr, "%s %s: %s\n", names[level], area, line);
}
