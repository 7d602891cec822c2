/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths as people write them, and as somebody writes them who wants Object 0. */
#include "support.h"

#include <stdio.h>

#include "octets.h"
#include "targets.h"

static const struct {
	const char *text;
	enum rdl_target target;
	const char *spelt; /* when it is good */
	const char *options; /* the same, in hex */
} rows[] = {
	{ "/", RDL_TARGET_GOOD, "/", "" },
	{ "/3", RDL_TARGET_GOOD, "/3", "01 33" },
	{ "/3/0/0", RDL_TARGET_GOOD, "/3/0/0", "01 33 01 30 01 30" },
	{ "/%33/%30", RDL_TARGET_GOOD, "/3/0", "01 33 01 30" },
	{ "/65535/65535", RDL_TARGET_GOOD, "/65535/65535", "05 3635353335 05 3635353335" },
	{ "/.well-known/core", RDL_TARGET_GOOD, "/.well-known/core",
		"0b 2e77656c6c2d6b6e6f776e 04 636f7265" },
	{ "/lwm2m/3/0", RDL_TARGET_GOOD, "/lwm2m/3/0", "05 6c776d326d 01 33 01 30" },
	{ "/n%C3%A4me", RDL_TARGET_GOOD, "/n\xc3\xa4me", "05 6ec3a46d65" },
	/* Object 0, by any spelling that some reader takes for it. */
	{ "/0", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/0/0/1", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/00", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/000000000000000000000000/1", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/%30", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/0%30/1", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/65536", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/4294967296/0", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/lwm2m/0/0", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/a/b/00", RDL_TARGET_SECURITY, NULL, NULL },
	{ "/18446744073709551616", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/+0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/-0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/0x0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/0.0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%200", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%2530", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/x%2F0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "//0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/./0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/3/../0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%2e%2E/0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/0%00", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%000", RDL_TARGET_MALFORMED, NULL, NULL },
	/* And what is no path of one spelling. */
	{ "", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "3/0", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/3/", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/03", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/3/00", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/3/65536", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/65537", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/3a", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%3", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/%C3", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/a\\b", RDL_TARGET_MALFORMED, NULL, NULL },
	{ "/a\x7f", RDL_TARGET_MALFORMED, NULL, NULL },
};

static void spellings(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint8_t octets[64], expected[64];
		struct rdl_cursor options = rdl_cursor(octets, sizeof(octets));
		struct rdl_target_path path;
		size_t len = strlen(rows[i].text);
		uint8_t *text = guard_copy(rows[i].text, len);
		enum rdl_target target =
			rdl_target_read((struct rdl_span){ text, len }, &options, &path);

		guard_free(text, len);
		if (target != rows[i].target)
			print_error("%s\n", rows[i].text);
		assert_int_equal(target, rows[i].target);
		if (target != RDL_TARGET_GOOD)
			continue;
		assert_int_equal(path.len, strlen(rows[i].spelt));
		assert_memory_equal(path.text, rows[i].spelt, path.len);
		len = unhex(rows[i].options, expected, sizeof(expected));
		assert_int_equal(options.pos - octets, len);
		assert_memory_equal(octets, expected, len);
	}
}

static enum rdl_target read_many(unsigned segments, size_t room)
{
	char text[1024] = "";
	uint8_t octets[1024];
	struct rdl_cursor options = rdl_cursor(octets, room);
	struct rdl_target_path path;

	for (unsigned i = 0; i < segments; i++)
		strcat(text, "/1");
	return rdl_target_read(span_of(text), &options, &path);
}

static void too_long(void **state)
{
	char text[1024] = "/";
	uint8_t octets[1024];
	struct rdl_cursor options = rdl_cursor(octets, sizeof(octets));
	struct rdl_target_path path;

	assert_int_equal(read_many(300, 1024), RDL_TARGET_TOO_LONG);
	assert_int_equal(read_many(64, 128), RDL_TARGET_GOOD);
	assert_int_equal(read_many(65, 128), RDL_TARGET_TOO_LONG);
	assert_int_equal(read_many(128, 1024), RDL_TARGET_GOOD);
	assert_int_equal(read_many(129, 1024), RDL_TARGET_TOO_LONG);
	memset(text + 1, 'x', 900);
	assert_int_equal(rdl_target_read(span_of(text), &options, &path), RDL_TARGET_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(too_long),
	};

	return RUN_TESTS(tests);
}
