/* SPDX-License-Identifier: BSD-3-Clause */
#include "lwm2m.h"

#include <assert.h>

static const struct {
	uint8_t code;
	const char *text;
} reasons[RDL_REASON_COUNT] = { [RDL_REASON_NONE] = { 0, "" },
#define X(name, code_name, text_) [RDL_REASON_##name] = { RDL_COAP_##code_name, text_ },
	RDL_REASONS(X)
#undef X
};

uint8_t rdl_reason_code(enum rdl_reason reason)
{
	assert(reason < RDL_REASON_COUNT);
	return reasons[reason].code;
}

const char *rdl_reason_text(enum rdl_reason reason)
{
	assert(reason < RDL_REASON_COUNT);
	return reasons[reason].text;
}
