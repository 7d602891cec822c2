/* SPDX-License-Identifier: BSD-3-Clause */
#include <nmmintrin.h>

#include "journal_internal.h"

uint32_t rdl_journal_crc(uint32_t crc, const void *octets, size_t len)
{
	const uint8_t *at = octets;
	uint64_t state = ~crc, word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		state = _mm_crc32_u64(state, word);
	}
	crc = (uint32_t)state;
	for (; len > 0; len--, at++)
		crc = _mm_crc32_u8(crc, *at);
	return ~crc;
}
