/* SPDX-License-Identifier: BSD-3-Clause */
/* What a terminal is not given. */
#include "support.h"

/* Octets of the first character of `text`. */
static size_t look(const char *text, size_t len, uint32_t *character, bool *printable)
{
	uint8_t *copy = guard_copy(text, len);
	size_t n = rdl_character((struct rdl_span){ copy, len }, character, printable);

	guard_free(copy, len);
	return n;
}

static size_t octets_of(uint32_t character)
{
	return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

static void check(const char *text, uint32_t expected, bool expected_printable)
{
	uint32_t character;
	bool printable;

	assert_int_equal(look(text, strlen(text), &character, &printable), octets_of(expected));
	assert_int_equal(character, expected);
	assert_int_equal(printable, expected_printable);
}

static void what_is_shown(void **state)
{
	uint32_t character;
	bool printable;

	check("a\x1b", 'a', true);
	check(" ", ' ', true);
	check("~", '~', true);
	check("\\x", '\\', true);
	check("\xc2\xa0", 0xa0, true);
	check("\xc3\xa4\xc3", 0xe4, true);
	check("\xd7\xa9", 0x5e9, true);
	check("\xe6\x97\xa5", 0x65e5, true);
	check("\xef\xbf\xbd", 0xfffd, true);
	check("\xf0\x9f\x99\x82", 0x1f642, true);
	check("\xf4\x8f\xbf\xbd", 0x10fffd, true);
	assert_int_equal(look("", 0, &character, &printable), 0);
}

static void what_is_not(void **state)
{
	uint32_t character;
	bool printable;

	check("\x01", 0x01, false);
	check("\n", '\n', false);
	check("\x1b[31m", 0x1b, false);
	check("\x7f", 0x7f, false);
	check("\xc2\x80", 0x80, false);
	check("\xc2\x9b", 0x9b, false);
	check("\xc2\xad", 0xad, false);
	check("\xd8\x9c", 0x61c, false);
	check("\xe2\x80\x8b", 0x200b, false);
	check("\xe2\x80\x8d", 0x200d, false);
	check("\xe2\x80\x8e", 0x200e, false);
	check("\xe2\x80\x8f", 0x200f, false);
	check("\xe2\x80\xa8", 0x2028, false);
	check("\xe2\x80\xaa", 0x202a, false);
	check("\xe2\x80\xae"
	      "txt",
		0x202e, false);
	check("\xe2\x81\xa6", 0x2066, false);
	check("\xe2\x81\xa9", 0x2069, false);
	check("\xef\xb8\x8f", 0xfe0f, false);
	check("\xef\xbb\xbf", 0xfeff, false);
	check("\xf3\xa0\x81\x81", 0xe0041, false);
	assert_int_equal(look("\0", 1, &character, &printable), 1);
	assert_int_equal(character, 0);
	assert_false(printable);
}

/* Octets that are of no character are not shown as they are, one by one. */
static void no_utf8(void **state)
{
	static const char *const texts[] = { "\x80", "\x9b", "\xc2",
		"\xc2"
		"a",
		"\xe2\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xc0\xaf" };
	uint32_t character;
	bool printable;

	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++) {
		assert_int_equal(look(texts[i], strlen(texts[i]), &character, &printable), 1);
		assert_int_equal(character, (uint8_t)texts[i][0]);
		assert_false(printable);
	}
}

static void copies(void **state)
{
	static const char text[] = "a\n\xc3\xa4\xe2\x80\xae"
				   "b\xff\xc2"
				   "c";
	uint8_t *from = guard_copy(text, strlen(text));
	char to[sizeof(text)];

	assert_int_equal(rdl_printable_copy(to, (struct rdl_span){ from, strlen(text) }), 9);
	assert_string_equal(to, "a?\xc3\xa4?b??c");
	assert_int_equal(rdl_printable_copy(to, (struct rdl_span){ from, 0 }), 0);
	assert_string_equal(to, "");
	guard_free(from, strlen(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown),
		cmocka_unit_test(what_is_not),
		cmocka_unit_test(no_utf8),
		cmocka_unit_test(copies),
	};
	return RUN_TESTS(tests);
}
