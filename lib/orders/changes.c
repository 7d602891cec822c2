/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of orders when the registration of their endpoint changes. */
#include "orders_internal.h"

bool rdl_orders_minds(const struct rdl_orders *orders, rdl_handle handle)
{
	return rdl_dialogues_has(
		&orders->dialogues, rdl_dialogues_bucket(&orders->dialogues, handle));
}

/* What was about to be sent waits again, before all else. */
static void wait_again(struct rdl_orders *orders, struct rdl_dialogue *dialogue)
{
	struct rdl_order *order = rdl_exchange_close(orders, dialogue, false);

	rdl_queue_prepend(&dialogue->waiting, order);
	orders->counts.waiting++;
	if (order->course.expires_ms < dialogue->expires_ms)
		dialogue->expires_ms = order->course.expires_ms;
}

/* The device has begun anew, and knows nothing of before. What was not sent yet still may be. */
static void replace(
	struct rdl_orders *orders, struct rdl_dialogue *dialogue, const struct rdl_change *change)
{
	rdl_observations_end(orders, dialogue, RDL_ORDER_REASON_replaced);
	if (dialogue->exchange.order != NULL) {
		if (dialogue->exchange.order->course.sent_ms != 0) {
			rdl_exchange_end(
				orders, dialogue, RDL_ORDER_gone, RDL_ORDER_REASON_replaced);
		} else {
			wait_again(orders, dialogue);
		}
	}
	if (dialogue->handle != change->handle)
		rdl_dialogues_move(&orders->dialogues, dialogue, change->handle);
}

void rdl_orders_changed(struct rdl_orders *orders, const struct rdl_change *change,
	uint64_t position, uint64_t now_ms)
{
	bool is_replaced = change->kind == RDL_CHANGE_REPLACED;
	struct rdl_dialogue *dialogue = rdl_dialogues_find(
		&orders->dialogues, is_replaced ? change->old_location.handle : change->handle);

	if (dialogue == NULL)
		return;
	switch ((enum rdl_change_kind)change->kind) {
	case RDL_CHANGE_REPLACED:
		replace(orders, dialogue, change);
		break;
	case RDL_CHANGE_REGISTERED:
	case RDL_CHANGE_UPDATED:
	case RDL_CHANGE_RENEWED:
		break;
	case RDL_CHANGE_DEREGISTERED:
	case RDL_CHANGE_EXPIRED:
	case RDL_CHANGE_REMOVED:
		rdl_turns_over(orders, dialogue, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
		return;
	case RDL_CHANGE_NONE:
		return;
	}
	dialogue->heard_ms = now_ms;
	dialogue->hold = position;
	rdl_turns_wake(orders, dialogue);
	rdl_turns_settle(orders, dialogue);
}
