/* SPDX-License-Identifier: BSD-3-Clause */
#include "order.h"

const char *rdl_order_state_text(enum rdl_order_state state)
{
	static const char *const texts[RDL_ORDER_STATE_COUNT] = {
#define X(name) [RDL_ORDER_##name] = #name,
		RDL_ORDER_STATES(X)
#undef X
	};

	return texts[state];
}

const char *rdl_order_reason_text(enum rdl_order_reason reason)
{
	static const char *const texts[RDL_ORDER_REASON_COUNT] = {
#define X(name, text) [RDL_ORDER_REASON_##name] = (text),
		RDL_ORDER_REASONS(X)
#undef X
	};

	return texts[reason];
}
