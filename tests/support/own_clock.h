/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A clock that a test moves, in place of lib/clock's: whichever program's one file includes this is
 * linked with it, and time stands still unless the test moves it.
 */
#ifndef RDL_TEST_OWN_CLOCK_H
#define RDL_TEST_OWN_CLOCK_H

#include "clock.h"

/* What makes it milliseconds since 1970. */
#define OWN_CLOCK_WALL_MS UINT64_C(1700000000000)

static uint64_t own_clock_ms = 1000000;

static inline void own_clock_pass(uint64_t ms)
{
	__atomic_add_fetch(&own_clock_ms, ms, __ATOMIC_RELEASE);
}

/* All that lib/clock has, so that its own is never linked beside. */
void rdl_clock_start(void)
{
}

uint64_t rdl_clock_ms(void)
{
	return __atomic_load_n(&own_clock_ms, __ATOMIC_ACQUIRE);
}

uint64_t rdl_clock_coarse_ms(void)
{
	return rdl_clock_ms();
}

uint64_t rdl_clock_wall_ms(void)
{
	return OWN_CLOCK_WALL_MS;
}

uint64_t rdl_clock_wall_ns(void)
{
	return (rdl_clock_ms() + OWN_CLOCK_WALL_MS) * 1000000;
}

struct timespec rdl_clock_in_ms(unsigned ms)
{
	uint64_t end = rdl_clock_ms() + ms;

	return (struct timespec){ .tv_sec = (time_t)(end / 1000),
		.tv_nsec = (long)(end % 1000) * 1000000 };
}

bool rdl_clock_is_past(const struct timespec *end)
{
	return rdl_clock_ms() >= (uint64_t)end->tv_sec * 1000 + (uint64_t)end->tv_nsec / 1000000;
}

#endif
