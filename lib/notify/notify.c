/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include <stdarg.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>

/* For the next step of a start, which has no steps that take longer but where memory is taken. */
#define EXTEND "EXTEND_TIMEOUT_USEC=60000000"

/* What is shown while all is well. */
static char served[RDL_NOTIFY_STATUS_MAX];
static bool shows_wrong;

static void format_status(char *status, const char *format, va_list list)
{
	if (vsnprintf(status, RDL_NOTIFY_STATUS_MAX, format, list) < 0)
		status[0] = '\0';
}

/* Who does not listen any more is systemd's to notice. */
static void tell(const char *state, const char *status)
{
	(void)sd_notifyf(0, "%s\nSTATUS=%s", state, status);
}

void rdl_notify_starting(const char *format, ...)
{
	char status[RDL_NOTIFY_STATUS_MAX];
	va_list list;

	va_start(list, format);
	format_status(status, format, list);
	va_end(list);
	tell(EXTEND, status);
}

void rdl_notify_serves(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_status(served, format, list);
	va_end(list);
	shows_wrong = false;
	tell("READY=1", served);
}

void rdl_notify_reloading(void)
{
	tell("RELOADING=1", "reads the configuration again");
}

void rdl_notify_reloaded(const char *outcome)
{
	char status[2 * RDL_NOTIFY_STATUS_MAX];

	snprintf(status, sizeof(status), "%s; %s", served, outcome);
	tell("READY=1", status);
}

void rdl_notify_alive(bool well, const char *wrong)
{
	if (well && shows_wrong)
		tell("WATCHDOG=1", served);
	else if (well)
		(void)sd_notify(0, "WATCHDOG=1");
	else if (!shows_wrong)
		(void)sd_notifyf(0, "STATUS=%s", wrong);
	shows_wrong = !well;
}

void rdl_notify_stopping(unsigned seconds, const char *format, ...)
{
	char status[RDL_NOTIFY_STATUS_MAX];
	va_list list;

	va_start(list, format);
	format_status(status, format, list);
	va_end(list);
	/* What is said from now on of its being alive is no reason to show what was served. */
	memcpy(served, status, sizeof(served));
	(void)sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=%s",
		(seconds + 5ull) * 1000000, status);
}
