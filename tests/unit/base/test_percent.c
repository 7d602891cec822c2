/* SPDX-License-Identifier: BSD-3-Clause */
/* Any octets as printable ASCII, and back. */
#include "support.h"

#include "base.h"

static void as_it_is_written(void **state)
{
	static const struct {
		const char *octets, *text;
	} cases[] = {
		{ "", "" },
		{ "urn:imei:35 ~", "urn:imei:35 ~" },
		{ "100%", "100%25" },
		{ "a\x1f\x7f\xffz", "a%1F%7F%FFz" },
		{ "m\xc3\xbcll\n", "m%C3%BCll%0A" },
	};
	char text[64];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].octets);
		struct rdl_span from = { (const uint8_t *)cases[i].octets, len };

		assert_int_equal(rdl_percent_encode(from, text), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
}

static void every_octet_comes_back(void **state)
{
	uint8_t octets[256], back[256];
	char text[3 * sizeof(octets) + 1];
	size_t len;

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	size_t n = rdl_percent_encode((struct rdl_span){ octets, sizeof(octets) }, text);
	assert_true(rdl_percent_decode(text, n, back, sizeof(back), &len));
	assert_int_equal(len, sizeof(octets));
	assert_memory_equal(back, octets, len);
	assert_false(rdl_percent_decode(text, n, back, sizeof(back) - 1, &len));
}

static void what_is_broken(void **state)
{
	static const char *const broken[] = { "%", "a%", "%4", "%4g", "%g4", "%%41", "a%-1" };
	uint8_t out[16];
	size_t len;

	for (size_t i = 0; i < RDL_ARRAY_LEN(broken); i++)
		assert_false(
			rdl_percent_decode(broken[i], strlen(broken[i]), out, sizeof(out), &len));
	/* Digits of either case; and what need not be encoded may be. */
	assert_true(rdl_percent_decode("%4a%4A%41", 9, out, sizeof(out), &len));
	assert_int_equal(len, 3);
	assert_memory_equal(out, "JJA", 3);
	/* A length is a length: what follows is not read. */
	assert_false(rdl_percent_decode("%41", 2, out, sizeof(out), &len));
}

static void a_cut_leaves_each_whole(void **state)
{
	static const char text[] = "ab%41c";
	static const size_t lengths[] = { 0, 1, 2, 2, 2, 5, 6, 6 };

	for (size_t room = 0; room < RDL_ARRAY_LEN(lengths); room++)
		assert_int_equal(rdl_percent_cut(text, 6, room), lengths[room]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_is_written),
		cmocka_unit_test(every_octet_comes_back),
		cmocka_unit_test(what_is_broken),
		cmocka_unit_test(a_cut_leaves_each_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
