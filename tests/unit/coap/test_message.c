/* SPDX-License-Identifier: BSD-3-Clause */
/* Header, token and options as they stand on the wire, right and wrong. */
#include "describe.h"

#include "captures.h"

static void expect(const char *hex, const char *words)
{
	uint8_t octets[1024];
	struct text text;
	size_t len = unhex(hex, octets, sizeof(octets));
	uint8_t *copy = guard_copy(octets, len);

	describe((struct rdl_span){ copy, len }, &text);
	assert_string_equal(text.at, words);
	guard_free(copy, len);
}

static void test_captures(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		expect(captures[i].hex, captures[i].text);
		assert_int_equal(captures[i].is_request, strncmp(captures[i].text, "CON", 3) == 0);
	}
}

static void test_header(void **state)
{
	static const char *const cases[][2] = {
		/* Less than a header, whatever it says. */
		{ "", "short" },
		{ "40", "short" },
		{ "4002", "short" },
		{ "400200", "short" },
		{ "c00200", "short" },
		/* Versions 0, 2 and 3, also where more is wrong. */
		{ "00020001", "version" },
		{ "84020001a1b2c3d4b27264", "version" },
		{ "c0020001", "version" },
		{ "cf000001", "version" },
		/* Types and codes, the reserved ones too: what they mean is for others to say. */
		{ "40000001", "CON 0.00 MID=0001 Token=" },
		{ "50000001", "NON 0.00 MID=0001 Token=" },
		{ "6000fffe", "ACK 0.00 MID=fffe Token=" },
		{ "70008000", "RST 0.00 MID=8000 Token=" },
		{ "40210001", "CON 1.01 MID=0001 Token=" },
		{ "40c60001", "CON 6.06 MID=0001 Token=" },
		{ "50ff0001", "NON 7.31 MID=0001 Token=" },
		{ "401f0001", "CON 0.31 MID=0001 Token=" },
		{ "60020001b27264", "ACK 0.02 MID=0001 Token= Uri-Path=rd" },
		/* Tokens of 0 to 8 octets, the last one cut. */
		{ "4102000101", "CON 0.02 MID=0001 Token=01" },
		{ "480200010102030405060708", "CON 0.02 MID=0001 Token=0102030405060708" },
		{ "4802000101020304050607", "CON 0.02 MID=0001 format" },
		{ "44020001aa", "CON 0.02 MID=0001 format" },
		{ "51020001", "NON 0.02 MID=0001 format" },
		/* Token lengths above 8, with and without the octets. */
		{ "49020001010203040506070809", "CON 0.02 MID=0001 format" },
		{ "5e020001", "NON 0.02 MID=0001 format" },
		{ "4f020001", "CON 0.02 MID=0001 format" },
		{ "4f0200010102030405060708090a0b0c0d0e0f", "CON 0.02 MID=0001 format" },
		/* Empty, and yet something. */
		{ "41000001", "CON 0.00 MID=0001 format" },
		{ "42000001a1b2", "CON 0.00 MID=0001 format" },
		{ "40000001ff41", "CON 0.00 MID=0001 format" },
		{ "40000001b0", "CON 0.00 MID=0001 format" },
		{ "6000000100", "ACK 0.00 MID=0001 format" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], cases[i][1]);
}

