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

struct rdl_order *rdl_observations_match(
	const struct rdl_dialogue *dialogue, const struct rdl_order *cancel)
{
	struct rdl_order *order = dialogue->observing.first;

	while (order != NULL &&
		!(order->method == cancel->method && rdl_span_equal(order->path, cancel->path) &&
			rdl_span_equal(order->query, cancel->query)))
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
	rdl_queue_append(&dialogue->observing, order);
	orders->counts.observations++;
}

void rdl_observations_forget(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order)
{
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
	/* It may still be reading its first answer. */
	if (dialogue->exchange.order == order) {
		rdl_exchange_end(orders, dialogue, state, reason);
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

static bool deliver(struct rdl_orders *orders, const struct rdl_dialogue *dialogue,
	const struct rdl_order *order, const struct rdl_answer *answer)
{
	return rdl_orders_deliver(orders,
		&(struct rdl_delivery){
			.order = order,
			.handle = dialogue->handle,
			.sequence = answer->observe == RDL_OBSERVE_NONE ? 0 : answer->observe,
			.code = answer->code,
			.more = answer->block2 != RDL_BLOCK_NONE && (answer->block2 & 8) != 0,
			.content_format = answer->content_format,
			.payload = answer->payload,
		});
}

void rdl_observations_hear(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	struct rdl_order *order, struct rdl_answer *answer, uint64_t now_ms)
{
	/* What does not say that there will be more is the last (section 3.2). */
	bool is_last =
		answer->observe == RDL_OBSERVE_NONE || RDL_COAP_CODE_CLASS(answer->code) != 2;

	answer->back = answer->type == RDL_COAP_CON ? RDL_BACK_ACK : RDL_BACK_NOTHING;
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
	bool heard = deliver(orders, dialogue, order, answer);
	if (is_last) {
		order->code = answer->code;
		end(orders, dialogue, order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
		return;
	}
	order->course.sequence = answer->observe;
	order->course.heard_ms = now_ms;
	if (!heard && orders->config.reset_unheard) {
		answer->back = RDL_BACK_RESET;
		end(orders, dialogue, order, RDL_ORDER_gone, RDL_ORDER_REASON_unheard);
	}
}
