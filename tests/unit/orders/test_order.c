/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders: what callers are told of states and reasons. */
#include "support.h"

#include "order.h"

static void test_states(void **state)
{
	assert_string_equal(rdl_order_state_text(RDL_ORDER_queued), "queued");
	assert_string_equal(rdl_order_state_text(RDL_ORDER_refused), "refused");
	for (unsigned i = 0; i < RDL_ORDER_STATE_COUNT; i++)
		assert_non_null(rdl_order_state_text((enum rdl_order_state)i));
}

/* Each has words of its own, but for the one that says nothing. */
static void test_reasons(void **state)
{
	assert_string_equal(rdl_order_reason_text(RDL_ORDER_REASON_none), "");
	for (unsigned i = 1; i < RDL_ORDER_REASON_COUNT; i++) {
		const char *text = rdl_order_reason_text((enum rdl_order_reason)i);

		assert_true(text[0] != '\0');
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
				text, rdl_order_reason_text((enum rdl_order_reason)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
