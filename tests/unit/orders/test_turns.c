/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is spoken to when: one order at a time, what waits, endpoints that sleep, what changes. */
#include "fixture.h"

static void answer_last(void)
{
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
}

/* NSTART is 1; the next goes when the one before is answered. */
static void test_one_at_a_time(void **state)
{
	give(order_of("a", "1"), 0);
	give(order_of("b", "2"), 0);
	give(order_of("c", "3"), 1);
	assert_int_equal(wire_count, 2);
	assert_string_equal(words_of(wire[0]), "0 0.01 /1");
	assert_string_equal(words_of(wire[1]), "0 0.01 /a /lwm2m /3");
	last = *wire[0];
	wire_clear();
	pass(20);
	expect_silence();
	expect_told("b queued; ");
	answer_last();
	expect_told("a is answered 2.04; ");
	expect_wire("0 0.01 /2");
	assert_int_equal(rdl_orders_counts(orders)->under_way, 2);
}

static void test_limits(void **state)
{
	struct rdl_order *order;

	for (unsigned i = 0; i < 5; i++)
		give(order_of("a", "1"), 0);
	told[0] = '\0';
	give(order_of("b", "1"), 0);
	expect_told("b is refused, too many requests wait for this endpoint; ");
	give(order_of("c", "1"), RDL_HANDLE_NONE);
	expect_told("c is refused, no such endpoint is registered; ");
	order = order_of("d", "1");
	order->path.len = RDL_ORDER_PATH_MAX + 1;
	give(order, 1);
	expect_told("d is refused, path and queries are too long for a message; ");
	for (unsigned i = 5; i < 32; i++)
		give(order_of("a", "1"), 1 + i / 5);
	told[0] = '\0';
	give(order_of("e", "1"), 7);
	expect_told("e is refused, too many requests are under way; ");
	assert_int_equal(rdl_orders_counts(orders)->over[RDL_ORDER_refused], 4);
}

/* Until the worker has done with some, what it does not get waits, each for its turn. */
static void test_no_transmission(void **state)
{
	transmissions_left = 0;
	for (rdl_handle handle = 0; handle < ENDPOINTS; handle++)
		give(order_of("x", "1"), handle);
	transmissions_asked = 0;
	(void)rdl_orders_step(orders, now_ms, 1000);
	assert_in_range(transmissions_asked, 1, 4);
	for (rdl_handle handle = 0; handle < ENDPOINTS; handle++)
		change(RDL_CHANGE_REMOVED, handle, 0);
	told[0] = '\0';
	transmissions_left = 1;
	give(order_of("a", "1"), 0);
	give(order_of("b", "2"), 2);
	give(order_of("c", "3"), 4);
	assert_int_equal(wire_count, 1);
	pass(1);
	expect_told("");
	expect_wire("0 0.01 /1");
	transmissions_left = 1;
	pass(1);
	expect_wire("0 0.01 /2");
	transmissions_left = 1;
	pass(1);
	expect_wire("0 0.01 /3");
	transmissions_left = WIRE_MAX;
}

/* What no transmission was found for ends in time, too. */
static void test_starved(void **state)
{
	struct rdl_order *order = order_of("a", "1");

	transmissions_left = 0;
	order->expires_ms = 100;
	give(order, 0);
	pass(120);
	expect_told("a is timeout; ");
	transmissions_left = WIRE_MAX;
}

