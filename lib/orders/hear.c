/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices send: whose it is, and what it is to that. */
#include "orders_internal.h"

/* From where the registration was made or moved to; under DTLS, in its session, wherever from. */
static bool is_from(const struct rdl_orders_endpoint *endpoint, const struct rdl_answer *answer)
{
	const struct rdl_registration *registration = &endpoint->registration;

	if (registration->identity != 0 || answer->session != 0)
		return answer->session != 0 && answer->session == endpoint->session &&
		       answer->identity == registration->identity;
	return answer->peer.port == registration->peer.port &&
	       memcmp(answer->peer.address, registration->peer.address,
		       sizeof(answer->peer.address)) == 0;
}

/* What a CON of this type gets. */
static uint8_t back_if_confirmable(const struct rdl_answer *answer, enum rdl_answer_back back)
{
	return answer->type == RDL_COAP_CON ? (uint8_t)back : RDL_BACK_NOTHING;
}

/* Octets of an answer in a report are bounded; one that is empty may need one all the same. */
static unsigned reports_for(const struct rdl_answer *answer, bool even_empty)
{
	size_t len = answer->payload.len;

	if (len == 0)
		return even_empty;
	return (unsigned)((len + RDL_TRANSMISSION_MAX - 1) / RDL_TRANSMISSION_MAX);
}

/* The octets of an answer, in as many reports; `more`: of the whole there is more to come. */
static void tell(struct rdl_orders *orders, const struct rdl_exchange *exchange,
	const struct rdl_answer *answer, unsigned count, bool more, uint64_t now_ms)
{
	const struct rdl_orders_calls *calls = &orders->config.calls;
	struct rdl_span rest = answer->payload;

	while (count-- > 0) {
		struct rdl_report *report = calls->report(orders->config.context);
		size_t len = rest.len < RDL_TRANSMISSION_MAX ? rest.len : RDL_TRANSMISSION_MAX;

		report->kind = RDL_REPORT;
		report->state = RDL_ORDER_answered;
		report->reason = RDL_ORDER_REASON_none;
		report->code = answer->code;
		report->more = more || count > 0;
		report->content_format = answer->content_format;
		report->len = (uint16_t)len;
		report->rtt_ms = (uint32_t)(now_ms - exchange->sent_ms);
		report->order = exchange->order;
		if (len > 0)
			memcpy(report->octets, rest.data, len);
		rest.data += len;
		rest.len -= len;
		calls->tell(orders->config.context, report);
	}
}

static void end_answered(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint8_t code,
	enum rdl_order_reason reason, uint64_t now_ms)
{
	struct rdl_order *order = dialogue->exchange.order;

	order->code = code;
	order->rtt_ms = (uint32_t)(now_ms - dialogue->exchange.sent_ms);
	rdl_exchange_end(orders, dialogue, RDL_ORDER_answered, reason);
}

/* It is told, whole or this block of it; false when there are too few reports for it. */
static bool read_on(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_answer *answer, bool is_last, uint64_t now_ms)
{
	struct rdl_order *order = dialogue->exchange.order;
	bool succeeds = RDL_COAP_CODE_CLASS(answer->code) == 2;
	bool begins = succeeds && rdl_order_observes(order) && !order->course.reads &&
		      answer->observe != RDL_OBSERVE_NONE;
	/* An error instead of a further block ends the observation, too. */
	bool observes = begins || (succeeds && order->course.observes);
	unsigned reports = reports_for(answer, observes);

	if (orders->config.calls.reports(orders->config.context) < reports)
		return false;
	tell(orders, &dialogue->exchange, answer, reports, !is_last, now_ms);
	rdl_blocks_taken(order, answer);
	if (begins)
		rdl_observations_begin(orders, dialogue, answer, now_ms);
	if (!is_last)
		rdl_exchange_again(orders, dialogue);
	else if (observes)
		rdl_exchange_close(orders, dialogue, true)->state = RDL_ORDER_answered;
	else
		end_answered(orders, dialogue, answer->code, RDL_ORDER_REASON_none, now_ms);
	return true;
}

