/* SPDX-License-Identifier: BSD-3-Clause */
/* clock: the one clock of a process, in milliseconds. Any thread. */
#ifndef RDL_CLOCK_H
#define RDL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* By the main thread, before there is another. */
void rdl_clock_start(void);

/*
 * CLOCK_MONOTONIC, ahead of itself by less than a millisecond, so that its milliseconds begin with
 * the wall's; the coarse one lags by a few milliseconds and costs less.
 */
uint64_t rdl_clock_ms(void);
uint64_t rdl_clock_coarse_ms(void);

/*
 * What to add to make it milliseconds since 1970. Looks at both clocks, which takes longer than
 * reading one. The same number until somebody sets the wall's clock, then to all who ask.
 */
uint64_t rdl_clock_wall_ms(void);
/* Nanoseconds since 1970, as other machines' are written beside: it jumps when somebody sets it. */
uint64_t rdl_clock_wall_ns(void);

/* So many milliseconds from now, as calls with CLOCK_MONOTONIC take it; and whether it is over. */
struct timespec rdl_clock_in_ms(unsigned ms);
bool rdl_clock_is_past(const struct timespec *end);

#endif
