/* SPDX-License-Identifier: BSD-3-Clause */
#include "dialogues.h"

#include <assert.h>

#include "shard_core.h"

/* Timers and turns looked at in one round. */
#define STEP_BUDGET 64

_Static_assert(RDL_TRANSMISSION < RDL_CHANNEL_KINDS, "a kind of message");

struct rdl_channel_credit dialogues_transmission_credit(void)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_TRANSMISSION] = TRANSMISSIONS } };
}

struct rdl_channel_credit dialogues_report_credit(void)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_REPORT] = REPORTS } };
}

/* ---- stocks ---- */

static void stock_lay(struct stock *stock, unsigned count, size_t size, void *memory, size_t *end)
{
	size_t places = rdl_lay(end, count * sizeof(void *)), messages = rdl_lay(end, count * size);

	if (stock == NULL)
		return;
	stock->messages = (void **)((char *)memory + places);
	for (unsigned i = 0; i < count; i++)
		stock->messages[stock->left++] = (char *)memory + messages + i * size;
}

static void *stock_take(struct stock *stock)
{
	return stock->left > 0 ? stock->messages[--stock->left] : NULL;
}

static void stock_put(struct stock *stock, void *message)
{
	stock->messages[stock->left++] = message;
}

/* ---- what goes out ---- */

static bool is_report(const void *message)
{
	return *(const uint8_t *)message == RDL_REPORT;
}

/* Orders that are given back, and reports between them, which are the core's own. */
static void flush_to_callers(struct dialogues *dialogues)
{
	struct outbox *box = &dialogues->to_callers;

	for (unsigned i = 0, n; i < box->count; i += n) {
		bool own = is_report(box->messages[i]);

		for (n = 1; i + n < box->count && is_report(box->messages[i + n]) == own; n++)
			;
		if (own)
			rdl_channel_send(&dialogues->callers, box->messages + i, n);
		else
			rdl_channel_give_back(&dialogues->callers, box->messages + i, n);
	}
	box->count = 0;
}

static void put_to_callers(struct dialogues *dialogues, void *message)
{
	struct outbox *box = &dialogues->to_callers;

	box->messages[box->count++] = message;
	if (box->count == DIALOGUES_BURST)
		flush_to_callers(dialogues);
}

static void flush_to_worker(struct dialogues *dialogues, unsigned worker)
{
	struct outbox *box = &dialogues->to_workers[worker];

	if (box->count > 0)
		rdl_channel_send(&dialogues->workers[worker], box->messages, box->count);
	box->count = 0;
}

/* ---- what the engine calls ---- */

static bool describe(
	void *self, rdl_handle handle, uint64_t now_ms, struct rdl_orders_endpoint *endpoint)
{
	const struct shard_core *core = self;
	uint64_t wall_ms = rdl_registry_wall(core->registry, now_ms);
	uint32_t seconds;

	if (!rdl_registry_lives(core->registry, handle, now_ms))
		return false;
	rdl_registry_describe(core->registry, handle, &endpoint->registration);
	endpoint->session = rdl_registry_session(core->registry, handle, now_ms, &seconds);
	endpoint->quiet_ms = wall_ms > endpoint->registration.updated_ms
				     ? wall_ms - endpoint->registration.updated_ms
				     : 0;
	endpoint->position = rdl_waiting_is_used(&core->shard.waiting)
				     ? rdl_waiting_last(&core->shard.waiting, handle)
				     : 0;
	return true;
}

/* A session is one worker's; in clear text any would do. */
static unsigned worker_of(const struct shard_core *core, uint64_t session, rdl_handle handle)
{
	if (session != 0)
		return rdl_dtls_partition(session) % core->worker_count;
	return rdl_shard_way(&core->shard, handle, core->worker_count);
}

static struct rdl_transmission *take_transmission(void *self, uint64_t session, rdl_handle handle)
{
	struct shard_core *core = self;
	unsigned worker = worker_of(core, session, handle);
	struct rdl_transmission *transmission = stock_take(&core->dialogues.transmissions[worker]);

