/* SPDX-License-Identifier: BSD-3-Clause */
/* Which paths a payload names. */
#include "support.h"

#include <stdio.h>

#include "octets.h"
#include "targets.h"

#define JSON 110
#define CBOR 112
#define ETCH_CBOR 322
#define OLD_JSON 11543
#define LWM2M_CBOR 11544

static char told[1024];

static enum rdl_target tell(void *context, const struct rdl_target_path *path)
{
	size_t len = strlen(told);

	snprintf(told + len, sizeof(told) - len, "%s%.*s", len > 0 ? " " : "", (int)path->len,
		path->text);
	/* Whoever is told may have had enough. */
	return path->len == 4 && memcmp(path->text, "/666", 4) == 0 ? RDL_TARGET_BARRED
								    : RDL_TARGET_GOOD;
}

static void assert_names(uint16_t format, struct rdl_span payload, enum rdl_target target,
	const char *names, const char *what)
{
	uint8_t *copy = guard_copy(payload.data, payload.len);

	told[0] = '\0';
	enum rdl_target is =
		rdl_target_payload(format, (struct rdl_span){ copy, payload.len }, tell, NULL);
	guard_free(copy, payload.len);
	if (is != target || strcmp(told, names) != 0)
		print_error("%u %s: %d \"%s\"\n", format, what, is, told);
	assert_int_equal(is, target);
	assert_string_equal(told, names);
}

static const struct {
	uint16_t format;
	const char *text;
	enum rdl_target target;
	const char *names;
} texts[] = {
	{ JSON, "[]", RDL_TARGET_GOOD, "" },
	{ JSON, "[{\"n\":\"/3/0/0\"},{\"n\":\"/1\"}]", RDL_TARGET_GOOD, "/3/0/0 /1" },
	{ 320,
		"[{\"bn\":\"/3/0/\",\"n\":\"14\",\"vs\":\"+02:00\"},{\"n\":\"15\"},{\"bn\":\"\","
		"\"n\":\"/4\"}]",
		RDL_TARGET_GOOD, "/3/0/14 /3/0/15 /4" },
	{ JSON, "[{\"bn\":\"3/0/\"}]", RDL_TARGET_GOOD, "/3/0" },
	{ JSON, "[{\"bn\":\"/\",\"n\":\"3\"}]", RDL_TARGET_GOOD, "/3" },
	{ JSON, "[{\"n\":\"/666\"},{\"n\":\"/1\"}]", RDL_TARGET_BARRED, "/666" },
	{ JSON, "[{\"n\":\"/3\"},{\"n\":\"/0/0/1\"}]", RDL_TARGET_SECURITY, "/3" },
	{ JSON, "[{\"bn\":\"/\",\"n\":\"0\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"bn\":\"/0\",\"n\":\"/0/1\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"n\":\"0/0/1\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"n\":\"/\\u0030/0\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"n\":\"/00/0\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"n\":\"/lwm2m/0/0\"}]", RDL_TARGET_SECURITY, "" },
	{ JSON, "[{\"n\":\"/%30/0\"}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"n\":\"/3\",\"n\":\"/0\"}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"n\":3}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"bn\":null,\"n\":\"/3\"}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"v\":3}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"n\":\"/3/0//\"}]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[3]", RDL_TARGET_MALFORMED, "" },
	{ JSON, "{\"n\":\"/3\"}", RDL_TARGET_MALFORMED, "" },
	{ JSON, "[{\"n\":\"/3\"}", RDL_TARGET_MALFORMED, "" },
	{ JSON, "", RDL_TARGET_MALFORMED, "" },
	{ OLD_JSON, "{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"x\"},{\"n\":\"1\"}]}",
		RDL_TARGET_GOOD, "/3/0/0 /3/0/1" },
	{ OLD_JSON, "{\"bn\":\"/0/\",\"e\":[{\"n\":\"0\"}]}", RDL_TARGET_SECURITY, "" },
	{ 1543, "{\"bn\":\"/0/\",\"e\":[{\"n\":\"0\"}]}", RDL_TARGET_SECURITY, "" },
	{ OLD_JSON, "{\"e\":[{\"n\":\"/3\"}]}", RDL_TARGET_GOOD, "/3" },
	{ OLD_JSON, "{\"bn\":\"/3\"}", RDL_TARGET_MALFORMED, "" },
	{ OLD_JSON, "{\"bn\":1,\"e\":[]}", RDL_TARGET_MALFORMED, "" },
	{ OLD_JSON, "[]", RDL_TARGET_MALFORMED, "" },
	{ 111, "[]", RDL_TARGET_UNREAD, "" },
	{ 310, "<sensml/>", RDL_TARGET_UNREAD, "" },
	{ 0, "/0", RDL_TARGET_UNREAD, "" },
};

static void in_text(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++)
		assert_names(texts[i].format, span_of(texts[i].text), texts[i].target,
			texts[i].names, texts[i].text);
}

