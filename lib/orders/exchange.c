/* SPDX-License-Identifier: BSD-3-Clause */
/* A message under way, from its Message ID to what ends it (RFC 7252 section 4.2). */
#include "orders_internal.h"

#include <assert.h>

/*
 * Message IDs of an endpoint go by a clock that takes an exchange lifetime for all of them but
 * these, which may be used ahead of it: so none comes again before that is over, however the
 * messages come.
 */
#define IDS_AHEAD 1024
#define IDS (65536 - IDS_AHEAD)

/* What the worker could not send at once, it is given again, so often, before it counts as lost. */
#define PUT_OFF_MS 50
#define PUTS_OFF_MAX 20

uint64_t rdl_orders_ids(const struct rdl_orders *orders, uint64_t now_ms)
{
	return now_ms * IDS / ((uint64_t)orders->config.exchange_lifetime_s * 1000);
}

bool rdl_exchange_may_number(
	const struct rdl_orders *orders, const struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	return dialogue->next_id < rdl_orders_ids(orders, now_ms) + IDS_AHEAD;
}

void rdl_exchange_begin(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, struct rdl_order *order)
{
	assert(dialogue->exchange.order == NULL);
	orders->counts.under_way++;
	dialogue->exchange = (struct rdl_exchange){
		.order = order, .to_send = true, .due_ms = order->course.expires_ms
	};
}

/* None that this dialogue's observations have. */
static uint32_t next_number(struct rdl_orders *orders, const struct rdl_dialogue *dialogue)
{
	do
		orders->number = (orders->number + 1) & RDL_TOKEN_NUMBER_MAX;
	while (rdl_observations_find(dialogue, orders->number) != NULL);
	return orders->number;
}

static void number(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	struct rdl_exchange *exchange = &dialogue->exchange;
	uint64_t id = rdl_orders_ids(orders, now_ms);
	const struct rdl_order *order = exchange->order, *observed = NULL;

	if (id < dialogue->next_id)
		id = dialogue->next_id;
	dialogue->next_id = id + 1;
	exchange->message_id = (uint16_t)(id + dialogue->salt);
	/* An observation is cancelled by its own token; what follows that has another. */
	if (order->observe == RDL_ORDER_CANCEL && !order->course.reads)
		observed = rdl_observations_match(dialogue, order);
	exchange->number =
		observed != NULL ? observed->course.number : next_number(orders, dialogue);
	exchange->timeout_ms = RDL_ACK_TIMEOUT_MS +
			       (uint32_t)(rdl_orders_random(orders) % (RDL_ACK_RANDOM_MS + 1));
	exchange->numbered = true;
}

static void await_nothing(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	const struct rdl_orders_config *config = &orders->config;

	if (dialogue->exchange.awaited == 0)
		return;
	if (config->awaited != NULL)
		rdl_owners_take(config->awaited, dialogue->exchange.awaited, config->shard);
	rdl_dialogues_await_nothing(&orders->dialogues, dialogue);
}

/* An empty message from where this one goes, with its Message ID, is about it. */
static void await(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t awaited)
{
	const struct rdl_orders_config *config = &orders->config;

	if (dialogue->exchange.awaited == awaited)
		return;
	await_nothing(orders, dialogue);
	rdl_dialogues_await(&orders->dialogues, dialogue, awaited);
	if (config->awaited != NULL)
		rdl_owners_put(config->awaited, awaited, config->shard);
}

/* The caller's own time for an order ends it, too; before it is sent, how long it may wait. */
static uint64_t limited(const struct rdl_order *order, uint64_t due_ms)
{
	uint64_t limit = order->course.sent_ms + order->timeout_ms;

	if (order->course.sent_ms == 0)
		limit = order->course.expires_ms;
	else if (order->timeout_ms == 0)
		limit = RDL_ORDERS_NEVER;
	return limit < due_ms ? limit : due_ms;
}

static void went_out(struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	struct rdl_exchange *exchange = &dialogue->exchange;
	struct rdl_order *order = exchange->order;

	if (exchange->sends == 0 && order->course.sent_ms == 0)
		order->course.sent_ms = now_ms;
	exchange->to_send = false;
	exchange->sent_ms = now_ms;
	exchange->due_ms =
		limited(order, now_ms + ((uint64_t)exchange->timeout_ms << exchange->sends));
	exchange->sends++;
}

