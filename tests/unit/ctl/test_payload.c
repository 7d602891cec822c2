/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads as people write them. */
#include "support.h"

#include "requests.h"

static void formats(void **state)
{
	assert_int_equal(payload_format("text"), 0);
	assert_int_equal(payload_format("tlv"), 11542);
	assert_int_equal(payload_format("senml-json"), 110);
	assert_int_equal(payload_format("0"), 0);
	assert_int_equal(payload_format("65534"), 65534);
	assert_int_equal(payload_format("65535"), -1);
	assert_int_equal(payload_format("-1"), -1);
	assert_int_equal(payload_format(""), -1);
	assert_int_equal(payload_format("xml"), -1);
}

static void assert_payload(const char *text, int format, const char *base64)
{
	json_t *payload = payload_of(text, format);

	if (base64 == NULL)
		assert_null(payload);
	else
		assert_string_equal(json_string_value(payload), base64);
	json_decref(payload);
}

static void octets(void **state)
{
	assert_payload("foob", 0, "Zm9vYg==");
	assert_payload("[]", 110, "W10=");
	assert_payload("", 0, "");
	assert_payload("666f6F62", 42, "Zm9vYg==");
	assert_payload("00ff", 11542, "AP8=");
	/* What is known by its number alone is in hex as well. */
	assert_payload("00ff", 999, "AP8=");
	assert_payload("0", 42, NULL);
	assert_payload("xx", 42, NULL);
}

static void what_is_over(void **state)
{
	static const struct {
		const char *state;
		bool over;
	} rows[] = { { "queued", false }, { "sent", false }, { "acknowledged", false },
		{ "gap", false }, { "answered", true }, { "timeout", true }, { "reset", true },
		{ "gone", true }, { "refused", true } };

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		json_t *line = json_pack("{s:s}", "state", rows[i].state);

		assert_int_equal(requests_is_over(line), rows[i].over);
		json_decref(line);
	}
	/* An error is, too. */
	json_t *line = json_pack("{s:s}", "error", "x");
	assert_true(requests_is_over(line));
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(octets),
		cmocka_unit_test(what_is_over),
	};

	return RUN_TESTS(tests);
}
