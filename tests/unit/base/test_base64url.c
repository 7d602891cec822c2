/* SPDX-License-Identifier: BSD-3-Clause */
/* base64url of words: the function in use and its plain twin, and that a word has one spelling. */
#include "support.h"

#define LEN RDL_BASE64URL_LEN

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* As RFC 4648 section 5 has it: eight octets, the highest first, and two bits of zero. */
static void spell(uint64_t word, char text[LEN + 1])
{
	for (unsigned i = 0; i < LEN - 1; i++)
		text[i] = alphabet[word >> (58 - 6 * i) & 63];
	text[LEN - 1] = alphabet[word << 2 & 63];
	text[LEN] = '\0';
}

/* By both twins, of a text around which nobody may read. */
static bool decode(const char *text, uint64_t *word)
{
	uint8_t *guarded = guard_copy(text, LEN);
	uint64_t plain = 0;
	bool good = rdl_base64url_decode(guarded, word);

	assert_true(rdl_base64url_decode_plain(guarded, &plain) == good);
	assert_true(!good || plain == *word);
	guard_free(guarded, LEN);
	return good;
}

static void expect(uint64_t word, const char *text)
{
	uint8_t *guarded = guard_alloc(LEN);
	uint64_t back;

	rdl_base64url_encode(word, guarded);
	assert_memory_equal(guarded, text, LEN);
	memset(guarded, 0, LEN);
	rdl_base64url_encode_plain(word, guarded);
	assert_memory_equal(guarded, text, LEN);
	guard_free(guarded, LEN);
	assert_true(decode(text, &back) && back == word);
}

/*
 * RFC 4648 section 10's "foobar", the two characters that set the alphabet apart, and all of the
 * alphabet.
 */
static void test_vectors(void **state)
{
	static const struct {
		uint64_t word;
		const char *text;
	} cases[] = {
		{ 0x666f6f626172666f, "Zm9vYmFyZm8" },
		{ 0, "AAAAAAAAAAA" },
		{ UINT64_MAX, "__________8" },
		{ 0xfbefbefbefbefbef, "----------8" },
		{ 0x0010831051872092, "ABCDEFGHIJI" },
		{ 0x28b30d38f4114930, "KLMNOPQRSTA" },
		{ 0x51559761969b71d0, "UVWXYZabcdA" },
		{ 0x79f8218a39259a70, "efghijklmnA" },
		{ 0xa29aabb2dbafc310, "opqrstuvwxA" },
		{ 0xcb3d35db7e39ebb0, "yz01234567A" },
		{ 0xdb7e39ebbf3dfbf0, "23456789-_A" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i].word, cases[i].text);
}

static void test_round_trip(void **state)
{
	uint64_t seed = 1;

	for (unsigned round = 0; round < 5000; round++) {
		uint64_t word = test_random(&seed);
		char text[LEN + 1];

		spell(word, text);
		expect(word, text);
	}
}

/* Every octet at every place: of the alphabet, and the last one with nothing left over. */
static void test_bad_characters(void **state)
{
	for (unsigned at = 0; at < LEN; at++)
		for (unsigned c = 0; c < 256; c++) {
			char text[LEN + 1] = "Zm9vYmFyZm8";
			const char *place = c == 0 ? NULL : strchr(alphabet, (int)c);
			bool good = place != NULL && (at < LEN - 1 || (place - alphabet) % 4 == 0);
			uint64_t word;

			text[at] = (char)c;
			assert_true(decode(text, &word) == good);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad_characters),
	};

	return RUN_TESTS(tests);
}
