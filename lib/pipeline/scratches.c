/* SPDX-License-Identifier: BSD-3-Clause */
#include "scratches.h"

#include <assert.h>

_Static_assert(RDL_SCRATCHES == 64, "a bit for each");

static size_t piece_len(uint32_t max_payload)
{
	return rdl_whole_lines(3 * (size_t)max_payload + 4096);
}

size_t rdl_scratches_memory(uint32_t max_payload)
{
	return RDL_SCRATCHES * piece_len(max_payload);
}

void rdl_scratches_init(struct rdl_scratches *scratches, uint32_t max_payload, void *memory)
{
	*scratches = (struct rdl_scratches){
		.memory = memory, .piece_len = (uint32_t)piece_len(max_payload), .free = UINT64_MAX
	};
}

unsigned rdl_scratches_take(struct rdl_scratches *scratches, struct rdl_cursor *cursor)
{
	if (scratches->free == 0)
		return 0;
	unsigned piece = (unsigned)__builtin_ctzll(scratches->free);
	scratches->free &= scratches->free - 1;
	*cursor = rdl_cursor(
		scratches->memory + (size_t)piece * scratches->piece_len, scratches->piece_len);
	return piece + 1;
}

void rdl_scratches_release(struct rdl_scratches *scratches, unsigned place)
{
	uint64_t bit = UINT64_C(1) << (place - 1);

	assert((scratches->free & bit) == 0);
	scratches->free |= bit;
}
