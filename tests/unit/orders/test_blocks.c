/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads and answers in blocks (RFC 7959), and devices that get them wrong. */
#include "fixture.h"

static char text[8193];

/* A block of `text`. */
static struct rdl_answer block2(unsigned num, bool more, unsigned szx)
{
	struct rdl_answer answer = answer_to(&last, RDL_COAP_CONTENT, "");
	size_t octets = rdl_block_octets((uint8_t)szx);

	answer.block2 = num << 4 | (more ? 8u : 0u) | szx;
	answer.payload =
		(struct rdl_span){ (const uint8_t *)text + num * octets, more ? octets : 3 };
	return answer;
}

static struct rdl_answer block1(uint8_t code, unsigned num, bool more, unsigned szx)
{
	struct rdl_answer answer = answer_to(&last, code, "");

	answer.block1 = num << 4 | (more ? 8u : 0u) | szx;
	return answer;
}

static void test_read(void **state)
{
	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	hear(block2(0, true, 0), RDL_BACK_NOTHING);
	expect_told("a sent; a answered 2.05 \"0123456789abcdef\"...; ");
	expect_wire("0 0.01 /3 23:16");
	hear(block2(1, true, 0), RDL_BACK_NOTHING);
	expect_wire("0 0.01 /3 23:32");
	hear(block2(2, false, 0), RDL_BACK_NOTHING);
	expect_told("a answered 2.05 \"ghijklmnopqrstuv\"...; a answered 2.05 \"wxy\"; "
		    "a is answered 2.05; ");
}

/* The answer to a block comes twice, apart from its acknowledgement. */
static void test_doubled(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	expect_wire("0 0.01 /3");
	answer = block2(0, true, 0);
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_ACK);
	expect_wire("0 0.01 /3 23:16");
	hear(answer, RDL_BACK_ACK);
	assert_int_equal(rdl_orders_counts(orders)->doubled, 1);
	told[0] = '\0';
	hear(block2(1, false, 0), RDL_BACK_NOTHING);
	expect_told("a answered 2.05 \"ghi\"; a is answered 2.05; ");
}

static void expect_broken(struct rdl_answer answer)
{
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a is answered 2.05, the blocks of the answer do not fit together; ");
	expect_silence();
}