	if (transmission != NULL)
		transmission->worker = (uint8_t)worker;
	return transmission;
}

static void send(void *self, struct rdl_transmission *transmission)
{
	struct shard_core *core = self;
	struct outbox *box = &core->dialogues.to_workers[transmission->worker];

	box->messages[box->count++] = transmission;
	if (box->count == DIALOGUES_BURST)
		flush_to_worker(&core->dialogues, transmission->worker);
}

static unsigned count_reports(void *self)
{
	const struct shard_core *core = self;

	return core->dialogues.reports.left;
}

static struct rdl_report *take_report(void *self)
{
	struct shard_core *core = self;

	return stock_take(&core->dialogues.reports);
}

static void tell(void *self, struct rdl_report *report)
{
	struct shard_core *core = self;

	put_to_callers(&core->dialogues, report);
}

static void end(void *self, struct rdl_order *order)
{
	struct shard_core *core = self;

	put_to_callers(&core->dialogues, order);
}

static bool notify(void *self, const struct rdl_delivery *delivery)
{
	const struct shard_core *core = self;
	struct rdl_deliveries *deliveries = core->dialogues.deliveries;
	const struct rdl_order *order = delivery->order;
	struct rdl_registration registration;
	struct rdl_span endpoint;

	if (!rdl_deliveries_wanted(
		    deliveries, order != NULL ? RDL_DELIVERED_notified : RDL_DELIVERED_sent))
		return false;
	if (order != NULL) {
		endpoint = (struct rdl_span){ order->endpoint, order->endpoint_len };
	} else {
		rdl_registry_describe(core->registry, delivery->handle, &registration);
		endpoint = registration.endpoint;
	}
	rdl_deliveries_write(
		deliveries, delivery, endpoint, rdl_registry_wall(core->registry, core->now_ms));
	return true;
}

/* ---- made ---- */

static size_t lay(struct dialogues *dialogues, unsigned workers, void *memory, size_t end)
{
	for (unsigned w = 0; w < workers; w++)
		stock_lay(dialogues == NULL ? NULL : &dialogues->transmissions[w], TRANSMISSIONS,
			rdl_whole_lines(sizeof(struct rdl_transmission)), memory, &end);
	stock_lay(dialogues == NULL ? NULL : &dialogues->reports, REPORTS,
		rdl_whole_lines(sizeof(struct rdl_report)), memory, &end);
	size_t deliveries = rdl_lay(&end, sizeof(struct rdl_deliveries));
	if (dialogues != NULL)
		dialogues->deliveries = (void *)((char *)memory + deliveries);
	return end;
}

size_t dialogues_memory(const struct rdl_orders_config *orders, unsigned workers)
{
	return lay(NULL, workers, NULL, rdl_whole_lines(rdl_orders_memory(orders)));
}

void dialogues_init(struct shard_core *core, const struct rdl_orders_config *orders, void *memory)
{
	struct rdl_orders_config config = *orders;

	config.calls = (struct rdl_orders_calls){ .describe = describe,
		.transmission = take_transmission,
		.send = send,
		.reports = count_reports,
		.report = take_report,
		.tell = tell,
		.end = end,
		.notify = notify };
	config.context = core;
	lay(&core->dialogues, core->worker_count, memory,
		rdl_whole_lines(rdl_orders_memory(&config)));
	core->dialogues.engine = rdl_orders_init(&config, memory, core->now_ms);
	core->shard.orders = core->dialogues.engine;
}

/* ---- a round ---- */

