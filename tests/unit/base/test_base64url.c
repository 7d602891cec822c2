/* SPDX-License-Identifier: BSD-3-Clause */
/* base64url: the function in use and its plain twin, against vectors and against each other. */
#include "support.h"

#define OCTETS 18

static void encode(
	void (*with)(const uint64_t *, uint8_t *), const uint8_t octets[OCTETS], uint8_t *text)
{
	uint64_t words[3] = { 0 };
	uint8_t *guarded = guard_alloc(RDL_BASE64URL_LEN);

	memcpy(words, octets, OCTETS);
	with(words, guarded);
	memcpy(text, guarded, RDL_BASE64URL_LEN);
	guard_free(guarded, RDL_BASE64URL_LEN);
}

static bool decode(
	bool (*with)(const uint8_t *, uint64_t *), const uint8_t *text, uint8_t octets[OCTETS])
{
	uint64_t words[3];
	uint8_t *guarded = guard_copy(text, RDL_BASE64URL_LEN);
	bool ok = with(guarded, words);

	guard_free(guarded, RDL_BASE64URL_LEN);
	if (ok)
		assert_int_equal(words[2] >> 16, 0);
	memcpy(octets, words, OCTETS);
	return ok;
}

/* RFC 4648 section 10, the two characters that set the alphabet apart, and all of the alphabet. */
static void test_vectors(void **state)
{
	static const char *const cases[][2] = {
		{ "666f6f626172666f6f626172666f6f626172", "Zm9vYmFyZm9vYmFyZm9vYmFy" },
		{ "000000000000000000000000000000000000", "AAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "ffffffffffffffffffffffffffffffffffff", "________________________" },
		{ "fbefbefbefbefbefbefbefbefbefbefbefbe", "------------------------" },
		{ "00108310518720928b30d38f411493515597", "ABCDEFGHIJKLMNOPQRSTUVWX" },
		{ "61969b71d79f8218a39259a7a29aabb2dbaf", "YZabcdefghijklmnopqrstuv" },
		{ "a29aabb2dbafc31cb3d35db7e39ebbf3dfbf", "opqrstuvwxyz0123456789-_" },
	};
	uint8_t octets[OCTETS], back[OCTETS], text[RDL_BASE64URL_LEN];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		assert_int_equal(unhex(cases[i][0], octets, sizeof(octets)), OCTETS);
		encode(rdl_base64url_encode, octets, text);
		assert_memory_equal(text, cases[i][1], sizeof(text));
		encode(rdl_base64url_encode_plain, octets, text);
		assert_memory_equal(text, cases[i][1], sizeof(text));
		assert_true(decode(rdl_base64url_decode, text, back));
		assert_memory_equal(back, octets, sizeof(octets));
		assert_true(decode(rdl_base64url_decode_plain, text, back));
		assert_memory_equal(back, octets, sizeof(octets));
	}
}

static void test_twins_and_round_trip(void **state)
{
	uint64_t seed = 1;

	for (size_t round = 0; round < 5000; round++) {
		uint8_t octets[OCTETS], back[OCTETS];
		uint8_t text[RDL_BASE64URL_LEN], plain[RDL_BASE64URL_LEN];

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)test_random(&seed);
		encode(rdl_base64url_encode, octets, text);
		encode(rdl_base64url_encode_plain, octets, plain);
		assert_memory_equal(text, plain, sizeof(text));
		assert_true(decode(rdl_base64url_decode, text, back));
		assert_memory_equal(back, octets, sizeof(octets));
		assert_true(decode(rdl_base64url_decode_plain, text, back));
		assert_memory_equal(back, octets, sizeof(octets));
	}
}

static void test_bad_characters(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t text[RDL_BASE64URL_LEN], back[OCTETS];

	for (size_t at = 0; at < sizeof(text); at++)
		for (unsigned c = 0; c < 256; c++) {
			bool good = c != 0 && strchr(alphabet, (int)c) != NULL;

			memcpy(text, "Zm9vYmFyZm9vYmFyZm9vYmFy", sizeof(text));
			text[at] = (uint8_t)c;
			assert_true(decode(rdl_base64url_decode, text, back) == good);
			assert_true(decode(rdl_base64url_decode_plain, text, back) == good);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_twins_and_round_trip),
		cmocka_unit_test(test_bad_characters),
	};

	return RUN_TESTS(tests);
}
