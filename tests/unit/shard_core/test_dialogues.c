/* SPDX-License-Identifier: BSD-3-Clause */
/* A shard core between two workers and the callers, all of which are the test. */
#include "support.h"

#include <stdlib.h>

#include "clock.h"
#include "eal.h"
#include "gateway_shard.h"
#include "shard_core.h"

#define WORKERS 2
#define ANSWERS 8
#define ORDERS 100

static const struct rdl_channel_credit nothing;
static const struct rdl_channel_credit credit = {
	.limit = { [RDL_OPERATION_REGISTER] = 8, [RDL_OPERATION_UPDATE] = 1024 }
};
static const struct rdl_channel_credit answers = {
	.limit = { [RDL_ANSWER_RESPONSE] = ANSWERS, [RDL_ANSWER_EMPTY] = ANSWERS }
};
static const struct rdl_channel_credit orders = { .limit = { [RDL_ORDER] = ORDERS } };
static const struct rdl_key token_secret = { 5, 6 };

static struct rdl_rulebook rulebook;
static struct shard_core *core;
static struct ending ending;
/* The other ends. */
static struct rdl_channel requests[WORKERS], wire[WORKERS], callers;
static void *memory[2 * WORKERS + 2];
static struct rdl_location location; /* of the endpoint */

static void *zeroed(size_t len)
{
	void *octets = aligned_alloc(RDL_CACHE_LINE, rdl_whole_lines(len));

	assert_non_null(octets);
	return memset(octets, 0, len);
}

static void join(unsigned i, struct rdl_channel *here, const struct rdl_channel_credit *of_here,
	struct rdl_channel *there, const struct rdl_channel_credit *of_there)
{
	memory[i] = zeroed(rdl_channel_memory(of_here, of_there));
	rdl_channel_join(here, of_here, there, of_there, memory[i]);
}

static struct rdl_span name = { (const uint8_t *)"dev", 3 };

static void send_request(struct rdl_request *request, unsigned worker)
{
	void *message = request;

	rdl_channel_send(&requests[worker], &message, 1);
	shard_core_step(core);
	assert_int_equal(rdl_channel_take(&requests[worker], &message, 1), 1);
	rdl_channel_came_back(&requests[worker], 1);
}

static void register_it(bool queue)
{
	static const struct {
		struct rdl_object_list head;
		rdl_object_link links[2];
	} list = { { .len = sizeof(list), .link_count = 2 }, { 1 << 16, 3 << 16 } };
	static uint64_t exchange;
	struct rdl_request request = { .operation = RDL_OPERATION_REGISTER,
		.gives = RDL_GIVES_OBJECTS | (queue ? RDL_GIVES_QUEUE : 0),
		.lifetime_s = 600,
		.minor = 1,
		.exchange = ++exchange,
		.peer = { .address = { 1 }, .port = 40001 },
		.list.objects = &list.head };

	rdl_request_set_endpoint(&request, name);
	rdl_siphash128(&gateway_endpoint_key, name.data, name.len, request.digest.word);
	send_request(&request, 0);
	assert_int_equal(request.code, RDL_COAP_CREATED);
	location = request.location;
}