/* Behind one that is under way. */
static void test_expires(void **state)
{
	struct rdl_order *order = order_of("b", "2");

	give(order_of("a", "1"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	order->expires_ms = 100;
	give(order, 0);
	expect_told("a sent; b queued; ");
	pass(120);
	expect_told("b is timeout; ");
}

static void expect_look(unsigned slot, bool awake, uint32_t waiting, uint32_t observations)
{
	struct rdl_orders_look look;

	rdl_orders_look(orders, slot, now_ms, &look);
	assert_int_equal(look.awake, awake);
	assert_int_equal(look.waiting, waiting);
	assert_int_equal(look.observations, observations);
}

/* What is shown of one endpoint, also of one that nothing was ever sent to. */
static void test_look(void **state)
{
	struct rdl_order *order = order_of("a", "1");

	endpoints[0].queue = true;
	expect_look(0, true, 0, 0);
	expect_look(1, true, 0, 0);
	pass(93000);
	expect_look(0, false, 0, 0);
	expect_look(1, true, 0, 0);
	give(order_of("w", "1"), 0);
	give(order_of("x", "1"), 0);
	expect_look(0, false, 2, 0);
	order->observe = RDL_ORDER_OBSERVE;
	give(order, 1);
	expect_look(1, true, 1, 0);
}

static void test_queue_mode(void **state)
{
	struct rdl_order *order;

	endpoints[0].queue = true;
	pass(92999);
	give(order_of("a", "1"), 0);
	expect_wire("0 0.01 /1");
	pass(10);
	answer_last();
	expect_told("a sent; a is answered 2.04; ");
	/* That refreshed it. */
	pass(92999);
	give(order_of("b", "2"), 0);
	expect_wire("0 0.01 /2");
	answer_last();
	pass(93000);
	told[0] = '\0';
	endpoints[4].queue = true;
	endpoints[4].sent_ms = now_ms - 93000;
	give(order_of("x", "1"), 4);
	expect_silence();
	change(RDL_CHANGE_REMOVED, 4, 0);
	told[0] = '\0';
	give(order_of("c", "3"), 0);
	order = order_of("d", "4");
	order->expires_ms = 1000;
	give(order, 0);
	expect_silence();
	expect_told("c queued asleep; d queued asleep; ");
	assert_int_equal(rdl_orders_counts(orders)->asleep, 1);
	assert_int_equal(rdl_orders_counts(orders)->waiting, 2);
	pass(1020);
	expect_told("d is timeout, the endpoint did not wake up in time; ");
	pass(1000000);
	expect_silence();
	change(RDL_CHANGE_UPDATED, 0, 0);
	assert_int_equal(rdl_orders_counts(orders)->asleep, 0);
	pass(0);
	expect_wire("0 0.01 /3");
}

/* Its time is not over, but it does not answer: the rest waits until it is heard of. */
static struct rdl_order *impatient(const char *id)
{
	struct rdl_order *order = order_of(id, "1");

	order->awake_only = true;
	return order;
}

/* What does not wait for a sleeping endpoint is refused, at once or when its turn comes. */
static void test_awake_only(void **state)
{
	endpoints[0].queue = true;
	give(impatient("a"), 0);
	expect_wire("0 0.01 /1");
	give(impatient("b"), 0);
	give(order_of("c", "3"), 0);
	give(impatient("d"), 0);
	pass(50);
	expect_told("a sent; b queued; c queued; d queued; ");
	/* Its last word was long ago when the one under way is given up. */
	for (unsigned n = 0; n < 4; n++) {
		pass(48000);
		if (wire_count > 0)
			take_wire(RDL_TRANSMISSION_SENT);
	}
	while (wire_count > 0 || rdl_orders_counts(orders)->under_way > 0) {
		if (wire_count > 0)
			take_wire(RDL_TRANSMISSION_SENT);
		pass(48000);
	}
	expect_told("a is timeout; b is refused, the endpoint did not wake up in time; "
		    "d is refused, the endpoint did not wake up in time; c queued asleep; ");
	assert_int_equal(rdl_orders_counts(orders)->waiting, 1);
	give(impatient("e"), 0);
	expect_told("e is refused, the endpoint did not wake up in time; ");
	assert_int_equal(rdl_orders_counts(orders)->asleep, 1);
	change(RDL_CHANGE_REMOVED, 0, 0);
	told[0] = '\0';
	assert_int_equal(rdl_orders_counts(orders)->waiting, 0);
	/* Where nothing else waits, nothing is asleep. */
	endpoints[0].sent_ms = now_ms - 93000;
	give(impatient("f"), 0);
	expect_told("f is refused, the endpoint did not wake up in time; ");
	assert_int_equal(rdl_orders_counts(orders)->asleep, 0);
	expect_silence();
	change(RDL_CHANGE_UPDATED, 0, 0);
	pass(20);
	give(impatient("g"), 0);
	expect_wire("0 0.01 /1");
}

static void test_falls_asleep(void **state)
{
	endpoints[0].queue = true;
	give(order_of("a", "1"), 0);
	give(order_of("b", "2"), 0);
	while (rdl_orders_counts(orders)->over[RDL_ORDER_timeout] == 0) {
		pass(100);
		endpoints[0].sent_ms = now_ms - 5000;
	}
	wire_clear();
	pass(1000);
	expect_silence();
	expect_told("b queued; a is timeout; b queued asleep; ");
	change(RDL_CHANGE_RENEWED, 0, 0);
	pass(0);
	expect_wire("0 0.01 /2");
}

/* An answer to an Update that waits for the disk comes first. */
static void test_held(void **state)
{
	endpoints[0].queue = endpoints[2].queue = true;
	pass(100000);
	give(order_of("a", "1"), 0);
	give(order_of("b", "2"), 2);
	change(RDL_CHANGE_UPDATED, 0, 17);
	change(RDL_CHANGE_UPDATED, 2, 18);
	pass(1000);
	expect_silence();
	rdl_orders_release(orders, 16);
	pass(1);
	expect_silence();
	rdl_orders_release(orders, 17);
	pass(1);
	expect_wire("0 0.01 /1");
	rdl_orders_release(orders, 18);
	pass(1);
	expect_wire("0 0.01 /2");
}

/* By what it sent when nothing was wanted of it. */
static void test_held_from_before(void **state)
{
	endpoints[0].position = 7;
	give(order_of("a", "1"), 0);
	expect_told("a queued; ");
	pass(20);
	rdl_orders_release(orders, 6);
	pass(20);
	expect_silence();
	rdl_orders_release(orders, 7);
	pass(0);
	expect_wire("0 0.01 /1");
	/* A copy waits for nothing. */
	endpoints[0].position = 8;
	pass(3100);
	expect_wire("0 0.01 /1");
}

static void test_ends(void **state)
{
	static const enum rdl_change_kind kinds[] = { RDL_CHANGE_DEREGISTERED, RDL_CHANGE_EXPIRED,
		RDL_CHANGE_REMOVED };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(kinds); i++) {
		give(order_of("a", "1"), 0);
		give(order_of("b", "2"), 0);
		take_wire(RDL_TRANSMISSION_SENT);
		assert_true(rdl_orders_minds(orders, 0));
		change(kinds[i], 0, 0);
		expect_told("b queued; a sent; a is gone, the registration ended; "
			    "b is gone, the registration ended; ");
		assert_false(rdl_orders_minds(orders, 0));
		pass(100000);
		expect_silence();
	}
}

/* A Register in the place of one that lived: what was sent is lost, what waits goes. */
static void test_replaced(void **state)
{
	give(order_of("a", "1"), 0);
	give(order_of("b", "2"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	rdl_orders_changed(orders,
		&(struct rdl_change){
			.kind = RDL_CHANGE_REPLACED, .handle = 6, .old_location = { .handle = 0 } },
		0, now_ms);
	expect_told("b queued; a sent; a is gone, the endpoint registered anew; ");
	assert_true(rdl_orders_minds(orders, 6));
	pass(0);
	expect_wire("0 0.01 /2");
	assert_int_equal(last.handle, 6);
	answer_last();
	expect_told("b sent; b is answered 2.04; ");
}

/* What had its turn but no transmission was not sent. */
static void test_replaced_unsent(void **state)
{
	struct rdl_order *order = order_of("b", "2");

	transmissions_left = 0;
	give(order_of("a", "1"), 0);
	change(RDL_CHANGE_REPLACED, 0, 0);
	expect_told("");
	transmissions_left = WIRE_MAX;
	pass(0);
	expect_wire("0 0.01 /1");
	/* It waits no longer than it was to. */
	order->expires_ms = 100;
	give(order, 1);
	take_wire(RDL_TRANSMISSION_LATER);
	change(RDL_CHANGE_REPLACED, 1, 7);
	told[0] = '\0';
	pass(120);
	expect_told("b is timeout; ");
}

/* A copy goes where the endpoint is by then. */
static void test_moves(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "1"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	answer = empty_to(&last, RDL_COAP_ACK);
	endpoints[0].peer.port = 4444;
	change(RDL_CHANGE_UPDATED, 0, 0);
	pass(3100);
	take_wire(RDL_TRANSMISSION_SENT);
	assert_int_equal(last.peer.port, 4444);
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a sent; ");
	hear(empty_to(&last, RDL_COAP_ACK), RDL_BACK_NOTHING);
	expect_told("a acknowledged; ");
}

/* Expired, though nobody has said so yet. */
static void test_dead(void **state)
{
	endpoints[0].lives = false;
	give(order_of("a", "1"), 0);
	expect_told("a is gone, the registration ended; ");
	expect_silence();
	endpoints[0].lives = true;
}

static void test_stop(void **state)
{
	endpoints[2].queue = true;
	pass(100000);
	give(order_of("a", "1"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	give(order_of("b", "1"), 2);
	told[0] = '\0';
	rdl_orders_stop(orders);
	expect_told("a is gone, the gateway stops; b is refused, the gateway stops; ");
}

/* Message IDs of one endpoint: none twice within the exchange lifetime, however fast it answers. */
static void test_message_ids(void **state)
{
	static uint64_t used[65536];
	unsigned count = 0;

	memset(used, 0, sizeof(used));
	for (uint64_t end = now_ms + 600000; now_ms < end; pass(1)) {
		if (rdl_orders_counts(orders)->waiting == 0)
			give(order_of("a", "1"), 0);
		while (wire_count > 0) {
			take_wire(RDL_TRANSMISSION_SENT);
			uint16_t id = rdl_get_be16(last.octets + 2);

			assert_true(used[id] == 0 || now_ms - used[id] > 247000);
			used[id] = now_ms;
			count++;
			answer_last();
			if (rdl_orders_counts(orders)->waiting == 0)
				give(order_of("a", "1"), 0);
		}
		told[0] = '\0';
	}
	/* As many as may be. */
	assert_in_range(count, 600000 / 247000 * 64512, 3 * 64512);
}

/* Room for a dialogue is taken from those that are idle, and only when their IDs are past. */
static void test_idle_room(void **state)
{
	uint32_t dialogues = rdl_dialogues_for(&config);

	for (uint32_t i = 0; i < 3 * dialogues; i++) {
		rdl_dialogues_remove(
			&orders->dialogues, rdl_dialogues_add(&orders->dialogues, 1000 + i, 0));
		assert_false(rdl_orders_minds(orders, 1000 + i));
	}
	for (uint32_t i = 0; i < dialogues; i++) {
		struct rdl_dialogue *dialogue = rdl_dialogues_add(&orders->dialogues, 1000 + i, 0);

		dialogue->next_id = 50 + i;
		rdl_turns_settle(orders, dialogue);
	}
	assert_null(rdl_dialogues_add(&orders->dialogues, 7, 49));
	assert_non_null(rdl_dialogues_add(&orders->dialogues, 7, 50));
	assert_null(rdl_dialogues_find(&orders->dialogues, 1000));
	assert_non_null(rdl_dialogues_find(&orders->dialogues, 1001));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_one_at_a_time),
		ORDERS_TEST(test_limits),
		ORDERS_TEST(test_no_transmission),
		ORDERS_TEST(test_starved),
		ORDERS_TEST(test_expires),
		ORDERS_TEST(test_look),
		ORDERS_TEST(test_queue_mode),
		ORDERS_TEST(test_awake_only),
		ORDERS_TEST(test_falls_asleep),
		ORDERS_TEST(test_held),
		ORDERS_TEST(test_held_from_before),
		ORDERS_TEST(test_ends),
		ORDERS_TEST(test_replaced),
		ORDERS_TEST(test_replaced_unsent),
		ORDERS_TEST(test_moves),
		ORDERS_TEST(test_dead),
		ORDERS_TEST(test_stop),
		ORDERS_TEST(test_message_ids),
		ORDERS_TEST(test_idle_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
