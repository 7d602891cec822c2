/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens: what is written is read again, and of those that nobody wrote few are taken for ours. */
#include "support.h"

#include "token.h"

static struct rdl_speck key;

static int setup(void **state)
{
	static const struct rdl_key secret = { 1, 2 };

	rdl_speck_expand(&key, &secret);
	return 0;
}

static void expect_round_trip(const struct rdl_token *token)
{
	uint8_t *octets = guard_alloc(RDL_TOKEN_LEN);
	const uint8_t *lane = octets;
	struct rdl_token back = { 0 };

	rdl_token_write(&key, token, octets);
	assert_int_equal(rdl_token_read_lanes(&key, 1, &lane, &back), 1);
	assert_int_equal(back.handle, token->handle);
	assert_int_equal(back.number, token->number);
	guard_free(octets, RDL_TOKEN_LEN);
}

static void test_round_trip(void **state)
{
	static const uint32_t handles[] = { 0, 1, 0x01000000, 0xff000000, 0xfffffffd };
	static const uint32_t numbers[] = { 0, 1, 0xff, 0x100, 0x123456, RDL_TOKEN_NUMBER_MAX };

	for (size_t h = 0; h < RDL_ARRAY_LEN(handles); h++)
		for (size_t n = 0; n < RDL_ARRAY_LEN(numbers); n++)
			expect_round_trip(&(struct rdl_token){ handles[h], numbers[n] });
}

static void test_lanes(void **state)
{
	uint8_t octets[RDL_LANES][RDL_TOKEN_LEN];
	const uint8_t *lanes[RDL_LANES];
	struct rdl_token tokens[RDL_LANES];

	for (unsigned i = 0; i < RDL_LANES; i++) {
		rdl_token_write(&key, &(struct rdl_token){ 7 * i, 1000 + i }, octets[i]);
		lanes[i] = octets[i];
	}
	assert_int_equal(rdl_token_read_lanes(&key, RDL_LANES, lanes, tokens),
		(UINT64_C(1) << RDL_LANES) - 1);
	for (unsigned i = 0; i < RDL_LANES; i++) {
		assert_int_equal(tokens[i].handle, 7 * i);
		assert_int_equal(tokens[i].number, 1000 + i);
	}
}

/* One in 256, give or take five times the standard deviation. */
static void test_strangers(void **state)
{
	const unsigned tries = 1 << 16;
	uint64_t seed = 42;
	unsigned taken = 0;

	for (unsigned i = 0; i < tries; i++) {
		uint64_t random = test_random(&seed);
		const uint8_t *lane = (const uint8_t *)&random;
		struct rdl_token token;

		taken += rdl_token_read_lanes(&key, 1, &lane, &token);
	}
	assert_in_range(taken, 256 - 80, 256 + 80);
}

/* A session is the same wherever it comes from; in clear text each part of the peer counts. */
static void test_awaited(void **state)
{
	static const struct rdl_key secret = { 5, 6 }, other = { 5, 7 };
	const struct rdl_peer peer = { { 1, 2 }, 3 }, elsewhere = { { 1, 3 }, 3 },
			      by_port = { { 1, 2 }, 4 };
	const uint64_t clear = rdl_token_awaited(&secret, &peer, 0, 7);
	const uint64_t sealed = rdl_token_awaited(&secret, &peer, 9, 7);

	assert_int_equal(rdl_token_awaited(&secret, &peer, 0, 7), clear);
	assert_int_not_equal(rdl_token_awaited(&secret, &elsewhere, 0, 7), clear);
	assert_int_not_equal(rdl_token_awaited(&secret, &by_port, 0, 7), clear);
	assert_int_not_equal(rdl_token_awaited(&secret, &peer, 0, 8), clear);
	assert_int_not_equal(rdl_token_awaited(&other, &peer, 0, 7), clear);
	assert_int_not_equal(sealed, clear);
	assert_int_equal(rdl_token_awaited(&secret, &elsewhere, 9, 7), sealed);
	assert_int_not_equal(rdl_token_awaited(&secret, &peer, 10, 7), sealed);
	assert_int_not_equal(rdl_token_awaited(&secret, &peer, 9, 8), sealed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_awaited),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
