/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of plain links against the general one: a blank before each link changes nothing but
 * offsets, and leaves no link plain. So each payload is read both ways.
 */
#include "support.h"

#include "captures.h"
#include "lists.h"

#define PAYLOAD_MAX 1024

/* With a blank before each '<' that begins the payload or follows a comma. */
static size_t spread(const uint8_t *from, size_t len, uint8_t *to, size_t at[PAYLOAD_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (from[i] == '<' && (i == 0 || from[i - 1] == ','))
			to[n++] = ' ';
		at[i] = n;
		to[n++] = from[i];
	}
	at[len] = n;
	return n;
}

static void expect_equal_lists(const struct rdl_object_reader *a, const struct rdl_object_reader *b)
{
	assert_int_equal(a->foreign, b->foreign);
	assert_int_equal(a->has_security, b->has_security);
	assert_int_equal(a->has_server, b->has_server);
	assert_int_equal(a->has_device, b->has_device);
	assert_int_equal(a->list->len, b->list->len);
	assert_memory_equal(a->list, b->list, a->list->len);
}

/* 1 when it is well-formed. */
static unsigned check(const uint8_t *octets, size_t len, const char *root, uint32_t max_links)
{
	static uint8_t text[2 * PAYLOAD_MAX];
	static size_t at[PAYLOAD_MAX + 1];
	struct rdl_object_reader plain, general;

	assert_true(len <= PAYLOAD_MAX);
	size_t spread_len = spread(octets, len, text, at);
	uint8_t *copy = guard_copy(octets, len), *spread_copy = guard_copy(text, spread_len);
	struct memory memory = memory_begin(2 * len + 64);
	struct memory other = memory_begin(2 * spread_len + 64);
	enum rdl_status status =
		make_list(&plain, (struct rdl_span){ copy, len }, root, max_links, &memory);

	assert_int_equal(make_list(&general, (struct rdl_span){ spread_copy, spread_len }, root,
				 max_links, &other),
		status);
	if (status == RDL_OK)
		expect_equal_lists(&plain, &general);
	if (status == RDL_MALFORMED && plain.offset < len && octets[plain.offset] == '<' &&
		general.offset != at[plain.offset])
		/* Where no link may begin, the blank offends first. */
		assert_int_equal(general.offset, at[plain.offset] - 1);
	else if (status == RDL_MALFORMED)
		assert_int_equal(general.offset, at[plain.offset]);
	memory_end(&memory);
	memory_end(&other);
	guard_free(copy, len);
	guard_free(spread_copy, spread_len);
	return status == RDL_OK;
}

static void test_captures_cut_and_changed(void **state)
{
	static const char changes[] = "</>,;=\"0159 v\r\n";
	uint8_t octets[PAYLOAD_MAX];

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		const char *payload = capture_payload(&captures[i]);
		size_t len = payload != NULL ? strlen(payload) : 0;

		for (size_t cut = 0; cut <= len; cut++) {
			if (cut > 0)
				memcpy(octets, payload, cut);
			check(octets, cut, "", NO_LIMIT);
		}
		for (size_t n = 0; n < len * (sizeof(changes) - 1); n++) {
			memcpy(octets, payload, len);
			octets[n / (sizeof(changes) - 1)] =
				(uint8_t)changes[n % (sizeof(changes) - 1)];
			check(octets, len, "", NO_LIMIT);
		}
	}
}

/* Links put together from pieces that are nearly all right. */
static size_t make_link(uint8_t *out, uint64_t *seed)
{
	static const char *const numbers[] = { "0", "1", "3", "3", "5", "9", "10", "21", "3303",
		"65534", "65535", "65536", "99999", "100000", "00", "01", "", "a", "-1",
		"18446744073709551617" };
	static const char *const ends[] = { ">", ">", ">", ">", ">;ver=1.0", ">;ver=9.9",
		">;ver=\"1.1\"", ">;ver=\"1.1", ">;ver=1.1\"", ">;ver=1.", ">;ver=.1", ">;ver=11.1",
		">;ver=1.11", ">;ver=1.1;x", ">;ver=1.1;ver=2.0", ">;ver", ">;ver=", ">;vex=1.1",
		">;ver=a.1", ">;ver=:.1", ">;ver=1.:", "/>", "/5/6>", "/5/6/7>", ">;ct=40",
		">;rt=\"oma.lwm2m\"", "> ", ">\n", ">\r\n", ">;ct=60 110", "" };
	char text[128];
	const char *object = numbers[test_random(seed) % 9];
	const char *end =
		ends[test_random(seed) % (test_random(seed) % 4 == 0 ? RDL_ARRAY_LEN(ends) : 7)];

	if (test_random(seed) % 20 == 0)
		object = numbers[test_random(seed) % RDL_ARRAY_LEN(numbers)];
	snprintf(text, sizeof(text), "<%s%s%s%s%s", test_random(seed) % 30 == 0 ? "" : "/", object,
		test_random(seed) % 2 == 0 ? "/" : "",
		test_random(seed) % 2 == 0
			? ""
			: numbers[test_random(seed) %
				  (test_random(seed) % 20 == 0 ? RDL_ARRAY_LEN(numbers) : 9)],
		end);
	memcpy(out, text, strlen(text));
	return strlen(text);
}

static void test_pieces(void **state)
{
	static const char *const beginnings[] = { "", "", "</>;rt=\"oma.lwm2m\",",
		"</>;rt=\"oma.lwm2m\";ct=110,", "</>;rt=\"oma.lwm2m\";rt=x,",
		"</>;rt=\"oma.lwm2m\"", "</>;rt=\"oma.lwm2m\"x,", "</3>;rt=\"oma.lwm2m\",",
		"</lwm2m>;rt=\"oma.lwm2m\",", "</>;rt=\"oma.lwm2m x\",",
		"</>;rt=\"oma.lwm2m\";ct=60 110,", ",", " ", "\n" };
	uint64_t seed = 5;
	unsigned accepted = 0;

	for (unsigned round = 0; round < 30000; round++) {
		uint8_t octets[PAYLOAD_MAX];
		const char *beginning = beginnings[test_random(&seed) % RDL_ARRAY_LEN(beginnings)];
		size_t len = strlen(beginning), links = test_random(&seed) % 8;

		memcpy(octets, beginning, len);
		for (size_t i = 0; i < links; i++) {
			if (i > 0 && test_random(&seed) % 40 != 0)
				octets[len++] = ',';
			len += make_link(octets + len, &seed);
		}
		if (len > 0 && test_random(&seed) % 10 == 0)
			len--;
		accepted += check(octets, len, test_random(&seed) % 8 == 0 ? "lwm2m" : "",
			test_random(&seed) % 8 == 0 ? (uint32_t)(test_random(&seed) % 8)
						    : NO_LIMIT);
	}
	assert_in_range(accepted, 8000, 25000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures_cut_and_changed),
		cmocka_unit_test(test_pieces),
	};

	return RUN_TESTS(tests);
}
