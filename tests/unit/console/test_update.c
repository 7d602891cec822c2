/* SPDX-License-Identifier: BSD-3-Clause */
/* Updates that devices are asked for, between a client and shards that the test is. */
#include "fixture.h"

#include "updates.h"

static struct callers *callers;
static struct rdl_channel shards[SHARDS]; /* their ends */
static void *memory[SHARDS];
static char requests_path[64];

static struct rdl_conf conf_of_requests(void)
{
	snprintf(requests_path, sizeof(requests_path), "%s/requests", folder);
	return (struct rdl_conf){ .requests = { .socket = { .path = requests_path },
					  .clients = 1,
					  .buffer_kb = 1024,
					  .outstanding = 1000,
					  .max_payload = 1024 } };
}

static int begin_with_callers(void **state)
{
	const struct rdl_conf conf = conf_of_requests();
	const struct rdl_channel_credit credit = callers_credit(&conf);
	const struct rdl_channel_credit of_shards = { .limit = { [RDL_REPORT] = 16 } };

	assert_int_equal(callers_open(&conf, &callers), 0);
	for (unsigned s = 0; s < SHARDS; s++) {
		memory[s] =
			aligned_alloc(64, rdl_whole_lines(rdl_channel_memory(&credit, &of_shards)));
		rdl_channel_join(
			callers_channel(callers, s), &credit, &shards[s], &of_shards, memory[s]);
	}
	begin(state);
	close_console();
	sources.callers = callers;
	assert_int_equal(callers_start(callers, &gateway_owners), 0);
	open_console();
	return 0;
}

static int end_with_callers(void **state)
{
	close_console();
	callers_stop(callers);
	gateway_cores_stop();
	callers_close(callers);
	for (unsigned s = 0; s < SHARDS; s++)
		free(memory[s]);
	return 0;
}

/* The next trigger, when one comes within a while; NULL: none. */
static struct rdl_order *given(unsigned patience_ms, unsigned *shard)
{
	for (unsigned i = 0; i <= patience_ms; i++) {
		for (*shard = 0; *shard < SHARDS; ++*shard) {
			void *message;

			while (rdl_channel_take(&shards[*shard], &message, 1) == 1) {
				if (*(const uint8_t *)message == RDL_ORDER)
					return message;
				rdl_channel_came_back(&shards[*shard], 1);
			}
		}
		usleep(1000);
	}
	return NULL;
}

static void gives_back(struct rdl_order *order, unsigned shard, enum rdl_order_state state,
	enum rdl_order_reason reason)
{
	void *message = order;

	order->state = (uint8_t)state;
	order->reason = (uint8_t)reason;
	rdl_channel_give_back(&shards[shard], &message, 1);
}

static struct rdl_order *asked(const char *request, unsigned *shard)
{
	talk_say(client, request);
	talk_say(client, "\n");
	struct rdl_order *order = given(20000, shard);
	assert_true(order != NULL && order->trigger);
	return order;
}

#define UPDATE "{\"command\":\"update\",\"endpoint\":\"dev\"}"