static void begin_read(unsigned szx)
{
	give(order_of("a", "3"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(block2(0, true, szx), RDL_BACK_NOTHING);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
}

static void test_read_broken(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_broken(block2(1, true, 0));
	begin_read(1);
	expect_broken(block2(2, true, 1));
	begin_read(1);
	expect_broken(block2(0, true, 1));
	begin_read(1);
	expect_broken(block2(1, true, 2));
	begin_read(1);
	expect_broken(block2(1, true, 7));
	/* Larger than before, though in its place. */
	begin_read(0);
	hear(block2(1, true, 0), RDL_BACK_NOTHING);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_broken(block2(1, true, 1));
	begin_read(1);
	answer = block2(1, true, 1);
	answer.payload.len--;
	expect_broken(answer);
	begin_read(0);
	answer = block2(1, false, 0);
	answer.payload.len = 17;
	expect_broken(answer);
	begin_read(1);
	answer = block2(1, true, 1);
	answer.content_format = 11542;
	expect_broken(answer);
	begin_read(1);
	answer = block2(1, true, 1);
	answer.block2 = RDL_BLOCK_NONE;
	expect_broken(answer);
}

static struct rdl_answer tagged(struct rdl_answer answer, const char *etag)
{
	answer.etag_len = (uint8_t)strlen(etag);
	memcpy(answer.etag, etag, answer.etag_len);
	return answer;
}

/* The representation changed on the way: its blocks are not those of the one before. */
static void test_etag(void **state)
{
	static const char *const others[] = { "b", "ab", "" };

	for (unsigned i = 0; i <= RDL_ARRAY_LEN(others); i++) {
		give(order_of("a", "3"), 0);
		take_wire(RDL_TRANSMISSION_SENT);
		hear(tagged(block2(0, true, 0), "a"), RDL_BACK_NOTHING);
		take_wire(RDL_TRANSMISSION_SENT);
		hear(tagged(block2(1, true, 0), "a"), RDL_BACK_NOTHING);
		take_wire(RDL_TRANSMISSION_SENT);
		told[0] = '\0';
		if (i < RDL_ARRAY_LEN(others)) {
			expect_broken(tagged(block2(2, false, 0), others[i]));
			continue;
		}
		hear(tagged(block2(2, false, 0), "a"), RDL_BACK_NOTHING);
		expect_told("a answered 2.05 \"wxy\"; a is answered 2.05; ");
	}
}

/* Smaller blocks from the middle on are fine; an error in the middle is the answer. */
static void test_read_changes(void **state)
{
	begin_read(1);
	hear(block2(2, true, 0), RDL_BACK_NOTHING);
	expect_wire("0 0.01 /3 23:48");
	told[0] = '\0';
	hear(answer_to(&last, RDL_COAP_REQUEST_ENTITY_INCOMPLETE, ""), RDL_BACK_NOTHING);
	expect_told("a is answered 4.08; ");
}

static void test_too_long(void **state)
{
	unsigned blocks = 0;
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	for (; alive > 0; blocks++) {
		answer = block2(blocks % 4, true, 6);
		answer.block2 = blocks << 4 | 8 | 6;
		told[0] = '\0';
		hear(answer, RDL_BACK_NOTHING);
		if (alive > 0)
			take_wire(RDL_TRANSMISSION_SENT);
	}
	assert_int_equal(blocks, 5);
	expect_told("a is answered 2.05, the answer is longer than max_payload; ");
	give(order_of("b", "3"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	answer = answer_to(&last, RDL_COAP_CONTENT, "");
	answer.payload = (struct rdl_span){ (const uint8_t *)text, 4097 };
	hear(answer, RDL_BACK_NOTHING);
	expect_told("b is answered 2.05, the answer is longer than max_payload; ");
}

/* One answer may fill several reports; where these are too few, it is as if it had been lost. */
static void test_reports(void **state)
{
	struct rdl_answer answer;

	give(order_of("a", "3"), 0);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	answer = answer_to(&last, RDL_COAP_CONTENT, "");
	answer.payload = (struct rdl_span){ (const uint8_t *)text, 3 * 1280 };
	reports_left = 2;
	hear(answer, RDL_BACK_NOTHING);
	answer.type = RDL_COAP_CON;
	hear(answer, RDL_BACK_NOTHING);
	expect_told("");
	assert_int_equal(rdl_orders_counts(orders)->shed, 2);
	pass(3100);
	take_wire(RDL_TRANSMISSION_SENT);
	reports_left = 3;
	hear(answer, RDL_BACK_ACK);
	assert_int_equal(strlen(told), 3 * 1280 + 3 * strlen("a answered 2.05 \"\"...; ") -
					       strlen("...") + strlen("a is answered 2.05; "));
}

static void give_long(size_t len)
{
	struct rdl_order *order = order_of("a", "5/0/0");

	order->method = RDL_COAP_PUT;
	order->payload = (struct rdl_span){ (const uint8_t *)text, len };
	give(order, 0);
}

static void test_write(void **state)
{
	give_long(2500);
	expect_wire("0 0.03 /5 /0 /0 27:14 60:2500 (1024)");
	told[0] = '\0';
	hear(block1(RDL_COAP_CONTINUE, 0, true, 6), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:30 (1024)");
	/* In smaller ones from now on. */
	hear(block1(RDL_COAP_CONTINUE, 1, true, 4), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:140 (256)");
	hear(block1(RDL_COAP_CONTINUE, 8, true, 4), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:148 (196)");
	hear(block1(RDL_COAP_CHANGED, 9, false, 4), RDL_BACK_NOTHING);
	expect_told("a is answered 2.04; ");
}

/* Too large; in blocks as it takes them it goes. Each block may be an action of its own. */
static void test_write_smaller(void **state)
{
	give_long(100);
	expect_wire("0 0.03 /5 /0 /0 (100)");
	told[0] = '\0';
	hear(block1(RDL_COAP_REQUEST_ENTITY_TOO_LARGE, 0, false, 2), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:10 60:100 (64)");
	hear(block1(RDL_COAP_CHANGED, 0, false, 2), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:18 (36)");
	hear(block1(RDL_COAP_CHANGED, 1, false, 2), RDL_BACK_NOTHING);
	expect_told("a is answered 2.04; ");
	give_long(100);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	hear(block1(RDL_COAP_REQUEST_ENTITY_TOO_LARGE, 0, false, 6), RDL_BACK_NOTHING);
	expect_told("a is answered 4.13; ");
	give_long(2500);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	hear(block1(RDL_COAP_REQUEST_ENTITY_TOO_LARGE, 0, false, 6), RDL_BACK_NOTHING);
	expect_told("a is answered 4.13; ");
}

static void expect_write_broken(struct rdl_answer answer)
{
	hear(answer, RDL_BACK_NOTHING);
	expect_told("a is answered 2.31, the blocks of the answer do not fit together; ");
	expect_silence();
}

/* For ever "2.31", and other nonsense. */
static void test_write_broken(void **state)
{
	give_long(1025);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(block1(RDL_COAP_CONTINUE, 0, true, 6), RDL_BACK_NOTHING);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_write_broken(block1(RDL_COAP_CONTINUE, 1, true, 6));
	give_long(1025);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_write_broken(block1(RDL_COAP_CONTINUE, 1, true, 6));
	give_long(1025);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_write_broken(block1(RDL_COAP_CONTINUE, 0, true, 7));
	give_long(1025);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_write_broken(answer_to(&last, RDL_COAP_CONTINUE, ""));
	give_long(10);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	expect_write_broken(answer_to(&last, RDL_COAP_CONTINUE, ""));
	give_long(1025);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	hear(answer_to(&last, RDL_COAP_REQUEST_ENTITY_INCOMPLETE, ""), RDL_BACK_NOTHING);
	expect_told("a is answered 4.08; ");
}

/* Blocks both ways: the payload of a FETCH that fits into a message goes with each. */
static void test_both(void **state)
{
	struct rdl_order *order = order_of("a", "3");
	struct rdl_answer answer;

	order->method = RDL_COAP_FETCH;
	order->payload = RDL_SPAN("[]");
	give(order, 0);
	expect_wire("0 0.05 /3 (2)");
	hear(block2(0, true, 0), RDL_BACK_NOTHING);
	expect_wire("0 0.05 /3 23:16 (2)");
	hear(block2(1, false, 0), RDL_BACK_NOTHING);
	told[0] = '\0';
	order = order_of("b", "3");
	order->method = RDL_COAP_POST;
	order->payload = (struct rdl_span){ (const uint8_t *)text, 1025 };
	give(order, 0);
	expect_wire("0 0.02 /3 27:14 60:1025 (1024)");
	hear(block1(RDL_COAP_CONTINUE, 0, true, 6), RDL_BACK_NOTHING);
	expect_wire("0 0.02 /3 27:22 (1)");
	answer = block2(0, true, 0);
	answer.block1 = 1 << 4 | 6;
	hear(answer, RDL_BACK_NOTHING);
	expect_wire("0 0.02 /3 23:16");
	hear(block2(1, false, 0), RDL_BACK_NOTHING);
	expect_told("b sent; b answered 2.05 \"0123456789abcdef\"...; "
		    "b answered 2.05 \"ghi\"; b is answered 2.05; ");
}

/* The last message was so much too long. */
static void is_too_long(size_t excess)
{
	assert_int_equal(wire_count, 1);
	assert_true(wire[0]->divisible);
	wire[0]->room = (uint16_t)(wire[0]->len - excess);
	take_wire(RDL_TRANSMISSION_TOO_LONG);
}

/* Before anything has gone out: from the first octet on in blocks that fit, until the end. */
static void test_narrow(void **state)
{
	give_long(600);
	assert_string_equal(words_of(wire[0]), "0 0.03 /5 /0 /0 (600)");
	is_too_long(80);
	/* Block1 and Size1 make it longer. */
	assert_string_equal(words_of(wire[0]), "0 0.03 /5 /0 /0 27:13 60:600 (512)");
	is_too_long(1);
	expect_told("");
	expect_wire("0 0.03 /5 /0 /0 27:12 60:600 (256)");
	expect_told("a sent; ");
	hear(block1(RDL_COAP_CONTINUE, 0, true, 4), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:28 (256)");
	hear(block1(RDL_COAP_CONTINUE, 1, true, 4), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:36 (88)");
	hear(block1(RDL_COAP_CHANGED, 2, false, 4), RDL_BACK_NOTHING);
	expect_told("a is answered 2.04; ");
	/* As short as it takes, at once. */
	give_long(600);
	is_too_long(200);
	expect_wire("0 0.03 /5 /0 /0 27:12 60:600 (256)");
	hear(empty_to(&last, RDL_COAP_RST), RDL_BACK_NOTHING);
	expect_told("a sent; a is reset; ");
}

/* A router tells while a copy is awaited: the block goes again as shorter ones, by other names. */
static void test_narrower(void **state)
{
	struct rdl_transmission before;

	give_long(2500);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(block1(RDL_COAP_CONTINUE, 0, true, 6), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:30 (1024)");
	told[0] = '\0';
	before = last;
	pass(3000);
	is_too_long(500);
	expect_wire("0 0.03 /5 /0 /0 27:45 (512)");
	assert_int_not_equal(last.number, before.number);
	assert_memory_not_equal(last.octets + 2, before.octets + 2, 2);
	assert_false(last.again);
	/* The long one has arrived for all that: a copy of what is over. */
	struct rdl_transmission now = last;
	last = before;
	hear(block1(RDL_COAP_CONTINUE, 1, true, 6), RDL_BACK_NOTHING);
	last = now;
	expect_silence();
	hear(block1(RDL_COAP_CONTINUE, 2, true, 5), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:61 (512)");
	/* Its answer may come in longer ones. */
	hear(block1(RDL_COAP_CONTINUE, 3, true, 5), RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 27:69 (452)");
	struct rdl_answer answer = block2(0, true, 6);
	answer.block1 = 4 << 4 | 5;
	hear(answer, RDL_BACK_NOTHING);
	expect_wire("0 0.03 /5 /0 /0 23:22");
	hear(block2(1, false, 6), RDL_BACK_NOTHING);
	assert_non_null(strstr(told, "a is answered 2.05; "));
	told[0] = '\0';
}

/* What has no payload to divide, or not as much, goes as it is; and so do its copies. */
static void test_indivisible(void **state)
{
	give(order_of("a", "3"), 0);
	assert_false(wire[0]->divisible);
	take_wire(RDL_TRANSMISSION_NO_WAY);
	expect_told("a is refused, no way to the endpoint's address; ");
	give_long(16);
	assert_false(wire[0]->divisible);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	told[0] = '\0';
	give_long(40);
	is_too_long(25);
	assert_string_equal(words_of(wire[0]), "0 0.03 /5 /0 /0 (40)");
	assert_false(wire[0]->divisible);
	take_wire(RDL_TRANSMISSION_SENT);
	pass(3000);
	assert_true(wire[0]->again);
	assert_false(wire[0]->divisible);
	take_wire(RDL_TRANSMISSION_NO_WAY);
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	expect_told("a sent; a is answered 2.04; ");
	/* What it could be divided into before that does not change. */
	give_long(40);
	is_too_long(8);
	expect_wire("0 0.03 /5 /0 /0 27:9 60:40 (32)");
	hear(block1(RDL_COAP_CHANGED, 0, false, 1), RDL_BACK_NOTHING);
	assert_false(wire[0]->divisible);
	expect_wire("0 0.03 /5 /0 /0 27:17 (8)");
	hear(block1(RDL_COAP_CHANGED, 1, false, 1), RDL_BACK_NOTHING);
	told[0] = '\0';
}

/* What a device has acknowledged meanwhile it has; the payload of a FETCH goes in blocks, too. */
static void test_narrow_meanwhile(void **state)
{
	struct rdl_order *order = order_of("f", "3");

	give_long(600);
	take_wire(RDL_TRANSMISSION_SENT);
	struct rdl_transmission before = last;
	pass(3000);
	hear(empty_to(&before, RDL_COAP_ACK), RDL_BACK_NOTHING);
	is_too_long(80);
	expect_silence();
	last = before;
	hear(answer_to(&last, RDL_COAP_CHANGED, ""), RDL_BACK_NOTHING);
	told[0] = '\0';
	order->method = RDL_COAP_FETCH;
	order->payload = (struct rdl_span){ (const uint8_t *)text, 40 };
	give(order, 0);
	is_too_long(8);
	expect_wire("0 0.05 /3 27:9 60:40 (32)");
	hear(block1(RDL_COAP_CONTINUE, 0, true, 1), RDL_BACK_NOTHING);
	expect_wire("0 0.05 /3 27:17 (8)");
	struct rdl_answer answer = block2(0, true, 0);
	answer.block1 = 1 << 4 | 1;
	hear(answer, RDL_BACK_NOTHING);
	/* The device has it; it does not fit into a message. */
	assert_false(wire[0]->divisible);
	expect_wire("0 0.05 /3 23:16");
	hear(block2(1, false, 0), RDL_BACK_NOTHING);
	told[0] = '\0';
}

/* Small blocks that come so fast that Message IDs run out: the next go as these come free. */
static void test_paced(void **state)
{
	static const uint8_t payload[16 * 1100 + 1];
	struct rdl_order *order = order_of("a", "3");

	order->method = RDL_COAP_PUT;
	order->payload = (struct rdl_span){ payload, sizeof(payload) };
	give(order, 0);
	take_wire(RDL_TRANSMISSION_SENT);
	hear(block1(RDL_COAP_REQUEST_ENTITY_TOO_LARGE, 0, false, 0), RDL_BACK_NOTHING);
	for (unsigned num = 0; num < 1100; num++) {
		/* Nothing else wakes it up. */
		if (wire_count == 0)
			pass(20);
		take_wire(RDL_TRANSMISSION_SENT);
		hear(block1(RDL_COAP_CONTINUE, num, true, 0), RDL_BACK_NOTHING);
	}
	if (wire_count == 0)
		pass(20);
	take_wire(RDL_TRANSMISSION_SENT);
	told[0] = '\0';
	hear(block1(RDL_COAP_CHANGED, 1100, false, 0), RDL_BACK_NOTHING);
	expect_told("a is answered 2.04; ");
	/* Some were waited for. */
	assert_true(now_ms > 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_read),
		ORDERS_TEST(test_doubled),
		ORDERS_TEST(test_read_broken),
		ORDERS_TEST(test_read_changes),
		ORDERS_TEST(test_etag),
		ORDERS_TEST(test_too_long),
		ORDERS_TEST(test_reports),
		ORDERS_TEST(test_write),
		ORDERS_TEST(test_write_smaller),
		ORDERS_TEST(test_write_broken),
		ORDERS_TEST(test_both),
		ORDERS_TEST(test_narrow),
		ORDERS_TEST(test_narrower),
		ORDERS_TEST(test_indivisible),
		ORDERS_TEST(test_narrow_meanwhile),
		ORDERS_TEST(test_paced),
	};

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[i % 36];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
