/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "base.h"

/* RFC 4648 section 10, and what needs the last two characters of the alphabet. */
static const struct {
	const char *octets, *text;
} rows[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/" } };

static void there_and_back(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_span octets = span_of(rows[i].octets), text = span_of(rows[i].text);
		uint8_t buffer[16];
		size_t len;
		struct rdl_cursor out = rdl_cursor(buffer, text.len);

		rdl_cursor_base64(&out, octets);
		assert_false(out.failed);
		assert_int_equal(out.pos - buffer, text.len);
		assert_int_equal(text.len, rdl_base64_len(octets.len));
		assert_memory_equal(buffer, text.data, text.len);
		assert_true(rdl_base64_decode(text, buffer, octets.len, &len));
		assert_int_equal(len, octets.len);
		assert_memory_equal(buffer, octets.data, len);
		if (len > 0)
			assert_false(rdl_base64_decode(text, buffer, octets.len - 1, &len));
	}
}

static void no_room(void **state)
{
	uint8_t buffer[4];
	struct rdl_cursor out = rdl_cursor(buffer, 3);

	rdl_cursor_base64(&out, RDL_SPAN("f"));
	assert_true(out.failed);
}

/* One spelling each: RFC 4648 sections 3.2, 3.3 and 3.5. */
static void what_is_none(void **state)
{
	static const char *const texts[] = { "Z", "Zg", "Zg=", "Zg=a", "=",
		"====", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm-v", "Zm_v", "Zm9 ", "Zm9v\n",
		"Zm9v====", "Z=9v", "\xc3\xa4==" };
	uint8_t buffer[16];
	size_t len;

	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++) {
		if (rdl_base64_decode(span_of(texts[i]), buffer, sizeof(buffer), &len))
			print_error("taken: %s\n", texts[i]);
		assert_false(rdl_base64_decode(span_of(texts[i]), buffer, sizeof(buffer), &len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(no_room),
		cmocka_unit_test(what_is_none),
	};

	return RUN_TESTS(tests);
}
