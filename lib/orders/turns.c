/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may be spoken to, and when: awake, answered, and nothing under way. */
#include "orders_internal.h"

/* How long to wait for a Message ID to become free. */
#define PACE_MS 4

/* So many have found no transmission: others hardly will, now. */
#define VAIN_MAX 4

static void set_asleep(struct rdl_orders *orders, struct rdl_dialogue *dialogue, bool asleep)
{
	if (dialogue->asleep == asleep)
		return;
	dialogue->asleep = asleep;
	if (asleep)
		orders->counts.asleep++;
	else
		orders->counts.asleep--;
}

/* One in queue mode listens for a while after whatever it sent. `dialogue`: NULL, there is none. */
static bool listens(const struct rdl_orders *orders, const struct rdl_dialogue *dialogue,
	const struct rdl_orders_endpoint *endpoint, uint64_t now_ms)
{
	uint64_t awake_ms = (uint64_t)orders->config.awake_s * 1000;

	if (!rdl_registration_queues(&endpoint->registration))
		return true;
	if (dialogue == NULL)
		return endpoint->quiet_ms < awake_ms;
	if (dialogue->silent)
		return false;
	return endpoint->quiet_ms < awake_ms ||
	       (dialogue->heard_ms != 0 && now_ms - dialogue->heard_ms < awake_ms);
}

void rdl_orders_look(const struct rdl_orders *orders, rdl_handle handle, uint64_t now_ms,
	struct rdl_orders_look *look)
{
	const struct rdl_dialogue *dialogue = rdl_dialogues_find(&orders->dialogues, handle);
	struct rdl_orders_endpoint endpoint;

	*look = (struct rdl_orders_look){ .awake = false };
	if (!orders->config.calls.describe(orders->config.context, handle, now_ms, &endpoint))
		return;
	look->awake = listens(orders, dialogue, &endpoint, now_ms);
	if (dialogue == NULL)
		return;
	look->waiting = dialogue->waiting.count + (dialogue->exchange.order != NULL);
	look->observations = dialogue->observing.count;
}

/* What waits does so until it wakes up, and whoever gave it may want to know. */
static void fall_asleep(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = dialogue->waiting.first;

	if (dialogue->asleep)
		return;
	set_asleep(orders, dialogue, true);
	for (; order != NULL; order = order->course.next)
		rdl_orders_inform(orders, order, RDL_ORDER_queued, RDL_ORDER_REASON_asleep);
}

/* What does not wait for it to wake up. */
static void refuse_asleep(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = dialogue->waiting.first, *next;

	for (; order != NULL; order = next) {
		next = order->course.next;
		if (!order->awake_only)
			continue;
		rdl_queue_remove(&dialogue->waiting, order);
		orders->counts.waiting--;
		rdl_orders_end(orders, order, RDL_ORDER_refused, RDL_ORDER_REASON_asleep);
	}
}

/* Why an order cannot be sent to the endpoint as it is. */
static enum rdl_order_reason hindrance(const struct rdl_dialogue *dialogue,
	const struct rdl_order *order, const struct rdl_orders_endpoint *endpoint)
{
	if (order->trigger && rdl_orders_server(endpoint->registration.objects) == RDL_ID_NONE)
		return RDL_ORDER_REASON_no_server_object;
	if (order->observe == RDL_ORDER_CANCEL && rdl_observations_match(dialogue, order) == NULL)
		return RDL_ORDER_REASON_not_observed;
	return RDL_ORDER_REASON_none;
}

static struct rdl_order *take_first(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = dialogue->waiting.first;

	rdl_queue_remove(&dialogue->waiting, order);
	orders->counts.waiting--;
	return order;
}

static bool has_more(const struct rdl_dialogue *dialogue)
{
	return dialogue->waiting.first != NULL || dialogue->rests > 0;
}

/* Something is to be sent, once it may be. */
static bool has_to_speak(const struct rdl_dialogue *dialogue)
{
	return dialogue->exchange.order != NULL ? dialogue->exchange.to_send : has_more(dialogue);
}

/* Rests of values come first: they are short-lived. */
static bool begin_rest(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = dialogue->observing.first;

	if (dialogue->rests == 0)
		return false;
	while (!order->course.rest)
		order = order->course.next;
	rdl_exchange_begin(orders, dialogue, order);
	return true;
}

/* The first that waits and can be sent becomes the order under way. False: none is, now. */
static bool begin(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	const struct rdl_orders_endpoint *endpoint, uint64_t now_ms)
{
	if (!listens(orders, dialogue, endpoint, now_ms)) {
		refuse_asleep(orders, dialogue);
		if (has_more(dialogue))
			fall_asleep(orders, dialogue);
		return false;
	}
	set_asleep(orders, dialogue, false);
	if (begin_rest(orders, dialogue))
		return true;
	while (dialogue->waiting.first != NULL) {
		struct rdl_order *order = take_first(orders, dialogue);
		enum rdl_order_reason reason = hindrance(dialogue, order, endpoint);

		if (reason == RDL_ORDER_REASON_none) {
			rdl_exchange_begin(orders, dialogue, order);
			return true;
		}
		rdl_orders_end(orders, order, RDL_ORDER_refused, reason);
	}
	return false;
}

/* Nothing is begun before what its endpoint sent is answered. */
static bool is_held(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	if (dialogue->exchange.order != NULL || dialogue->hold <= orders->released)
		return false;
	if (dialogue->turn != RDL_TURN_HELD)
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_HELD);
	return true;
}

