/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders that observe (RFC 7641): from their first answer on, until either end has enough. */
#include "orders_internal.h"

/* RFC 7641 section 3.4. */
#define FRESH_MS 128000
#define SEQUENCE_HALF (1u << 23)

struct rdl_order *rdl_observations_find(const struct rdl_dialogue *dialogue, uint32_t number)
{
	struct rdl_order *order = dialogue->observing.first;

	while (order != NULL && order->course.number != number)
		order = order->course.next;
	return order;
}

/* Of the same; what a FETCH means its payload says as well (RFC 8132 section 2.4). */
static bool is_same(const struct rdl_order *order, const struct rdl_order *cancel)
{
	return order->method == cancel->method && rdl_span_equal(order->path, cancel->path) &&
	       rdl_span_equal(order->query, cancel->query) &&
	       (order->method != RDL_COAP_FETCH || rdl_span_equal(order->payload, cancel->payload));
}

struct rdl_order *rdl_observations_match(
	const struct rdl_dialogue *dialogue, const struct rdl_order *cancel)
{
	struct rdl_order *order = dialogue->observing.first;

	while (order != NULL && !is_same(order, cancel))
		order = order->course.next;
	return order;
}

void rdl_observations_begin(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_answer *answer, uint64_t now_ms)
{
	struct rdl_order *order = dialogue->exchange.order;

	order->course.observes = true;
	order->course.number = dialogue->exchange.number;
	order->course.sequence = answer->observe;
	order->course.heard_ms = now_ms;
	/* From now on there is no limit to it. */
	order->course.expires_ms = RDL_ORDERS_NEVER;
	rdl_queue_append(&dialogue->observing, order);
	orders->counts.observations++;
}

void rdl_observations_set_rest(struct rdl_dialogue *dialogue, struct rdl_order *order, bool rest)
{
	dialogue->rests += (uint32_t)rest - (uint32_t)order->course.rest;
	order->course.rest = rest;
}

void rdl_observations_forget(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order)
{
	rdl_observations_set_rest(dialogue, order, false);
	rdl_queue_remove(&dialogue->observing, order);
	order->course.observes = false;
	orders->counts.observations--;
	/* Where it is the token of what cancels it, that is remembered when it is over. */
	if (dialogue->exchange.order == NULL || dialogue->exchange.number != order->course.number)
		rdl_exchange_remember(dialogue, order->course.number, false);
}

static void end(struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order,
	enum rdl_order_state state, enum rdl_order_reason reason)
{
	/* It may be reading its first answer, or the rest of a value. */
	if (dialogue->exchange.order == order) {
		bool reads_rest = order->course.rest;

		rdl_exchange_end(orders, dialogue, state, reason);
		if (!reads_rest)
			return;
	}
	rdl_observations_forget(orders, dialogue, order);
	rdl_orders_end(orders, order, state, reason);
}

void rdl_observations_end(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, enum rdl_order_reason reason)
{
	while (dialogue->observing.first != NULL)
		end(orders, dialogue, dialogue->observing.first, RDL_ORDER_gone, reason);
}

void rdl_observations_cancel(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint32_t number)
{
	struct rdl_order *order = rdl_observations_find(dialogue, number);

	if (order != NULL)
		end(orders, dialogue, order, RDL_ORDER_answered, RDL_ORDER_REASON_cancelled);
}

static bool is_fresh(
	const struct rdl_order *order, const struct rdl_answer *answer, uint64_t now_ms)
{
	uint32_t before = order->course.sequence, now = answer->observe;

	return (before < now && now - before < SEQUENCE_HALF) ||
	       (before > now && before - now > SEQUENCE_HALF) ||
	       now_ms > order->course.heard_ms + FRESH_MS;
}

bool rdl_orders_deliver(struct rdl_orders *orders, const struct rdl_delivery *delivery)
{
	bool heard = orders->config.calls.notify(orders->config.context, delivery);

	if (heard)
		orders->counts.notified++;
	else
		orders->counts.unheard++;
	return heard;
}