static const struct {
	uint16_t format;
	const char *hex;
	enum rdl_target target;
	const char *names;
} octets[] = {
	{ CBOR, "80", RDL_TARGET_GOOD, "" },
	/* [{-2: "/3/0/", 0: "0"}, {0: "1", 2: 5}] */
	{ CBOR, "82 a2 21 65 2f332f302f 00 61 30 a2 00 61 31 02 05", RDL_TARGET_GOOD,
		"/3/0/0 /3/0/1" },
	/* The same in indefinite lengths, with values of all kinds. */
	{ ETCH_CBOR,
		"9f bf 21 65 2f332f302f 00 61 30 02 fb 0000000000000000 ff bf 08 43 010203 00 61 "
		"31 18 20 82 01 c1 02 ff ff",
		RDL_TARGET_GOOD, "/3/0/0 /3/0/1" },
	{ CBOR, "81 a1 00 62 2f30", RDL_TARGET_SECURITY, "" },
	{ CBOR, "81 a2 21 61 2f 00 61 30", RDL_TARGET_SECURITY, "" },
	/* Behind another spelling of a length, and of a label. */
	{ CBOR, "98 01 b8 01 18 00 78 02 2f30", RDL_TARGET_SECURITY, "" },
	/* Labels by their names. */
	{ CBOR, "81 a1 61 6e 62 2f30", RDL_TARGET_SECURITY, "" },
	{ CBOR, "81 a2 62 626e 61 2f 00 61 30", RDL_TARGET_SECURITY, "" },
	{ CBOR, "81 a1 02 05", RDL_TARGET_MALFORMED, "" },
	/* A name twice, in pieces, as octets; a label that is an array. */
	{ CBOR, "81 a2 00 62 2f33 00 62 2f30", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a2 00 62 2f33 61 6e 62 2f30", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a1 00 7f 61 2f 61 30 ff", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a1 00 42 2f30", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a2 00 62 2f33 80 01", RDL_TARGET_MALFORMED, "" },
	/* Its end is missing, or is not its end. */
	{ CBOR, "", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a1 00 63 2f33", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "9b ffffffffffffffff a1 00 62 2f33", RDL_TARGET_MALFORMED, "/3" },
	{ CBOR, "81 a1 00 62 2f33 00", RDL_TARGET_MALFORMED, "/3" },
	{ CBOR, "9f a1 00 62 2f33", RDL_TARGET_MALFORMED, "/3" },
	{ CBOR, "a1 00 62 2f33", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 80", RDL_TARGET_MALFORMED, "" },
	{ CBOR, "81 a2 00 62 2f33 02 1c", RDL_TARGET_MALFORMED, "" },
	/* Deeper than anybody needs. */
	{ CBOR, "81 a2 00 62 2f33 02 81 81 81 81 81 81 81 81 81 81 00", RDL_TARGET_MALFORMED, "" },
	/* {3: {0: {0: "x", [11, 1]: 5}}, 4: {0: {1: [2, 3]}}} */
	{ LWM2M_CBOR, "a2 03 a1 00 a2 00 61 78 82 0b 01 05 04 a1 00 a1 01 82 02 03",
		RDL_TARGET_GOOD, "/3/0/0 /3/0/11/1 /4/0/1" },
	{ LWM2M_CBOR, "a1 83 03 00 00 f6", RDL_TARGET_GOOD, "/3/0/0" },
	{ LWM2M_CBOR, "82 83 03 00 00 81 01", RDL_TARGET_GOOD, "/3/0/0 /1" },
	{ LWM2M_CBOR, "80", RDL_TARGET_GOOD, "" },
	{ LWM2M_CBOR, "a1 00 a1 00 a1 00 61 78", RDL_TARGET_SECURITY, "" },
	{ LWM2M_CBOR, "82 81 03 82 00 00", RDL_TARGET_SECURITY, "/3" },
	{ LWM2M_CBOR, "a1 82 18 00 01 05", RDL_TARGET_SECURITY, "" },
	{ LWM2M_CBOR, "a1 1a 00010000 05", RDL_TARGET_SECURITY, "" },
	{ LWM2M_CBOR, "a1 03 a1 80 05", RDL_TARGET_MALFORMED, "" },
	{ LWM2M_CBOR, "a1 20 05", RDL_TARGET_MALFORMED, "" },
	{ LWM2M_CBOR, "a1 61 30 05", RDL_TARGET_MALFORMED, "" },
	{ LWM2M_CBOR, "81 00", RDL_TARGET_SECURITY, "" },
	{ LWM2M_CBOR, "a1 85 01 02 03 04 05 00", RDL_TARGET_MALFORMED, "" },
	{ LWM2M_CBOR, "05", RDL_TARGET_MALFORMED, "" },
	{ LWM2M_CBOR, "a1 03 05 00", RDL_TARGET_MALFORMED, "/3" },
	{ LWM2M_CBOR, "", RDL_TARGET_MALFORMED, "" },
};

static void in_cbor(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(octets); i++) {
		uint8_t payload[256];
		size_t len = unhex(octets[i].hex, payload, sizeof(payload));

		assert_names(octets[i].format, (struct rdl_span){ payload, len }, octets[i].target,
			octets[i].names, octets[i].hex);
	}
}

static void which_formats(void **state)
{
	static const uint16_t naming[] = { 110, 111, 112, 113, 114, 115, 310, 311, 320, 322, 1543,
		11543, 11544 };

	for (uint32_t format = 0; format <= 0xffff; format++) {
		bool names = false;

		for (size_t i = 0; i < RDL_ARRAY_LEN(naming); i++)
			names |= naming[i] == format;
		assert_int_equal(rdl_target_names((uint16_t)format), names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_text),
		cmocka_unit_test(in_cbor),
		cmocka_unit_test(which_formats),
	};

	return RUN_TESTS(tests);
}
