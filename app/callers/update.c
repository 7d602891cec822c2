/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registration Update Triggers (LwM2M 1.0 section 5.3.2): of one endpoint, or of a fleet, a page of
 * names after the other, so that all of it is gone through in the time that was said.
 */
#include <stdlib.h>

#include "clock.h"
#include "internal.h"

/* Between two rounds of a fleet, and of what nobody can be asked for now. */
#define ROUND_MS 20
/* Pages asked for in a round: each holds up this thread for a moment. */
#define PAGES_MAX 8
/* A trigger that cannot be sent within the fleet's time gets so much more: MAX_TRANSMIT_WAIT. */
#define LATER_MS 93000
#define CHANGED RDL_COAP_CODE(2, 4)

static struct share *share_of(struct callers *callers)
{
	return &callers->shares[callers->share_count - 1];
}

/* ---- of one endpoint each ---- */

/* False: there is no room now. */
static bool trigger(struct callers *callers, struct update *update, struct rdl_span endpoint,
	uint32_t expires_ms)
{
	const struct call_parts parts = { .endpoint = endpoint };

	if (call_hindrance(callers, share_of(callers), false, call_octets(&parts)) !=
		RDL_ORDER_REASON_none)
		return false;
	struct call *call = call_new(&parts);
	if (call == NULL)
		return false;
	call->update = update;
	call->order.method = RDL_COAP_POST;
	call->order.trigger = true;
	/* Those that sleep must not take the room of those that do not. */
	call->order.awake_only = update->shared.fleet;
	call->order.expires_ms = expires_ms;
	update->under_way++;
	update->progress.given++;
	callers_count(&callers->counts.updates, 1);
	call_give(callers, share_of(callers), call);
	return true;
}

void update_report(struct call *call, const struct rdl_report *report)
{
	struct update *update = call->update;

	if (update == NULL)
		return;
	update->progress.state = report->state;
	update->progress.reason = report->reason;
	if (report->state == RDL_ORDER_answered)
		update->progress.code = report->code;
	if (report->state == RDL_ORDER_queued && report->reason == RDL_ORDER_REASON_asleep) {
		update->progress.asleep += !call->asleep;
		call->asleep = true;
	} else if (call->asleep) {
		call->asleep = false;
		update->progress.asleep--;
	}
}

static bool is_passed_by(const struct rdl_order *order)
{
	return order->awake_only && order->state == RDL_ORDER_refused &&
	       order->reason == RDL_ORDER_REASON_asleep;
}

/* How long a fleet's trigger may still wait. */
static uint32_t expires_ms(const struct update *update, uint64_t now_ms)
{
	uint64_t end_ms = update->begun_ms + (uint64_t)update->shared.over_s * 1000 + LATER_MS;

	/* Milliseconds of a day, and of a minute and a half. */
	return end_ms > now_ms ? (uint32_t)(end_ms - now_ms) : 1;
}

bool update_waits(struct callers *callers, struct call *call)
{
	if (!is_passed_by(&call->order) || call->update == NULL ||
		callers->sleepers >= callers->sleepers_max)
		return false;
	call->order.awake_only = false;
	/* Some of its time is over: the shard counts anew. */
	call->order.expires_ms = expires_ms(call->update, rdl_clock_ms());
	call->sleeper = true;
	callers->sleepers++;
	return true;
}

void update_over(struct call *call)
{
	struct update *update = call->update;
	const struct rdl_order *order = &call->order;

	if (update == NULL)
		return;
	update->under_way--;
	update->progress.asleep -= call->asleep;
	/*
	 * Passed by, or not awake in time. Who is awake again has sent an Update, or a Register:
	 * nothing more is wanted of him.
	 */
	if (order->reason == RDL_ORDER_REASON_asleep)
		update->progress.asleep++;
	else if (order->state == RDL_ORDER_answered && order->code == CHANGED)
		update->progress.updated++;
	else
		update->progress.failed++;
	update->progress.state = order->state;
	update->progress.reason = order->reason;
	update->progress.code = order->code;
	if (!update->shared.fleet)
		update->progress.over = true;
}

/* ---- of a fleet ---- */

/* The next name of the page at hand; false: there is none. */
static bool next_name(struct update *update, struct rdl_span *name)
{
	if (update->page_at == update->page_len)
		return false;
	*name = (struct rdl_span){ update->page + update->page_at + 1,
		update->page[update->page_at] };
	update->page_at += 1 + (uint32_t)name->len;
	return true;
}

/* False: the shard is too busy, or there are no more. */
static bool next_page(struct callers *callers, struct update *update)
{
	if (update->at_end)
		return false;
	struct question *answer = ask_page(callers->owners, QUESTION_PAGE, &update->cursor);
	if (answer == NULL)
		return false;
	update->page_at = 0;
	update->page_len = answer->page_len;
	memcpy(update->page, answer->page, answer->page_len);
	ask_done(answer);
	update->at_end = update->cursor == 0;
	return true;
}

/* How many registrations are to have been looked at by now. */
static uint64_t due(const struct update *update, uint64_t now_ms)
{
	uint64_t over_ms = (uint64_t)update->shared.over_s * 1000,
		 ran_ms = now_ms - update->begun_ms;

	return ran_ms >= over_ms ? UINT64_MAX
				 : update->progress.registrations * ran_ms / over_ms + 1;
}

