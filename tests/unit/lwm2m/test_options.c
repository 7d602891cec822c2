/* SPDX-License-Identifier: BSD-3-Clause */
/* Which options are taken, ignored or refused (RFC 7252 section 5.4), and what the path is. */
#include "describe.h"

#include "line.h"

static void expect(const char *options, const char *payload, const char *words)
{
	static struct message m;
	static struct text text;

	message_begin(&m, 0, 2);
	message_options(&m, options);
	message_payload(&m, payload, strlen(payload));
	describe_datagram(m.octets, m.len, &text);
	if (strcmp(text.at, words) != 0)
		fail_msg("'%s':\nis       %s\nnot what %s", options, text.at, words);
}

static void test_paths(void **state)
{
	static const char *const cases[][2] = {
		{ "", "other" },
		{ "11:rd", "rd" },
		{ "11:rd 11:a", "location:a" },
		{ "11:rd 11:", "location:" },
		{ "11:rd 11:*255", NULL },
		{ "11:rd 11:a/b", "location:a/b" },
		{ "11:rd 11:rd", "location:rd" },
		{ "11:rd 11:a 11:b", "other" },
		{ "11:rd 11:a 11:", "other" },
		{ "11:rd 11: 11:", "other" },
		{ "11:", "other" },
		{ "11: 11:rd", "other" },
		{ "11: 11:rd 11:a", "other" },
		{ "11:RD", "other" },
		{ "11:Rd 11:a", "other" },
		{ "11:rd2", "other" },
		{ "11:r", "other" },
		{ "11:rd/a", "other" },
		{ "11:bs", "other" },
		{ "11:tenant 11:rd", "other" },
		{ "11:#726400", "other" },
		{ "11:.well-known 11:core", "core" },
		{ "11:.well-known", "other" },
		{ "11:.well-known 11:", "other" },
		{ "11:.well-known 11:Core", "other" },
		{ "11:.well-known 11:core 11:", "other" },
		{ "11:core 11:.well-known", "other" },
	};
	char longest[300] = "location:";

	memset(longest + strlen(longest), 'x', 255);
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], "", cases[i][1] != NULL ? cases[i][1] : longest);
	expect("11:rd 11:*256", "", "bad_option rd");
}

static void test_known_options(void **state)
{
	static const char *const cases[][2] = {
		/* Uri-Host and Uri-Port mean nothing to us. */
		{ "3:h 11:rd", "rd" },
		{ "3:*255 11:rd", "rd" },
		{ "3: 11:rd", "bad_option rd" },
		{ "3:*256 11:rd", "bad_option rd" },
		{ "3:h 3:h 11:rd", "bad_option rd" },
		{ "7: 11:rd", "rd" },
		{ "7:#16 11:rd", "rd" },
		{ "7:#1633 11:rd", "rd" },
		{ "7:#001633 11:rd", "bad_option rd" },
		{ "7:#1633 7:#1633 11:rd", "bad_option rd" },
		/* Accept, likewise. */
		{ "11:rd 17:", "rd" },
		{ "11:rd 17:#28", "rd" },
		{ "11:rd 17:#2d16", "rd" },
		{ "11:rd 17:#000028", "bad_option rd" },
		{ "11:rd 17:#28 17:#28", "bad_option rd" },
		/* Block2, an early negotiation; Block1. */
		{ "11:rd 23:", "rd" },
		{ "11:rd 23:#000006", "rd" },
		{ "11:rd 23:#00000006", "bad_option rd" },
		{ "11:rd 23:#06 23:#06", "bad_option rd" },
		{ "11:rd 27:", "rd block1=0/0/0" },
		{ "11:rd 27:#0a", "rd block1=0/1/2" },
		{ "11:rd 27:#22", "rd block1=2/0/2" },
		{ "11:rd 27:#ffffff", "rd block1=1048575/1/7" },
		{ "11:rd 27:#0000000a", "bad_option rd" },
		{ "11:rd 27:#0a 27:#1a", "bad_option rd block1=0/1/2" },
		/* If-Match and If-None-Match are not offered; OSCORE neither, nor Q-Block1. */
		{ "1: 11:rd", "bad_option rd" },
		{ "1:e 11:rd", "bad_option rd" },
		{ "5: 11:rd", "bad_option rd" },
		{ "5:x 11:rd", "bad_option rd" },
		{ "9: 11:rd", "bad_option rd" },
		{ "11:rd 19:#0a", "bad_option rd" },
		/*
		 * Elective ones that we do not read:
		 * Observe, Size1, No-Response, Echo, Request-Tag, Hop-Limit, ...
		 */
		{ "6: 11:rd", "rd" },
		{ "6:#00 6:#01 11:rd", "rd" },
		{ "11:rd 60:#f9", "rd" },
		{ "11:rd 60:#0102030405 60:", "rd" },
		{ "11:rd 16:#10 252:abc 258:#02 292:a 292:b", "rd" },
		{ "0:x 2:x 4:x 8:rd 10:x 11:rd 14:x 20:x 28:x", "rd" },
		{ "11:rd 62:x 64:x 66:x 128:x 65534:x", "rd" },
		/* The same, critical. */
		{ "11:rd 13:", "bad_option rd" },
		{ "11:rd 61:", "bad_option rd" },
		{ "11:rd 63:", "bad_option rd" },
		{ "11:rd 65:", "bad_option rd" },
		{ "11:rd 67:", "bad_option rd" },
		{ "11:rd 75:", "bad_option rd" },
		{ "11:rd 267:", "bad_option rd" }, /* 267 is 11 in eight bits */
		{ "11:rd 65535:", "bad_option rd" },
		{ "11:rd 65535: 65535:", "bad_option rd" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], "", cases[i][1]);
}

