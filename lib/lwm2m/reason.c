/* SPDX-License-Identifier: BSD-3-Clause */
#include "reason.h"

#include "coap.h"

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

bool rdl_reason_names_parameter(enum rdl_reason reason)
{
	return reason == RDL_REASON_unknown_parameter || reason == RDL_REASON_repeated ||
	       reason == RDL_REASON_update_parameter || reason == RDL_REASON_update_mismatch;
}

bool rdl_reason_has_detail(enum rdl_reason reason)
{
	return reason == RDL_REASON_link_syntax || reason == RDL_REASON_mandatory_objects ||
	       reason == RDL_REASON_bad_option;
}

/* At most this much of a name that a request brought. */
#define NAME_SHOWN 32

static void write_name(struct rdl_cursor *out, struct rdl_span name)
{
	if (name.len > 0)
		rdl_cursor_text(out, ": ");
	for (size_t i = 0; i < name.len && i < NAME_SHOWN; i++)
		rdl_cursor_u8(
			out, name.data[i] >= 0x20 && name.data[i] <= 0x7e ? name.data[i] : '?');
}

static void write_missing(struct rdl_cursor *out, uint32_t missing)
{
	if ((missing & RDL_MISSING_SERVER) != 0)
		rdl_cursor_text(out, "1");
	if (missing == (RDL_MISSING_SERVER | RDL_MISSING_DEVICE))
		rdl_cursor_text(out, " and object ");
	if ((missing & RDL_MISSING_DEVICE) != 0)
		rdl_cursor_text(out, "3");
}

void rdl_reason_write(
	struct rdl_cursor *out, enum rdl_reason reason, uint32_t detail, struct rdl_span name)
{
	rdl_cursor_text(out, rdl_reason_text(reason));
	if (rdl_reason_names_parameter(reason))
		write_name(out, name);
	else if (reason == RDL_REASON_mandatory_objects)
		write_missing(out, detail);
	else if (rdl_reason_has_detail(reason))
		rdl_cursor_decimal(out, detail);
}