static void go_on(struct callers *callers, struct update *update, uint64_t now_ms)
{
	const struct rdl_span prefix = { update->shared.name, update->shared.name_len };
	uint64_t to = due(update, now_ms);
	unsigned pages = 0;

	while (update->progress.seen < to) {
		uint32_t at = update->page_at;
		struct rdl_span name;

		if (!next_name(update, &name)) {
			if (pages++ == PAGES_MAX || !next_page(callers, update))
				break;
			continue;
		}
		if (name.len >= prefix.len && memcmp(name.data, prefix.data, prefix.len) == 0 &&
			!trigger(callers, update, name, expires_ms(update, now_ms))) {
			/* Again, when there is room. */
			update->page_at = at;
			break;
		}
		update->progress.seen++;
	}
	update->progress.over =
		update->at_end && update->page_at == update->page_len && update->under_way == 0;
}

/* ---- rounds ---- */

static void begin(struct callers *callers, struct update *update, uint64_t now_ms)
{
	struct rdl_stats sum = { { 0 } };

	update->runs = true;
	update->begun_ms = now_ms;
	update->under_way = 0;
	update->progress = (struct callers_progress){ .state = RDL_ORDER_queued };
	update->cursor = 0;
	update->at_end = false;
	update->page_at = update->page_len = 0;
	callers->updates_run++;
	owners_stats(callers->owners, &sum);
	update->progress.registrations = rdl_stats_get(&sum, RDL_STAT_registrations);
}

/* What is under way goes on, and is of no update any more. */
static void stop(struct callers *callers, struct update *update)
{
	for (struct call *call = share_of(callers)->calls; call != NULL; call = call->next)
		if (call->update == update)
			call->update = NULL;
	update->runs = false;
	callers->updates_run--;
}

static void step(struct callers *callers, struct update *update, uint64_t now_ms)
{
	const struct rdl_span name = { update->shared.name, update->shared.name_len };

	if (update->shared.fleet)
		go_on(callers, update, now_ms);
	else if (update->progress.given == 0)
		(void)!trigger(callers, update, name, 0);
}

/* New ones, and those that nobody asks after any more. */
static void look_around(struct callers *callers, uint64_t now_ms)
{
	for (unsigned i = 0; i < CALLERS_UPDATES; i++) {
		struct update *update = &callers->updates[i];

		if (update->shared.taken && !update->shared.ended && !update->runs)
			begin(callers, update, now_ms);
		if (update->shared.ended && update->runs)
			stop(callers, update);
		if (update->shared.ended)
			update->shared.taken = update->shared.ended = false;
	}
}

int update_work(struct callers *callers, uint64_t now_ms)
{
	if (__atomic_load_n(&callers->asked, __ATOMIC_ACQUIRE) == 0 && callers->updates_run == 0)
		return -1;
	pthread_mutex_lock(&callers->lock);
	__atomic_store_n(&callers->asked, 0, __ATOMIC_RELAXED);
	look_around(callers, now_ms);
	pthread_mutex_unlock(&callers->lock);
	/* What it is to do does not change while it runs. */
	for (unsigned i = 0; i < CALLERS_UPDATES; i++)
		if (callers->updates[i].runs)
			step(callers, &callers->updates[i], now_ms);
	pthread_mutex_lock(&callers->lock);
	for (unsigned i = 0; i < CALLERS_UPDATES; i++)
		if (callers->updates[i].runs)
			callers->updates[i].shared.progress = callers->updates[i].progress;
	pthread_mutex_unlock(&callers->lock);
	return callers->updates_run > 0 ? ROUND_MS : -1;
}

/* ---- for others ---- */

static void ask_for_a_look(struct callers *callers)
{
	__atomic_store_n(&callers->asked, 1, __ATOMIC_RELEASE);
}

int callers_update(struct callers *callers, const struct callers_wish *wish)
{
	int number = CALLERS_UPDATES - 1;

	pthread_mutex_lock(&callers->lock);
	while (number >= 0 && callers->updates[number].shared.taken)
		number--;
	if (number >= 0) {
		struct update *update = &callers->updates[number];

		update->shared.taken = true;
		update->shared.fleet = wish->fleet;
		update->shared.over_s = wish->over_s;
		update->shared.name_len = (uint8_t)wish->name.len;
		memcpy(update->shared.name, wish->name.data, wish->name.len);
		update->shared.progress = (struct callers_progress){ .state = RDL_ORDER_queued };
		ask_for_a_look(callers);
	}
	pthread_mutex_unlock(&callers->lock);
	rdl_lines_wake(callers->lines);
	return number;
}

void callers_update_look(struct callers *callers, int number, struct callers_progress *progress)
{
	pthread_mutex_lock(&callers->lock);
	*progress = callers->updates[number].shared.progress;
	pthread_mutex_unlock(&callers->lock);
}

void callers_update_end(struct callers *callers, int number)
{
	pthread_mutex_lock(&callers->lock);
	callers->updates[number].shared.ended = true;
	ask_for_a_look(callers);
	pthread_mutex_unlock(&callers->lock);
	rdl_lines_wake(callers->lines);
}
