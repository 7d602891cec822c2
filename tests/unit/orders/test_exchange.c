/* SPDX-License-Identifier: BSD-3-Clause */
/* One message and what ends it: an answer, a Reset, silence, a worker that cannot send it. */
#include "fixture.h"

static void test_answer(void **state)
{
	give(order_of("a", "3/0/0"), 0);
	expect_wire("0 0.01 /3 /0 /0");
	expect_told("a sent; ");
	now_ms += 70;
	hear(answer_to(&last, RDL_COAP_CONTENT, "rdline"), RDL_BACK_NOTHING);
	expect_told("a answered 2.05 \"rdline\"; a is answered 2.05; ");
	assert_int_equal(rtt_ms, 70);
	pass(200000);
	expect_silence();
}

/* Relative to the alternate path, with all that may be said. */
static void test_options(void **state)
{
	struct rdl_order *order = order_of("a", "3/0");

	order->method = RDL_COAP_PUT;
	order->query = segments((uint8_t *)(order + 1) + RDL_ORDER_PATH_MAX, "pmin=1/pmax=2");
	order->payload = RDL_SPAN("value");
	order->content_format = 110;
	order->accept = 0;
	give(order, 1);
	expect_wire("0 0.03 /a /lwm2m /3 /0 12:110 ?pmin=1 ?pmax=2 17:0 (5)");
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_told("a sent; a is answered 2.04; ");
}

/* The first block says how long the whole is (RFC 7959 section 4). */
static void test_size(void **state)
{
	static uint8_t octets[1025];
	struct rdl_order *order = order_of("a", "5/0/0");
	struct rdl_answer answer;

	order->method = RDL_COAP_PUT;
	order->payload = (struct rdl_span){ octets, sizeof(octets) };
	give(order, 0);
	expect_wire("0 0.03 /5 /0 /0 27:14 60:1025 (1024)");
	answer = answer_to(&last, RDL_COAP_CONTINUE, "");
	answer.block1 = 14;
	hear(answer, RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:22 (1)");
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_told("a sent; a is answered 2.04; ");
}

static void test_trigger(void **state)
{
	struct rdl_order *order = order_of("a", "");

	order->method = RDL_COAP_POST;
	order->trigger = true;
	give(order, 2);
	expect_wire("0 0.02 /1 /7 /8");
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_told("a sent; a is answered 2.04; ");
	order = order_of("b", "");
	order->trigger = true;
	give(order, 1);
	expect_silence();
	expect_told("b is refused, the endpoint lists no instance of the Server Object; ");
}

/* RFC 7252 section 4.2: 2 to 3 s, doubled four times, and the same message each time. */
static void test_retransmission(void **state)
{
	struct rdl_transmission first;
	uint64_t begin = now_ms, before = now_ms, gap = 0;

	give(order_of("a", "3"), 0);
	first = *take_wire(RDL_TRANSMISSION_SENT);
	for (unsigned i = 0; i < 4; i++) {
		while (wire_count == 0)
			pass(8);
		take_wire(RDL_TRANSMISSION_SENT);
		assert_memory_equal(last.octets, first.octets, first.len);
		if (i == 0)
			assert_in_range(now_ms - before, 2000, 3000 + 24);
		else
			assert_in_range(now_ms - before, 2 * gap - 72, 2 * gap + 72);
		gap = now_ms - before;
		before = now_ms;
	}
	expect_told("a sent; ");
	while (alive > 0)
		pass(8);
	expect_silence();
	assert_in_range(now_ms - begin, 62000, 93000 + 100);
	expect_told("a is timeout; ");
	assert_int_equal(rdl_orders_counts(orders)->retransmitted, 4);
	assert_int_equal(rdl_orders_counts(orders)->sent, 5);
}

/* The ACK comes first, the answer some time later, twice. */
static void test_separate(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	hear(empty_to(&last, RDL_COAP_ACK), RDL_BACK_NOTHING);
	expect_told("a sent; a acknowledged; ");
	hear(empty_to(&last, RDL_COAP_ACK), RDL_BACK_NOTHING);
	expect_told("");
	pass(60000);
	expect_silence();
	answer = answer_to(&last, RDL_COAP_CONTENT, "x");
	answer.type = RDL_COAP_CON;
	answer.message_id = 77;
	hear(answer, RDL_BACK_ACK);
	expect_told("a answered 2.05 \"x\"; a is answered 2.05; ");
	hear(answer, RDL_BACK_ACK);
	assert_int_equal(rdl_orders_counts(orders)->doubled, 1);
	expect_told("");
}

static void test_never_separate(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	hear(empty_to(&last, RDL_COAP_ACK), RDL_BACK_NOTHING);
	pass(RDL_MAX_TRANSMIT_WAIT_MS - 1);
	expect_told("a sent; a acknowledged; ");
	pass(20);
	expect_told("a is timeout; ");
	answer = answer_to(&last, RDL_COAP_CONTENT, "x");
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_RESET);
	assert_int_equal(rdl_orders_counts(orders)->late, 1);
}

static void test_reset(void **state)
{
	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	hear(empty_to(&last, RDL_COAP_RST), RDL_BACK_NOTHING);
	expect_told("a sent; a is reset; ");
	hear(empty_to(&last, RDL_COAP_RST), RDL_BACK_NOTHING);
	assert_int_equal(rdl_orders_counts(orders)->foreign, 1);
}

static void test_own_timeout(void **state)
{
	struct rdl_order *order = order_of("a", "3");

	order->timeout_ms = 2500;
	give(order, 0);
	take_wire(RDL_TRANSMISSION_SENT);
	pass(2499);
	wire_clear();
	expect_told("a sent; ");
	pass(20);
	expect_told("a is timeout; ");
}

