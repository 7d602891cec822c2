/* SPDX-License-Identifier: BSD-3-Clause */
/* What well-formed payloads hold. */
#include "describe.h"

#include "captures.h"

/* Expects the walk to succeed and to read as `canonical`. */
static void expect_links(const char *payload, const char *canonical)
{
	static struct text text;
	size_t offset;

	assert_int_equal(walk_guarded(payload, strlen(payload), &text, &offset), 0);
	assert_string_equal(text.at, canonical);
}

/* All that real clients send comes back octet for octet, once its blocks are put together. */
static void test_captures(void **state)
{
	size_t seen = 0;
	char body[1024] = "";

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		const char *payload = capture_payload(&captures[i]);

		if (payload == NULL)
			continue;
		if (strstr(captures[i].name, "blocks") == NULL) {
			expect_links(payload, payload);
			seen++;
			continue;
		}
		if (strstr(captures[i].name, "blocks_0") != NULL)
			body[0] = '\0';
		strcat(body, payload);
		if (strstr(captures[i].name, "blocks_2") != NULL) {
			expect_links(body, body);
			seen++;
		}
	}
	assert_int_equal(seen, 15);
}

static void expect_attribute(
	struct rdl_links *links, const char *name, const char *value, bool quoted)
{
	struct rdl_link_attribute attribute;

	assert_int_equal(rdl_link_attribute_next(links, &attribute), 1);
	assert_true(rdl_span_equal(attribute.name, span_of(name)));
	assert_int_equal(attribute.has_value, value != NULL);
	assert_int_equal(attribute.quoted, quoted);
	if (value != NULL)
		assert_true(rdl_span_equal(attribute.value, span_of(value)));
}

static void expect_target(struct rdl_links *links, const char *path)
{
	struct rdl_link_attribute attribute;
	struct rdl_span target;

	/* Whatever the link before had is at its end. */
	assert_int_equal(rdl_link_attribute_next(links, &attribute), 0);
	assert_int_equal(rdl_link_next(links, &target), 1);
	assert_true(rdl_span_equal(target, span_of(path)));
}

/* The structs member by member, on what the Leshan client sends and on every other shape. */
static void test_views(void **state)
{
	struct rdl_links links = rdl_links(span_of(
		"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11543\",</1/0>,</3>;ver=1.2,</3/0>"));
	struct rdl_link_attribute attribute;
	struct rdl_span target;

	expect_target(&links, "/");
	expect_attribute(&links, "rt", "oma.lwm2m", true);
	expect_attribute(&links, "ct", "60 110 112 11542 11543", true);
	expect_target(&links, "/1/0");
	expect_target(&links, "/3");
	expect_attribute(&links, "ver", "1.2", false);
	expect_target(&links, "/3/0");
	assert_int_equal(rdl_link_attribute_next(&links, &attribute), 0);
	assert_int_equal(rdl_link_next(&links, &target), 0);

	links = rdl_links(
		span_of("</1/0>;if=\"\";sz=12 ; title*=UTF-8''x;obs;hb\t,<3/0>;q=\"a\\\"b\""));
	expect_target(&links, "/1/0");
	expect_attribute(&links, "if", "", true);
	expect_attribute(&links, "sz", "12", false);
	expect_attribute(&links, "title*", "UTF-8''x", false);
	expect_attribute(&links, "obs", NULL, false);
	expect_attribute(&links, "hb", NULL, false);
	expect_target(&links, "3/0");
	expect_attribute(&links, "q", "a\\\"b", true);
	assert_int_equal(rdl_link_attribute_next(&links, &attribute), 0);
	assert_int_equal(rdl_link_next(&links, &target), 0);
}

static void test_attribute_before_link(void **state)
{
	struct rdl_links links = rdl_links(RDL_SPAN(";a"));
	struct rdl_link_attribute attribute;

	assert_int_equal(rdl_link_attribute_next(&links, &attribute), 0);
	assert_int_equal(rdl_link_offset(&links), 0);
}

