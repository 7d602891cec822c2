/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not link format, and where it breaks. */
#include "describe.h"

static void test_malformed(void **state)
{
	static const struct {
		const char *payload;
		size_t offset;
	} cases[] = {
		{ "", 0 },
		{ " \t ", 3 },
		/* No '<' where a link begins. */
		{ "1/0,3/0", 0 },
		{ " /1", 1 },
		{ ">", 0 },
		{ "\x01\x02\x03", 0 },
		{ "</1/0>,112,</3/0>", 7 },
		{ "</>;ct=110,112,11543;hb,</1/0>", 11 },
		{ "\r\n ", 3 },
		{ "\v</1>", 0 },
		{ "</1>,\f</3>", 5 },
		/* Targets: empty, open, holding what they cannot. */
		{ "<", 1 },
		{ "<>", 1 },
		{ "<>,</1/0>", 1 },
		{ "</1/0>,<>", 8 },
		{ "</1/0>,</3/0", 12 },
		{ "</1/0,</3/0>", 6 },
		{ "</1 /0>", 3 },
		{ "</1\t/0>", 3 },
		{ "< /1>", 1 },
		{ "</1>,</\"3>", 7 },
		{ "</1\x7f>", 3 },
		{ "</1\x1f>", 3 },
		{ "<</1>", 1 },
		/* Commas: first, doubled, last. */
		{ ",</1>", 0 },
		{ " ,</1>", 1 },
		{ "</1>,,</3>", 5 },
		{ "</1>, ,</3>", 6 },
		{ "</1>,", 5 },
		{ "</1>, ", 6 },
		{ "</1>;a,", 7 },
		{ ",", 0 },
		/* Between links. */
		{ "</1></3>", 4 },
		{ "</1> </3>", 5 },
		{ "</1>x,</3>", 4 },
		{ "</1>\n</3>", 5 },
		{ "</1>,\n,</3>", 6 },
		{ "</1>,</3>,\r\n", 12 },
		{ "</1>]", 4 },
		{ "</1>=1", 4 },
		{ "</1>\"", 4 },
		{ "</1>,]", 5 },
		/* Attributes without a name. */
		{ "</>;", 4 },
		{ "</>;,</1/0>", 4 },
		{ "</>; ", 5 },
		{ "</>;;a", 4 },
		{ "</>;a;", 6 },
		{ "</>;=1", 4 },
		{ "</>;*=1", 4 },
		{ "</>;\"a\"", 4 },
		{ "</>;\xc3\xa9=1", 4 },
		{ "</>;</1>", 4 },
		/* Names that break off. */
		{ "</>;a**", 6 },
		{ "</>;a*b", 6 },
		{ "</>;a b", 6 },
		{ "</>;a/b=1", 5 },
		{ "</>;a\xc3\xa9", 5 },
		/* Values: none, with white space before, with what a token cannot hold. */
		{ "</>;ct=", 7 },
		{ "</>;ct=,</1>", 7 },
		{ "</>;ct=;obs", 7 },
		{ "</>;ct= 1", 7 },
		{ "</>;ct =1", 7 },
		{ "</>;ct= \"1\"", 7 },
		{ "</>;ct=\t\"1\"", 7 },
		{ "</>;ct=\n60", 7 },
		{ "</>;ct\n=60", 7 },
		{ "</>;ct=60 110x", 13 },
		{ "</>;ct=60 x", 10 },
		{ "</>;ct=60x 110", 11 },
		{ "</>;ct=60\t110", 10 },
		{ "</>;ct=60\n110", 10 },
		{ "</>;ct=60 \"110\"", 10 },
		{ "</>;ct=\"60\" 110", 12 },
		{ "</>;ct*=60 110", 11 },
		{ "</>;sz=60 110", 10 },
		{ "</>;a=b\"c\"", 7 },
		{ "</>;a=b\\,</1>", 7 },
		{ "</>;a=\\", 6 },
		{ "</>;a=\x7f", 6 },
		{ "</>;a=b\xc3\xa9", 7 },
		/* Quotes without an end, or with something behind it. */
		{ "</>;a=\"", 7 },
		{ "</1/0>,</3/0>;title=\"abc", 24 },
		{ "</>;a=\"b\\\"", 10 },
		{ "</>;a=\"b\\", 9 },
		{ "</>;a=\"b\\\\\\\"", 12 },
		{ "</>;a=\"b,</1>", 13 },
		{ "</>;a=\"b\"c", 9 },
		{ "</>;a=\"b\"\"c\"", 9 },
		{ "</>;a=\"b\\\\\"\"", 11 },
	};
	static struct text text;

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		size_t offset;
		int r = walk_guarded(cases[i].payload, strlen(cases[i].payload), &text, &offset);

		if (r != RDL_MALFORMED || offset != cases[i].offset)
			fail_msg("'%s': %d at %zu, not at %zu", cases[i].payload, r, offset,
				cases[i].offset);
	}
}

/* Each octet in each place that has an alphabet. */
static void test_alphabets(void **state)
{
	static const char letters[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char name_marks[] = "!#$&+-.^_`|~";
	static const char value_marks[] = "!#$%&'()*+-./:<=>?@[]^_`{|}~";
	static struct text text;
	size_t offset;

	for (int c = 0; c < 256; c++) {
		bool letter = c != 0 && strchr(letters, c) != NULL;
		bool name = letter || (c != 0 && strchr(name_marks, c) != NULL);
		bool value = letter || (c != 0 && strchr(value_marks, c) != NULL);
		bool target = c > 0x20 && c != 0x7f && c != '<' && c != '>' && c != '"';
		char octet = (char)c;
		const char in_name[] = { '<', '/', '>', ';', 'a', octet, 'b', '=', 'c' };
		const char in_value[] = { '<', '/', '>', ';', 'a', '=', octet };
		const char in_target[] = { '<', octet, '>' };
		const char in_quotes[] = { '<', '/', '>', ';', 'a', '=', '"', octet, '"' };

		/* ';' and '=' end the name; what follows is right again. */
		assert_int_equal(walk_guarded(in_name, sizeof(in_name), &text, &offset) == 0,
			name || c == ';' || c == '=');
		assert_int_equal(
			walk_guarded(in_value, sizeof(in_value), &text, &offset) == 0, value);
		assert_int_equal(
			walk_guarded(in_target, sizeof(in_target), &text, &offset) == 0, target);
		assert_int_equal(walk_guarded(in_quotes, sizeof(in_quotes), &text, &offset) == 0,
			c != '"' && c != '\\');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_alphabets),
	};

	return RUN_TESTS(tests);
}
