/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices send of their own accord: notifications (RFC 7641) and Sends. */
#include "fixture.h"

static struct rdl_transmission first; /* that began the observation */

static struct rdl_order *observing(const char *id, enum rdl_order_observe observe)
{
	struct rdl_order *order = order_of(id, "3/0");

	order->observe = (uint8_t)observe;
	return order;
}

static void observe(rdl_handle handle)
{
	struct rdl_answer answer;

	give(observing("a", RDL_ORDER_OBSERVE), handle);
	first = *take_wire(RDL_TRANSMISSION_SENT);
	answer = answer_to(&first, RDL_COAP_CONTENT, "1");
	answer.observe = 10;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a sent; a answered 2.05 \"1\"; ");
}

static struct rdl_answer notification(uint32_t sequence, const char *payload)
{
	struct rdl_answer answer = answer_to(&first, RDL_COAP_CONTENT, payload);

	answer.type = RDL_COAP_CON;
	answer.message_id = 1000;
	answer.observe = sequence;
	return answer;
}

static void test_notify(void **state)
{
	struct rdl_answer answer;

	give(observing("a", RDL_ORDER_OBSERVE), 0);
	expect_wire("0 0.01 6:0 /3 /0");
	first = last;
	answer = answer_to(&first, RDL_COAP_CONTENT, "");
	answer.observe = 10;
	hear(answer, RDL_BACK_NOTHING);
	/* It stands, although there is no value. */
	expect_told("a sent; a answered 2.05 \"\"; ");
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
	hear(notification(11, "2"), RDL_BACK_ACK);
	answer = notification(12, "3");
	answer.type = RDL_COAP_NON;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a notified 11 \"2\"; a notified 12 \"3\"; ");
	/* Others go on meanwhile. */
	give(order_of("b", "1"), 0);
	expect_wire("0 0.01 /1");
	pass(1000000);
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
}

/* RFC 7641 section 3.4. */
static void test_order(void **state)
{
	observe(0);
	hear(notification(10, "2"), RDL_BACK_ACK);
	hear(notification(9, "3"), RDL_BACK_ACK);
	hear(notification(10 + (1 << 23), "4"), RDL_BACK_ACK);
	expect_told("");
	assert_int_equal(rdl_orders_counts(orders)->stale, 3);
	hear(notification(9 + (1 << 23), "5"), RDL_BACK_ACK);
	hear(notification(9, "5"), RDL_BACK_ACK);
	hear(notification(8, "6"), RDL_BACK_ACK);
	expect_told("a notified 8388617 \"5\"; a notified 8 \"6\"; ");
	now_ms += 128000;
	hear(notification(7, "7"), RDL_BACK_ACK);
	now_ms++;
	hear(notification(7, "8"), RDL_BACK_ACK);
	expect_told("a notified 7 \"8\"; ");
}

