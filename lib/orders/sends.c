/* SPDX-License-Identifier: BSD-3-Clause */
#include "sends.h"

#define WAYS 8 /* words of a bucket: a cache line */
/* A word: the upper part of the name, and the second of the message. 0: it is free. */
#define SECOND_BITS 24
#define SECOND_MASK ((1u << SECOND_BITS) - 1)

_Static_assert(RDL_SENDS / WAYS <= 1 << SECOND_BITS, "what says the bucket is not in the word");

void rdl_sends_lay(struct rdl_sends *sends, void *memory, size_t *end)
{
	size_t words = rdl_lay(end, RDL_SENDS * sizeof(*sends->words));

	if (memory != NULL)
		sends->words = (uint64_t *)(void *)((char *)memory + words);
}

static uint64_t *bucket_of(const struct rdl_sends *sends, uint64_t name)
{
	return &sends->words[name % (RDL_SENDS / WAYS) * WAYS];
}

static uint64_t tag_of(uint64_t name)
{
	return name >> SECOND_BITS | 1;
}

static uint32_t age(uint64_t word, uint32_t now_s)
{
	return (now_s - (uint32_t)word) & SECOND_MASK;
}

bool rdl_sends_has(
	const struct rdl_sends *sends, uint64_t name, uint32_t now_s, uint32_t lifetime_s)
{
	const uint64_t *bucket = bucket_of(sends, name);

	for (unsigned i = 0; i < WAYS; i++)
		if (bucket[i] >> SECOND_BITS == tag_of(name) && age(bucket[i], now_s) < lifetime_s)
			return true;
	return false;
}

void rdl_sends_put(struct rdl_sends *sends, uint64_t name, uint32_t now_s)
{
	uint64_t *bucket = bucket_of(sends, name);
	unsigned oldest = 0;

	for (unsigned i = 0; i < WAYS && bucket[oldest] != 0; i++)
		if (bucket[i] == 0 || age(bucket[i], now_s) > age(bucket[oldest], now_s))
			oldest = i;
	bucket[oldest] = tag_of(name) << SECOND_BITS | (now_s & SECOND_MASK);
}