/* The answer to the message under way. */
static void hear_answer(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	struct rdl_answer *answer, uint64_t now_ms)
{
	struct rdl_order *order = dialogue->exchange.order;
	enum rdl_order_reason reason = RDL_ORDER_REASON_none;
	enum rdl_course course = RDL_COURSE_LAST;
	unsigned class = RDL_COAP_CODE_CLASS(answer->code);

	answer->back = back_if_confirmable(answer, RDL_BACK_ACK);
	/* Whatever the answer is. */
	if (order->observe == RDL_ORDER_CANCEL)
		rdl_observations_cancel(orders, dialogue, dialogue->exchange.number);
	if (class != 2 && class != 4 && class != 5) {
		/* Rejected, as what is not to be understood is (section 5.4.1). */
		answer->back = back_if_confirmable(answer, RDL_BACK_RESET);
		end_answered(orders, dialogue, answer->code, RDL_ORDER_REASON_unread, now_ms);
		return;
	}
	if (order->course.rest) {
		rdl_observations_hear_rest(orders, dialogue, answer);
		return;
	}
	if (!order->course.reads)
		course = rdl_blocks_written(order, answer, &reason);
	if (course == RDL_COURSE_ON) {
		rdl_exchange_again(orders, dialogue);
		return;
	}
	if (course == RDL_COURSE_LAST)
		course = rdl_blocks_read(orders, order, answer, &reason);
	if (course == RDL_COURSE_BROKEN) {
		end_answered(orders, dialogue, answer->code, reason, now_ms);
	} else if (!read_on(orders, dialogue, answer, course == RDL_COURSE_LAST, now_ms)) {
		/* As if it had been lost on its way: it comes again. */
		answer->back = RDL_BACK_NOTHING;
		orders->counts.shed++;
	}
}

/* To what is over: a copy, or too late, or never asked for. */
static void hear_stranger(
	struct rdl_orders *orders, const struct rdl_dialogue *dialogue, struct rdl_answer *answer)
{
	answer->back = back_if_confirmable(answer, RDL_BACK_RESET);
	for (unsigned i = 0; i < RDL_DIALOGUE_RECENT; i++) {
		if (dialogue->recent[i] >> 1 != answer->number)
			continue;
		if ((dialogue->recent[i] & 1) == 0 || answer->observe != RDL_OBSERVE_NONE) {
			orders->counts.late++;
		} else {
			/* Our acknowledgement of it was lost (RFC 7252 section 4.2). */
			answer->back = back_if_confirmable(answer, RDL_BACK_ACK);
			orders->counts.doubled++;
		}
		return;
	}
	orders->counts.foreign++;
}

/* Of an order to cancel, whose token is the observation's, only what does not notify. */
static bool is_to_exchange(const struct rdl_exchange *exchange, const struct rdl_answer *answer)
{
	return exchange->order != NULL && exchange->sends > 0 &&
	       exchange->number == answer->number &&
	       (exchange->order->observe != RDL_ORDER_CANCEL ||
		       answer->observe == RDL_OBSERVE_NONE || answer->type == RDL_COAP_ACK);
}

/* After what an endpoint has sent: it is awake. */
static void go_on(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	dialogue->heard_ms = now_ms;
	rdl_turns_wake(orders, dialogue);
	rdl_turns_speak(orders, dialogue, now_ms);
	rdl_turns_settle(orders, dialogue);
}

static void hear_response(struct rdl_orders *orders, struct rdl_answer *answer, uint64_t now_ms)
{
	struct rdl_dialogue *dialogue = rdl_dialogues_find(&orders->dialogues, answer->handle);
	struct rdl_orders_endpoint endpoint;
	struct rdl_order *observed;

	if (dialogue == NULL) {
		answer->back = back_if_confirmable(answer, RDL_BACK_RESET);
		orders->counts.foreign++;
		return;
	}
	if (!orders->config.calls.describe(
		    orders->config.context, answer->handle, now_ms, &endpoint) ||
		!is_from(&endpoint, answer)) {
		orders->counts.foreign++;
		return;
	}
	const struct rdl_exchange *exchange = &dialogue->exchange;
	if (is_to_exchange(exchange, answer)) {
		if (answer->type == RDL_COAP_ACK && answer->message_id != exchange->message_id) {
			orders->counts.foreign++;
			return;
		}
		hear_answer(orders, dialogue, answer, now_ms);
	} else if ((observed = rdl_observations_find(dialogue, answer->number)) != NULL) {
		rdl_observations_hear(orders, dialogue, observed, answer, now_ms);
	} else {
		hear_stranger(orders, dialogue, answer);
	}
	go_on(orders, dialogue, now_ms);
}

