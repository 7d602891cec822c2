/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of packets, as whoever captures them is told; and they are as they came. */
#include "fixture.h"

#include <stdlib.h>

static struct rdl_capture *capture;
static struct rdl_refusals refusals;
static struct rdl_capture_names names;

static int setup_capture(void **state)
{
	const struct rdl_capture_wish all = { .every = 1 };
	size_t len = rdl_whole_lines(sizeof(*capture));

	setup(state);
	memset(&refusals, 0, sizeof(refusals));
	capture = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(capture);
	memset(capture, 0, len);
	rdl_capture_want(capture, &all);
	assert_true(rdl_capture_begin(capture, 4711));
	pipeline.config.refusals = &refusals;
	pipeline.capture = capture;
	names.location_key = location_key;
	return 0;
}

static int teardown_capture(void **state)
{
	free(capture);
	return teardown(state);
}

#define CAPTURED_TEST(test) cmocka_unit_test_setup_teardown(test, setup_capture, teardown_capture)

/* The next packet is these octets, and this became of it, what it answers being number 7. */
static void expect_next(const uint8_t *octets, size_t len, bool outbound, const char *text)
{
	struct rdl_captured *captured = rdl_capture_read(capture);
	uint8_t got[RDL_CAPTURED_TEXT_MAX + 1];
	struct rdl_cursor out = rdl_cursor(got, sizeof(got) - 1);

	assert_non_null(captured);
	assert_int_equal(captured->time_ns, 4711);
	assert_int_equal(captured->outbound, outbound);
	rdl_captured_text(&out, captured, &names, 7);
	assert_false(out.failed);
	*out.pos = '\0';
	assert_string_equal((char *)got, text);
	assert_int_equal(captured->len, len);
	assert_int_equal(captured->whole_len, len);
	assert_memory_equal(rdl_captured_octets(captured), octets, len);
	rdl_capture_done(capture, captured);
}

static void expect_sent(const struct run *run, const char *text)
{
	expect_next(run->sent.data, run->sent.len, false, text);
}

static void expect_answer(const struct run *run, const char *text)
{
	expect_next(run->packet.frame.data, run->packet.frame.len, true, text);
}

static void expect_nothing(void)
{
	assert_null(rdl_capture_read(capture));
	assert_int_equal(rdl_capture_lost(capture), 0);
}

static struct run run_line(const char *text)
{
	struct message m = line_at(text, make_id(some_location));
	const struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .payload = m.octets, .payload_len = m.len
	};
	struct test_frame f = frame_build(&spec);
	struct run run = run_frame(&f);

	return run;
}

