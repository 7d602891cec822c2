/* SPDX-License-Identifier: BSD-3-Clause */
/* Query parameters as sent: one to each Uri-Query, split at the first '=', nothing decoded. */
#include "describe.h"

#include "captures.h"
#include "message.h"

static void expect(const char *queries, const char *words)
{
	static struct message m;
	static struct text text;

	message_begin(&m, 0, 2);
	message_parts(&m, 15, queries, ' ');
	describe_datagram(m.octets, m.len, &text);
	assert_memory_equal(text.at, "other", 5);
	assert_string_equal(text.at + 5, words);
}

#define MANY                                                                                       \
	" +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +A +B +C +D +E +F +G +H +I +J +K +L +M +N +O +P +R +S +T " \
	"+U +V +W"

static void test_split(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "ep=a lt=1 lwm2m=1.0 b=U sms=+1 Q", " ep=a lt=1 lwm2m=1.0 b=U sms=+1 Q" },
		{ "Q sms=+1 b=U lwm2m=1.0 lt=1 ep=a", " ep=a lt=1 lwm2m=1.0 b=U sms=+1 Q" },
		{ "ep", " ep" },
		{ "ep=", " ep=" },
		{ "ep==", " ep==" },
		{ "ep=a=b&lt=5", " ep=a=b&lt=5" },
		{ "ep=a%20+b", " ep=a%20+b" },
		{ "lt lwm2m b sms Q", " lt lwm2m b sms Q" },
		{ "Q=", " Q=" },
		{ "Q=1", " Q=1" },
		/* Names are compared as they are, and whole. */
		{ "EP=a", " +EP=a" },
		{ "eP=a Lt=1 LWM2M=1.0", " +eP=a +Lt=1 +LWM2M=1.0" },
		{ "q B=U Sms=1", " +q +B=U +Sms=1" },
		{ "e=1 epp=1 l=1 ltt=1", " +e=1 +epp=1 +l=1 +ltt=1" },
		{ "smx=1 xms=1 lwm2=1 lwm2mm=1 lwm2n=1",
			" +smx=1 +xms=1 +lwm2=1 +lwm2mm=1 +lwm2n=1" },
		{ "ep%3Da", " +ep%3Da" },
		{ "=", " +=" },
		{ "=ep", " +=ep" },
		{ "==", " +==" },
		{ "a", " +a" },
		{ "abcdefghijk=1 abcdefghijk", " +abcdefghijk=1 +abcdefghijk" },
		/* Empty queries are nothing. */
		{ "ep=a  lt=1", " ep=a lt=1" },
		{ "   ", "" },
		/* The first stays. */
		{ "ep=a ep=b", " ep=a(again)" },
		{ "ep=a ep=a ep=a", " ep=a(again)" },
		{ "ep ep=b", " ep(again)" },
		{ "ep=a ep", " ep=a(again)" },
		{ "Q Q b=U lt=1 lt=2", " lt=1(again) b=U Q(again)" },
		{ "lwm2m=1.0 lwm2m=1.1 sms=1 sms=2 b=U b=S",
			" lwm2m=1.0(again) b=U(again) sms=1(again)" },
		/* As many others as there is room for. */
		{ "0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P R S T U V W", MANY },
		{ "0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P R S T U V W 0",
			MANY " +..." },
		{ "0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P R S T U V W X ep=x Y",
			" ep=x" MANY " +..." },
		{ "a a", " +a +a" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(cases[i][0], cases[i][1]);
}

static void test_longest(void **state)
{
	static struct message m;
	static struct text text;
	char query[257] = "ep=";

	memset(query + 3, 'n', 253);
	message_begin(&m, 0, 2);
	message_option(&m, 15, query, 255);
	describe_datagram(m.octets, m.len, &text);
	assert_int_equal(text.len, strlen("other ") + 255);
	assert_memory_equal(text.at, "other ep=n", 10);

	message_begin(&m, 0, 2);
	message_option(&m, 15, query, 256);
	describe_datagram(m.octets, m.len, &text);
	assert_string_equal(text.at, "bad_option other");
}

/* Real requests: queries and payload are those of their descriptions. */
static void test_captures(void **state)
{
	static struct text text;

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		uint8_t octets[1024];
		char word[128];
		const char *payload = capture_payload(&captures[i]);
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		if (strncmp(captures[i].text, "CON", 3) != 0)
			continue;
		describe_datagram(octets, len, &text);
		assert_null(strstr(text.at, "bad_option"));
		for (const char *at = captures[i].text; (at = strstr(at, "Uri-Query=")) != NULL;) {
			at += strlen("Uri-Query=");
			snprintf(word, sizeof(word), " %s%.*s",
				strncmp(at, "x=1", 3) == 0 ? "+" : "", (int)strcspn(at, " "), at);
			assert_non_null(strstr(text.at, word));
		}
		if (payload != NULL)
			assert_string_equal(strstr(text.at, " | ") + 3, payload);
		else
			assert_null(strstr(text.at, " | "));
	}
}

/* Cut, flipped or random: views stay inside, which guard pages and describe_datagram() watch. */
static void read_hostile(const uint8_t *octets, size_t len)
{
	static struct text text;
	struct rdl_coap_message message;

	if (rdl_coap_parse((struct rdl_span){ octets, len }, &message) == RDL_COAP_MESSAGE)
		describe_datagram(octets, len, &text);
}

static void test_hostile(void **state)
{
	uint8_t octets[1024];
	uint64_t seed = 1;

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		for (size_t cut = 0; cut < len; cut++)
			read_hostile(octets, cut);
		for (size_t bit = 0; bit < len * 8; bit++) {
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
			read_hostile(octets, len);
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	for (size_t round = 0; round < 20000; round++) {
		size_t len = test_random(&seed) % 64;

		for (size_t k = 0; k < len; k++)
			octets[k] = (uint8_t)test_random(&seed);
		octets[0] = (uint8_t)(0x40 | (octets[0] & 0x33));
		read_hostile(octets, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_hostile),
	};

	return RUN_TESTS(tests);
}