static bool has_more(const struct rdl_answer *answer)
{
	return answer->block2 != RDL_BLOCK_NONE && (answer->block2 & 8) != 0;
}

/* `offset`: of the value, which is the newest that was notified, so much was told before. */
static bool deliver(struct rdl_orders *orders, const struct rdl_dialogue *dialogue,
	const struct rdl_order *order, const struct rdl_answer *answer, uint32_t offset)
{
	return rdl_orders_deliver(orders, &(struct rdl_delivery){
						  .order = order,
						  .handle = dialogue->handle,
						  .sequence = order->course.sequence,
						  .code = answer->code,
						  .offset = offset,
						  .more = has_more(answer),
						  .content_format = answer->content_format,
						  .payload = answer->payload,
					  });
}

/* The others are asked for where this is the first of several blocks (RFC 7959 section 2.6). */
static void begin_rest(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	struct rdl_order *order, const struct rdl_answer *answer)
{
	enum rdl_order_reason reason;

	if (dialogue->exchange.order == order) {
		/* Its first answer is not whole yet. */
		if (!order->course.rest)
			return;
		/* Whatever is being asked for is of a value that is past. */
		rdl_exchange_close(orders, dialogue, true);
	}
	order->course.reads = false;
	rdl_observations_set_rest(
		dialogue, order, rdl_blocks_read(orders, order, answer, &reason) == RDL_COURSE_ON);
	rdl_blocks_taken(order, answer);
	order->course.sent_ms = 0;
}

void rdl_observations_hear_rest(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, const struct rdl_answer *answer)
{
	struct rdl_order *order = dialogue->exchange.order;
	enum rdl_order_reason reason = RDL_ORDER_REASON_none;
	enum rdl_course course = RDL_COURSE_BROKEN;

	if (RDL_COAP_CODE_CLASS(answer->code) == 2)
		course = rdl_blocks_read(orders, order, answer, &reason);
	if (course == RDL_COURSE_BROKEN) {
		rdl_exchange_end(orders, dialogue, RDL_ORDER_answered, reason);
		return;
	}
	(void)deliver(orders, dialogue, order, answer, order->course.offset);
	rdl_blocks_taken(order, answer);
	if (course == RDL_COURSE_ON)
		rdl_exchange_again(orders, dialogue);
	else
		rdl_exchange_end(orders, dialogue, RDL_ORDER_answered, RDL_ORDER_REASON_none);
}

void rdl_observations_hear(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	struct rdl_order *order, struct rdl_answer *answer, uint64_t now_ms)
{
	/* What does not say that there will be more is the last (section 3.2). */
	bool is_last =
		answer->observe == RDL_OBSERVE_NONE || RDL_COAP_CODE_CLASS(answer->code) != 2;

	answer->back = answer->type == RDL_COAP_CON ? RDL_BACK_ACK : RDL_BACK_NOTHING;
	/* No notification is one: the first answer comes again, since it was asked for again. */
	if (answer->type == RDL_COAP_ACK) {
		orders->counts.doubled++;
		return;
	}
	if (!is_last && !is_fresh(order, answer, now_ms)) {
		orders->counts.stale++;
		return;
	}
	if (answer->code == RDL_COAP_EMPTY) {
		/* Not to be understood; rejected, it ends the observation (section 3.6). */
		answer->back = RDL_BACK_RESET;
		end(orders, dialogue, order, RDL_ORDER_answered, RDL_ORDER_REASON_unread);
		return;
	}
	if (answer->observe != RDL_OBSERVE_NONE)
		order->course.sequence = answer->observe;
	bool heard = deliver(orders, dialogue, order, answer, 0);
	if (is_last) {
		order->code = answer->code;
		end(orders, dialogue, order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
		return;
	}
	order->course.heard_ms = now_ms;
	if (!heard && orders->config.reset_unheard) {
		answer->back = RDL_BACK_RESET;
		end(orders, dialogue, order, RDL_ORDER_gone, RDL_ORDER_REASON_unheard);
	} else {
		begin_rest(orders, dialogue, order, answer);
	}
}
