/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said, and when. */
#include "support.h"

#include "watch.h"

static void lines_of_a_kind(void **state)
{
	struct rdl_gate gate = { 0 };
	uint64_t swallowed = 77;

	for (unsigned n = 0; n < 3; n++) {
		assert_true(rdl_gate_pass(&gate, 5000 + n, 3, 1000, &swallowed));
		assert_int_equal(swallowed, 0);
	}
	for (unsigned n = 0; n < 40; n++)
		assert_false(rdl_gate_pass(&gate, 5003 + n, 3, 1000, &swallowed));
	assert_int_equal(rdl_gate_rest(&gate, 5999), 0);
	assert_true(rdl_gate_pass(&gate, 6000, 3, 1000, &swallowed));
	assert_int_equal(swallowed, 40);
	assert_true(rdl_gate_pass(&gate, 6001, 3, 1000, &swallowed));
	assert_int_equal(swallowed, 0);
	assert_true(rdl_gate_pass(&gate, 6002, 3, 1000, &swallowed));
	assert_false(rdl_gate_pass(&gate, 6002, 3, 1000, &swallowed));
	/* Nothing follows: what was swallowed is still said, once. */
	assert_int_equal(rdl_gate_rest(&gate, 6999), 0);
	assert_int_equal(rdl_gate_rest(&gate, 7000), 1);
	assert_int_equal(rdl_gate_rest(&gate, 7000), 0);
	assert_true(rdl_gate_pass(&gate, 7000, 3, 1000, &swallowed));
	assert_int_equal(swallowed, 0);
}

static void how_full(void **state)
{
	static const struct {
		uint64_t used;
		enum rdl_fill fill;
	} steps[] = {
		{ 0, RDL_FILL_ROOM },
		{ 899, RDL_FILL_ROOM },
		{ 900, RDL_FILL_NEARLY },
		{ 899, RDL_FILL_NEARLY },
		{ 800, RDL_FILL_NEARLY },
		{ 900, RDL_FILL_NEARLY },
		{ 799, RDL_FILL_ROOM },
		{ 899, RDL_FILL_ROOM },
		{ 999, RDL_FILL_NEARLY },
		{ 1000, RDL_FILL_FULL },
		{ 950, RDL_FILL_FULL },
		{ 999, RDL_FILL_FULL },
		{ 949, RDL_FILL_NEARLY },
		{ 999, RDL_FILL_NEARLY },
		{ 1001, RDL_FILL_FULL },
		{ 0, RDL_FILL_ROOM },
		{ 1000, RDL_FILL_FULL },
		{ 799, RDL_FILL_ROOM },
	};
	enum rdl_fill fill = RDL_FILL_ROOM;

	for (size_t i = 0; i < RDL_ARRAY_LEN(steps); i++) {
		fill = rdl_fill_next(fill, steps[i].used, 1000);
		if (fill != steps[i].fill)
			fail_msg("step %zu: %u", i, fill);
	}
	assert_int_equal(rdl_fill_next(RDL_FILL_ROOM, UINT64_MAX, UINT64_MAX), RDL_FILL_FULL);
	assert_int_equal(rdl_fill_next(RDL_FILL_ROOM, UINT64_MAX / 2, UINT64_MAX), RDL_FILL_ROOM);
	assert_int_equal(rdl_fill_next(RDL_FILL_ROOM, 0, 1), RDL_FILL_ROOM);
	assert_int_equal(rdl_fill_next(RDL_FILL_ROOM, 1, 1), RDL_FILL_FULL);
	assert_int_equal(rdl_fill_next(RDL_FILL_FULL, 5, 0), RDL_FILL_ROOM);
}

static void standing_still(void **state)
{
	struct rdl_stall stall = { 0 };
	uint64_t worst;

	assert_int_equal(rdl_stall_look(&stall, 3, 1000, &worst), RDL_STALL_NOTHING);
	assert_int_equal(rdl_stall_look(&stall, 1000, 1000, &worst), RDL_STALL_NOTHING);
	assert_int_equal(rdl_stall_look(&stall, 1001, 1000, &worst), RDL_STALL_STANDS);
	assert_int_equal(worst, 1001);
	assert_int_equal(rdl_stall_look(&stall, 2001, 1000, &worst), RDL_STALL_NOTHING);
	assert_int_equal(rdl_stall_look(&stall, 3001, 1000, &worst), RDL_STALL_STANDS);
	assert_int_equal(worst, 3001);
	assert_int_equal(rdl_stall_look(&stall, 4001, 1000, &worst), RDL_STALL_NOTHING);
	assert_int_equal(rdl_stall_look(&stall, 0, 1000, &worst), RDL_STALL_GOES_ON);
	assert_int_equal(worst, 4001);
	assert_int_equal(rdl_stall_look(&stall, 0, 1000, &worst), RDL_STALL_NOTHING);
	/* It made a round between two looks, and stands again: that it went on is said first. */
	assert_int_equal(rdl_stall_look(&stall, 5000, 1000, &worst), RDL_STALL_STANDS);
	assert_int_equal(rdl_stall_look(&stall, 1500, 1000, &worst), RDL_STALL_GOES_ON);
	assert_int_equal(worst, 5000);
	assert_int_equal(rdl_stall_look(&stall, 2500, 1000, &worst), RDL_STALL_STANDS);
}

static void journal(void **state)
{
	assert_true(rdl_is_journal("8:12345", 8, 12345));
	assert_true(rdl_is_journal("0:18446744073709551614", 0, UINT64_MAX - 1));
	assert_false(rdl_is_journal(NULL, 8, 12345));
	assert_false(rdl_is_journal("", 0, 0));
	assert_false(rdl_is_journal(":", 0, 0));
	assert_false(rdl_is_journal("8:", 8, 0));
	assert_false(rdl_is_journal(":12345", 0, 12345));
	assert_false(rdl_is_journal("8", 8, 8));
	assert_false(rdl_is_journal("8:12345", 8, 12346));
	assert_false(rdl_is_journal("8:12345", 9, 12345));
	assert_false(rdl_is_journal("8:12345:1", 8, 12345));
	assert_false(rdl_is_journal("8: 12345", 8, 12345));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_kind),
		cmocka_unit_test(how_full),
		cmocka_unit_test(standing_still),
		cmocka_unit_test(journal),
	};
	return RUN_TESTS(tests);
}