/* Every number, once: nothing but these may be there without harm. */
static void test_every_number(void **state)
{
	static const unsigned taken[] = { 3, 7, 11, 15, 17, 23, 27 };
	static struct text text;

	for (unsigned number = 1; number <= UINT16_MAX; number += number < 600 ? 2 : 254) {
		static struct message m;
		bool expected_bad = number % 2 == 1;

		for (size_t i = 0; i < RDL_ARRAY_LEN(taken); i++)
			expected_bad &= number != taken[i];
		message_begin(&m, 0, 2);
		message_option(&m, number, "x", 1);
		describe_datagram(m.octets, m.len, &text);
		bool is_proxy = number == 35 || number == 39;
		assert_true(
			(strncmp(text.at, "bad_option ", 11) == 0) == (expected_bad && !is_proxy));
		assert_true((strncmp(text.at, "proxy ", 6) == 0) == is_proxy);
	}
}

static void test_content_format(void **state)
{
	static const char *const cases[][2] = {
		{ "11:rd 12:", "rd cf=0" },
		{ "11:rd 12:#00", "rd cf=0" },
		{ "11:rd 12:#28", "rd cf=40" },
		{ "11:rd 12:#0028", "rd cf=40" },
		{ "11:rd 12:#2d16", "rd cf=11542" },
		{ "11:rd 12:#ffff", "rd cf=65535" },
		/* Elective: too long is as absent, and of two the first counts. */
		{ "11:rd 12:#000028", "rd" },
		{ "11:rd 12:#28 12:#00", "rd cf=40" },
		{ "11:rd 12:#00 12:#28", "rd cf=0" },
		{ "11:rd 12:#28 12:#000000", "rd cf=40" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], "", cases[i][1]);
}

/* An option that must be understood weighs more than a wish for a proxy, whichever comes first. */
static void test_proxy(void **state)
{
	static const char *const cases[][2] = {
		{ "11:rd 35:coap://h/rd", "proxy rd" },
		{ "11:rd 35:*1034", "proxy rd" },
		{ "11:rd 35:", "proxy rd" },
		{ "11:rd 39:coap", "proxy rd" },
		{ "11:rd 39:", "proxy rd" },
		{ "11:rd 35:coap://h/rd 39:coap", "proxy rd" },
		{ "11:rd 39:coap 39:coap", "proxy rd" },
		{ "5: 11:rd 35:coap://h/rd", "bad_option rd" },
		{ "11:rd 35:coap://h/rd 65:", "bad_option rd" },
		{ "11:rd 35:coap://h/rd 37:", "bad_option rd" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], "", cases[i][1]);
}

/* What is refused does not keep the rest from being read. */
static void test_payload(void **state)
{
	expect("11:rd 12:#28 15:ep=a", "</1/0>,</3/0>", "rd ep=a cf=40 | </1/0>,</3/0>");
	expect("11:rd 13:x 15:ep=a", "x", "bad_option rd ep=a | x");
	expect("", "\xff\xff", "other | \xff\xff");
	expect("11:rd", "b27264", "rd | b27264");
}

static void test_malformed(void **state)
{
	static const char *const cases[] = { "40020001b27264ff", "40020001b572640a",
		"40020001f0ff00", "40020001b2726420d0", "4002000111e0fef2e0fef2" };
	static struct text text;
	uint8_t octets[32];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		size_t len = unhex(cases[i], octets, sizeof(octets));

		describe_datagram(octets, len, &text);
		assert_string_equal(text.at, "malformed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_known_options),
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_content_format),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_malformed),
	};

	return RUN_TESTS(tests);
}