static bool converse(struct shard_core *core, unsigned worker)
{
	struct dialogues *dialogues = &core->dialogues;
	struct rdl_channel *channel = &dialogues->workers[worker];
	void *batch[DIALOGUES_BURST], *answers[DIALOGUES_BURST];
	unsigned n = rdl_channel_take(channel, batch, DIALOGUES_BURST), answered = 0;

	for (unsigned i = 0; i < n; i++)
		RDL_PREFETCH_WRITE(batch[i]);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind == RDL_TRANSMISSION) {
			rdl_orders_sent(dialogues->engine, batch[i], core->now_ms);
			stock_put(&dialogues->transmissions[worker], batch[i]);
		} else {
			rdl_orders_hear(dialogues->engine, batch[i], core->now_ms);
			answers[answered++] = batch[i];
		}
	}
	rdl_channel_came_back(channel, n - answered);
	if (answered > 0)
		rdl_channel_give_back(channel, answers, answered);
	return n > 0;
}

static void take_order(struct shard_core *core, struct rdl_order *order)
{
	struct dialogues *dialogues = &core->dialogues;
	const struct rdl_span endpoint = { order->endpoint, order->endpoint_len };

	if (RDL_UNLIKELY(dialogues->stopped)) {
		order->state = RDL_ORDER_refused;
		order->reason = RDL_ORDER_REASON_stopping;
		put_to_callers(dialogues, order);
		return;
	}
	rdl_orders_take(dialogues->engine, order,
		rdl_registry_find_endpoint(core->registry, order->digest, endpoint, core->now_ms),
		core->now_ms);
}

/* New orders, and reports that they have read. */
static bool hear_callers(struct shard_core *core)
{
	struct dialogues *dialogues = &core->dialogues;
	void *batch[DIALOGUES_BURST];
	unsigned n = rdl_channel_take(&dialogues->callers, batch, DIALOGUES_BURST), read = 0;

	for (unsigned i = 0; i < n; i++)
		RDL_PREFETCH_WRITE(batch[i]);
	for (unsigned i = 0; i < n; i++) {
		if (is_report(batch[i])) {
			stock_put(&dialogues->reports, batch[i]);
			read++;
		} else {
			take_order(core, batch[i]);
		}
	}
	rdl_channel_came_back(&dialogues->callers, read);
	return n > 0;
}

static void flush(struct shard_core *core)
{
	for (unsigned w = 0; w < core->worker_count; w++)
		flush_to_worker(&core->dialogues, w);
	flush_to_callers(&core->dialogues);
}

/* Whoever gave orders has them back before this core ends. */
static void see_to_end(struct shard_core *core, bool heard)
{
	struct dialogues *dialogues = &core->dialogues;

	if (core->ending == NULL || !ending_is_asked(core->ending) || dialogues->over)
		return;
	if (!dialogues->stopped)
		rdl_orders_stop(dialogues->engine);
	else
		dialogues->over = !heard;
	dialogues->stopped = true;
	if (dialogues->over)
		ending_come_back(core->ending);
}

static void show_counts(struct dialogues *dialogues)
{
	const uint64_t *from = (const uint64_t *)rdl_orders_counts(dialogues->engine);
	uint64_t *to = (uint64_t *)&dialogues->counts;

	_Static_assert(sizeof(dialogues->counts) % sizeof(uint64_t) == 0, "all of one size");
	for (size_t i = 0; i < sizeof(dialogues->counts) / sizeof(uint64_t); i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
}

bool dialogues_step(struct shard_core *core)
{
	struct dialogues *dialogues = &core->dialogues;
	const struct rdl_shard *shard = &core->shard;
	bool worked = false, heard;

	if (rdl_waiting_is_used(&shard->waiting))
		rdl_orders_release(dialogues->engine, rdl_waiting_taken(&shard->waiting));
	for (unsigned w = 0; w < core->worker_count; w++)
		worked |= converse(core, w);
	heard = hear_callers(core);
	worked |= heard;
	worked |= rdl_orders_step(dialogues->engine, core->now_ms, STEP_BUDGET);
	see_to_end(core, heard);
	flush(core);
	if (worked || core->rounds == 0)
		show_counts(dialogues);
	return worked;
}
