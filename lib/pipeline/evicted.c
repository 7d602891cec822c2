/* SPDX-License-Identifier: BSD-3-Clause */
#include "evicted.h"

#include "holders.h"

/*
 * All bits of a name lie in one word, and each word ages by itself when it is touched: 24 bits of
 * this generation, 24 of the one before, and 16 of this one's number. So nothing is ever cleared in
 * one go.
 */
#define GENERATION_BITS 24u
#define GENERATION ((UINT64_C(1) << GENERATION_BITS) - 1)
#define NUMBER_SHIFT (2 * GENERATION_BITS)

size_t rdl_evicted_memory(uint32_t words)
{
	return rdl_whole_lines(words * sizeof(uint64_t));
}

void rdl_evicted_init(struct rdl_evicted *evicted, uint32_t words, void *memory)
{
	*evicted = (struct rdl_evicted){ .words = memory, .word_mask = words - 1 };
}

/* The word as it is in the generation of now. */
static uint64_t aged(uint64_t word, uint64_t now_ms)
{
	uint16_t number = (uint16_t)(now_ms / RDL_EVICTED_MS);
	uint16_t passed = (uint16_t)(number - (uint16_t)(word >> NUMBER_SHIFT));

	if (passed == 0)
		return word;
	uint64_t before = passed == 1 ? (word & GENERATION) << GENERATION_BITS : 0;
	return (uint64_t)number << NUMBER_SHIFT | before;
}

/* Three bits of a generation, by the octets of the name that do not say the word. */
static uint64_t bits_of(uint64_t name)
{
	uint64_t bits = 0;

	for (unsigned shift = 40; shift < 64; shift += 8)
		bits |= UINT64_C(1) << ((name >> shift & 0xff) * GENERATION_BITS >> 8);
	return bits;
}

void rdl_evicted_add(struct rdl_evicted *evicted, uint64_t name, uint64_t now_ms)
{
	uint64_t *word = &evicted->words[name & evicted->word_mask];

	*word = aged(*word, now_ms) | bits_of(name);
}

bool rdl_evicted_has(const struct rdl_evicted *evicted, uint64_t name, uint64_t now_ms)
{
	uint64_t word = aged(evicted->words[name & evicted->word_mask], now_ms);
	uint64_t bits = bits_of(name);

	return (word & bits) == bits || (word >> GENERATION_BITS & bits) == bits;
}
