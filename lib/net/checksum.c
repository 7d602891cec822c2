/* SPDX-License-Identifier: BSD-3-Clause */
#include "net.h"
#include "sum.h"

/*
 * Out of line, where the loop has all registers and becomes a wide one:
 * half the time for a Register.
 */
__attribute__((noinline)) uint64_t rdl_net_unfolded(const uint8_t *data, size_t len)
{
	uint64_t sum = 0, word;

	for (size_t i = 0; i < len / 8; i++) {
		memcpy(&word, data + 8 * i, sizeof(word));
		sum += rdl_net_halves(word);
	}
	return sum + rdl_net_halves(rdl_tail_word(data + len, len));
}

uint16_t rdl_net_sum(const void *data, size_t len, uint32_t sum)
{
	uint64_t numbers = rdl_net_wire((uint16_t)sum) + rdl_net_wire((uint16_t)(sum >> 16));

	return __builtin_bswap16(rdl_net_fold(rdl_net_unfolded(data, len) + numbers));
}
