/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals, blocked in every thread, and taken by one of their own: SIGTERM and SIGINT end the
 * process, at any time, whatever else stands still; SIGHUP asks for a reload; SIGUSR1 and SIGUSR2
 * leave a line in the log.
 */
#ifndef RDL_START_SIGNALS_H
#define RDL_START_SIGNALS_H

#include <stdbool.h>

/*
 * Before any other thread is made. Told to end, the process is gone so many milliseconds later, as
 * if it were killed, unless it has ended by itself.
 */
int signals_begin(unsigned end_ms);
/* Main thread: so many instead, from here on. */
void signals_end_within(unsigned end_ms);
/* Main thread: they are taken on no other CPUs than those that it may use now. */
void signals_stay_with_us(void);

/* Main thread, while it starts: whether to go no further. */
bool signals_end_asked(void);
/*
 * Main thread, around what cannot be interrupted and leaves nothing behind but, perhaps, files:
 * told to end, the process ends at once. Then the `paths` are taken away; a NULL among them is
 * none.
 */
void signals_may_leave(const char *const paths[], unsigned count);
void signals_may_not_leave(void);

/*
 * Main thread, from the end of the start on: waits so long for a signal to end, or for SIGHUP, and
 * returns it; or 0. Each signal to end is told once. A SIGHUP that came while it started is told
 * first; some that come together are one.
 */
int signals_wait(unsigned ms);

/* Main thread, told to end: it goes on so long before it does; another such signal is told, too. */
void signals_put_off(unsigned ms);
/* Main thread, when it begins to end: at another signal to end the process is gone at once. */
void signals_ending(void);
/* Nobody misses anything any more: what is left is memory to be given back. With that exit code. */
void signals_may_just_leave(int code);

#endif
