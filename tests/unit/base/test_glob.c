/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <time.h>

static bool match(const char *pattern, const char *text)
{
	size_t pattern_len = strlen(pattern), text_len = strlen(text);
	uint8_t *p = guard_copy(pattern, pattern_len), *t = guard_copy(text, text_len);
	bool matches = rdl_glob_match(
		(struct rdl_span){ p, pattern_len }, (struct rdl_span){ t, text_len });

	guard_free(p, pattern_len);
	guard_free(t, text_len);
	return matches;
}

static void test_table(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "a", "a", true },
		{ "a", "A", false },
		{ "a", "ab", false },
		{ "ab", "a", false },
		{ "?", "", false },
		{ "?", "x", true },
		{ "?", "xy", false },
		{ "??", "xy", true },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "**", "", true },
		{ "***", "abc", true },
		{ "denied-*", "denied-1", true },
		{ "denied-*", "denied-", true },
		{ "denied-*", "denied", false },
		{ "denied-*", "Denied-1", false },
		{ "denied-*", "a-denied-1", false },
		{ "*-denied", "a-denied", true },
		{ "*-denied", "a-denied-b", false },
		{ "*-denied", "-denied-denied", true },
		{ "a*c", "ac", true },
		{ "a*c", "abcbc", true },
		{ "a*c", "abcb", false },
		{ "a*b*c", "axbxbxc", true },
		{ "a*b*c", "axcxbx", false },
		{ "*ab*ab", "abab", true },
		{ "*ab*ab", "aab", false },
		{ "?*", "", false },
		{ "*?", "", false },
		{ "*?", "a", true },
		{ "?*?", "ab", true },
		{ "?*?", "a", false },
		{ "*??", "abc", true },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		/* A star in the text is a letter like others, and nothing else is special. */
		{ "*", "*", true },
		{ "a*", "a*", true },
		{ "a", "*", false },
		{ "[ab]", "a", false },
		{ "[ab]", "[ab]", true },
		{ "\\*", "\\abc", true },
		{ "a.c", "abc", false },
		{ "a.c", "a.c", true },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		if (match(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("'%s' on '%s'", cases[i].pattern, cases[i].text);
	assert_true(rdl_glob_match(RDL_SPAN("a?*c"), RDL_SPAN("a\0\xff\0c")));
}

/* The plain definition. Slow, which does not matter to short texts. */
static bool reference(const char *p, const char *t)
{
	if (*p == '\0')
		return *t == '\0';
	if (*p == '*')
		return reference(p + 1, t) || (*t != '\0' && reference(p, t + 1));
	return *t != '\0' && (*p == '?' || *p == *t) && reference(p + 1, t + 1);
}

static void test_reference(void **state)
{
	uint64_t seed = 1;
	size_t matched = 0;

	for (size_t round = 0; round < 100000; round++) {
		char pattern[8] = { 0 }, text[8] = { 0 };

		for (size_t i = test_random(&seed) % sizeof(pattern); i-- > 0;)
			pattern[i] = "ab*?"[test_random(&seed) % 4];
		for (size_t i = test_random(&seed) % sizeof(text); i-- > 0;)
			text[i] = "ab"[test_random(&seed) % 2];
		bool matches = rdl_glob_match(span_of(pattern), span_of(text));
		if (matches != reference(pattern, text))
			fail_msg("'%s' on '%s'", pattern, text);
		matched += matches;
	}
	assert_in_range(matched, 5000, 95000);
}

/* Each star doubles the work of a matcher that goes back to more than the last one. */
static void test_many_stars(void **state)
{
	char pattern[65], text[RDL_CACHE_LINE * 4];
	clock_t begin = clock();

	for (size_t i = 0; i < 64; i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pattern[64] = '\0';
	assert_true(match(pattern, text));
	pattern[63] = 'b';
	assert_false(match(pattern, text));
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_many_stars),
	};

	return RUN_TESTS(tests);
}