static void test_not_observable(void **state)
{
	give(observing("a", RDL_ORDER_OBSERVE), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(answer_to(&last, RDL_COAP_CONTENT, "1"), RDL_BACK_NOTHING);
	expect_told("a sent; a answered 2.05 \"1\"; a is answered 2.05; ");
	give(observing("b", RDL_ORDER_OBSERVE), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(answer_to(&last, RDL_COAP_NOT_FOUND, ""), RDL_BACK_NOTHING);
	expect_told("b sent; b is answered 4.04; ");
	assert_int_equal(rdl_orders_counts(orders)->observations, 0);
}

/* By its own token; what comes after is not wanted. */
static void test_cancel(void **state)
{
	struct rdl_answer answer;

	observe(0);
	give(observing("b", RDL_ORDER_CANCEL), 0);
	expect_wire("0 0.01 6:1 /3 /0");
	assert_int_equal(last.number, first.number);
	/* One that crossed it. */
	hear(notification(11, "2"), RDL_BACK_ACK);
	expect_told("b sent; a notified 11 \"2\"; ");
	hear(answer_to(&last, RDL_COAP_CONTENT, "3"), RDL_BACK_NOTHING);
	expect_told("a is answered 2.05, the observation was cancelled; "
		    "b answered 2.05 \"3\"; b is answered 2.05; ");
	assert_int_equal(rdl_orders_counts(orders)->observations, 0);
	hear(notification(12, "4"), RDL_BACK_RESET);
	answer = answer_to(&last, RDL_COAP_CONTENT, "3");
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_ACK);
	assert_int_equal(rdl_orders_counts(orders)->doubled, 1);
	answer = notification(12, "4");
	answer.type = RDL_COAP_NON;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("");
	give(observing("c", RDL_ORDER_CANCEL), 0);
	expect_silence();
	expect_told("c is refused, nothing is observed there; ");
}

/* The answer comes in blocks: the first of them ends the observation, and that one alone. */
static void test_cancel_in_blocks(void **state)
{
	struct rdl_transmission cancelled;
	struct rdl_answer answer;

	observe(0);
	cancelled = first;
	observe(0);
	give(observing("b", RDL_ORDER_CANCEL), 0);
	expect_wire("0 0.01 6:1 /3 /0");
	told[0] = '\0';
	answer = answer_to(&last, RDL_COAP_CONTENT, "0123456789abcdef");
	answer.block2 = 8;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a is answered 2.05, the observation was cancelled; "
		    "b answered 2.05 \"0123456789abcdef\"...; ");
	expect_wire("0 0.01 /3 /0 23:16");
	assert_int_not_equal(last.number, first.number);
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
	first = cancelled;
	hear(notification(11, "2"), RDL_BACK_RESET);
	answer = answer_to(&last, RDL_COAP_CONTENT, "g");
	answer.block2 = 16;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("b answered 2.05 \"g\"; b is answered 2.05; ");
}

/* The payload of a FETCH is part of what it asks for. */
static void test_cancel_fetch(void **state)
{
	struct rdl_order *order;
	struct rdl_answer answer;

	for (unsigned i = 0; i < 2; i++) {
		order = observing(i == 0 ? "a" : "b", RDL_ORDER_OBSERVE);
		order->method = RDL_COAP_FETCH;
		order->payload = i == 0 ? RDL_SPAN("[1]") : RDL_SPAN("[2]");
		give(order, 0);
		first = *take_wire(RDL_TRANSMISSION_SENT);
		answer = answer_to(&first, RDL_COAP_CONTENT, "1");
		answer.observe = 10;
		hear(answer, RDL_BACK_NOTHING);
	}
	order = observing("c", RDL_ORDER_CANCEL);
	order->method = RDL_COAP_FETCH;
	order->payload = RDL_SPAN("[2]");
	give(order, 0);
	expect_wire("0 0.05 6:1 /3 /0 (3)");
	assert_int_equal(last.number, first.number);
	order = observing("d", RDL_ORDER_CANCEL);
	order->method = RDL_COAP_FETCH;
	give(order, 0);
	told[0] = '\0';
	hear(answer_to(&last, RDL_COAP_CONTENT, ""), RDL_BACK_NOTHING);
	expect_told("b is answered 2.05, the observation was cancelled; c is answered 2.05; "
		    "d is refused, nothing is observed there; ");
}

/*
 * An acknowledgement of a copy of what began it is none, and gets nothing (RFC 7252 section 4.2).
 */
static void test_first_again(void **state)
{
	struct rdl_answer answer;

	(void)teardown(state);
	config.reset_unheard = true;
	engine_begin();
	observe(0);
	listening = false;
	answer = answer_to(&first, RDL_COAP_CONTENT, "2");
	answer.observe = 11;
	hear(answer, RDL_BACK_NOTHING);
	answer = answer_to(&first, RDL_COAP_EMPTY, "");
	hear(answer, RDL_BACK_NOTHING);
	expect_told("");
	assert_int_equal(rdl_orders_counts(orders)->doubled, 2);
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
}