void rdl_turns_speak(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	const struct rdl_orders_calls *calls = &orders->config.calls;
	const struct rdl_exchange *exchange = &dialogue->exchange;
	struct rdl_orders_endpoint endpoint;

	if (!has_to_speak(dialogue))
		return;
	if (is_held(orders, dialogue))
		return;
	if (!exchange->numbered && !rdl_exchange_may_number(orders, dialogue, now_ms)) {
		if (dialogue->expires_ms > now_ms + PACE_MS)
			dialogue->expires_ms = now_ms + PACE_MS;
		return;
	}
	if (!calls->describe(orders->config.context, dialogue->handle, now_ms, &endpoint)) {
		rdl_turns_give_up(orders, dialogue, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
		return;
	}
	/* That may have been before there was a dialogue, which else is told. */
	if (endpoint.position > dialogue->hold)
		dialogue->hold = endpoint.position;
	if (is_held(orders, dialogue))
		return;
	if (exchange->order == NULL && !begin(orders, dialogue, &endpoint, now_ms))
		return;
	rdl_exchange_send(orders, dialogue, &endpoint, now_ms);
	/* It could not be sent, and is over: the next one's turn comes. */
	if (exchange->order == NULL && has_more(dialogue))
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_READY);
}

void rdl_turns_wake(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	dialogue->silent = false;
	set_asleep(orders, dialogue, false);
	if (dialogue->exchange.order == NULL && has_more(dialogue))
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_READY);
}

bool rdl_turns_step(struct rdl_orders *orders, uint64_t now_ms, unsigned budget)
{
	unsigned vain = 0;

	while (budget-- > 0 && vain < VAIN_MAX) {
		struct rdl_dialogue *dialogue =
			rdl_dialogues_first(&orders->dialogues, RDL_TURN_READY);

		if (dialogue == NULL)
			return false;
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_NONE);
		rdl_turns_speak(orders, dialogue, now_ms);
		rdl_turns_settle(orders, dialogue);
		/* No transmission was free for it: it comes behind all others. */
		vain += dialogue->turn == RDL_TURN_READY;
	}
	return true;
}

void rdl_orders_release(struct rdl_orders *orders, uint64_t position)
{
	struct rdl_dialogue *dialogue;

	orders->released = position;
	while ((dialogue = rdl_dialogues_first(&orders->dialogues, RDL_TURN_HELD)) != NULL &&
		dialogue->hold <= position)
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_READY);
}

void rdl_turns_expire(struct rdl_orders *orders, struct rdl_dialogue *dialogue, uint64_t now_ms)
{
	struct rdl_order *order = dialogue->waiting.first, *next;

	dialogue->expires_ms = RDL_ORDERS_NEVER;
	for (; order != NULL; order = next) {
		next = order->course.next;
		if (order->course.expires_ms <= now_ms) {
			rdl_queue_remove(&dialogue->waiting, order);
			orders->counts.waiting--;
			rdl_orders_end(orders, order, RDL_ORDER_timeout,
				dialogue->asleep ? RDL_ORDER_REASON_asleep : RDL_ORDER_REASON_none);
		} else if (order->course.expires_ms < dialogue->expires_ms) {
			dialogue->expires_ms = order->course.expires_ms;
		}
	}
}

void rdl_turns_settle(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	const struct rdl_exchange *exchange = &dialogue->exchange;
	uint64_t due_ms;

	if (dialogue->turn == RDL_TURN_FREE)
		return;
	if (dialogue->waiting.first == NULL)
		set_asleep(orders, dialogue, false);
	/* What is to be sent may wait for a Message ID. */
	if (dialogue->waiting.first == NULL && !has_to_speak(dialogue))
		dialogue->expires_ms = RDL_ORDERS_NEVER;
	due_ms = dialogue->expires_ms;
	if (exchange->order != NULL && exchange->due_ms < due_ms)
		due_ms = exchange->due_ms;
	rdl_timers_set(&orders->timers, rdl_dialogue_index(&orders->dialogues, dialogue), due_ms);
	if (exchange->order == NULL && !has_more(dialogue)) {
		enum rdl_turn turn =
			dialogue->observing.first == NULL ? RDL_TURN_IDLE : RDL_TURN_NONE;

		if (dialogue->turn != turn)
			rdl_dialogues_set_turn(&orders->dialogues, dialogue, turn);
	} else if (dialogue->turn == RDL_TURN_IDLE) {
		rdl_dialogues_set_turn(&orders->dialogues, dialogue, RDL_TURN_NONE);
	}
}

void rdl_turns_give_up(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason)
{
	if (dialogue->exchange.order != NULL)
		rdl_exchange_end(orders, dialogue,
			dialogue->exchange.order->course.sent_ms != 0 ? RDL_ORDER_gone : state,
			reason);
	while (dialogue->waiting.first != NULL)
		rdl_orders_end(orders, take_first(orders, dialogue), state, reason);
	rdl_observations_end(orders, dialogue, reason);
}

void rdl_turns_over(struct rdl_orders *orders, struct rdl_dialogue *dialogue,
	enum rdl_order_state state, enum rdl_order_reason reason)
{
	rdl_turns_give_up(orders, dialogue, state, reason);
	set_asleep(orders, dialogue, false);
	rdl_timers_set(&orders->timers, rdl_dialogue_index(&orders->dialogues, dialogue),
		RDL_ORDERS_NEVER);
	rdl_dialogues_remove(&orders->dialogues, dialogue);
}
