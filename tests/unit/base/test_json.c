/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON strings and numbers: what each octet becomes, and what a full buffer keeps. */
#include "support.h"

#include <stdio.h>

static void expect(const void *octets, size_t len, const char *want)
{
	uint8_t *in = guard_copy(octets, len);
	size_t want_len = strlen(want);

	/* With exactly the room it takes; with one octet less it fails. */
	for (size_t short_of = 0; short_of <= 1; short_of++) {
		uint8_t *out = guard_alloc(want_len - short_of);
		struct rdl_cursor c = rdl_cursor(out, want_len - short_of);

		rdl_cursor_json(&c, (struct rdl_span){ in, len });
		assert_int_equal(c.failed, short_of == 1);
		if (short_of == 0) {
			assert_ptr_equal(c.pos, out + want_len);
			assert_memory_equal(out, want, want_len);
		}
		guard_free(out, want_len - short_of);
	}
	guard_free(in, len);
}

static void test_ascii(void **state)
{
	for (unsigned octet = 0; octet < 0x80; octet++) {
		uint8_t in[3] = { 'a', (uint8_t)octet, 'b' };
		char spelt[8] = { (char)octet }, want[16];

		if (octet < 0x20 || octet == 0x7f)
			snprintf(spelt, sizeof(spelt), "\\u%04x", octet);
		else if (octet == '"' || octet == '\\')
			snprintf(spelt, sizeof(spelt), "\\%c", (char)octet);
		snprintf(want, sizeof(want), "\"%s\"", spelt);
		expect(in + 1, 1, want);
		snprintf(want, sizeof(want), "\"a%sb\"", spelt);
		expect(in, 3, want);
	}
	expect("", 0, "\"\"");
}

static void test_utf8(void **state)
{
	static const char *const whole[] = { "\xc2\xa0", "\xc3\xa9", "\xe6\x97\xa5", "\xef\xbf\xbf",
		"\xf0\x9f\x99\x82", "\xf4\x8f\xbf\xbf" };
	static const struct {
		const char *in, *out;
	} hidden[] = {
		{ "\xc2\x80", "\"\\u0080\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" }, /* turns the text round */
		{ "\xef\xbb\xbf", "\"\\ufeff\"" },
		{ "\xf3\xa0\x81\x81", "\"\\udb40\\udc41\"" }, /* U+E0041 */
	};
	static const struct {
		const char *in, *out;
	} broken[] = {
		{ "\x80", "?" },
		{ "\xff", "?" },
		{ "\xc3", "?" },
		{ "\xc0\xaf", "??" }, /* overlong */
		{ "\xed\xa0\x80", "???" }, /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* above U+10FFFF */
		{ "\xe6\x97", "??" }, /* cut */
		{ "\xe6\x97x", "??x" },
		{ "\xe6\xe6\x97\xa5", "?\xe6\x97\xa5" },
		{ "\xc3\"", "?\\\"" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(whole); i++) {
		char want[16];

		snprintf(want, sizeof(want), "\"%s\"", whole[i]);
		expect(whole[i], strlen(whole[i]), want);
	}
	for (size_t i = 0; i < RDL_ARRAY_LEN(hidden); i++)
		expect(hidden[i].in, strlen(hidden[i].in), hidden[i].out);
	for (size_t i = 0; i < RDL_ARRAY_LEN(broken); i++) {
		char want[64] = "\"";

		for (const char *p = broken[i].out; *p != '\0'; p++)
			strncat(want, *p == '?' ? "\xef\xbf\xbd" : p, *p == '?' ? 3 : 1);
		expect(broken[i].in, strlen(broken[i].in), strcat(want, "\""));
	}
}

/* Whatever comes, what goes out is UTF-8 without control characters, and of the length promised. */
static void test_any_octets(void **state)
{
	uint64_t random = 6;
	uint8_t in[40], out[6 * sizeof(in) + 2];

	for (unsigned round = 0; round < 200000; round++) {
		size_t len = test_random(&random) % (sizeof(in) + 1);
		struct rdl_cursor c;

		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)(test_random(&random) >> (round % 3 == 0 ? 8 : 57));
		c = rdl_cursor(out, 6 * len + 2);
		rdl_cursor_json(&c, (struct rdl_span){ in, len });
		assert_false(c.failed);
		assert_true(rdl_utf8_valid(out, (size_t)(c.pos - out)));
		for (const uint8_t *p = out; p < c.pos; p++)
			assert_true(*p >= 0x20);
	}
}

static void test_numbers(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 9, 10, 99, 100, 4294967295, 4294967296,
		UINT64_MAX / 10, UINT64_MAX };

	for (size_t i = 0; i < RDL_ARRAY_LEN(numbers); i++) {
		char want[32], got[32];
		struct rdl_cursor c = rdl_cursor(got, sizeof(got));

		snprintf(want, sizeof(want), "[%llu]", (unsigned long long)numbers[i]);
		rdl_cursor_text(&c, "[");
		rdl_cursor_decimal(&c, numbers[i]);
		rdl_cursor_text(&c, "]");
		rdl_cursor_u8(&c, 0);
		assert_string_equal(got, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_any_octets),
		cmocka_unit_test(test_numbers),
	};
	return RUN_TESTS(tests);
}
