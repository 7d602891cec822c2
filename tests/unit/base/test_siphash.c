/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 against the vectors that implementations publish: key 00 .. 0f, input 00 01 02 ... */
#include "support.h"

static const struct rdl_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

static const struct {
	size_t len;
	const char *hash64, *hash128;
} vectors[] = {
	{ 0, "DCC40F055801ACAB", "E77EBCB22788A5BEFD62DB6ADD303001" },
	{ 1, "93CA577DF39BF4C9", "FC6F370460D3EDA85E0573CC2B2FF063" },
	{ 7, "4011B19B987D92D3", "1084B923F2AAE0C3A62F2EC80848AB77" },
	{ 8, "8E9A298D11959036", "AA12FEE1D5E3DAB4724F16AB35F9C799" },
	{ 15, "5699512A6DD820D3", "C17E5505B2BD526C2921CDEC1E7E0109" },
	{ 16, "668B907D1ADD4FCC", "D0A8D95715518EEBB513B0F83D9E1793" },
	{ 24, "8C9C3467B2AE64F4", "9E4BF837BCFD92CACE09D2061A84D04A" },
	{ 63, "A8B3BBB76290199D", "4C5800E34EFE426F079F6B0AA75260AD" },
};

static void test_vectors(void **state)
{
	uint8_t input[64], expected[16];
	uint64_t hash[2];

	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
	for (size_t i = 0; i < RDL_ARRAY_LEN(vectors); i++) {
		uint8_t *data = guard_copy(input, vectors[i].len);

		hash[0] = rdl_siphash(&key, data, vectors[i].len);
		assert_int_equal(unhex(vectors[i].hash64, expected, sizeof(expected)), 8);
		assert_memory_equal(&hash[0], expected, 8);
		rdl_siphash128(&key, data, vectors[i].len, hash);
		assert_int_equal(unhex(vectors[i].hash128, expected, sizeof(expected)), 16);
		assert_memory_equal(hash, expected, 16);
		guard_free(data, vectors[i].len);
	}
}

/* No bit of key or input, nor the length, goes unnoticed. */
static void test_every_bit_counts(void **state)
{
	uint8_t input[19] = { 0 };
	uint64_t plain[2], changed[2];
	struct rdl_key other = key;

	rdl_siphash128(&key, input, sizeof(input), plain);
	for (size_t bit = 0; bit < sizeof(input) * 8; bit++) {
		input[bit / 8] ^= (uint8_t)(1u << bit % 8);
		rdl_siphash128(&key, input, sizeof(input), changed);
		assert_true(changed[0] != plain[0] && changed[1] != plain[1]);
		input[bit / 8] = 0;
	}
	for (size_t len = 0; len < sizeof(input); len++)
		assert_true(rdl_siphash(&key, input, len) != rdl_siphash(&key, input, len + 1));
	for (size_t bit = 0; bit < 128; bit++) {
		uint64_t *half = bit < 64 ? &other.k0 : &other.k1;

		*half ^= UINT64_C(1) << bit % 64;
		rdl_siphash128(&other, input, sizeof(input), changed);
		assert_true(changed[0] != plain[0] && changed[1] != plain[1]);
		other = key;
	}
}

static uint64_t rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipHash-1-3 octet by octet, as its paper has it. */
static uint64_t plain(const uint8_t *data, size_t len)
{
	uint64_t v[4] = { key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du,
		key.k0 ^ 0x6c7967656e657261u, key.k1 ^ 0x7465646279746573u };

	for (size_t word = 0; word < len / 8 + 4; word++) {
		uint64_t m = word == len / 8 ? (uint64_t)len << 56 : 0;

		for (size_t i = 0; i < 8 && word * 8 + i < len; i++)
			m |= (uint64_t)data[word * 8 + i] << 8 * i;
		if (word == len / 8 + 1)
			v[2] ^= 0xff;
		v[3] ^= m;
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
		v[0] ^= m;
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Whatever the length, nothing but the input is read, and all of it. */
static void test_every_length(void **state)
{
	uint8_t input[80];
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)test_random(&seed);
	for (size_t len = 0; len <= sizeof(input); len++) {
		uint8_t *data = guard_copy(input, len);

		assert_true(rdl_siphash(&key, data, len) == plain(input, len));
		guard_free(data, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_every_length),
	};

	return RUN_TESTS(tests);
}
