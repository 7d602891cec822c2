/* SPDX-License-Identifier: BSD-3-Clause */
/* The clocks: ours, which never jumps, and how far the wall's is ahead of it. */
#include "clock.h"

#define NS_PER_MS 1000000
/* The wall's clock has been set when it is off by more. */
#define TOLERANCE_NS NS_PER_MS
/* Tries to read both clocks at one time, and how near is near enough. */
#define TRIES 8
#define NEAR_NS 20000

static uint64_t shift_ns; /* written before there is another thread */
static uint64_t wall_ms; /* by whoever finds it changed (relaxed) */

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

uint64_t rdl_clock_ms(void)
{
	return (read_ns(CLOCK_MONOTONIC) + shift_ns) / NS_PER_MS;
}

uint64_t rdl_clock_coarse_ms(void)
{
	return (read_ns(CLOCK_MONOTONIC_COARSE) + shift_ns) / NS_PER_MS;
}

/*
 * What the wall's clock is ahead of the monotonic one, and how wrong that may be: this thread may
 * lose its core in between.
 */
static uint64_t measure(uint64_t *error_ns)
{
	uint64_t ahead_ns = 0;

	*error_ns = UINT64_MAX;
	for (unsigned i = 0; *error_ns > NEAR_NS && i < TRIES; i++) {
		uint64_t before = read_ns(CLOCK_MONOTONIC), wall = read_ns(CLOCK_REALTIME);
		uint64_t took = read_ns(CLOCK_MONOTONIC) - before;

		if (took < *error_ns) {
			*error_ns = took;
			ahead_ns = wall - before - took / 2;
		}
	}
	return ahead_ns;
}

void rdl_clock_start(void)
{
	uint64_t error_ns, ahead_ns = measure(&error_ns);

	shift_ns = ahead_ns % NS_PER_MS;
	__atomic_store_n(&wall_ms, ahead_ns / NS_PER_MS, __ATOMIC_RELAXED);
}

uint64_t rdl_clock_wall_ms(void)
{
	uint64_t known = __atomic_load_n(&wall_ms, __ATOMIC_RELAXED), error_ns;
	uint64_t ahead_ns = measure(&error_ns) - shift_ns;
	uint64_t off_ns = ahead_ns - known * NS_PER_MS;

	/* Either way. The two go equally fast: only a clock that is set comes to differ. */
	if (off_ns + TOLERANCE_NS + error_ns <= 2 * (TOLERANCE_NS + error_ns))
		return known;
	known = (ahead_ns + NS_PER_MS / 2) / NS_PER_MS;
	__atomic_store_n(&wall_ms, known, __ATOMIC_RELAXED);
	return known;
}

uint64_t rdl_clock_wall_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

struct timespec rdl_clock_in_ms(unsigned ms)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += ms % 1000 * NS_PER_MS;
	end.tv_sec += end.tv_nsec / (1000 * NS_PER_MS);
	end.tv_nsec %= 1000 * NS_PER_MS;
	return end;
}

bool rdl_clock_is_past(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}