void rdl_exchange_send(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_orders_endpoint *endpoint, uint64_t now_ms)
{
	const struct rdl_orders_calls *calls = &orders->config.calls;
	const struct rdl_registration *registration = &endpoint->registration;
	void *context = orders->config.context;
	struct rdl_transmission *transmission;
	uint64_t awaited;

	/* Never in clear text to one that has proved who it is. */
	if (registration->identity != 0 && endpoint->session == 0) {
		rdl_exchange_fail(orders, dialogue, RDL_ORDER_REASON_no_session);
		return;
	}
	transmission = calls->transmission(context, endpoint->session, dialogue->handle);
	if (transmission == NULL) {
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_READY);
		return;
	}
	if (!dialogue->exchange.numbered)
		number(orders, dialogue, now_ms);
	transmission->kind = RDL_TRANSMISSION;
	transmission->again = dialogue->exchange.sends > 0;
	transmission->divisible =
		!dialogue->exchange.whole && rdl_blocks_may_cut(dialogue->exchange.order);
	transmission->local = registration->local;
	transmission->peer = registration->peer;
	transmission->session = endpoint->session;
	transmission->handle = dialogue->handle;
	transmission->number = dialogue->exchange.number;
	awaited = rdl_token_awaited(&orders->config.awaited_key, &registration->peer,
		endpoint->session, dialogue->exchange.message_id);
	rdl_dialogues_fetch_awaiting(&orders->dialogues, awaited);
	rdl_orders_compose(orders, dialogue, registration->objects, transmission);
	await(orders, dialogue, awaited);
	went_out(dialogue, now_ms);
	calls->send(context, transmission);
}

static void was_not_sent(struct rdl_exchange *exchange)
{
	exchange->sends--;
	if (exchange->sends == 0 && exchange->order->state == RDL_ORDER_queued)
		exchange->order->course.sent_ms = 0;
}

/* As if it had not been sent: it goes again a little later. */
static void put_off(struct rdl_exchange *exchange, uint64_t now_ms)
{
	if (exchange->acknowledged || exchange->puts_off >= PUTS_OFF_MAX)
		return;
	exchange->puts_off++;
	was_not_sent(exchange);
	exchange->due_ms = now_ms + PUT_OFF_MS;
}

/* A shorter one takes its place, with a Message ID and a token of its own; or it goes as it is. */
static void shorten(struct rdl_orders *orders, struct rdl_dialogue *dialogue, size_t excess)
{
	struct rdl_exchange *exchange = &dialogue->exchange;

	if (exchange->acknowledged)
		return;
	was_not_sent(exchange);
	if (rdl_blocks_cut(exchange->order, excess)) {
		rdl_exchange_again(orders, dialogue);
		return;
	}
	exchange->whole = true;
	exchange->to_send = true;
	exchange->due_ms = limited(exchange->order, RDL_ORDERS_NEVER);
}

/* The endpoint has another session by now than the one that was over. */
static bool has_moved(const struct rdl_orders *orders, const struct rdl_transmission *transmission,
	uint64_t now_ms)
{
	struct rdl_orders_endpoint endpoint;

	return orders->config.calls.describe(
		       orders->config.context, transmission->handle, now_ms, &endpoint) &&
	       endpoint.session != 0 && endpoint.session != transmission->session;
}

void rdl_orders_sent(
	struct rdl_orders *orders, const struct rdl_transmission *transmission, uint64_t now_ms)
{
	struct rdl_dialogue *dialogue =
		rdl_dialogues_find(&orders->dialogues, transmission->handle);

	if (transmission->result == RDL_TRANSMISSION_SENT) {
		orders->counts.sent++;
		orders->counts.retransmitted += transmission->again;
	}
	/* It may be over by now. */
	if (dialogue == NULL || dialogue->exchange.order == NULL ||
		dialogue->exchange.number != transmission->number || dialogue->exchange.sends == 0)
		return;
	struct rdl_exchange *exchange = &dialogue->exchange;
	bool is_first = exchange->order->state == RDL_ORDER_queued;

