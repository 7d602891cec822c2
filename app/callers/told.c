/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients are told, a line each. */
#include <assert.h>

#include "internal.h"

static struct rdl_cursor begin(
	struct callers *callers, struct rdl_span id, enum rdl_order_state state)
{
	struct rdl_cursor out = rdl_cursor(callers->line, callers->line_room);

	rdl_cursor_text(&out, "{\"id\":");
	rdl_cursor_json(&out, id);
	rdl_cursor_text(&out, ",\"state\":\"");
	rdl_cursor_text(&out, rdl_order_state_text(state));
	rdl_cursor_u8(&out, '"');
	return out;
}

/* "2.05", as all documents write it. */
static void put_code(struct rdl_cursor *out, uint8_t code)
{
	rdl_cursor_text(out, ",\"code\":\"");
	rdl_cursor_decimal(out, RDL_COAP_CODE_CLASS(code));
	rdl_cursor_text(out, (code & 31) < 10 ? ".0" : ".");
	rdl_cursor_decimal(out, code & 31);
	rdl_cursor_u8(out, '"');
}

static void put_reason(struct rdl_cursor *out, const char *reason)
{
	if (reason[0] == '\0')
		return;
	rdl_cursor_text(out, ",\"reason\":");
	rdl_cursor_json(out, (struct rdl_span){ (const uint8_t *)reason, strlen(reason) });
}

static void put_rtt(struct rdl_cursor *out, uint32_t rtt_ms)
{
	rdl_cursor_text(out, ",\"rtt_ms\":");
	rdl_cursor_decimal(out, rtt_ms);
}

static void end(struct callers *callers, struct caller *caller, struct rdl_cursor *out)
{
	rdl_cursor_text(out, "}\n");
	/* The longest line has room. */
	assert(!out->failed);
	caller_tell(callers, caller, callers->line, (size_t)(out->pos - callers->line));
}

static struct rdl_span id_of(const struct call *call)
{
	return (struct rdl_span){ call->order.id, call->order.id_len };
}

void told_refused(struct callers *callers, struct caller *caller, const struct request *request,
	const char *why)
{
	struct rdl_cursor out = begin(callers, request->parts.id, RDL_ORDER_refused);

	if (request->code != 0)
		put_code(&out, request->code);
	put_reason(&out, why);
	end(callers, caller, &out);
}

/* The last octets of an answer. */
static void tell_answer(struct callers *callers, struct call *call, const struct rdl_report *report)
{
	struct rdl_span payload = { report->octets, report->len };
	struct rdl_cursor out = begin(callers, id_of(call), RDL_ORDER_answered);

	if (call->answer_len > 0) {
		call_add(callers, call, payload);
		payload = (struct rdl_span){ call->answer, call->answer_len };
	}
	put_code(&out, report->code);
	if (report->content_format != RDL_FORMAT_NONE) {
		rdl_cursor_text(&out, ",\"content_format\":");
		rdl_cursor_decimal(&out, report->content_format);
	}
	if (!call->cut) {
		rdl_cursor_text(&out, ",\"payload\":\"");
		rdl_cursor_base64(&out, payload);
		rdl_cursor_u8(&out, '"');
	} else {
		put_reason(&out, rdl_order_reason_text(RDL_ORDER_REASON_full));
	}
	put_rtt(&out, report->rtt_ms);
	end(callers, call->caller, &out);
}

void told_report(struct callers *callers, struct call *call, const struct rdl_report *report)
{
	struct rdl_span octets = { report->octets, report->len };

	if (call->caller == NULL)
		return;
	if (report->state == RDL_ORDER_answered && !report->more) {
		tell_answer(callers, call, report);
		call->told = true;
	} else if (report->state == RDL_ORDER_answered) {
		call_add(callers, call, octets);
	} else {
		struct rdl_cursor out =
			begin(callers, id_of(call), (enum rdl_order_state)report->state);

		if (report->reason == RDL_ORDER_REASON_asleep)
			rdl_cursor_text(&out, ",\"asleep\":true");
		end(callers, call->caller, &out);
	}
}

void told_over(struct callers *callers, struct call *call)
{
	const struct rdl_order *order = &call->order;

	bool observes = order->observe == RDL_ORDER_OBSERVE;

	if (call->caller == NULL)
		return;
	/*
	 * Its answer was all that there is to say; but whoever observes must know when that ends.
	 */
	if (call->told && !observes && order->state == RDL_ORDER_answered &&
		order->reason == RDL_ORDER_REASON_none)
		return;
	struct rdl_cursor out = begin(callers, id_of(call), (enum rdl_order_state)order->state);

	/* One that could not be read has none. */
	if (order->state == RDL_ORDER_answered && order->code != RDL_COAP_EMPTY)
		put_code(&out, order->code);
	put_reason(&out, rdl_order_reason_text((enum rdl_order_reason)order->reason));
	if (order->state == RDL_ORDER_answered && !call->told)
		put_rtt(&out, order->rtt_ms);
	if (observes)
		rdl_cursor_text(&out, ",\"ended\":true");
	end(callers, call->caller, &out);
}

void told_stopping(struct callers *callers, struct call *call)
{
	if (call->caller == NULL)
		return;
	struct rdl_cursor out = begin(callers, id_of(call), RDL_ORDER_gone);

	put_reason(&out, rdl_order_reason_text(RDL_ORDER_REASON_stopping));
	if (call->order.observe == RDL_ORDER_OBSERVE)
		rdl_cursor_text(&out, ",\"ended\":true");
	end(callers, call->caller, &out);
}