static int begin(void **state)
{
	struct rdl_registry_config registry = gateway_registry(1000);
	const struct rdl_policy_config policy = gateway_policy();
	const struct rdl_admission_limits limits = { .shards = 1 };
	struct rdl_orders_config config = { .orders = ORDERS,
		.observations = 4,
		.per_endpoint = 8,
		.awake_s = 93,
		.max_payload = 1024,
		.exchange_lifetime_s = 247 };
	const struct rdl_channel_credit transmissions = dialogues_transmission_credit();
	const struct rdl_channel_credit reports = dialogues_report_credit();

	rdl_speck_expand(&config.token_key, &token_secret);
	rdl_rulebook_init(&rulebook);
	rdl_rulebook_change(&rulebook, rdl_rules_create(&policy, &limits, RDL_LOG_INFO));
	core = calloc(1, sizeof(*core));
	assert_non_null(core);
	core->worker_count = WORKERS;
	core->rulebook = &rulebook;
	ending = (struct ending){ 0, 1 };
	core->ending = &ending;
	rdl_rulebook_add_reader(&rulebook, &core->rules_seen);
	rdl_mailbox_init(&core->question.mailbox);
	gateway_shard_start(&core->shard, &registry, NULL);
	core->registry = core->shard.registry;
	core->now_ms = rdl_clock_ms();
	memory[0] = zeroed(dialogues_memory(&config, WORKERS));
	dialogues_init(core, &config, memory[0]);
	join(1, &callers, &orders, &core->dialogues.callers, &reports);
	for (unsigned w = 0; w < WORKERS; w++) {
		join(2 + 2 * w, &requests[w], &credit, &core->workers[w], &nothing);
		join(3 + 2 * w, &wire[w], &answers, &core->dialogues.workers[w], &transmissions);
	}
	return 0;
}

static int end(void **state)
{
	rdl_orders_stop(core->dialogues.engine);
	gateway_shard_stop(&core->shard);
	free(core);
	for (size_t i = 0; i < RDL_ARRAY_LEN(memory); i++)
		free(memory[i]);
	rdl_rulebook_close(&rulebook);
	return 0;
}

static struct rdl_order an_order(void)
{
	struct rdl_order order = { .kind = RDL_ORDER,
		.method = RDL_COAP_GET,
		.content_format = RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE,
		.endpoint = name.data,
		.endpoint_len = (uint8_t)name.len };

	rdl_siphash128(&gateway_endpoint_key, name.data, name.len, order.digest.word);
	return order;
}

static void give(struct rdl_order *order)
{
	void *message = order;

	rdl_channel_send(&callers, &message, 1);
	shard_core_step(core);
}

static struct rdl_transmission *take_transmission(unsigned worker)
{
	void *message = NULL;

	assert_int_equal(rdl_channel_take(&wire[worker], &message, 1), 1);
	return message;
}

static void sent(unsigned worker, struct rdl_transmission *transmission)
{
	void *message = transmission;

	transmission->result = RDL_TRANSMISSION_SENT;
	rdl_channel_give_back(&wire[worker], &message, 1);
	shard_core_step(core);
}

/* What the callers are told next: a report, which goes back at once, or an order, which is over. */
static enum rdl_order_state told(struct rdl_order **over)
{
	enum rdl_order_state state;
	void *message;

	assert_int_equal(rdl_channel_take(&callers, &message, 1), 1);
	if (*(uint8_t *)message == RDL_REPORT) {
		state = (enum rdl_order_state)((struct rdl_report *)message)->state;
		rdl_channel_give_back(&callers, &message, 1);
		*over = NULL;
		return state;
	}
	rdl_channel_came_back(&callers, 1);
	*over = message;
	return (enum rdl_order_state)(*over)->state;
}

static struct rdl_answer answer_to(const struct rdl_transmission *transmission, unsigned type)
{
	return (struct rdl_answer){ .kind = RDL_ANSWER_RESPONSE,
		.type = (uint8_t)type,
		.code = RDL_COAP_CONTENT,
		.message_id = type == RDL_COAP_ACK ? rdl_get_be16(transmission->octets + 2) : 7,
		.content_format = RDL_FORMAT_NONE,
		.peer = transmission->peer,
		.handle = transmission->handle,
		.number = transmission->number,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE,
		.payload = RDL_SPAN("21.5") };
}

/* Given by a worker, and back: returns what is to be sent. */
static enum rdl_answer_back hear(unsigned worker, struct rdl_answer *answer)
{
	void *message = answer;

	rdl_channel_send(&wire[worker], &message, 1);
	shard_core_step(core);
	assert_int_equal(rdl_channel_take(&wire[worker], &message, 1), 1);
	assert_ptr_equal(message, answer);
	rdl_channel_came_back(&wire[worker], 1);
	return (enum rdl_answer_back)answer->back;
}

