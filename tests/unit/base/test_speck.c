/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Speck64/128 against the vector of its paper (appendix C), and against itself as the paper has it,
 * word by word.
 */
#include "support.h"

static uint32_t rotl(uint32_t x, unsigned bits)
{
	return x << bits | x >> (32 - bits);
}

static uint64_t plain(const struct rdl_key *key, uint64_t word)
{
	uint32_t l[RDL_SPECK_ROUNDS + 2] = { (uint32_t)(key->k0 >> 32), (uint32_t)key->k1,
		(uint32_t)(key->k1 >> 32) };
	uint32_t k = (uint32_t)key->k0, x = (uint32_t)(word >> 32), y = (uint32_t)word;

	for (uint32_t i = 0; i < RDL_SPECK_ROUNDS; i++) {
		x = (rotl(x, 24) + y) ^ k;
		y = rotl(y, 3) ^ x;
		if (i + 3 < RDL_ARRAY_LEN(l))
			l[i + 3] = (k + rotl(l[i], 24)) ^ i;
		k = rotl(k, 3) ^ ((k + rotl(l[i], 24)) ^ i);
	}
	return (uint64_t)x << 32 | y;
}

static void test_vector(void **state)
{
	static const struct rdl_key key = { 0x0b0a090803020100, 0x1b1a191813121110 };
	uint64_t words[RDL_LANES];
	struct rdl_speck speck;

	rdl_speck_expand(&speck, &key);
	for (unsigned i = 0; i < RDL_LANES; i++)
		words[i] = 0x3b7265747475432d;
	rdl_speck_encrypt(&speck, words);
	for (unsigned i = 0; i < RDL_LANES; i++)
		assert_true(words[i] == 0x8c6fa548454e028b);
	rdl_speck_decrypt(&speck, words);
	for (unsigned i = 0; i < RDL_LANES; i++)
		assert_true(words[i] == 0x3b7265747475432d);
}

/* Each lane by itself, and back again. */
static void test_lanes(void **state)
{
	uint64_t seed = 1, words[RDL_LANES], given[RDL_LANES];

	for (unsigned round = 0; round < 2000; round++) {
		struct rdl_key key = { test_random(&seed), test_random(&seed) };
		struct rdl_speck speck;

		rdl_speck_expand(&speck, &key);
		for (unsigned i = 0; i < RDL_LANES; i++)
			words[i] = given[i] = test_random(&seed);
		rdl_speck_encrypt(&speck, words);
		for (unsigned i = 0; i < RDL_LANES; i++)
			assert_true(words[i] == plain(&key, given[i]));
		rdl_speck_decrypt(&speck, words);
		assert_memory_equal(words, given, sizeof(words));
	}
}

/* Every bit of key and word changes about half of the bits that come out. */
static void test_every_bit_counts(void **state)
{
	uint64_t seed = 2;

	for (unsigned bit = 0; bit < 192; bit++) {
		unsigned changed = 0;

		for (unsigned round = 0; round < 64; round++) {
			struct rdl_key key = { test_random(&seed), test_random(&seed) };
			uint64_t a[RDL_LANES] = { test_random(&seed) }, b[RDL_LANES] = { a[0] };
			struct rdl_speck speck;

			rdl_speck_expand(&speck, &key);
			rdl_speck_encrypt(&speck, a);
			if (bit < 64)
				b[0] ^= UINT64_C(1) << bit;
			else if (bit < 128)
				key.k0 ^= UINT64_C(1) << (bit - 64);
			else
				key.k1 ^= UINT64_C(1) << (bit - 128);
			rdl_speck_expand(&speck, &key);
			rdl_speck_encrypt(&speck, b);
			changed += (unsigned)__builtin_popcountll(a[0] ^ b[0]);
		}
		/* 2,048 of 4,096; seven standard deviations are 224. */
		assert_in_range(changed, 2048 - 224, 2048 + 224);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_every_bit_counts),
	};

	return RUN_TESTS(tests);
}
