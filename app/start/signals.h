/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals, blocked in every thread: SIGTERM and SIGINT end the process, at any time; SIGHUP asks
 * for a reload; SIGUSR1 and SIGUSR2 leave a line in the log. While it starts a thread takes them,
 * and from then on the main thread.
 */
#ifndef RDL_START_SIGNALS_H
#define RDL_START_SIGNALS_H

#include <stdbool.h>

/* Before any other thread is made. */
int signals_begin(void);

/* Main thread, while it starts: whether to go no further. */
bool signals_end_asked(void);
/*
 * Main thread, around what cannot be interrupted and leaves nothing behind but, perhaps, files:
 * told to end, the process ends at once. Then the `paths` are taken away; a NULL among them is
 * none.
 */
void signals_may_leave(const char *const paths[], unsigned count);
void signals_may_not_leave(void);

/* The start is over, well or not. */
void signals_started(void);
/*
 * Main thread, from then on: waits so long for a signal to end, or for SIGHUP, and returns it; or
 * 0. Each signal to end is told once. A SIGHUP that came while it started is told first; some that
 * come together are one.
 */
int signals_wait(unsigned ms);

/*
 * Main thread, when it begins to end: at another signal to end, or after so many milliseconds, the
 * process is gone, as if it were killed.
 */
void signals_ending(unsigned ms);
/* Nobody misses anything any more: what is left is memory to be given back. */
void signals_may_just_leave(void);

#endif