/* To the endpoint's address, and its answer to whoever asked, in the order in which it happened. */
static void test_answered(void **state)
{
	struct rdl_order order = an_order(), *over;

	register_it(false);
	give(&order);
	struct rdl_transmission *transmission = take_transmission(location.handle % WORKERS);
	assert_int_equal(transmission->kind, RDL_TRANSMISSION);
	assert_int_equal(transmission->handle, location.handle);
	assert_int_equal(transmission->peer.port, 40001);
	assert_int_equal(transmission->session, 0);
	sent(location.handle % WORKERS, transmission);
	assert_int_equal(told(&over), RDL_ORDER_sent);
	struct rdl_answer answer = answer_to(transmission, RDL_COAP_CON);
	/* By whichever worker it comes. */
	assert_int_equal(hear(1 - location.handle % WORKERS, &answer), RDL_BACK_ACK);
	assert_int_equal(told(&over), RDL_ORDER_answered);
	assert_null(over);
	assert_int_equal(told(&over), RDL_ORDER_answered);
	assert_ptr_equal(over, &order);
	assert_int_equal(order.code, RDL_COAP_CONTENT);
	assert_int_equal(core->dialogues.counts.sent, 1);
	assert_int_equal(core->dialogues.counts.over[RDL_ORDER_answered], 1);
	/* From elsewhere it is nobody's. */
	answer.peer.port++;
	assert_int_equal(hear(0, &answer), RDL_BACK_NOTHING);
	assert_int_equal(core->dialogues.counts.foreign, 1);
}

/* A notification goes to whoever listens, and is acknowledged in either case. */
static void test_notified(void **state)
{
	static struct rdl_order order;
	struct rdl_deliveries *deliveries = core->dialogues.deliveries;
	const struct rdl_delivered *delivered;
	struct rdl_order *over;

	order = an_order();
	register_it(false);
	order.observe = RDL_ORDER_OBSERVE;
	order.id = (const uint8_t *)"o";
	order.id_len = 1;
	give(&order);
	struct rdl_transmission *transmission = take_transmission(location.handle % WORKERS);
	sent(location.handle % WORKERS, transmission);
	struct rdl_answer answer = answer_to(transmission, RDL_COAP_ACK);
	answer.observe = 1;
	hear(0, &answer);
	assert_int_equal(told(&over), RDL_ORDER_sent);
	assert_int_equal(told(&over), RDL_ORDER_answered);
	for (uint32_t n = 2; n < 4; n++) {
		answer = answer_to(transmission, RDL_COAP_CON);
		answer.message_id = (uint16_t)n;
		answer.observe = n;
		assert_int_equal(hear(0, &answer), RDL_BACK_ACK);
		assert_int_equal(core->dialogues.counts.notified, n - 2);
		assert_int_equal(core->dialogues.counts.unheard, 1);
		rdl_deliveries_want(deliveries, 1u << RDL_DELIVERED_notified);
	}
	delivered = rdl_deliveries_read(deliveries);
	assert_non_null(delivered);
	assert_int_equal(delivered->kind, RDL_DELIVERED_notified);
	assert_int_equal(delivered->sequence, 3);
	assert_int_equal(delivered->partition, location.handle >> 24);
	assert_int_equal(delivered->payload_len, 4);
	assert_memory_equal(delivered->octets, "devo21.5", 8);
	assert_true(delivered->time_ms > 1600000000000);
	assert_null(rdl_deliveries_read(deliveries));
}

