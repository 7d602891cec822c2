/* SPDX-License-Identifier: BSD-3-Clause */
/* Decimal numbers. */
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
	uint64_t value = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(limits); i++)
		for (uint64_t n = 0; n < 1100; n++) {
			snprintf(text, sizeof(text), "%03u", (unsigned)n);
			assert_true(decimal(text, limits[i], &value));
			assert_int_equal(value, n < limits[i] ? n : limits[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_decimal_long),
		cmocka_unit_test(test_decimal_malformed),
		cmocka_unit_test(test_decimal_saturates),
	};

	return RUN_TESTS(tests);
}
