/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "frame.h"
#include "net.h"

static void known_sum(void **state)
{
	/* RFC 1071 section 3. */
	static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	assert_int_equal(rdl_net_sum(example, sizeof(example), 0), 0xddf2);
	assert_int_equal(rdl_net_sum(example, 0, 0), 0);
	assert_int_equal(rdl_net_sum(example, 0, 0x1234), 0x1234);
	assert_int_equal(rdl_net_sum("\xab", 1, 0), 0xab00);
	assert_int_equal(rdl_net_sum("\xff\xff", 2, 1), 1);
	assert_int_equal(rdl_net_sum("\xff\xff", 2, 0xffffffff), 0xffff);
	assert_int_equal(rdl_net_sum("\x00\x01", 2, 0xfffffffe), 0xffff);
}

static void every_length_and_alignment(void **state)
{
	uint64_t random = 1;

	for (size_t len = 0; len < 200; len++) {
		uint8_t octets[200] = { 0 };
		for (size_t i = 0; i < len; i++)
			octets[i] = (uint8_t)test_random(&random);
		uint8_t *copy =
			guard_copy(octets, len); /* ends at the page, so all alignments come */
		assert_int_equal(rdl_net_sum(copy, len, 7), frame_sum(octets, len, 7));
		guard_free(copy, len);
	}
}

static void no_carry_is_lost(void **state)
{
	static uint8_t ones[65535];

	memset(ones, 0xff, sizeof(ones));
	for (size_t len = sizeof(ones) - 20; len <= sizeof(ones); len++)
		assert_int_equal(rdl_net_sum(ones, len, 0xffffffff), frame_sum(ones, len, 0xffff));
}

static void sums_chain(void **state)
{
	uint8_t octets[101];
	uint64_t random = 2;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)test_random(&random);
	uint16_t whole = rdl_net_sum(octets, sizeof(octets), 0);
	for (size_t cut = 0; cut <= sizeof(octets); cut += 2) {
		uint16_t head = rdl_net_sum(octets, cut, 0);
		assert_int_equal(rdl_net_sum(octets + cut, sizeof(octets) - cut, head), whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sum),
		cmocka_unit_test(every_length_and_alignment),
		cmocka_unit_test(no_carry_is_lost),
		cmocka_unit_test(sums_chain),
	};
	return RUN_TESTS(tests);
}
