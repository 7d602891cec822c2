/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds for any input. Each CoAP message has exactly one encoding, so whatever the parser
 * accepts must come out of the builder octet for octet; and what the builder writes must be read.
 */
#include "support.h"

#include "captures.h"
#include "coap.h"

#define DATAGRAM_MAX 4096
#define OPTIONS_MAX 8

static bool inside(struct rdl_span outer, const uint8_t *data, size_t len)
{
	return data >= outer.data && len <= outer.len &&
	       (size_t)(data - outer.data) <= outer.len - len;
}

/* Walks all of it and writes it anew; false when it is not a message. */
static bool rebuild(struct rdl_span datagram, uint8_t *out, size_t *out_len)
{
	struct rdl_coap_message m;
	struct rdl_coap_option option;
	struct rdl_coap_reply reply;
	int r;

	if (rdl_coap_parse(datagram, &m) != RDL_COAP_MESSAGE)
		return false;
	assert_true(inside(datagram, m.token, m.token_len));
	assert_true(inside(datagram, m.rest.data, m.rest.len));
	memcpy(out + RDL_COAP_HEADER_LEN, m.token, m.token_len);
	rdl_coap_reply_begin(&reply, out, DATAGRAM_MAX,
		(struct rdl_coap_header){ m.type, m.code, m.token_len, m.message_id });

	struct rdl_coap_options options = rdl_coap_options(&m);
	while ((r = rdl_coap_option_next(&options, &option)) > 0) {
		assert_true(inside(datagram, option.value, option.len));
		rdl_coap_reply_option(&reply, option.number, option.value, option.len);
	}
	assert_true(inside(datagram, options.pos, (size_t)(options.end - options.pos)));
	if (r < 0) {
		assert_int_equal(r, RDL_MALFORMED);
		assert_int_equal(rdl_coap_option_next(&options, &option), RDL_MALFORMED);
		return false;
	}
	rdl_coap_reply_payload(&reply, options.pos, (size_t)(options.end - options.pos));
	*out_len = rdl_coap_reply_end(&reply);
	return true;
}

/* True when accepted. */
static bool check(const uint8_t *octets, size_t len)
{
	static uint8_t out[DATAGRAM_MAX];
	size_t out_len = 0;
	uint8_t *copy = guard_copy(octets, len);
	bool accepted = rebuild((struct rdl_span){ copy, len }, out, &out_len);

	if (accepted) {
		assert_int_equal(out_len, len);
		assert_memory_equal(out, copy, len);
	}
	guard_free(copy, len);
	return accepted;
}

static void test_captures_cut(void **state)
{
	uint8_t octets[1024];

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		for (size_t cut = 0; cut < len; cut++)
			check(octets, cut);
		assert_true(check(octets, len));
	}
}

static void test_captures_flipped(void **state)
{
	uint8_t octets[1024];

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		for (size_t bit = 0; bit < len * 8; bit++) {
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
			check(octets, len);
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void test_random_octets(void **state)
{
	uint64_t seed = 1;
	size_t accepted = 0;

	for (size_t round = 0; round < 40000; round++) {
		uint8_t octets[64];
		size_t len = test_random(&seed) % (sizeof(octets) + 1);

		for (size_t i = 0; i < len; i++)
			octets[i] = (uint8_t)test_random(&seed);
		/* Three in four get past the header. */
		if (len > 0 && round % 4 != 0)
			octets[0] = (uint8_t)(0x40 | (octets[0] & 0x33));
		accepted += check(octets, len);
	}
	/* Neither side of the parser was left out. */
	assert_in_range(accepted, 1000, 30000);
}

/* Lengths and deltas around each step of the encoding, up to `max`. */
static size_t pick(uint64_t *seed, size_t max)
{
	static const size_t steps[] = { 0, 1, 12, 13, 14, 255, 256, 268, 269, 270, 300, 60000 };
	size_t n = steps[test_random(seed) % RDL_ARRAY_LEN(steps)];

	return n <= max ? n : max;
}

static void test_built_is_read(void **state)
{
	static uint8_t noise[DATAGRAM_MAX];
	uint64_t seed = 2;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)test_random(&seed);
	for (size_t round = 0; round < 10000; round++) {
		struct rdl_coap_option sent[OPTIONS_MAX], option;
		size_t count = test_random(&seed) % (OPTIONS_MAX + 1);
		size_t payload_len = pick(&seed, 270);
		uint8_t token_len = (uint8_t)(test_random(&seed) % 9);
		uint8_t *buffer = guard_alloc(DATAGRAM_MAX);
		struct rdl_coap_reply reply;
		struct rdl_coap_message m;
		uint16_t number = 0;

		memcpy(buffer + RDL_COAP_HEADER_LEN, noise, RDL_COAP_TOKEN_MAX);
		rdl_coap_reply_begin(&reply, buffer, DATAGRAM_MAX,
			(struct rdl_coap_header){
				RDL_COAP_NON, RDL_COAP_CONTENT, token_len, (uint16_t)round });
		for (size_t i = 0; i < count; i++) {
			number = (uint16_t)(number + pick(&seed, UINT16_MAX - (size_t)number));
			sent[i] = (struct rdl_coap_option){ number, (uint16_t)pick(&seed, 300),
				noise + i };
			rdl_coap_reply_option(&reply, number, sent[i].value, sent[i].len);
		}
		rdl_coap_reply_payload(&reply, noise, payload_len);
		size_t len = rdl_coap_reply_end(&reply);
		assert_true(len > 0);

		assert_int_equal(
			rdl_coap_parse((struct rdl_span){ buffer, len }, &m), RDL_COAP_MESSAGE);
		assert_int_equal(m.type, RDL_COAP_NON);
		assert_int_equal(m.code, RDL_COAP_CONTENT);
		assert_int_equal(m.message_id, round);
		assert_int_equal(m.token_len, token_len);
		assert_memory_equal(m.token, noise, token_len);
		struct rdl_coap_options options = rdl_coap_options(&m);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(rdl_coap_option_next(&options, &option), 1);
			assert_int_equal(option.number, sent[i].number);
			assert_int_equal(option.len, sent[i].len);
			assert_memory_equal(option.value, sent[i].value, option.len);
		}
		assert_int_equal(rdl_coap_option_next(&options, &option), 0);
		assert_int_equal(options.end - options.pos, payload_len);
		assert_memory_equal(options.pos, noise, payload_len);
		guard_free(buffer, DATAGRAM_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures_cut),
		cmocka_unit_test(test_captures_flipped),
		cmocka_unit_test(test_random_octets),
		cmocka_unit_test(test_built_is_read),
	};

	return RUN_TESTS(tests);
}