/* A Send by its registration, which names the endpoint. */
static void test_send(void **state)
{
	struct rdl_deliveries *deliveries = core->dialogues.deliveries;
	struct rdl_answer answer = { .kind = RDL_ANSWER_SEND,
		.type = RDL_COAP_CON,
		.code = RDL_COAP_POST,
		.content_format = 110,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE,
		.payload = RDL_SPAN("[]") };

	register_it(false);
	answer.handle = location.handle;
	answer.peer = (struct rdl_peer){ .address = { 1 }, .port = 40001 };
	rdl_deliveries_want(deliveries, 1u << RDL_DELIVERED_notified);
	assert_int_equal(hear(0, &answer), RDL_BACK_CODE);
	assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
	rdl_deliveries_want(deliveries, 1u << RDL_DELIVERED_sent);
	hear(0, &answer);
	const struct rdl_delivered *delivered = rdl_deliveries_read(deliveries);
	if (delivered == NULL) {
		/* In clear text nobody is believed to be the endpoint. */
		assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
		return;
	}
	assert_int_equal(answer.back_code, RDL_COAP_CHANGED);
	assert_int_equal(delivered->kind, RDL_DELIVERED_sent);
	assert_memory_equal(delivered->octets, "dev[]", 5);
}

static void test_unknown(void **state)
{
	struct rdl_order order = an_order(), *over;

	give(&order);
	assert_int_equal(told(&over), RDL_ORDER_refused);
	assert_ptr_equal(over, &order);
	assert_int_equal(order.reason, RDL_ORDER_REASON_unknown);
}

/* What is asked of it by the mailbox says how it stands. */
static void test_question(void **state)
{
	static struct rdl_order order;
	struct question *question = &core->question;

	register_it(true);
	order = an_order();
	give(&order);
	question->kind = QUESTION_REGISTRATION;
	rdl_siphash128(&gateway_endpoint_key, name.data, name.len, question->digest.word);
	question->endpoint_len = (uint8_t)name.len;
	memcpy(question->endpoint, name.data, name.len);
	question->mailbox.state = RDL_MAILBOX_ASKED;
	question_answer(question, &core->shard, core->now_ms);
	assert_true(question->found);
	assert_true(question->asks);
	assert_true(question->look.awake);
	assert_int_equal(question->look.waiting, 1);
	sent(location.handle % WORKERS, take_transmission(location.handle % WORKERS));
}

/* Behind the answer to its Update, by the worker of that. */
static void test_after_update(void **state)
{
	static struct rdl_order order, second;
	struct rdl_order *over;
	struct rdl_request update = { .operation = RDL_OPERATION_UPDATE,
		.exchange = 99,
		.peer = { .address = { 1 }, .port = 40002 } };

	order = second = an_order();
	register_it(true);
	give(&order);
	struct rdl_transmission *transmission = take_transmission(location.handle % WORKERS);
	give(&second);
	assert_int_equal(told(&over), RDL_ORDER_queued);
	/* Nothing more comes from there: both wait. */
	update.location = location;
	send_request(&update, 1);
	assert_int_equal(update.code, RDL_COAP_CHANGED);
	sent(location.handle % WORKERS, transmission);
	struct rdl_answer answer = answer_to(transmission, RDL_COAP_ACK);
	answer.peer = update.peer;
	hear(0, &answer);
	assert_int_equal(rdl_channel_waiting(&wire[0]), 0);
	transmission = take_transmission(1);
	assert_int_equal(transmission->peer.port, 40002);
	sent(1, transmission);
}

/*
 * However many answers are safe at once, of which a round takes so many and no more: what is for a
 * device goes when its own has left.
 */
