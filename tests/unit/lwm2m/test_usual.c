/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The quick reading of usual options against the walk that takes everything: a Uri-Host before them
 * changes nothing that is kept, and leaves no request usual. So each is read both ways.
 */
#include "support.h"

#include "captures.h"
#include "lwm2m.h"

#define OPTIONS_MAX 2048

struct read {
	struct rdl_input input;
	enum rdl_status status;
	uint8_t *octets;
	size_t len;
};

static struct read read_options(
	const uint8_t *head, size_t head_len, const uint8_t *rest, size_t len)
{
	uint8_t joined[OPTIONS_MAX + 8];
	struct read read = { .len = head_len + len };

	memcpy(joined, head, head_len);
	memcpy(joined + head_len, rest, len);
	read.octets = guard_copy(joined, read.len);
	memset(&read.input, 0xaa, sizeof(read.input));
	read.input.message.rest = (struct rdl_span){ read.octets, read.len };
	read.status = rdl_input_read(&read.input);
	return read;
}

/* Views lead to the same places as seen from the end. */
static void expect_same_span(
	const struct read *a, struct rdl_span of_a, const struct read *b, struct rdl_span of_b)
{
	assert_int_equal(of_a.len, of_b.len);
	if (of_a.len > 0)
		assert_int_equal(a->octets + a->len - of_a.data, b->octets + b->len - of_b.data);
}

static void expect_same(const struct read *a, const struct read *b)
{
	const struct rdl_input *x = &a->input, *y = &b->input;

	assert_int_equal(a->status, b->status);
	if (a->status != RDL_OK)
		return;
	assert_int_equal(x->path, y->path);
	if (x->path == RDL_PATH_LOCATION)
		expect_same_span(a, x->id, b, y->id);
	expect_same_span(a, x->payload, b, y->payload);
	assert_int_equal(x->content_format, y->content_format);
	assert_int_equal(x->has_block1, y->has_block1);
	assert_int_equal(x->size1, y->size1);
	assert_int_equal(x->option_reason, y->option_reason);
	assert_int_equal(x->parameters.given, y->parameters.given);
	assert_int_equal(x->parameters.valued, y->parameters.valued);
	assert_int_equal(x->parameters.repeated, y->parameters.repeated);
	assert_int_equal(x->parameters.other_count, y->parameters.other_count);
	assert_int_equal(x->parameters.other_overflow, y->parameters.other_overflow);
	for (unsigned i = 0; i < RDL_PARAMETER_COUNT; i++)
		if (x->parameters.valued & 1u << i)
			expect_same_span(a, x->parameters.value[i], b, y->parameters.value[i]);
	for (unsigned i = 0; i < x->parameters.other_count; i++)
		expect_same_span(a, rdl_parameters_other(&x->parameters, i), b,
			rdl_parameters_other(&y->parameters, i));
}

/* `rest` comes behind the first octet of a Uri-Path of two octets. 1 when it can be read. */
static unsigned check(const uint8_t *rest, size_t len)
{
	static const uint8_t usual[] = { 0xb2 }, unusual[] = { 0x31, 'h', 0x82 };
	struct read a = read_options(usual, sizeof(usual), rest, len);
	struct read b = read_options(unusual, sizeof(unusual), rest, len);

	expect_same(&a, &b);
	guard_free(a.octets, a.len);
	guard_free(b.octets, b.len);
	return a.status == RDL_OK;
}

static void test_captures(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		uint8_t octets[OPTIONS_MAX];
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));
		size_t skip = 4u + (octets[0] & 15);

		if (len <= skip || octets[skip] != 0xb2)
			continue;
		for (size_t cut = skip + 1; cut <= len; cut++)
			check(octets + skip + 1, cut - skip - 1);
		for (size_t bit = 0; bit < (len - skip - 1) * 8; bit++) {
			octets[skip + 1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
			check(octets + skip + 1, len - skip - 1);
			octets[skip + 1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static size_t add_option(uint8_t *out, unsigned delta, const void *value, size_t len)
{
	size_t n = 1;

	out[0] = (uint8_t)(delta << 4 | (len < 13 ? len : len < 269 ? 13 : 14));
	if (len >= 269) {
		rdl_put_be16(out + 1, (uint16_t)(len - 269));
		n = 3;
	} else if (len >= 13) {
		out[1] = (uint8_t)(len - 13);
		n = 2;
	}
	memcpy(out + n, value, len);
	return n + len;
}

static size_t add_random_query(uint8_t *out, unsigned delta, uint64_t *seed)
{
	static const char *const queries[] = { "ep=name", "lt=86400", "lwm2m=1.1", "b=U", "ep=x",
		"b=", "lt=", "ep=urn:imei:350000000000001", "Q", "sms=+123", "lwm2m=", "lwm2m",
		"ep", "lt", "b", "", "e", "x=1", "eq=1", "lwm2n=1", "b=U\0", "Q=1",
		"another=thing" };
	static const size_t lens[] = { 12, 13, 14, 254, 255, 256, 268, 269, 270 };
	uint8_t value[512];

	if (test_random(seed) % 16 == 0) {
		size_t len = lens[test_random(seed) % RDL_ARRAY_LEN(lens)];

		memset(value, 'v', len);
		memcpy(value, "ep=", 3);
		return add_option(out, delta, value, len);
	}
	size_t most = test_random(seed) % 4 == 0 ? RDL_ARRAY_LEN(queries) : 4;
	const char *query = queries[test_random(seed) % most];
	return add_option(out, delta, query, strlen(query));
}

static void test_random_requests(void **state)
{
	uint64_t seed = 9;
	unsigned readable = 0;

	for (unsigned round = 0; round < 60000; round++) {
		uint8_t octets[OPTIONS_MAX] = "rd";
		size_t len = 2;
		unsigned number = 11;

		if (test_random(&seed) % 8 == 0)
			octets[test_random(&seed) % 2] ^= 1;
		for (size_t n = test_random(&seed) % 4; n == 1; n = test_random(&seed) % 4)
			len += add_option(octets + len, 0, "0123456789abcdefghijklmnopqrstuv",
				test_random(&seed) % 33);
		if (test_random(&seed) % 4 != 0) {
			len += add_option(octets + len, 1, "\x28\x00\x00",
				test_random(&seed) % 8 == 0 ? test_random(&seed) % 4 : 1);
			number = 12;
		}
		if (test_random(&seed) % 16 == 0)
			len += add_option(octets + len, 0, "\x28", 1);
		for (size_t n = test_random(&seed) % 7; n > 0; n--) {
			len += add_random_query(octets + len, 15 - number, &seed);
			number = 15;
		}
		if (test_random(&seed) % 16 == 0)
			len += add_option(
				octets + len, 27 - number < 13 ? 27 - number : 2, "\x06", 1);
		if (test_random(&seed) % 2 == 0)
			octets[len++] = 0xff;
		for (size_t n = test_random(&seed) % 12; n > 0; n--)
			octets[len++] = (uint8_t)test_random(&seed);
		if (test_random(&seed) % 8 == 0)
			len -= test_random(&seed) % len;
		readable += check(octets, len);
	}
	assert_in_range(readable, 20000, 55000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_random_requests),
	};

	return RUN_TESTS(tests);
}
