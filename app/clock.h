/* SPDX-License-Identifier: BSD-3-Clause */
/* clock: milliseconds, for every part of the daemon. Any thread. */
#ifndef RDL_APP_CLOCK_H
#define RDL_APP_CLOCK_H

#include <stdint.h>

/* By the main thread, first of all. */
void clock_start(void);

/*
 * CLOCK_MONOTONIC, ahead of itself by less than a millisecond, so that its milliseconds begin with the wall's; the coarse
 * one lags by a few milliseconds and costs less.
 */
uint64_t clock_ms(void);
uint64_t clock_coarse_ms(void);

/*
 * What to add to make it milliseconds since 1970. Looks at both clocks, which takes longer than reading one. The same
 * number until somebody sets the wall's clock, then to all who ask.
 */
uint64_t clock_wall_ms(void);

#endif