static void test_wellformed(void **state)
{
	static const char *const cases[] = {
		"</1/0>,</3/0>",
		"</5>",
		"<1/0>,<3/0>",
		"</31024/10>,</31024/11>",
		"</>;rt=oma.lwm2m,</lwm2m/1/0>",
		"</>;ct=110;ct=112,</3/0>",
		"</1/0>;if=\"x\";sz=12;title*=UTF-8''x;obs;hb,</3/0>;foo",
		/* What a quoted string may hide. */
		"</1/0>;title=\"a,</9/9>;b\",</3/0>",
		"</1/0>;title=\"\\\"\",</3/0>",
		"</1/0>;title=\"\\\\\",</3/0>",
		"</1/0>;title=\"\\\\\\\"</9/9>\",</3/0>",
		"</1/0>;title=\"\x01\t\x7f\xc3\xa9\"",
		"</1/0>;title=\"\"",
		/* ptokenchar has more than one expects. */
		"</1/0>;a=<=>,</3/0>",
		"</1/0>;a=</9/9>",
		"</1/0>;a=!#$%&'()*+-./:?@[]^_`{|}~",
		"</1/0>;!#$&+-.^_`|~09azAZ*=1",
		"</1/0>;a*",
		/* What a target may be, LwM2M or not. */
		"</sensors/temp?x=1&y=%20;z,a#'()>",
		"<coap://[2001:db8::1]:5683/1>",
		"</caf\xc3\xa9/\x80\xff>",
		"</3/0/11/0>,</99999999999999999999>",
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_links(cases[i], cases[i]);
}

static void test_white_space(void **state)
{
	static const char *const cases[][2] = {
		{ "</1/0>, </3/0>", "</1/0>,</3/0>" },
		{ "</1/0> ,</3/0>", "</1/0>,</3/0>" },
		{ "<1/0>, <3/0>, <3303/0>", "<1/0>,<3/0>,<3303/0>" },
		{ "</1/0>\t \t,\t\t </3/0>", "</1/0>,</3/0>" },
		{ " \t</1/0>", "</1/0>" },
		{ "</1/0>\t ", "</1/0>" },
		{ " </1/0> ; ver=1.1 , </3/0> ;\tct=\"60 110\"\t;obs ",
			"</1/0>;ver=1.1,</3/0>;ct=\"60 110\";obs" },
		{ "</1/0>;obs ,</3/0>", "</1/0>;obs,</3/0>" },
		{ "</1/0>;obs ;hb", "</1/0>;obs;hb" },
		/* Lists that people or gateways put together line by line. */
		{ "</1/0>,\n</3/0>", "</1/0>,</3/0>" },
		{ "</1/0>,\r\n</3/0>\r\n", "</1/0>,</3/0>" },
		{ "</1/0>\n,</3/0>\n", "</1/0>,</3/0>" },
		{ "\r\n</>\n;\rct=40\n;\tobs\r", "</>;ct=40;obs" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_links(cases[i][0], cases[i][1]);
}

/*
 * A list of Content-Formats without the quotes that
 * belong around it, as Leshan sent it for a year.
 */
static void test_unquoted_ct(void **state)
{
	static const char *const cases[][2] = {
		{ "</>;ct=60 110 112;rt=\"oma.lwm2m\",</1/0>",
			"</>;ct=60 110 112;rt=\"oma.lwm2m\",</1/0>" },
		{ "</>;ct=60   110 ,</1/0>", "</>;ct=60   110,</1/0>" },
		{ "</1>;ct=0 0", "</1>;ct=0 0" },
		{ "</>;ct=60 \n,</1/0>", "</>;ct=60,</1/0>" },
		{ "</>;ct=60 ;obs", "</>;ct=60;obs" },
		{ "</>;ct=60 110;ct=1 2", "</>;ct=60 110;ct=1 2" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_links(cases[i][0], cases[i][1]);
}

static void test_has_word(void **state)
{
	static const struct {
		const char *list;
		const char *word;
		bool found;
	} cases[] = {
		{ "oma.lwm2m", "oma.lwm2m", true },
		{ "x oma.lwm2m y", "oma.lwm2m", true },
		{ "oma.lwm2m y", "oma.lwm2m", true },
		{ "x oma.lwm2m", "oma.lwm2m", true },
		{ "  x   oma.lwm2m  ", "oma.lwm2m", true },
		{ "", "x", false },
		{ "   ", "x", false },
		{ "oma.lwm2", "oma.lwm2m", false },
		{ "oma.lwm2mx", "oma.lwm2m", false },
		{ "xoma.lwm2m oma", "oma.lwm2m", false },
		{ "OMA.LWM2M", "oma.lwm2m", false },
		{ "x\toma.lwm2m", "oma.lwm2m", false },
		{ "60 110 112", "11", false },
		{ "60 110 112", "112", true },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].list);
		uint8_t *copy = guard_copy(cases[i].list, len);

		assert_int_equal(
			rdl_link_has_word((struct rdl_span){ copy, len }, span_of(cases[i].word)),
			cases[i].found);
		guard_free(copy, len);
	}
	assert_false(rdl_link_has_word((struct rdl_span){ NULL, 0 }, span_of("x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_attribute_before_link),
		cmocka_unit_test(test_wellformed),
		cmocka_unit_test(test_white_space),
		cmocka_unit_test(test_unquoted_ct),
		cmocka_unit_test(test_has_word),
	};

	return RUN_TESTS(tests);
}
