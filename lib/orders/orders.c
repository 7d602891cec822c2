/* SPDX-License-Identifier: BSD-3-Clause */
#include "orders_internal.h"

#include <assert.h>

static void lay(struct rdl_orders *orders, const struct rdl_orders_config *config, void *memory,
	size_t *end)
{
	uint32_t dialogues = rdl_dialogues_for(config);

	*end = rdl_whole_lines(sizeof(*orders));
	rdl_dialogues_lay(orders == NULL ? NULL : &orders->dialogues, dialogues, memory, end);
	rdl_timers_lay(orders == NULL ? NULL : &orders->timers, dialogues, memory, end);
	rdl_sends_lay(orders == NULL ? NULL : &orders->sends, memory, end);
}

size_t rdl_orders_memory(const struct rdl_orders_config *config)
{
	size_t end;

	lay(NULL, config, NULL, &end);
	return end;
}

struct rdl_orders *rdl_orders_init(
	const struct rdl_orders_config *config, void *memory, uint64_t now_ms)
{
	struct rdl_orders *orders = memory;
	size_t end;

	assert(config->orders >= 1 && config->per_endpoint >= 1 &&
		config->max_payload <= UINT16_MAX);
	orders->config = *config;
	lay(orders, config, memory, &end);
	rdl_dialogues_init(&orders->dialogues);
	rdl_timers_init(&orders->timers, now_ms);
	orders->number = (uint32_t)rdl_orders_random(orders) & RDL_TOKEN_NUMBER_MAX;
	return orders;
}

uint64_t rdl_orders_random(struct rdl_orders *orders)
{
	orders->random++;
	return rdl_siphash(&orders->config.salt, &orders->random, sizeof(orders->random));
}

void rdl_orders_end(struct rdl_orders *orders, struct rdl_order *order, enum rdl_order_state state,
	enum rdl_order_reason reason)
{
	orders->held--;
	if (rdl_order_observes(order))
		orders->observing--;
	orders->counts.over[state]++;
	order->state = (uint8_t)state;
	order->reason = (uint8_t)reason;
	orders->config.calls.end(orders->config.context, order);
}

/* Answers need reports more. */
static bool has_reports_to_spare(const struct rdl_orders *orders)
{
	return orders->config.calls.reports(orders->config.context) > RDL_REPORTS_FOR_ANSWERS;
}

void rdl_orders_inform(struct rdl_orders *orders, struct rdl_order *order,
	enum rdl_order_state state, enum rdl_order_reason reason)
{
	order->state = (uint8_t)state;
	order->reason = (uint8_t)reason;
	if (!has_reports_to_spare(orders))
		return;
	struct rdl_report *report = orders->config.calls.report(orders->config.context);

	report->kind = RDL_REPORT;
	report->state = (uint8_t)state;
	report->reason = (uint8_t)reason;
	report->order = order;
	report->len = 0;
	report->more = false;
	orders->config.calls.tell(orders->config.context, report);
}

/* There is room for it in the shard and in the dialogue, which may be NULL; else why not. */
static enum rdl_order_reason admit(const struct rdl_orders *orders, const struct rdl_order *order,
	struct rdl_dialogue *dialogue)
{
	const struct rdl_orders_config *config = &orders->config;
	bool observes = rdl_order_observes(order);

	if (order->path.len + order->query.len > RDL_ORDER_PATH_MAX)
		return RDL_ORDER_REASON_too_long;
	if (observes && orders->observing >= config->observations)
		return RDL_ORDER_REASON_observations;
	if (!observes && orders->held - orders->observing >= config->orders)
		return RDL_ORDER_REASON_full;
	if (dialogue == NULL)
		return RDL_ORDER_REASON_full;
	if (dialogue->waiting.count >= config->per_endpoint ||
		(observes && dialogue->observing.count >= config->per_endpoint))
		return RDL_ORDER_REASON_crowded;
	return RDL_ORDER_REASON_none;
}

