/* SPDX-License-Identifier: BSD-3-Clause */
#include "reason.h"

#include "coap.h"

#include <assert.h>

static const struct {
	uint8_t code;
	uint8_t detail; /* enum rdl_detail_kind */
	const char *text;
} reasons[RDL_REASON_COUNT] = { [RDL_REASON_NONE] = { 0, RDL_DETAIL_none, "" },
#define X(name, code_name, detail_, text_) \
	[RDL_REASON_##name] = { RDL_COAP_##code_name, RDL_DETAIL_##detail_, text_ },
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

enum rdl_detail_kind rdl_reason_detail(enum rdl_reason reason)
{
	assert(reason < RDL_REASON_COUNT);
	return (enum rdl_detail_kind)reasons[reason].detail;
}

/* At most this much of a name that a request brought. */
#define NAME_SHOWN 32

static void write_name(struct rdl_cursor *out, const struct rdl_detail *detail)
{
	if (detail->parameter_len > 0)
		rdl_cursor_text(out, ": ");
	for (uint32_t i = 0; i < detail->parameter_len && i < NAME_SHOWN; i++) {
		uint8_t octet = detail->parameter[i];

		rdl_cursor_u8(out, octet >= 0x20 && octet <= 0x7e ? octet : '?');
	}
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
	struct rdl_cursor *out, enum rdl_reason reason, const struct rdl_detail *detail)
{
	rdl_cursor_text(out, rdl_reason_text(reason));
	switch (rdl_reason_detail(reason)) {
	case RDL_DETAIL_parameter:
		write_name(out, detail);
		break;
	case RDL_DETAIL_objects:
		write_missing(out, detail->number);
		break;
	case RDL_DETAIL_option:
	case RDL_DETAIL_octet:
		rdl_cursor_decimal(out, detail->number);
		break;
	case RDL_DETAIL_none:
		break;
	}
}