/* What a worker says itself. */
static void test_answered(void **state)
{
	static const struct {
		const char *line, *fate, *answer;
	} rows[] = {
		{ "CON GET 11:.well-known 11:core", "accepted: 2.05", "answer to packet 7: 2.05" },
		{ "CON POST 11:rd 15:lwm2m=9.9 15:ep=a" OBJECTS,
			"refused: 4.12, refused_version: lwm2m: version not supported",
			"answer to packet 7: 4.12" },
		{ "CON POST 11:rd 15:ep=a 15:fleet=2" OBJECTS,
			"refused: 4.00, refused_unknown_parameter: unknown parameter: fleet",
			"answer to packet 7: 4.00" },
		{ "CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.0 | </1/0>,<",
			"refused: 4.00, refused_link_syntax: object list: syntax error at octet 8",
			"answer to packet 7: 4.00" },
		{ "CON GET 11:nothing", "refused: 4.04, refused_path: no such path",
			"answer to packet 7: 4.04" },
		{ "NON POST 11:nothing", "refused: 4.04, refused_path: no such path",
			"answer to packet 7: 4.04" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct run run = run_line(rows[i].line);

		expect_sent(&run, rows[i].fate);
		expect_answer(&run, rows[i].answer);
		expect_nothing();
		run_end(&run);
	}
}

static void test_messages(void **state)
{
	static const struct {
		const char *hex, *fate;
		bool reset;
	} rows[] = {
		{ "4001", "dropped: drop_coap_short: datagram shorter than a CoAP header", false },
		{ "80010001", "dropped: drop_coap_version: CoAP version other than 1", false },
		{ "40000001", "rejected by a Reset: coap_empty", true },
		{ "40450001", "rejected by a Reset: coap_response", true },
		{ "4001000100ff", "rejected by a Reset: coap_format", true },
		{ "60010001",
			"dropped: drop_coap_ack_request: request or response in an ACK or RST "
			"that matches nothing",
			false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct message m = line_hex(rows[i].hex);
		struct run run = run_message(&m);
		struct test_frame f = frame_build(&run.spec);

		run.sent = f;
		expect_sent(&run, rows[i].fate);
		if (rows[i].reset)
			expect_answer(&run, "answer to packet 7");
		expect_nothing();
		run_end(&run);
	}
}

/* Below CoAP. */
static void test_frames(void **state)
{
	struct frame_spec spec = { .from = PEER_IPV4, .to = OUR_IPV4, .to_port = 5 };
	struct test_frame f = frame_build(&spec);
	struct run run = run_frame(&f);

	expect_sent(&run, "answered: net_unreachable: datagrams to other UDP ports answered so");
	expect_answer(&run, "answer to packet 7");
	run_end(&run);
	/* Cut within its IP header. */
	f.len = 30;
	run = run_frame(&f);
	expect_sent(&run, "dropped: drop_frame_short: frame ends inside a header");
	run_end(&run);
	/* An echo request. */
	spec = (struct frame_spec){ .from = PEER_IPV4,
		.to = OUR_IPV4,
		.protocol = 1,
		.payload = "\x08\0\xf7\xff\0\0\0\0",
		.payload_len = 8 };
	f = frame_build(&spec);
	run = run_frame(&f);
	expect_sent(&run,
		"answered: net_answered: ARP, neighbour solicitations and echo requests answered");
	expect_answer(&run, "answer to packet 7");
	run_end(&run);
	expect_nothing();
}

/* What a neighbour tells is its worker's to read, and to tell of. */
static void test_news(void **state)
{
	const struct frame_spec spec = { .from = PEER_IPV4, .to = OUR_IPV4 };
	struct test_frame f = { .len = 0 };
	struct rdl_packet packet, *packets[] = { &packet };

	frame_ethernet(&f, &spec, 0x0806);
	frame_append_hex(&f, "0001 0800 06 04 0002");
	frame_append(&f, frame_peer_mac, 6);
	frame_append_address(&f, PEER_IPV4);
	frame_append(&f, frame_our_mac, 6);
	frame_append_address(&f, OUR_IPV4);
	packet.frame = (struct rdl_frame){
		.data = f.data, .len = (uint16_t)f.len, .room = sizeof(f.data)
	};
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, packets, 1);
	assert_int_equal(burst->news, 1);
	expect_nothing();
}

/* Through a shard: nothing before its answer. */
static void test_handed_over(void **state)
{
	static const struct {
		const char *line;
		uint8_t code, reason;
		const char *fate, *answer; /* without the location behind */
	} rows[] = {
		{ "CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.0" OBJECTS, RDL_COAP_CREATED, 0,
			"accepted: 2.01", "answer to packet 7: 2.01" },
		{ "CON POST 11:rd 11:@", RDL_COAP_CHANGED, 0, "accepted: 2.04",
			"answer to packet 7: 2.04" },
		{ "CON DELETE 11:rd 11:@", RDL_COAP_DELETED, 0, "accepted: 2.02",
			"answer to packet 7: 2.02" },
		{ "CON POST 11:rd 11:@", RDL_COAP_CONTINUE, 0,
			"accepted: 2.31, a block of what is not whole yet",
			"answer to packet 7: 2.31" },
		{ "CON POST 11:rd 11:@", RDL_COAP_NOT_FOUND, RDL_REASON_location,
			"refused: 4.04, refused_location: not registered",
			"answer to packet 7: 4.04" },
		{ "CON POST 11:rd 11:@", 0, 0,
			"dropped: drop_store_full: request shed: no room for its object list, "
			"long name or parameters",
			NULL },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct run run = run_line(rows[i].line);
		struct rdl_packet *packets[] = { &run.packet };
		char fate[256];

		assert_int_equal(run.burst.hand_over, 1);
		expect_nothing();
		run.packet.request.code = rows[i].code;
		run.packet.request.reason = rows[i].reason;
		run.packet.request.location = some_location;
		if (rows[i].code == 0)
			run.packet.request.shed = RDL_STAT_drop_store_full;
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1),
			rows[i].answer != NULL);
		snprintf(fate, sizeof(fate), "%s, /rd/%s", rows[i].fate, make_id(some_location));
		expect_sent(&run, fate);
		if (rows[i].answer != NULL)
			expect_answer(&run, rows[i].answer);
		expect_nothing();
		run_end(&run);
	}
}

/* Its worker has no credit towards the shard, or its port's queue runs over. */
static void test_shed(void **state)
{
	struct run run = run_line("CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.0" OBJECTS);
	struct rdl_packet *packets[] = { &run.packet };

	rdl_pipeline_shed(&pipeline, &run.packet);
	expect_sent(
		&run, "dropped: drop_shed_register: Register shed: no credit towards its shard");
	assert_int_equal(rdl_pipeline_triage(&pipeline, packets, 1), 1);
	expect_sent(&run,
		"dropped: drop_shed_backlog: Register shed unread: the port's queue ran over");
	expect_nothing();
	run_end(&run);
}

/* By endpoint: before and behind the shard, refused and accepted. */
static void test_by_endpoint(void **state)
{
	struct rdl_capture_wish wish = { .every = 1, .by_endpoint = true, .endpoint_len = 1 };
	static const char *const lines[] = {
		"CON POST 11:rd 15:ep=a 15:lwm2m=9.9" OBJECTS,
		"CON POST 11:rd 15:ep=b 15:lwm2m=9.9" OBJECTS,
		"CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.0" OBJECTS,
		"CON POST 11:rd 12:#28 15:ep=b 15:lwm2m=1.0" OBJECTS,
		"CON POST 11:rd 11:@",
		"CON POST 11:ep=a",
	};
	static const bool wanted[] = { true, false, true, false, true, false };

	wish.endpoint[0] = 'a';
	wish.located = true;
	wish.location = some_location;
	rdl_capture_want(capture, &wish);
	assert_true(rdl_capture_begin(capture, 4711));
	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++) {
		struct run run = run_line(lines[i]);
		struct rdl_packet *packets[] = { &run.packet };
		unsigned count = 0;

		run.packet.request.code = RDL_COAP_CHANGED;
		if (run.burst.hand_over != 0)
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
		for (struct rdl_captured *c; (c = rdl_capture_read(capture)) != NULL; count++)
			rdl_capture_done(capture, c);
		assert_int_equal(count, wanted[i] ? 2 : 0);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED_TEST(test_answered),
		CAPTURED_TEST(test_messages),
		CAPTURED_TEST(test_frames),
		CAPTURED_TEST(test_news),
		CAPTURED_TEST(test_handed_over),
		CAPTURED_TEST(test_shed),
		CAPTURED_TEST(test_by_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
