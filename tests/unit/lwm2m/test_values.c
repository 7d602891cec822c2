/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of `lwm2m` and `b`. */
#include "support.h"

#include "lwm2m.h"

static bool version(const char *text, size_t len, struct rdl_version *v)
{
	uint8_t *copy = guard_copy(text, len);
	bool ok = rdl_version_parse((struct rdl_span){ copy, len }, v);

	guard_free(copy, len);
	return ok;
}

static void test_version(void **state)
{
	static const struct {
		const char *text;
		uint32_t major, minor;
	} cases[] = {
		{ "1.0", 1, 0 },
		{ "1.1", 1, 1 },
		{ "0.9", 0, 9 },
		{ "1.10", 1, 10 },
		{ "1.9", 1, 9 },
		{ "2.0", 2, 0 },
		{ "10.0", 10, 0 },
		{ "01.001", 1, 1 },
		/* Larger than any register: never back to something small. */
		{ "257.0", 257, 0 },
		{ "1.256", 1, 256 },
		{ "1.65536", 1, 65536 },
		{ "65537.0", 65537, 0 },
		{ "1.4294967295", 1, UINT32_MAX },
		{ "1.4294967296", 1, UINT32_MAX },
		{ "1.4294967297", 1, UINT32_MAX },
		{ "4294967297.0", UINT32_MAX, 0 },
		{ "18446744073709551617.18446744073709551616", UINT32_MAX, UINT32_MAX },
		{ "1.99999999999999999999999999999999999999999999999999999999999", 1, UINT32_MAX },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_version v = { 77, 77 };

		assert_true(version(cases[i].text, strlen(cases[i].text), &v));
		assert_int_equal(v.major, cases[i].major);
		assert_int_equal(v.minor, cases[i].minor);
	}
}

static void test_version_malformed(void **state)
{
	static const char *const cases[] = { "", ".", "1", "1.", ".1", "1.0.2", "1..0", "\"1.0\"",
		"abc", "-1.0", "+1.0", "1.-0", "1.0 ", " 1.0", "1 .0", "1,0", "1.0a", "a1.0",
		"v1.0", "1.x", "1.0.", "..", "0x1.0", "1.0\n", "\xd9\xa1.0" };
	struct rdl_version v;

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		assert_false(version(cases[i], strlen(cases[i]), &v));
	assert_false(version("1.0\0", 4, &v));
	assert_false(version("1\0.0", 4, &v));
	assert_false(rdl_version_parse((struct rdl_span){ NULL, 0 }, &v));
}

static bool binding_ok(const char *text, unsigned minor, unsigned server_minor)
{
	rdl_binding binding = 0;
	size_t len = strlen(text);
	uint8_t *copy = guard_copy(text, len);
	bool ok = rdl_binding_parse((struct rdl_span){ copy, len }, minor, server_minor, &binding);
	char back[RDL_BINDING_TEXT];

	guard_free(copy, len);
	if (ok) {
		assert_true(binding != 0);
		assert_true(rdl_binding_queue(binding) == (strchr(text, 'Q') != NULL));
		rdl_binding_text(binding, back);
		assert_string_equal(back, text);
	}
	return ok;
}

static bool ok_in_1_0(const char *text)
{
	static const char *const good[] = { "U", "UQ", "S", "SQ", "US", "UQS" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(good); i++)
		if (strcmp(text, good[i]) == 0)
			return true;
	return false;
}

/* Non-empty, of known letters, each once; or 1.0's with a Q. */
static bool ok_later(const char *text, const char *letters)
{
	if (strchr(text, 'Q') != NULL)
		return ok_in_1_0(text);
	for (const char *p = text; *p != '\0'; p++)
		if (strchr(letters, *p) == NULL || strchr(p + 1, *p) != NULL)
			return false;
	return *text != '\0';
}

/* Every text of up to four of these letters. */
static void test_bindings_all(void **state)
{
	static const char letters[] = "UQSMHTNuX";
	const size_t n = sizeof(letters) - 1;
	size_t good = 0;

	for (size_t len = 0, count = 1; len <= 4; len++, count *= n)
		for (size_t i = 0; i < count; i++) {
			char text[5] = { 0 };

			for (size_t k = 0, rest = i; k < len; k++, rest /= n)
				text[k] = letters[rest % n];
			for (unsigned server = 0; server <= 3; server++)
				assert_true(binding_ok(text, 0, server) == ok_in_1_0(text));
			assert_true(binding_ok(text, 1, 1) == ok_later(text, "UTSN"));
			assert_true(binding_ok(text, 1, 2) == ok_later(text, "UTSNMH"));
			assert_true(binding_ok(text, 2, 2) == ok_later(text, "UTSNMH"));
			assert_true(binding_ok(text, 2, 9) == ok_later(text, "UTSNMH"));
			good += binding_ok(text, 0, 1);
		}
	assert_int_equal(good, 6);
}

static void test_bindings_long(void **state)
{
	assert_true(binding_ok("UTSN", 1, 1));
	assert_true(binding_ok("NSTU", 1, 1));
	assert_true(binding_ok("UMHTSN", 2, 2));
	assert_true(binding_ok("NSTHMU", 2, 2));
	assert_true(binding_ok("UQS", 1, 1));
	assert_false(binding_ok("UQST", 1, 1));
	assert_false(binding_ok("UMHTSN", 1, 1));
	assert_false(binding_ok("UMHTSNU", 2, 2));
	assert_false(binding_ok("UMHTSNQ", 2, 2));
	assert_false(binding_ok("QUMHTSN", 2, 2));
	assert_false(binding_ok("UMHTSNUM", 2, 2));
	assert_false(binding_ok("UQSUQSUQS", 0, 2));
	assert_false(binding_ok("U ", 0, 2));
	assert_false(binding_ok(" ", 1, 2));
	assert_false(rdl_binding_parse(RDL_SPAN("U\0"), 1, 2, &(rdl_binding){ 0 }));
	assert_false(rdl_binding_parse((struct rdl_span){ NULL, 0 }, 1, 2, &(rdl_binding){ 0 }));
}

static void test_binding_default(void **state)
{
	char text[RDL_BINDING_TEXT];

	rdl_binding_text(RDL_BINDING_DEFAULT, text);
	assert_string_equal(text, "U");
	rdl_binding_text(0, text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_version_malformed),
		cmocka_unit_test(test_bindings_all),
		cmocka_unit_test(test_bindings_long),
		cmocka_unit_test(test_binding_default),
	};

	return RUN_TESTS(tests);
}
