/* SPDX-License-Identifier: BSD-3-Clause */
/* Decimal numbers and base64url. */
#include "support.h"

#include <stdio.h>

static bool decimal(const char *text, uint64_t max, uint64_t *value)
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy(text, len);
	bool ok = rdl_decimal((struct rdl_span){ copy, len }, max, value);

	guard_free(copy, len);
	return ok;
}

static void test_decimal(void **state)
{
	static const struct {
		const char *text;
		uint64_t max, value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 0 },
		{ "0", UINT64_MAX, 0 },
		{ "60", 100, 60 },
		{ "060", 100, 60 },
		{ "00000000000000000000000000000000000000000000060", UINT64_MAX, 60 },
		{ "100", 100, 100 },
		{ "101", 100, 100 },
		{ "999", 100, 100 },
		{ "1000", 100, 100 },
		/* Large first, small afterwards: once above, always above. */
		{ "65536", UINT16_MAX, UINT16_MAX },
		{ "65535", UINT16_MAX, 65535 },
		{ "65534", UINT16_MAX, 65534 },
		{ "2147483648", UINT32_MAX, 2147483648 },
		{ "4294967295", UINT32_MAX, UINT32_MAX },
		{ "4294967296", UINT32_MAX, UINT32_MAX },
		{ "4294967297", UINT32_MAX, UINT32_MAX },
		{ "42949672960", UINT32_MAX, UINT32_MAX },
		{ "18446744073709551614", UINT64_MAX, UINT64_MAX - 1 },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, UINT64_MAX },
		{ "18446744073709551617", 5, 5 },
		{ "18446744073709551621", UINT64_MAX, UINT64_MAX },
		{ "184467440737095516160", UINT64_MAX, UINT64_MAX },
		{ "18446744073709551616000000000000000000000", UINT64_MAX, UINT64_MAX },
		{ "340282366920938463463374607431768211457", UINT64_MAX, UINT64_MAX },
	};
	uint64_t value;

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		value = 77;
		assert_true(decimal(cases[i].text, cases[i].max, &value));
		assert_int_equal(value, cases[i].value);
	}
}

static void test_decimal_long(void **state)
{
	char text[101] = { 0 };
	uint64_t value;

	for (char digit = '1'; digit <= '9'; digit++) {
		memset(text, digit, 100);
		assert_true(decimal(text, UINT64_MAX, &value));
		assert_true(value == UINT64_MAX);
		assert_true(decimal(text, 86400, &value));
		assert_int_equal(value, 86400);
	}
	memset(text, '0', 99);
	text[99] = '7';
	assert_true(decimal(text, UINT64_MAX, &value));
	assert_int_equal(value, 7);
	/* Nothing but digits, also far behind the point where the number was too large. */
	memset(text, '9', 100);
	text[99] = 'x';
	assert_false(decimal(text, 10, &value));
}

static void test_decimal_malformed(void **state)
{
	static const char *const cases[] = { "", " ", "-1", "+60", "3.5", "1 ", " 1", "1e3", "0x10",
		"abc", "12a", "/", ":", "1:", "\xb2", "1_000", "-", "+" };
	uint64_t value;

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		assert_false(decimal(cases[i], UINT64_MAX, &value));
	assert_false(rdl_decimal(RDL_SPAN("1\0"), UINT64_MAX, &value));
	for (unsigned c = 0; c < 256; c++) {
		uint8_t octet = (uint8_t)c;
		bool digit = c >= '0' && c <= '9';

		assert_true(rdl_decimal((struct rdl_span){ &octet, 1 }, 9, &value) == digit);
		assert_true(!digit || value == c - '0');
	}
}

/* Every number up to some way beyond each limit, against the C library. */
static void test_decimal_saturates(void **state)
{
	static const uint64_t limits[] = { 0, 1, 9, 10, 99, 255, 256, 1000 };
	char text[24];
	uint64_t value;

	for (size_t i = 0; i < RDL_ARRAY_LEN(limits); i++)
		for (uint64_t n = 0; n < 1100; n++) {
			snprintf(text, sizeof(text), "%03u", (unsigned)n);
			assert_true(decimal(text, limits[i], &value));
			assert_int_equal(value, n < limits[i] ? n : limits[i]);
		}
}

/* RFC 4648 section 10, and the two characters that set the alphabet apart. */
static void test_base64url(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "666f6f", "Zm9v" },
		{ "666f6f626172", "Zm9vYmFy" },
		{ "000000", "AAAA" },
		{ "ffffff", "____" },
		{ "fbefbe", "----" },
		{ "00108310518720928b30d38f41149351559761969b71d79f8218a39259a7a29aabb2dbafc31cb3"
		  "d35db7e39ebbf3dfbf",
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" },
	};
	uint8_t octets[64], back[64], text[65];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		size_t len = unhex(cases[i][0], octets, sizeof(octets));

		rdl_base64url_encode(octets, len, text);
		text[len / 3 * 4] = '\0';
		assert_string_equal(text, cases[i][1]);
		assert_true(rdl_base64url_decode(span_of(cases[i][1]), back));
		assert_memory_equal(back, octets, len);
	}
}

static void test_base64url_round_trip(void **state)
{
	uint64_t seed = 1;

	for (size_t round = 0; round < 2000; round++) {
		size_t len = test_random(&seed) % 8 * 3;
		uint8_t *octets = guard_alloc(len), *back = guard_alloc(len);
		uint8_t *text = guard_alloc(len / 3 * 4);

		for (size_t i = 0; i < len; i++)
			octets[i] = (uint8_t)test_random(&seed);
		rdl_base64url_encode(octets, len, text);
		assert_true(rdl_base64url_decode((struct rdl_span){ text, len / 3 * 4 }, back));
		if (len > 0)
			assert_memory_equal(back, octets, len);
		guard_free(octets, len);
		guard_free(back, len);
		guard_free(text, len / 3 * 4);
	}
}

static void test_base64url_bad_characters(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t text[8], back[6];

	for (size_t at = 0; at < sizeof(text); at++)
		for (unsigned c = 0; c < 256; c++) {
			bool good = c != 0 && strchr(alphabet, (int)c) != NULL;

			memcpy(text, "Zm9vYmFy", sizeof(text));
			text[at] = (uint8_t)c;
			assert_true(rdl_base64url_decode(
					    (struct rdl_span){ text, sizeof(text) }, back) == good);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_decimal_long),
		cmocka_unit_test(test_decimal_malformed),
		cmocka_unit_test(test_decimal_saturates),
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_base64url_round_trip),
		cmocka_unit_test(test_base64url_bad_characters),
	};

	return RUN_TESTS(tests);
}