/* A worker has no way at first, and then none at all. */
static void test_no_way(void **state)
{
	give(order_of("a", "3"), 0);
	take_wire(RDL_TRANSMISSION_LATER);
	expect_told("");
	pass(70);
	take_wire(RDL_TRANSMISSION_LATER);
	pass(70);
	take_wire(RDL_TRANSMISSION_NO_WAY);
	expect_told("a is refused, no way to the endpoint's address; ");
	give(order_of("b", "3"), 0);
	for (unsigned i = 0; i < 20; i++) {
		take_wire(RDL_TRANSMISSION_LATER);
		pass(70);
	}
	/* Now it counts as lost. */
	take_wire(RDL_TRANSMISSION_LATER);
	pass(1000);
	expect_silence();
	pass(2000);
	take_wire(RDL_TRANSMISSION_NO_SESSION);
	expect_told("b is refused, the endpoint's secure session is over; ");
	assert_int_equal(rdl_orders_counts(orders)->sent, 0);
}

static void test_secure(void **state)
{
	struct rdl_answer answer;

	endpoints[0].identity = 5;
	endpoints[0].session = 99;
	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	assert_int_equal(last.session, 99);
	answer = answer_to(&last, RDL_COAP_CONTENT, "x");
	answer.session = 0;
	hear(answer, RDL_BACK_NOTHING);
	answer.session = 98;
	hear(answer, RDL_BACK_NOTHING);
	answer.session = 99;
	answer.identity = 6;
	hear(answer, RDL_BACK_NOTHING);
	assert_int_equal(rdl_orders_counts(orders)->foreign, 3);
	/* Wherever it comes from. */
	answer.identity = 5;
	answer.peer.port++;
	expect_told("a sent; ");
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a answered 2.05 \"x\"; a is answered 2.05; ");
	endpoints[0].session = 0;
	give(order_of("b", "3"), 0);
	expect_silence();
	expect_told("b is refused, the endpoint's secure session is over; ");
}

/* It has begun another one while the message was on its way to the worker. */
static void test_session_moves(void **state)
{
	endpoints[0].identity = 5;
	endpoints[0].session = 99;
	give(order_of("a", "3"), 0);
	endpoints[0].session = 100;
	take_wire(RDL_TRANSMISSION_NO_SESSION);
	expect_told("");
	pass(70);
	expect_wire("0 0.01 /3");
	assert_int_equal(last.session, 100);
	hear(answer_to(&last, RDL_COAP_CONTENT, "x"), RDL_BACK_NOTHING);
	expect_told("a sent; a answered 2.05 \"x\"; a is answered 2.05; ");
}

/* What waits behind one that finds no session finds none either. */
static void test_session_ends(void **state)
{
	endpoints[0].identity = 5;
	endpoints[0].session = 99;
	give(order_of("a", "3"), 0);
	give(order_of("b", "3"), 0);
	give(order_of("c", "3"), 0);
	told[0] = '\0';
	endpoints[0].session = 0;
	take_wire(RDL_TRANSMISSION_NO_SESSION);
	pass(1);
	expect_told("a is refused, the endpoint's secure session is over; "
		    "b is refused, the endpoint's secure session is over; "
		    "c is refused, the endpoint's secure session is over; ");
	expect_silence();
}

/* To what has not been sent yet. */
static void test_too_early(void **state)
{
	struct rdl_answer answer = { .kind = RDL_ANSWER_RESPONSE,
		.type = RDL_COAP_NON,
		.code = RDL_COAP_CONTENT,
		.peer = endpoints[0].peer,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE };

	transmissions_left = 0;
	give(order_of("a", "3"), 0);
	hear(answer, RDL_BACK_NOTHING);
	expect_told("");
	assert_int_equal(rdl_orders_counts(orders)->foreign, 1);
	transmissions_left = WIRE_MAX;
}

static void test_foreign(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	answer = answer_to(&last, RDL_COAP_CONTENT, "x");
	answer.peer.port++;
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_NOTHING); /* from elsewhere */
	answer.peer.port--;
	answer.number++;
	hear(answer, RDL_BACK_RESET); /* to nothing */
	answer.number--;
	answer.handle = 3;
	hear(answer, RDL_BACK_RESET); /* another endpoint's */
	answer.handle = 0;
	answer.type = RDL_COAP_ACK;
	answer.message_id++;
	hear(answer, RDL_BACK_NOTHING); /* of another message */
	assert_int_equal(rdl_orders_counts(orders)->foreign, 4);
	expect_told("a sent; ");
	answer = answer_to(&last, RDL_COAP_CODE(3, 1), "x");
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a is answered 3.01, the answer could not be read; ");
	give(order_of("b", "3"), 0);
	expect_wire("0 0.01 /3");
	answer = answer_to(&last, RDL_COAP_EMPTY, "");
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_RESET);
	expect_told("b sent; b is answered 0.00, the answer could not be read; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_answer),
		ORDERS_TEST(test_options),
		ORDERS_TEST(test_size),
		ORDERS_TEST(test_trigger),
		ORDERS_TEST(test_retransmission),
		ORDERS_TEST(test_separate),
		ORDERS_TEST(test_never_separate),
		ORDERS_TEST(test_reset),
		ORDERS_TEST(test_own_timeout),
		ORDERS_TEST(test_no_way),
		ORDERS_TEST(test_secure),
		ORDERS_TEST(test_session_moves),
		ORDERS_TEST(test_session_ends),
		ORDERS_TEST(test_too_early),
		ORDERS_TEST(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
