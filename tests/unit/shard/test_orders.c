/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes that matter to requests to devices are told to whoever carries these; no others. */
#include "fixture.h"

#include <stdlib.h>

static struct rdl_transmission wire;
static unsigned sent, over;
static uint8_t state_of_last, reason_of_last;
static void *orders_memory, *waiting_memory;

static bool describe_to(
	void *context, rdl_handle handle, uint64_t now_ms, struct rdl_orders_endpoint *endpoint)
{
	if (!rdl_registry_lives(shard.registry, handle, now_ms))
		return false;
	*endpoint = (struct rdl_orders_endpoint){ .quiet_ms = UINT32_MAX };
	rdl_registry_describe(shard.registry, handle, &endpoint->registration);
	return true;
}

static struct rdl_transmission *transmission(void *context, uint64_t session, rdl_handle handle)
{
	return &wire;
}

static void send(void *context, struct rdl_transmission *t)
{
	sent++;
}

static unsigned no_reports(void *context)
{
	return 0;
}

static void end(void *context, struct rdl_order *order)
{
	over++;
	state_of_last = order->state;
	reason_of_last = order->reason;
}

static int setup_orders(void **state)
{
	const struct rdl_orders_config config = {
		.calls = { .describe = describe_to,
			.transmission = transmission,
			.send = send,
			.reports = no_reports,
			.end = end },
		.orders = 8,
		.observations = 1,
		.per_endpoint = 4,
		.awake_s = 93,
		.max_payload = 1024,
		.exchange_lifetime_s = 247,
	};

	setup(state);
	size_t len = rdl_whole_lines(rdl_orders_memory(&config));
	orders_memory = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(orders_memory);
	shard.orders = rdl_orders_init(&config, memset(orders_memory, 0, len), EPOCH);
	sent = over = 0;
	return 0;
}

static int teardown_orders(void **state)
{
	rdl_orders_stop(shard.orders);
	free(orders_memory);
	free(waiting_memory);
	waiting_memory = NULL;
	return teardown(state);
}

#define ORDERS_TEST(test) cmocka_unit_test_setup_teardown(test, setup_orders, teardown_orders)

/* One for an endpoint in queue mode, which is asleep: it waits. */
static void give(struct rdl_order *order, const struct id *id)
{
	*order = (struct rdl_order){ .kind = RDL_ORDER,
		.method = RDL_COAP_GET,
		.content_format = RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE };
	rdl_orders_take(shard.orders, order, find(id, EPOCH), EPOCH);
	assert_int_equal(sent, 0);
	assert_int_equal(over, 0);
}

#define SLEEPER "CON POST 11:rd 15:ep=a 15:lwm2m=1.1 15:b=U 15:Q" OBJECTS

/* It goes after the Update is performed, in the next step. */
static void test_update(void **state)
{
	struct id id = register_at(SLEEPER, EPOCH);
	static struct rdl_order order;

	give(&order, &id);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH + 1000), CODE(2, 4));
	assert_int_equal(sent, 0);
	(void)rdl_orders_step(shard.orders, EPOCH + 1000, 64);
	assert_int_equal(sent, 1);
	assert_int_equal(wire.handle, find(&id, EPOCH));
}

static void test_end(void **state)
{
	struct id id = register_at(SLEEPER, EPOCH);
	static struct rdl_order order;

	give(&order, &id);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, EPOCH + 1), CODE(2, 2));
	assert_int_equal(over, 1);
	assert_int_equal(state_of_last, RDL_ORDER_gone);
	id = register_at("CON POST 11:rd 15:ep=b 15:lwm2m=1.1 15:b=U 15:Q 15:lt=60" OBJECTS, EPOCH);
	over = 0;
	give(&order, &id);
	for (unsigned n = 0; n < 100 && over == 0; n++)
		(void)rdl_shard_expire(&shard, EPOCH + 400000);
	assert_int_equal(over, 1);
	assert_int_equal(state_of_last, RDL_ORDER_gone);
	assert_int_equal(reason_of_last, RDL_ORDER_REASON_ended);
	id = register_at(SLEEPER, EPOCH);
	over = 0;
	give(&order, &id);
	assert_true(rdl_shard_remove(&shard, find(&id, EPOCH), EPOCH));
	assert_int_equal(over, 1);
}

/* What was not sent goes to the registration that is there now. */
static void test_replaced(void **state)
{
	struct id id = register_at(SLEEPER, EPOCH);
	static struct rdl_order order;

	give(&order, &id);
	id = register_at(SLEEPER, EPOCH + 1);
	assert_int_equal(over, 0);
	(void)rdl_orders_step(shard.orders, EPOCH + 1, 64);
	assert_int_equal(sent, 1);
	assert_int_equal(wire.handle, find(&id, EPOCH + 1));
}

/* Not before the answer may leave: that the change is safe. */
static void test_waits_with_its_answer(void **state)
{
	struct id id = register_at(SLEEPER, EPOCH);
	struct rdl_request *request;
	static struct handed h;
	static struct rdl_order order;

	give(&order, &id);
	waiting_memory = calloc(1, rdl_shard_waiting_memory(1, 64));
	assert_non_null(waiting_memory);
	rdl_shard_wait(&shard, waiting_memory, 1, 64);
	hand(&h, "CON POST 11:rd 11:@", id.text);
	request = &h.request;
	assert_int_equal(rdl_shard_burst(&shard, policy, &request, 1, 0, EPOCH + 1), 0);
	rdl_orders_release(shard.orders, shard.position - 1);
	(void)rdl_orders_step(shard.orders, EPOCH + 1, 64);
	assert_int_equal(sent, 0);
	rdl_shard_release(&shard, shard.position);
	rdl_orders_release(shard.orders, shard.position);
	(void)rdl_orders_step(shard.orders, EPOCH + 1, 64);
	assert_int_equal(sent, 1);
}

/* By the worker of its last request, where somebody has something for it; else by any. */
static void test_way(void **state)
{
	struct id id = register_at(SLEEPER, EPOCH);
	struct rdl_request *request;
	static struct handed h;
	static struct rdl_order order;
	rdl_handle handle = find(&id, EPOCH);

	for (unsigned minds = 0; minds < 2; minds++) {
		hand(&h, "CON POST 11:rd 11:@", id.text);
		request = &h.request;
		assert_int_equal(rdl_shard_burst(&shard, policy, &request, 1, 2, EPOCH + 1), 1);
		assert_int_equal(rdl_shard_way(&shard, handle, 4), minds == 1 ? 2 : handle % 4);
		if (minds == 0)
			give(&order, &id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_update),
		ORDERS_TEST(test_end),
		ORDERS_TEST(test_replaced),
		ORDERS_TEST(test_waits_with_its_answer),
		ORDERS_TEST(test_way),
	};

	return RUN_SHARD_TESTS(tests);
}