/* The device knows nothing of it (RFC 7252 section 4.2); so nor of what it was to cancel. */
static void end_reset(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	if (dialogue->exchange.order->observe == RDL_ORDER_CANCEL)
		rdl_observations_cancel(orders, dialogue, dialogue->exchange.number);
	rdl_exchange_end(orders, dialogue, RDL_ORDER_reset, RDL_ORDER_REASON_none);
}

/* By where it came from and its Message ID, which nobody else could know. */
static void hear_empty(struct rdl_orders *orders, const struct rdl_answer *answer, uint64_t now_ms)
{
	struct rdl_dialogue *dialogue = rdl_dialogues_awaiting(
		&orders->dialogues, rdl_token_awaited(&orders->config.awaited_key, &answer->peer,
					    answer->session, answer->message_id));

	if (dialogue == NULL) {
		orders->counts.foreign++;
		return;
	}
	if (answer->type == RDL_COAP_RST)
		end_reset(orders, dialogue);
	else
		rdl_exchange_acknowledged(orders, dialogue, now_ms);
	go_on(orders, dialogue, now_ms);
}

/* What a copy of it is known by: the same message of the same session. */
static uint64_t name_of_send(const struct rdl_orders *orders, const struct rdl_answer *answer)
{
	const struct rdl_key *key = &orders->config.awaited_key;
	const uint64_t parts[] = { answer->session, answer->message_id, answer->content_format,
		answer->payload.len,
		answer->payload.len > 0
			? rdl_siphash(key, answer->payload.data, answer->payload.len)
			: 0 };

	return rdl_siphash(key, parts, sizeof(parts));
}

/* A copy of what was told is not told again, whoever listens. */
static bool deliver_send(
	struct rdl_orders *orders, const struct rdl_answer *answer, uint64_t now_ms)
{
	const struct rdl_delivery delivery = {
		.handle = answer->handle,
		.code = answer->code,
		.content_format = answer->content_format,
		.payload = answer->payload,
	};
	uint64_t name = name_of_send(orders, answer);
	uint32_t now_s = (uint32_t)(now_ms / 1000);

	if (rdl_sends_has(&orders->sends, name, now_s, orders->config.exchange_lifetime_s)) {
		orders->counts.doubled++;
		return true;
	}
	if (!rdl_orders_deliver(orders, &delivery))
		return false;
	rdl_sends_put(&orders->sends, name, now_s);
	return true;
}

/*
 * Told while somebody listens; else it is as if there were no such resource. Returns the code of
 * the response.
 */
static uint8_t hear_send(
	struct rdl_orders *orders, const struct rdl_answer *answer, uint64_t now_ms)
{
	struct rdl_orders_endpoint endpoint;

	if (!orders->config.calls.describe(
		    orders->config.context, answer->handle, now_ms, &endpoint) ||
		answer->session == 0 || !is_from(&endpoint, answer)) {
		orders->counts.foreign++;
		return RDL_COAP_NOT_FOUND;
	}
	/* Its device must not think that it was told. */
	if (answer->payload.len > RDL_DELIVERY_PAYLOAD_MAX)
		return RDL_COAP_REQUEST_ENTITY_TOO_LARGE;
	return deliver_send(orders, answer, now_ms) ? RDL_COAP_CHANGED : RDL_COAP_NOT_FOUND;
}

void rdl_orders_hear(struct rdl_orders *orders, struct rdl_answer *answer, uint64_t now_ms)
{
	answer->back = RDL_BACK_NOTHING;
	switch ((enum rdl_answer_kind)answer->kind) {
	case RDL_ANSWER_RESPONSE:
		hear_response(orders, answer, now_ms);
		break;
	case RDL_ANSWER_EMPTY:
		hear_empty(orders, answer, now_ms);
		break;
	case RDL_ANSWER_SEND:
		answer->back_code = hear_send(orders, answer, now_ms);
		answer->back = RDL_BACK_CODE;
		break;
	case RDL_ANSWER_KINDS:
		break;
	}
}