static void test_after_answers(void **state)
{
	static struct rdl_request before[2 * WORKERS * RDL_REGISTRY_BURST];
	static struct rdl_order order, second;
	struct rdl_request update = { .operation = RDL_OPERATION_UPDATE, .exchange = 99 };
	const unsigned under_way = 4 * RDL_ARRAY_LEN(before), way = 0;
	void *waiting = calloc(1, rdl_shard_waiting_memory(WORKERS, under_way)), *message = &update;

	order = second = an_order();
	register_it(false);
	rdl_shard_wait(&core->shard, waiting, WORKERS, under_way);
	/* As it is noted of one that nothing is wanted of. */
	rdl_waiting_note(&core->shard.waiting, location.handle, 1);
	give(&order);
	for (unsigned w = 0; w < WORKERS; w++)
		assert_int_equal(rdl_channel_waiting(&wire[w]), 0);
	rdl_shard_release(&core->shard, 1);
	shard_core_step(core);
	struct rdl_transmission *transmission = take_transmission(location.handle % WORKERS);
	give(&second);
	for (size_t i = 0; i < RDL_ARRAY_LEN(before); i++)
		rdl_waiting_put(&core->shard.waiting, &before[i], core->shard.position + 1, way);
	update.location = location;
	update.peer = (struct rdl_peer){ .address = { 1 }, .port = 40001 };
	rdl_channel_send(&requests[way], &message, 1);
	shard_core_step(core);
	sent(location.handle % WORKERS, transmission);
	struct rdl_answer answer = answer_to(transmission, RDL_COAP_ACK);
	hear(1, &answer);
	rdl_shard_release(&core->shard, core->shard.position);
	shard_core_step(core);
	assert_int_equal(rdl_channel_waiting(&requests[way]), RDL_ARRAY_LEN(before));
	assert_int_equal(rdl_channel_waiting(&wire[way]), 0);
	shard_core_step(core);
	assert_int_equal(rdl_channel_waiting(&requests[way]), RDL_ARRAY_LEN(before) + 1);
	sent(way, take_transmission(way));
	free(waiting);
}

/* Transmissions and reports come back, however many there were; orders wait until one is free. */
static void test_stocks(void **state)
{
	static struct rdl_order all[ORDERS];
	struct rdl_order *over;

	register_it(false);
	for (unsigned n = 0; n < TRANSMISSIONS + 2; n++) {
		struct rdl_order *order = &all[n % ORDERS];

		*order = an_order();
		give(order);
		struct rdl_transmission *t = take_transmission(location.handle % WORKERS);
		sent(location.handle % WORKERS, t);
		assert_int_equal(told(&over), RDL_ORDER_sent);
		struct rdl_answer answer = answer_to(t, RDL_COAP_ACK);
		hear(0, &answer);
		assert_int_equal(told(&over), RDL_ORDER_answered);
		assert_int_equal(told(&over), RDL_ORDER_answered);
		assert_ptr_equal(over, order);
	}
	shard_core_step(core);
	for (unsigned w = 0; w < WORKERS; w++)
		assert_int_equal(core->dialogues.transmissions[w].left, TRANSMISSIONS);
	assert_int_equal(core->dialogues.reports.left, REPORTS);
	assert_int_equal(core->dialogues.callers.under_way, 0);
}

/* Whoever waits has its orders back before the core ends, and so has who comes late. */
static void test_end(void **state)
{
	struct rdl_order order = an_order(), waits = an_order(), late = an_order(), *over;
	void *message = &late;

	register_it(false);
	give(&order);
	sent(location.handle % WORKERS, take_transmission(location.handle % WORKERS));
	assert_int_equal(told(&over), RDL_ORDER_sent);
	give(&waits);
	assert_int_equal(told(&over), RDL_ORDER_queued);
	ending.stage = ENDING_ASKED;
	shard_core_step(core);
	assert_int_equal(ending.left, 1);
	assert_int_equal(told(&over), RDL_ORDER_gone);
	assert_ptr_equal(over, &order);
	assert_int_equal(told(&over), RDL_ORDER_refused);
	assert_ptr_equal(over, &waits);
	assert_int_equal(waits.reason, RDL_ORDER_REASON_stopping);
	rdl_channel_send(&callers, &message, 1);
	shard_core_step(core);
	assert_int_equal(told(&over), RDL_ORDER_refused);
	assert_ptr_equal(over, &late);
	assert_int_equal(late.reason, RDL_ORDER_REASON_stopping);
	assert_int_equal(ending.left, 1);
	shard_core_step(core);
	assert_int_equal(ending.left, 0);
	shard_core_step(core);
	assert_int_equal(ending.left, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered),
		TEST(test_notified),
		TEST(test_send),
		TEST(test_question),
		TEST(test_unknown),
		TEST(test_after_update),
		TEST(test_after_answers),
		TEST(test_stocks),
		TEST(test_end),
	};

	return RUN_EAL_TESTS(tests);
}