static void test_options(void **state)
{
	/* What stands behind "40020001" and "CON 0.02 MID=0001 Token=". */
	static const char *const cases[][2] = {
		{ "b0", " Uri-Path=" },
		{ "b27264", " Uri-Path=rd" },
		{ "b272640130", " Uri-Path=rd Uri-Path=0" },
		{ "b27264ff41", " Uri-Path=rd | A" },
		/* 12 is the last in the nibble, 13 the first behind it; 268 and 269 likewise. */
		{ "c0", " Content-Format=0x" },
		{ "d000", " 13=0x" },
		{ "d0ff", " 268=0x" },
		{ "e00000", " 269=0x" },
		{ "e00017", " Request-Tag=0x" },
		{ "0c000102030405060708090a0b", " 0=0x000102030405060708090a0b" },
		{ "0d00000102030405060708090a0b0c", " 0=0x000102030405060708090a0b0c" },
		{ "dd0000000102030405060708090a0b0c", " 13=0x000102030405060708090a0b0c" },
		/* 65535 in one step and in several; above it no number exists. */
		{ "e0fef2", " 65535=0x" },
		{ "b27264e0fee7", " Uri-Path=rd 65535=0x" },
		{ "e0fef200", " 65535=0x 65535=0x" },
		{ "e0fef3", " malformed" },
		{ "e0ffff", " malformed" },
		{ "e0fef210", " 65535=0x malformed" },
		{ "b27264e0fee8", " Uri-Path=rd malformed" },
		{ "e0fee5c0d000", " 65522=0x 65534=0x malformed" },
		{ "e0fee6c010", " 65523=0x 65535=0x malformed" },
		/* 0xff is the marker only where an option would begin. */
		{ "b2ffff", " Uri-Path=\xff\xff" },
		{ "d2ffffff", " 268=0xffff" },
		{ "b27264d12fff", " Uri-Path=rd 71=0xff" },
		{ "b27264ffff", " Uri-Path=rd | \xff" },
		{ "ffb27264", " | \xb2rd" },
		{ "ff", " malformed" },
		{ "b27264ff", " Uri-Path=rd malformed" },
		/* 15 is reserved, in either nibble. */
		{ "f0ff00", " malformed" },
		{ "f1ff00", " malformed" },
		{ "0fff0102030405060708090a0b0c0d0e0f", " malformed" },
		{ "df00000102030405060708090a0b0c0d0e0f", " malformed" },
		{ "fd00000102030405060708090a0b0c0d0e0f", " malformed" },
		/* Values and extended octets past the end. */
		{ "b2", " malformed" },
		{ "b57264", " malformed" },
		{ "bd", " malformed" },
		{ "be", " malformed" },
		{ "be00", " malformed" },
		{ "be0000", " malformed" },
		{ "bd00000102030405060708090a0b", " malformed" },
		{ "d0", " malformed" },
		{ "e0", " malformed" },
		{ "e000", " malformed" },
		{ "dd00", " malformed" },
		{ "ed0000", " malformed" },
		{ "de0000", " malformed" },
		{ "ee000000", " malformed" },
		{ "beffff00", " malformed" },
	};
	char hex[128], words[256];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		snprintf(hex, sizeof(hex), "40020001%s", cases[i][0]);
		snprintf(words, sizeof(words), "CON 0.02 MID=0001 Token=%s", cases[i][1]);
		expect(hex, words);
	}
}

/* The longest value that a UDP datagram can hold, and a length that does not fit 16 bits. */
static void test_long_value(void **state)
{
	size_t len = UINT16_MAX;
	uint8_t *datagram = guard_alloc(len);
	struct rdl_coap_message m;
	struct rdl_coap_option option;

	memset(datagram, 0, len);
	memcpy(datagram, "\x40\x02\x00\x01\xbe", 5);
	rdl_put_be16(datagram + 5, (uint16_t)(len - 7 - 269));
	assert_int_equal(rdl_coap_parse((struct rdl_span){ datagram, len }, &m), RDL_COAP_MESSAGE);
	struct rdl_coap_options options = rdl_coap_options(&m);
	assert_int_equal(rdl_coap_option_next(&options, &option), 1);
	assert_int_equal(option.len, len - 7);
	assert_int_equal(rdl_coap_option_next(&options, &option), 0);
	assert_ptr_equal(options.pos, options.end);

	for (size_t over = len - 7 - 269 + 1; over <= UINT16_MAX; over++) {
		rdl_put_be16(datagram + 5, (uint16_t)over);
		options = rdl_coap_options(&m);
		assert_int_equal(rdl_coap_option_next(&options, &option), RDL_MALFORMED);
	}
	guard_free(datagram, len);
}

/* An end is an end, and an error an error, however often asked. */
static void test_walk_again(void **state)
{
	struct rdl_coap_message m;
	struct rdl_coap_option option;

	assert_int_equal(rdl_coap_parse(RDL_SPAN("\x40\x02\x00\x01\xb2rd"), &m), RDL_COAP_MESSAGE);
	struct rdl_coap_options options = rdl_coap_options(&m);
	assert_int_equal(rdl_coap_option_next(&options, &option), 1);
	assert_int_equal(rdl_coap_option_next(&options, &option), 0);
	assert_int_equal(rdl_coap_option_next(&options, &option), 0);

	assert_int_equal(
		rdl_coap_parse(RDL_SPAN("\x40\x02\x00\x01\xb2rd\xed\x00"), &m), RDL_COAP_MESSAGE);
	options = rdl_coap_options(&m);
	assert_int_equal(rdl_coap_option_next(&options, &option), 1);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rdl_coap_option_next(&options, &option), RDL_MALFORMED);
		assert_int_equal(options.end - options.pos, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_walk_again),
	};

	return RUN_TESTS(tests);
}