/* A Reset says that there is none; silence says nothing. */
static void test_cancel_fails(void **state)
{
	observe(0);
	give(observing("b", RDL_ORDER_CANCEL), 0);
	while (rdl_orders_counts(orders)->over[RDL_ORDER_timeout] == 0)
		pass(100);
	told[0] = '\0';
	wire_clear();
	hear(notification(11, "2"), RDL_BACK_ACK);
	expect_told("a notified 11 \"2\"; ");
	give(observing("b", RDL_ORDER_CANCEL), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(empty_to(&last, RDL_COAP_RST), RDL_BACK_NOTHING);
	expect_told("b sent; a is answered 2.05, the observation was cancelled; b is reset; ");
}

static void test_unheard(void **state)
{
	observe(0);
	listening = false;
	hear(notification(11, "2"), RDL_BACK_ACK);
	listening = true;
	hear(notification(12, "3"), RDL_BACK_ACK);
	expect_told("a notified 12 \"3\"; ");
	rdl_orders_stop(orders);
	memory_end(&engine_memory);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		free(endpoints[i].objects);
	config.reset_unheard = true;
	engine_begin();
	observe(0);
	listening = false;
	hear(notification(11, "2"), RDL_BACK_RESET);
	expect_told("a is gone, nobody listened to the observation; ");
	assert_int_equal(rdl_orders_counts(orders)->unheard, 1);
}

/* An error, or a value without a number, is the last. */
static void test_last(void **state)
{
	struct rdl_answer answer;

	observe(0);
	answer = notification(11, "");
	answer.code = RDL_COAP_NOT_FOUND;
	hear(answer, RDL_BACK_ACK);
	expect_told("a notified 11 \"\"; a is answered 4.04; ");
	hear(notification(12, "2"), RDL_BACK_RESET);
	observe(0);
	/* The worker could not read it. */
	answer = notification(11, "");
	answer.code = RDL_COAP_EMPTY;
	hear(answer, RDL_BACK_RESET);
	expect_told("a is answered 2.05, the answer could not be read; ");
	observe(0);
	hear(notification(RDL_OBSERVE_NONE, "3"), RDL_BACK_ACK);
	expect_told("a notified 10 \"3\"; a is answered 2.05; ");
}

static void test_lost(void **state)
{
	observe(0);
	change(RDL_CHANGE_UPDATED, 0, 0);
	expect_told("");
	change(RDL_CHANGE_REPLACED, 0, 0);
	expect_told("a is gone, the endpoint registered anew; ");
	hear(notification(11, "2"), RDL_BACK_RESET);
	observe(0);
	change(RDL_CHANGE_DEREGISTERED, 0, 0);
	expect_told("a is gone, the registration ended; ");
}

/* No other order gets its token; and its dialogue's room is not to be had. */
static void test_stays(void **state)
{
	observe(0);
	assert_int_equal(rdl_dialogues_find(&orders->dialogues, 0)->turn, RDL_TURN_NONE);
	orders->number = first.number - 1;
	give(order_of("b", "1"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	assert_int_not_equal(last.number, first.number);
}

/* The first value in blocks, and a notification between them. */
static void test_blocks(void **state)
{
	struct rdl_answer answer;

	give(observing("a", RDL_ORDER_OBSERVE), 0);
	first = *take_wire(RDL_TRANSMISSION_SENT);
	answer = answer_to(&first, RDL_COAP_CONTENT, "0123456789abcdef");
	answer.observe = 10;
	answer.block2 = 8;
	hear(answer, RDL_BACK_NOTHING);
	expect_wire("0 0.01 /3 /0 23:16");
	hear(notification(11, "2"), RDL_BACK_ACK);
	expect_told("a sent; a answered 2.05 \"0123456789abcdef\"...; a notified 11 \"2\"; ");
	answer = answer_to(&last, RDL_COAP_CONTENT, "g");
	answer.block2 = 16;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a answered 2.05 \"g\"; ");
	hear(notification(12, "3"), RDL_BACK_ACK);
	expect_told("a notified 12 \"3\"; ");
	/* Once more, and the rest never comes: then there is no observation. */
	give(observing("b", RDL_ORDER_OBSERVE), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	answer = answer_to(&last, RDL_COAP_CONTENT, "0123456789abcdef");
	answer.observe = 10;
	answer.block2 = 8;
	hear(answer, RDL_BACK_NOTHING);
	while (rdl_orders_counts(orders)->over[RDL_ORDER_timeout] == 0)
		pass(100);
	wire_clear();
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
	change(RDL_CHANGE_REMOVED, 0, 0);
	assert_int_equal(alive, 0);
}

static struct rdl_answer in_blocks(uint32_t sequence)
{
	struct rdl_answer answer = notification(sequence, "0123456789abcdef");

	answer.block2 = 8;
	return answer;
}

static struct rdl_answer rest(unsigned num, const char *payload)
{
	struct rdl_answer answer = answer_to(&last, RDL_COAP_CONTENT, payload);

	answer.block2 = num << 4 | (strlen(payload) == 16 ? 8 : 0);
	return answer;
}

/* A value in blocks: the others are asked for, and told, before anything else is. */
static void test_rest(void **state)
{
	observe(0);
	give(order_of("b", "1"), 0);
	expect_wire("0 0.01 /1");
	give(order_of("c", "2"), 0);
	hear(in_blocks(11), RDL_BACK_ACK);
	expect_told("b sent; c queued; a notified 11 \"0123456789abcdef\"...; ");
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_wire("0 0.01 /3 /0 23:16");
	hear(rest(1, "0123456789ABCDEF"), RDL_BACK_NOTHING);
	expect_wire("0 0.01 /3 /0 23:32");
	expect_told("b is answered 2.04; a notified 11 (16) \"0123456789ABCDEF\"...; ");
	hear(empty_to(&last, RDL_COAP_ACK), RDL_BACK_NOTHING);
	hear(rest(2, "x"), RDL_BACK_NOTHING);
	expect_told("a notified 11 (32) \"x\"; ");
	expect_wire("0 0.01 /2");
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_told("c sent; c is answered 2.04; ");
	hear(notification(12, "2"), RDL_BACK_ACK);
	expect_told("a notified 12 \"2\"; ");
	expect_silence();
	assert_int_equal(rdl_orders_counts(orders)->under_way, 0);
}

/* It waits for what its device was told to be safe, as all else does. */
static void test_rest_held(void **state)
{
	observe(0);
	change(RDL_CHANGE_UPDATED, 0, 7);
	hear(in_blocks(11), RDL_BACK_ACK);
	pass(1);
	expect_silence();
	rdl_orders_release(orders, 7);
	pass(1);
	expect_wire("0 0.01 /3 /0 23:16");
	hear(rest(1, "x"), RDL_BACK_NOTHING);
	expect_told("a notified 11 \"0123456789abcdef\"...; a notified 11 (16) \"x\"; ");
}

/* Limits of the caller's are of the order, which was sent long ago. */
static void test_rest_has_time(void **state)
{
	struct rdl_order *order = observing("a", RDL_ORDER_OBSERVE);
	struct rdl_answer answer;

	order->timeout_ms = order->expires_ms = 1000;
	give(order, 0);
	first = *take_wire(RDL_TRANSMISSION_SENT);
	answer = answer_to(&first, RDL_COAP_CONTENT, "1");
	answer.observe = 10;
	hear(answer, RDL_BACK_NOTHING);
	pass(10000);
	transmissions_left = 0;
	hear(in_blocks(11), RDL_BACK_ACK);
	pass(500);
	transmissions_left = WIRE_MAX;
	pass(1);
	expect_wire("0 0.01 /3 /0 23:16");
	pass(900);
	told[0] = '\0';
	hear(rest(1, "x"), RDL_BACK_NOTHING);
	expect_told("a notified 11 (16) \"x\"; ");
}

/* By then there is another value, in blocks or not; or the device does not give the rest. */
static void test_rest_is_past(void **state)
{
	struct rdl_answer answer;

	observe(0);
	hear(in_blocks(11), RDL_BACK_ACK);
	expect_wire("0 0.01 /3 /0 23:16");
	hear(in_blocks(12), RDL_BACK_ACK);
	told[0] = '\0';
	answer = rest(1, "y");
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_ACK);
	expect_told("");
	expect_wire("0 0.01 /3 /0 23:16");
	hear(notification(13, "2"), RDL_BACK_ACK);
	expect_told("a notified 13 \"2\"; ");
	assert_int_equal(rdl_orders_counts(orders)->under_way, 0);
	hear(in_blocks(14), RDL_BACK_ACK);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	hear(answer_to(&last, RDL_COAP_NOT_FOUND, ""), RDL_BACK_NOTHING);
	hear(in_blocks(15), RDL_BACK_ACK);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(rest(2, "z"), RDL_BACK_NOTHING);
	hear(in_blocks(16), RDL_BACK_ACK);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(empty_to(&last, RDL_COAP_RST), RDL_BACK_NOTHING);
	hear(in_blocks(17), RDL_BACK_ACK);
	while (rdl_orders_counts(orders)->under_way > 0)
		pass(100);
	wire_clear();
	expect_told("a notified 15 \"0123456789abcdef\"...; "
		    "a notified 16 \"0123456789abcdef\"...; "
		    "a notified 17 \"0123456789abcdef\"...; ");
	assert_int_equal(rdl_orders_counts(orders)->observations, 1);
}

/* The observation ends while there is more to ask for. */
static void test_rest_is_lost(void **state)
{
	static const enum rdl_change_kind kinds[] = { RDL_CHANGE_REPLACED, RDL_CHANGE_REMOVED };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(kinds); i++) {
		observe(0);
		hear(in_blocks(11), RDL_BACK_ACK);
		take_wire(RDL_TRANSMISSION_SENT);
		change(kinds[i], 0, 0);
		assert_int_equal(alive, 0);
		assert_int_equal(rdl_orders_counts(orders)->under_way, 0);
		pass(10000);
		expect_silence();
		told[0] = '\0';
	}
	observe(0);
	hear(in_blocks(11), RDL_BACK_ACK);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(notification(RDL_OBSERVE_NONE, ""), RDL_BACK_ACK);
	assert_int_equal(alive, 0);
	told[0] = '\0';
	observe(0);
	give(order_of("b", "1"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(in_blocks(11), RDL_BACK_ACK);
	hear(notification(RDL_OBSERVE_NONE, ""), RDL_BACK_ACK);
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_silence();
	assert_int_equal(alive, 0);
}

static void test_limits(void **state)
{
	for (unsigned i = 0; i < 4; i++)
		observe(0);
	give(observing("b", RDL_ORDER_OBSERVE), 0);
	expect_told("b is refused, too many requests wait for this endpoint; ");
	for (unsigned i = 0; i < 4; i++)
		observe(2);
	give(observing("b", RDL_ORDER_OBSERVE), 4);
	expect_told("b is refused, too many observations; ");
	change(RDL_CHANGE_EXPIRED, 2, 0);
	told[0] = '\0';
	observe(4);
}

/* In queue mode a notification says that it is awake. */
static void test_wakes(void **state)
{
	endpoints[0].queue = true;
	observe(0);
	pass(100000);
	give(order_of("b", "1"), 0);
	expect_silence();
	hear(notification(11, "2"), RDL_BACK_ACK);
	expect_wire("0 0.01 /1");
}

/* What the device is answered; and what is told, if anything. */
static void expect_send(struct rdl_answer answer, uint8_t code, const char *tells)
{
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back, RDL_BACK_CODE);
	assert_int_equal(answer.back_code, code);
	expect_told(tells);
}

/* The answer to one was lost: it is answered again, and told once, while copies may come. */
static void test_send_twice(void **state)
{
	const struct rdl_answer original = { .kind = RDL_ANSWER_SEND,
		.type = RDL_COAP_CON,
		.code = RDL_COAP_POST,
		.message_id = 9,
		.handle = 2,
		.session = 77,
		.identity = 5,
		.observe = RDL_OBSERVE_NONE,
		.payload = RDL_SPAN("v") };
	struct rdl_answer other;

	endpoints[2].session = 77;
	endpoints[2].identity = 5;
	/* What nobody was told of may be told later. */
	listening = false;
	expect_send(original, RDL_COAP_NOT_FOUND, "");
	listening = true;
	expect_send(original, RDL_COAP_CHANGED, "2 notified 0 \"v\"; ");
	now_ms += 2000;
	expect_send(original, RDL_COAP_CHANGED, "");
	listening = false;
	expect_send(original, RDL_COAP_CHANGED, "");
	listening = true;
	assert_int_equal(rdl_orders_counts(orders)->doubled, 2);
	assert_int_equal(rdl_orders_counts(orders)->notified, 1);
	/* Others are no copies of it, however like. */
	other = original;
	other.message_id = 10;
	expect_send(other, RDL_COAP_CHANGED, "2 notified 0 \"v\"; ");
	other = original;
	other.payload = RDL_SPAN("w");
	expect_send(other, RDL_COAP_CHANGED, "2 notified 0 \"w\"; ");
	other = original;
	other.payload = RDL_SPAN("");
	expect_send(other, RDL_COAP_CHANGED, "2 notified 0 \"\"; ");
	other = original;
	other.content_format = 110;
	expect_send(other, RDL_COAP_CHANGED, "2 notified 0 \"v\"; ");
	endpoints[2].session = other.session = 78;
	other.content_format = original.content_format;
	expect_send(other, RDL_COAP_CHANGED, "2 notified 0 \"v\"; ");
	/* Nor is what comes when the Message ID may have come round. */
	endpoints[2].session = 77;
	now_ms += 245000;
	expect_send(original, RDL_COAP_CHANGED, "2 notified 0 \"v\"; ");
}

static void test_send(void **state)
{
	static const uint8_t long_one[RDL_DELIVERY_PAYLOAD_MAX + 1];
	struct rdl_answer answer = { .kind = RDL_ANSWER_SEND,
		.type = RDL_COAP_CON,
		.code = RDL_COAP_POST,
		.handle = 2,
		.session = 77,
		.identity = 5,
		.observe = RDL_OBSERVE_NONE,
		.payload = RDL_SPAN("v") };

	endpoints[2].session = 77;
	endpoints[2].identity = 5;
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back, RDL_BACK_CODE);
	assert_int_equal(answer.back_code, RDL_COAP_CHANGED);
	expect_told("2 notified 0 \"v\"; ");
	/* What cannot be told is not taken. */
	answer.payload = (struct rdl_span){ long_one, sizeof(long_one) };
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back_code, RDL_COAP_REQUEST_ENTITY_TOO_LARGE);
	answer.payload = RDL_SPAN("v");
	expect_told("");
	listening = false;
	answer.message_id++;
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
	listening = true;
	endpoints[2].session = 78;
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
	endpoints[2].session = 77;
	endpoints[2].lives = false;
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
	expect_told("");
	/* In clear text nobody says whose it is. */
	endpoints[2] = (struct endpoint){ .lives = true, .objects = endpoints[2].objects };
	answer.session = answer.identity = 0;
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back_code, RDL_COAP_NOT_FOUND);
	expect_told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_notify),
		ORDERS_TEST(test_order),
		ORDERS_TEST(test_not_observable),
		ORDERS_TEST(test_cancel),
		ORDERS_TEST(test_cancel_in_blocks),
		ORDERS_TEST(test_cancel_fetch),
		ORDERS_TEST(test_first_again),
		ORDERS_TEST(test_cancel_fails),
		ORDERS_TEST(test_unheard),
		ORDERS_TEST(test_last),
		ORDERS_TEST(test_lost),
		ORDERS_TEST(test_stays),
		ORDERS_TEST(test_blocks),
		ORDERS_TEST(test_rest),
		ORDERS_TEST(test_rest_held),
		ORDERS_TEST(test_rest_has_time),
		ORDERS_TEST(test_rest_is_past),
		ORDERS_TEST(test_rest_is_lost),
		ORDERS_TEST(test_limits),
		ORDERS_TEST(test_wakes),
		ORDERS_TEST(test_send_twice),
		ORDERS_TEST(test_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
