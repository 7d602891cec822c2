/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_base.h"

uint64_t kinds[KIND_COUNT];

void happened(enum kind kind)
{
	kinds[kind]++;
}

uint64_t seed, dice_state, operations;
uint64_t epoch_ms, now_ms;
uint64_t wall_ms;

uint64_t dice(uint64_t sides)
{
	return test_random(&dice_state) % sides;
}

bool one_in(uint64_t n)
{
	return dice(n) == 0;
}

uint32_t now_s(void)
{
	return (uint32_t)((now_ms - epoch_ms) / 1000);
}

uint32_t whole_s(void)
{
	return (uint32_t)((now_ms - epoch_ms + 999) / 1000);
}

uint64_t wall_s(void)
{
	return (now_ms + wall_ms) / 1000;
}

_Noreturn void not_so(const char *what, const char *file, int line)
{
	print_error("# %s:%d: not so: %s\n", file, line, what);
	print_error("# seed %" PRIu64 ", operation %" PRIu64 ", %" PRIu64 " ms\n", seed, operations,
		now_ms);
	explain();
	_fail(file, line);
	abort();
}

void print_octets(const char *what, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	print_error("# %s ", what);
	for (size_t i = 0; i < len; i++)
		print_error("%02x", at[i]);
	print_error("\n");
}

bool same_octets(const void *got, size_t got_len, const void *want, size_t want_len)
{
	if (got_len == want_len && memcmp(got, want, want_len) == 0)
		return true;
	print_octets("got ", got, got_len);
	print_octets("want", want, want_len);
	return false;
}