static void one(void **state)
{
	unsigned shard;
	struct rdl_order *order = asked(UPDATE, &shard);

	assert_int_equal(order->endpoint_len, 3);
	assert_memory_equal(order->endpoint, "dev", order->endpoint_len);
	/* What else is asked is answered meanwhile. */
	assert_non_null(strstr(talk_ask(client, "{\"command\":\"count\"}"), "registrations_max"));
	expect_error(UPDATE, "an update is under way");
	order->code = RDL_COAP_CODE(2, 4);
	gives_back(order, shard, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(
		talk_hear(client), "{\"update\":{\"state\":\"answered\",\"code\":\"2.04\"}}");
	order = asked(UPDATE, &shard);
	order->code = RDL_COAP_CODE(4, 5);
	gives_back(order, shard, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(
		talk_hear(client), "{\"update\":{\"state\":\"answered\",\"code\":\"4.05\"}}");
	order = asked(UPDATE, &shard);
	gives_back(order, shard, RDL_ORDER_refused, RDL_ORDER_REASON_unknown);
	assert_string_equal(talk_hear(client), "{\"update\":{\"state\":\"refused\",\"reason\":\"no "
					       "such endpoint is registered\"}}");
}

static void one_that_sleeps(void **state)
{
	struct rdl_report report = {
		.kind = RDL_REPORT, .state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep
	};
	void *message = &report;
	unsigned shard;

	report.order = asked(UPDATE, &shard);
	rdl_channel_send(&shards[shard], &message, 1);
	assert_string_equal(
		talk_hear(client), "{\"update\":{\"state\":\"queued\",\"asleep\":true}}");
	/* Nobody waits for it any more, and another one may be asked for. */
	struct rdl_order *order = report.order;
	unsigned other;
	asked(UPDATE, &other);
	gives_back(order, shard, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
}

/* Twenty of them, in cores that run. */
static void register_fleet(void)
{
	struct rdl_object_list *list = gateway_list(1, 1);

	for (unsigned i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "dev-%u", i);
		gateway_register(name, 86400, list);
	}
	free(list);
	gateway_cores_run();
}

static void a_fleet(void **state)
{
	unsigned shard;

	register_fleet();
	talk_say(client, "{\"command\":\"update\",\"prefix\":\"dev-1\",\"over\":10}\n");
	/* dev-1 and dev-10 to dev-19. */
	for (unsigned i = 0; i < 11; i++) {
		struct rdl_order *order;

		while ((order = given(20, &shard)) == NULL)
			own_clock_pass(100);
		assert_memory_equal(order->endpoint, "dev-1", 5);
		order->code = RDL_COAP_CODE(2, 4);
		gives_back(order, shard, i == 0 ? RDL_ORDER_timeout : RDL_ORDER_answered,
			RDL_ORDER_REASON_none);
	}
	own_clock_pass(10000);
	const char *heard = talk_hear(client);
	assert_memory_equal(heard, "{\"progress\":{\"registrations\":20,", 32);
	while (strncmp(heard, "{\"progress\"", 11) == 0)
		heard = talk_hear(client);
	assert_string_equal(heard, "{\"update\":{\"registrations\":20,\"seen\":20,\"given\":11,"
				   "\"updated\":10,\"asleep\":0,\"failed\":1}}");
}

/* Who leaves a fleet behind ends it. */
static void who_leaves(void **state)
{
	unsigned shard;

	register_fleet();
	talk_say(client, "{\"command\":\"update\",\"all\":true,\"over\":1000}\n");
	assert_non_null(given(20000, &shard));
	close(client);
	while (__atomic_load_n(&console_lines_counts(console)->clients, __ATOMIC_RELAXED) > 0)
		usleep(1000);
	usleep(50000);
	own_clock_pass(2000000);
	assert_null(given(200, &shard));
	client = talk_to(path);
}

static void what_is_no_request(void **state)
{
	static const char several[] = "endpoint, prefix, all: one of them";

	expect_error("{\"command\":\"update\"}", several);
	expect_error("{\"command\":\"update\",\"endpoint\":\"a\",\"all\":true}", several);
	expect_error("{\"command\":\"update\",\"endpoint\":\"a\",\"prefix\":\"b\"}", several);
	expect_error("{\"command\":\"update\",\"prefix\":\"a\",\"all\":true}", several);
	expect_error(
		"{\"command\":\"update\",\"all\":true,\"over\":86401}", "over: longer than a day");
	expect_error("{\"command\":\"update\",\"all\":true,\"over\":-1}",
		"over: not a whole number of 0 to 1000000000");
}

static void not_configured(void **state)
{
	expect_error(UPDATE, "nothing is sent to devices: the configuration has no requests");
}

#define CALLERS_TEST(test) \
	cmocka_unit_test_setup_teardown(test, begin_with_callers, end_with_callers)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLERS_TEST(one),
		CALLERS_TEST(one_that_sleeps),
		CALLERS_TEST(a_fleet),
		CALLERS_TEST(who_leaves),
		CALLERS_TEST(what_is_no_request),
		CONSOLE_TEST(not_configured),
	};

	return RUN_CONSOLE_TESTS(tests);
}
