/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands inside an option: unsigned integers and Block1 / Block2. */
#include "support.h"

#include "coap.h"

static void test_uint(void **state)
{
	static const struct {
		const char *hex;
		uint32_t value;
	} cases[] = {
		{ "", 0 },
		{ "00", 0 },
		{ "28", 40 },
		{ "0028", 40 },
		{ "00000028", 40 },
		{ "1633", 5683 },
		{ "010000", 65536 },
		{ "ffffff", 0xffffff },
		{ "80000001", 0x80000001u },
		{ "ffffffff", UINT32_MAX },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t octets[4];
		size_t len = unhex(cases[i].hex, octets, sizeof(octets));
		uint8_t *copy = guard_copy(octets, len);
		struct rdl_coap_option option = { 12, (uint16_t)len, copy };

		assert_int_equal(rdl_coap_uint(&option), cases[i].value);
		guard_free(copy, len);
	}
}

static void test_block(void **state)
{
	static const struct {
		const char *hex;
		struct rdl_coap_block block;
	} cases[] = {
		{ "", { 0, false, 0 } },
		{ "00", { 0, false, 0 } },
		{ "0a", { 0, true, 2 } },
		{ "1a", { 1, true, 2 } },
		{ "22", { 2, false, 2 } },
		{ "06", { 0, false, 6 } },
		{ "0f", { 0, true, 7 } },
		{ "f8", { 15, true, 0 } },
		{ "0106", { 16, false, 6 } },
		{ "00001e", { 1, true, 6 } },
		{ "ffffff", { 0xfffff, true, 7 } },
		{ "fffff6", { 0xfffff, false, 6 } },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t octets[4];
		size_t len = unhex(cases[i].hex, octets, sizeof(octets));
		uint8_t *copy = guard_copy(octets, len);
		struct rdl_coap_option option = { RDL_COAP_BLOCK1, (uint16_t)len, copy };
		struct rdl_coap_block block;

		assert_true(rdl_coap_block(&option, &block));
		assert_int_equal(block.num, cases[i].block.num);
		assert_int_equal(block.more, cases[i].block.more);
		assert_int_equal(block.szx, cases[i].block.szx);
		assert_int_equal(rdl_coap_block_value(block), rdl_coap_uint(&option));
		guard_free(copy, len);
	}
}

static void test_block_too_long(void **state)
{
	static const uint8_t octets[300] = { 0 };
	struct rdl_coap_block block;

	for (uint16_t len = 4; len <= sizeof(octets); len++)
		assert_false(rdl_coap_block(
			&(struct rdl_coap_option){ RDL_COAP_BLOCK1, len, octets }, &block));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_block_too_long),
	};

	return RUN_TESTS(tests);
}
