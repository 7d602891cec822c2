/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities as people are shown them. */
#include "fixture.h"

static char shown[RDL_IDENTITIES_JSON_MAX + 1];

static const char *json_of(const struct rdl_identities *identities, uint32_t number)
{
	struct rdl_cursor out = rdl_cursor((uint8_t *)shown, sizeof(shown) - 1);

	rdl_identities_json(&out, identities, number);
	assert_false(out.failed);
	*out.pos = '\0';
	return shown;
}

static void test_letters(void **state)
{
	struct rdl_identities *identities = identities_begin(8, 24);
	uint8_t digest[32], text[RDL_IDENTITY_MAX];

	for (unsigned i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(0xf0 + 9 * i);
	const struct rdl_identity key = { RDL_IDENTITY_RPK, { digest, sizeof(digest) } };
	assert_string_equal(json_of(NULL, 0), "\"security\":\"none\"");
	assert_string_equal(json_of(identities, 0), "\"security\":\"none\"");
	assert_string_equal(json_of(identities, intern(identities, psk("dev-1"), "other")),
		"\"security\":\"psk\",\"identity\":\"dev-1\"");
	assert_string_equal(
		json_of(identities, intern(identities, identity_of(RDL_IDENTITY_X509, "cn"), "")),
		"\"security\":\"x509\",\"identity\":\"cn\"");
	assert_string_equal(json_of(identities, intern(identities, key, "dev-2")),
		"\"security\":\"rpk\",\"identity\":"
		"\"f0f9020b141d262f38414a535c656e778089929ba4adb6bfc8d1dae3ecf5fe07\"");
	/* The text alone. */
	assert_int_equal(rdl_identities_text(identities, 0, text), 0);
	assert_int_equal(
		rdl_identities_text(identities, intern(identities, key, "dev-2"), text), 64);
	assert_memory_equal(text, "f0f9020b", 8);
	free(identities);
}

/* Any octets are a PSK identity, and none of them ends the string, or the text before them. */
static void test_any_octets(void **state)
{
	static const uint8_t octets[] = { 'a', 0, '"', '\\', '\n', 0xff, 0xc3, 0xa9, 0xc3, 0x1b };
	const struct rdl_identity any = { RDL_IDENTITY_PSK, { octets, sizeof(octets) } };
	struct rdl_identities *identities = identities_begin(1, 24);

	assert_string_equal(json_of(identities, intern(identities, any, "x")),
		"\"security\":\"psk\",\"identity\":"
		"\"a\\u0000\\\"\\\\\\u000a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\\u001b\"");
	free(identities);
}

static void test_longest(void **state)
{
	struct rdl_identities *identities = identities_begin(1, 24);
	uint8_t octets[RDL_IDENTITY_MAX];
	const struct rdl_identity longest = { RDL_IDENTITY_PSK, { octets, sizeof(octets) } };

	memset(octets, 1, sizeof(octets));
	json_of(identities, intern(identities, longest, ""));
	assert_int_equal(strlen(shown),
		6 * RDL_IDENTITY_MAX + strlen("\"security\":\"psk\",\"identity\":\"\""));
	free(identities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_any_octets),
		cmocka_unit_test(test_longest),
	};

	return RUN_TESTS(tests);
}