	switch ((enum rdl_transmission_result)transmission->result) {
	case RDL_TRANSMISSION_SENT:
		if (is_first)
			rdl_orders_inform(
				orders, exchange->order, RDL_ORDER_sent, RDL_ORDER_REASON_none);
		if (!exchange->acknowledged)
			exchange->sent_ms = now_ms;
		return;
	case RDL_TRANSMISSION_LATER:
		put_off(exchange, now_ms);
		break;
	case RDL_TRANSMISSION_NO_WAY:
		/* One that was sent before may have arrived, or does yet. */
		if (is_first)
			rdl_exchange_fail(orders, dialogue, RDL_ORDER_REASON_no_way);
		break;
	case RDL_TRANSMISSION_TOO_LONG:
		shorten(orders, dialogue, (size_t)(transmission->len - transmission->room));
		break;
	case RDL_TRANSMISSION_NO_SESSION:
		if (has_moved(orders, transmission, now_ms))
			put_off(exchange, now_ms);
		else
			rdl_exchange_fail(orders, dialogue, RDL_ORDER_REASON_no_session);
		break;
	}
	rdl_turns_speak(orders, dialogue, now_ms);
	rdl_turns_settle(orders, dialogue);
}

void rdl_exchange_due(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	struct rdl_exchange *exchange = &dialogue->exchange;
	struct rdl_order *order = exchange->order;

	if (limited(order, RDL_ORDERS_NEVER) > now_ms && !exchange->acknowledged &&
		exchange->sends <= RDL_MAX_RETRANSMIT) {
		exchange->to_send = true;
		exchange->due_ms = limited(order, RDL_ORDERS_NEVER);
		return;
	}
	/* One in queue mode that does not answer sleeps. */
	dialogue->silent = exchange->sends > RDL_MAX_RETRANSMIT;
	rdl_exchange_end(orders, dialogue, RDL_ORDER_timeout, RDL_ORDER_REASON_none);
}

void rdl_exchange_acknowledged(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	struct rdl_exchange *exchange = &dialogue->exchange;

	await_nothing(orders, dialogue);
	orders->counts.acknowledged++;
	exchange->acknowledged = true;
	exchange->to_send = false;
	exchange->due_ms = limited(exchange->order, exchange->order->timeout_ms > 0
							    ? RDL_ORDERS_NEVER
							    : now_ms + RDL_MAX_TRANSMIT_WAIT_MS);
	/* Of the rest of a value nobody is told. */
	if (!exchange->order->course.rest)
		rdl_orders_inform(
			orders, exchange->order, RDL_ORDER_acknowledged, RDL_ORDER_REASON_none);
}

void rdl_exchange_remember(struct rdl_dialogue *dialogue, uint32_t number, bool answered)
{
	dialogue->recent[dialogue->next_recent++ % RDL_DIALOGUE_RECENT] = number << 1 | answered;
}

struct rdl_order *rdl_exchange_close(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, bool answered)
{
	struct rdl_exchange *exchange = &dialogue->exchange;
	struct rdl_order *order = exchange->order;

	orders->counts.under_way--;
	await_nothing(orders, dialogue);
	/* The token of an observation lives on. */
	if (exchange->numbered && rdl_observations_find(dialogue, exchange->number) == NULL)
		rdl_exchange_remember(dialogue, exchange->number, answered);
	*exchange = (struct rdl_exchange){ .order = NULL };
	return order;
}

void rdl_exchange_again(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = rdl_exchange_close(orders, dialogue, true);

	rdl_exchange_begin(orders, dialogue, order);
	dialogue->exchange.due_ms = limited(order, RDL_ORDERS_NEVER);
}

void rdl_exchange_end(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason)
{
	struct rdl_order *order = dialogue->exchange.order;

	if (order->course.rest) {
		/* The device does not give it. What it notifies next, it may. */
		rdl_exchange_close(orders, dialogue, state == RDL_ORDER_answered);
		rdl_observations_set_rest(dialogue, order, false);
		return;
	}
	if (order->course.observes)
		rdl_observations_forget(orders, dialogue, order);
	rdl_exchange_close(orders, dialogue, state == RDL_ORDER_answered);
	rdl_orders_end(orders, order, state, reason);
}

void rdl_exchange_fail(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, enum rdl_order_reason reason)
{
	bool was_sent = dialogue->exchange.order->state != RDL_ORDER_queued;

	rdl_exchange_end(
		orders, dialogue, was_sent ? RDL_ORDER_timeout : RDL_ORDER_refused, reason);
}