static struct rdl_dialogue *dialogue_with(struct rdl_orders *orders, const struct rdl_order *order,
	rdl_handle handle, uint64_t now_ms)
{
	struct rdl_dialogues *dialogues = &orders->dialogues;
	struct rdl_dialogue *dialogue = rdl_dialogues_find(dialogues, handle);

	if (dialogue != NULL)
		return dialogue;
	dialogue = rdl_dialogues_add(dialogues, handle, rdl_orders_ids(orders, now_ms));
	/* The same for a device that registers anew, and not to be foreseen. */
	if (dialogue != NULL)
		dialogue->salt = (uint16_t)rdl_siphash(
			&orders->config.salt, &order->digest, sizeof(order->digest));
	return dialogue;
}

void rdl_orders_take(
	struct rdl_orders *orders, struct rdl_order *order, rdl_handle handle, uint64_t now_ms)
{
	struct rdl_dialogue *dialogue;
	enum rdl_order_reason reason = RDL_ORDER_REASON_unknown;

	order->course = (struct rdl_order_course){ .cut = RDL_SZX_MAX,
		.expires_ms =
			order->expires_ms > 0 ? now_ms + order->expires_ms : RDL_ORDERS_NEVER };
	order->state = RDL_ORDER_queued;
	order->reason = RDL_ORDER_REASON_none;
	order->code = RDL_COAP_EMPTY;
	orders->counts.taken++;
	dialogue = handle == RDL_HANDLE_NONE ? NULL : dialogue_with(orders, order, handle, now_ms);
	if (handle != RDL_HANDLE_NONE)
		reason = admit(orders, order, dialogue);
	orders->held++;
	orders->observing += rdl_order_observes(order);
	if (reason != RDL_ORDER_REASON_none) {
		rdl_orders_end(orders, order, RDL_ORDER_refused, reason);
	} else {
		rdl_queue_append(&dialogue->waiting, order);
		orders->counts.waiting++;
		if (order->course.expires_ms < dialogue->expires_ms)
			dialogue->expires_ms = order->course.expires_ms;
		rdl_turns_speak(orders, dialogue, now_ms);
		if (dialogue->waiting.last == order && order->reason == RDL_ORDER_REASON_none)
			rdl_orders_inform(orders, order, RDL_ORDER_queued,
				dialogue->asleep ? RDL_ORDER_REASON_asleep : RDL_ORDER_REASON_none);
	}
	if (dialogue != NULL)
		rdl_turns_settle(orders, dialogue);
}

bool rdl_orders_step(struct rdl_orders *orders, uint64_t now_ms, unsigned budget)
{
	unsigned looked_at = budget;
	uint32_t entry;

	while ((entry = rdl_timers_pop(&orders->timers, now_ms, &looked_at)) != RDL_TIMERS_NONE) {
		struct rdl_dialogue *dialogue = &orders->dialogues.all[entry];

		if (dialogue->exchange.order != NULL && dialogue->exchange.due_ms <= now_ms)
			rdl_exchange_due(orders, dialogue, now_ms);
		if (dialogue->expires_ms <= now_ms)
			rdl_turns_expire(orders, dialogue, now_ms);
		rdl_turns_speak(orders, dialogue, now_ms);
		rdl_turns_settle(orders, dialogue);
	}
	return rdl_turns_step(orders, now_ms, budget) || looked_at == 0;
}

void rdl_orders_stop(struct rdl_orders *orders)
{
	for (uint32_t i = 0; i < orders->dialogues.count; i++)
		if (orders->dialogues.all[i].turn != RDL_TURN_FREE)
			rdl_turns_over(orders, &orders->dialogues.all[i], RDL_ORDER_refused,
				RDL_ORDER_REASON_stopping);
	assert(orders->held == 0 && orders->observing == 0);
}

const struct rdl_orders_counts *rdl_orders_counts(const struct rdl_orders *orders)
{
	return &orders->counts;
}
