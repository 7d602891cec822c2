/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * notify: what systemd is told of a service of Type=notify (sd_notify(3)): how its start goes on,
 * that it serves, that it is alive, that it ends. Where nobody listens ($NOTIFY_SOCKET) nothing
 * happens. By the main thread.
 */
#ifndef RDL_NOTIFY_H
#define RDL_NOTIFY_H

#include "base.h"

/* Of a line that `systemctl status` shows; what is longer is cut. */
#define RDL_NOTIFY_STATUS_MAX 256

/* A start that goes on may take a minute more from here: a long one need not be known before. */
void rdl_notify_starting(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* It serves, at the end of the start. */
void rdl_notify_serves(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Around the configuration's being read again: `outcome` is what is shown from then on. */
void rdl_notify_reloading(void);
void rdl_notify_reloaded(const char *outcome);
/*
 * Once in a while: all is well, and the watchdog of WatchdogSec= waits anew; or it is not, and what
 * is wrong is shown instead until it is well again.
 */
void rdl_notify_alive(bool well, const char *wrong);
/* It ends, which takes so many seconds at most. */
void rdl_notify_stopping(unsigned seconds, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
