/* SPDX-License-Identifier: BSD-3-Clause */
/* The writing cursor, spans, and numbers in network order. */
#include "support.h"

/* Kept out of line: a compiler that sees the length warns of writes that are never made. */
__attribute__((noinline)) static struct rdl_cursor cursor(uint8_t *buffer, size_t len)
{
	return rdl_cursor(buffer, len);
}

static void test_writes(void **state)
{
	uint8_t *buffer = guard_alloc(8);
	struct rdl_cursor c = cursor(buffer, 8);

	rdl_cursor_u8(&c, 0x01);
	rdl_cursor_be16(&c, 0x0203);
	rdl_cursor_bytes(&c, "\x04\x05\x06", 3);
	rdl_cursor_bytes(&c, NULL, 0);
	uint8_t *taken = rdl_cursor_take(&c, 2);
	assert_ptr_equal(taken, buffer + 6);
	memcpy(taken, "\x07\x08", 2);
	assert_false(c.failed);
	assert_ptr_equal(c.pos, c.end);
	assert_memory_equal(buffer, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	/* Nothing still fits. */
	rdl_cursor_bytes(&c, "", 0);
	assert_non_null(rdl_cursor_take(&c, 0));
	assert_false(c.failed);
	rdl_cursor_u8(&c, 9);
	assert_true(c.failed);
	guard_free(buffer, 8);
}

/* After the first write that does not fit, none is made, not even one that would. */
static void test_failure_sticks(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		uint8_t *buffer = guard_alloc(2);
		struct rdl_cursor c = cursor(buffer, 2);

		memset(buffer, 0xee, 2);
		rdl_cursor_u8(&c, 0x11);
		switch (kind) {
		case 0:
			rdl_cursor_be16(&c, 0x2222);
			break;
		case 1:
			rdl_cursor_bytes(&c, "\x22\x22", 2);
			break;
		case 2:
			assert_null(rdl_cursor_take(&c, 2));
			break;
		default:
			assert_null(rdl_cursor_take(&c, SIZE_MAX));
			break;
		}
		assert_true(c.failed);
		rdl_cursor_u8(&c, 0x33);
		rdl_cursor_bytes(&c, "\x33", 1);
		assert_null(rdl_cursor_take(&c, 0));
		assert_true(c.failed);
		assert_ptr_equal(c.pos, buffer + 1);
		assert_memory_equal(buffer, "\x11\xee", 2);
		guard_free(buffer, 2);
	}
}

static void test_no_buffer(void **state)
{
	uint8_t *buffer = guard_alloc(0);
	struct rdl_cursor c = cursor(buffer, 0);

	rdl_cursor_u8(&c, 1);
	assert_true(c.failed);
	guard_free(buffer, 0);
}

static void test_network_order(void **state)
{
	uint8_t octets[4];

	rdl_put_be16(octets, 0xfe01);
	assert_memory_equal(octets, "\xfe\x01", 2);
	assert_int_equal(rdl_get_be16(octets), 0xfe01);
	rdl_put_be32(octets, 0xfedcba98);
	assert_memory_equal(octets, "\xfe\xdc\xba\x98", 4);
	assert_true(rdl_get_be32(octets) == 0xfedcba98);
}

static void test_span_equal(void **state)
{
	static const struct rdl_span nothing = { NULL, 0 };

	assert_true(rdl_span_equal(nothing, nothing));
	assert_true(rdl_span_equal(nothing, RDL_SPAN("")));
	assert_false(rdl_span_equal(nothing, RDL_SPAN("a")));
	assert_true(rdl_span_equal(RDL_SPAN("a\0b"), RDL_SPAN("a\0b")));
	assert_false(rdl_span_equal(RDL_SPAN("a\0b"), RDL_SPAN("a\0c")));
	assert_false(rdl_span_equal(RDL_SPAN("ab"), RDL_SPAN("a")));
	assert_false(rdl_span_equal(RDL_SPAN("a"), RDL_SPAN("ab")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_network_order),
		cmocka_unit_test(test_span_equal),
	};

	return RUN_TESTS(tests);
}
