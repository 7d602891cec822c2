/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies in blocks: RFC 7959 section 2.5. */
#include "fixture.h"

#include "captures.h"

#define BODY_BLOCKS 3

static const char body[] = "</>;rt=\"oma.lwm2m\";ct=110,</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</4/"
			   "0>,</5/0>,</6/0>,</7/0>,</3303/0>,</3303/1>,</3303/2>,</3303/3>,"
			   "</3303/4>,</3303/5>,</3303/6>,</3303/7>,</3303/8>";

/* Block `num` of the body in 64-octet blocks, as a request with this Message ID. */
static struct message block_of(const char *head, unsigned num, uint16_t id)
{
	struct message m;
	bool more = num < BODY_BLOCKS - 1;
	size_t len = more ? 64 : strlen(body) - (size_t)num * 64;
	char text[512], option[16];
	unsigned value = num << 4 | (unsigned)more << 3 | 2;

	snprintf(option, sizeof(option), "27:#%02x", value);
	snprintf(text, sizeof(text), "%s %s", head, option);
	m = line(text);
	message_payload(&m, body + (size_t)num * 64, len);
	rdl_put_be16(m.octets + 2, id);
	return m;
}

static void fresh(void)
{
	struct rdl_policy_config config = gateway_policy();

	use_policy(&config);
	use_shards(1);
}

/* Nothing is held once every packet has been given back. */
static void nothing_held(void)
{
	assert_true(pipeline.scratches.free == UINT64_MAX);
	for (size_t i = 0; i < RDL_ARRAY_LEN(pipeline.memo->entries); i++)
		assert_int_equal(pipeline.memo->entries[i].held, 0);
}

static void give_back(struct run *run)
{
	struct rdl_packet *packets[] = { &run->packet };

	if (run->burst.hand_over != 0)
		rdl_pipeline_replies(&pipeline, policy, packets, 1);
	run_end(run);
	nothing_held();
}

static void expect_continue(const struct message *m)
{
	struct run run = run_message(m);
	struct message reply = line_reply(m, RDL_COAP_CONTINUE, SALT);

	expect_block_options(&reply, &run.packet);
	expect_reply(&run, &reply);
	give_back(&run);
}

static void expect_refused(const struct message *m, enum rdl_reason reason)
{
	struct run run = run_message(m);

	expect_refusal(&run, m, reason);
	give_back(&run);
}

static uint64_t expect_register(const struct message *m)
{
	struct run run = run_message(m);
	uint64_t exchange = run.packet.request.exchange;

	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	assert_int_equal(run.packet.request.list.objects->link_count, 16);
	assert_int_equal(run.packet.reply.block1, 0x22);
	give_back(&run);
	return exchange;
}

#define HEAD "CON POST 11:rd 15:ep=a 15:lwm2m=1.1"

static void test_whole(void **state)
{
	struct message m;

	fresh();
	for (uint16_t i = 0; i < 2; i++) {
		m = block_of(HEAD, i, i);
		expect_continue(&m);
	}
	m = block_of(HEAD, 2, 2);
	uint64_t exchange = expect_register(&m);
	/* A lost reply: the last block again is the same request again, its exchange too. */
	assert_true(expect_register(&m) == exchange);
	/* The token of a block does not matter; a new Message ID makes it another request. */
	m = block_of(HEAD, 2, 9);
	assert_true(expect_register(&m) != exchange);
}

/* Copies of blocks, early and late, change nothing. */
static void test_copies(void **state)
{
	struct message m[BODY_BLOCKS];

	fresh();
	for (unsigned i = 0; i < BODY_BLOCKS; i++)
		m[i] = block_of(HEAD, i, (uint16_t)i);
	expect_continue(&m[0]);
	expect_continue(&m[0]);
	expect_continue(&m[1]);
	expect_continue(&m[0]);
	expect_continue(&m[1]);
	expect_register(&m[2]);
	expect_continue(&m[0]);
	expect_continue(&m[1]);
	expect_register(&m[2]);
}

/*
 * A last block that ends earlier than the body did
 * is no copy of its last one, whatever octets it has.
 */
static void test_other_end(void **state)
{
	static const struct {
		const char *option;
		size_t from, len;
	} others[] = { { " 27:#20", 32, 16 }, { " 27:#12", 64, 10 }, { " 27:#12", 64, 0 } };
	struct message m;

	for (size_t i = 0; i < RDL_ARRAY_LEN(others); i++) {
		char text[128];

		fresh();
		for (uint16_t num = 0; num < 2; num++) {
			m = block_of(HEAD, num, num);
			expect_continue(&m);
		}
		m = block_of(HEAD, 2, 2);
		expect_register(&m);
		snprintf(text, sizeof(text), HEAD "%s", others[i].option);
		m = line(text);
		if (others[i].len > 0)
			message_payload(&m, body + others[i].from, others[i].len);
		rdl_put_be16(m.octets + 2, 7);
		expect_refused(&m, RDL_REASON_block_gap);
	}
}

static void test_restart(void **state)
{
	struct message m;

	fresh();
	for (uint16_t id = 0; id < 4; id++) {
		m = block_of(HEAD, id % 2, id);
		expect_continue(&m);
	}
	m = block_of(HEAD, 2, 4);
	expect_register(&m);
	/* After the end, block 0 begins anew: what was there is forgotten. */
	m = block_of(HEAD, 0, 5);
	expect_continue(&m);
	m = block_of(HEAD, 2, 6);
	expect_refused(&m, RDL_REASON_block_gap);
}

static void test_gap(void **state)
{
	struct message m;

	fresh();
	m = block_of(HEAD, 1, 1);
	expect_refused(&m, RDL_REASON_block_gap);
	m = block_of(HEAD, 0, 2);
	expect_continue(&m);
	m = block_of(HEAD, 2, 3);
	expect_refused(&m, RDL_REASON_block_gap);
	/* The transfer is gone with it. */
	m = block_of(HEAD, 1, 4);
	expect_refused(&m, RDL_REASON_block_gap);
}

/* A sender that learns of its end late: the last block is empty. */
static void test_empty_last_block(void **state)
{
	static const char whole[] =
		"</>;rt=\"oma.lwm2m\",</1/0>,</3/0>,</5/0>,</3303/0>,</3303/1>,</6>";
	struct message m = line(HEAD " 27:#0a");

	fresh();
	assert_int_equal(strlen(whole), 64);
	message_payload(&m, whole, 64);
	expect_continue(&m);
	m = line(HEAD " 27:#12");
	rdl_put_be16(m.octets + 2, 99);
	struct run run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	assert_int_equal(run.packet.request.list.objects->link_count, 6);
	give_back(&run);
}

/* Source, method, path, query and Request-Tag name a transfer; other options do not. */
static void test_key(void **state)
{
	static const char *const others[] = {
		"CON POST 11:rd 15:ep=b 15:lwm2m=1.1",
		"CON POST 11:rd 15:ep=a",
		"CON POST 11:rd 15:lwm2m=1.1 15:ep=a",
		HEAD " 292:#07",
	};
	struct message m;

	fresh();
	m = block_of(HEAD, 0, 0);
	expect_continue(&m);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(others); i++) {
		struct message request;
		char text[128];

		/* The tag's number is above Block1's: the option goes between. */
		if (strstr(others[i], "292") != NULL) {
			snprintf(text, sizeof(text), HEAD " 27:#1a 292:#07");
			request = line(text);
			message_payload(&request, body + 64, 64);
		} else {
			request = block_of(others[i], 1, (uint16_t)(10 + i));
		}
		expect_refused(&request, RDL_REASON_block_gap);
	}
	m = block_of("CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.1", 1, 20);
	expect_continue(&m);
	m = block_of("CON POST 3:host 11:rd 15:ep=a 15:lwm2m=1.1", 2, 21);
	expect_register(&m);
}

/* Two endpoints of one source, blocks mixed: each gets its own. */
static void test_interleaved(void **state)
{
	static const char other[] = "CON POST 11:rd 15:ep=bb 15:lwm2m=1.1";
	struct message m;

	fresh();
	for (uint16_t i = 0; i < 2; i++) {
		m = block_of(HEAD, i, i);
		expect_continue(&m);
		m = block_of(other, i, (uint16_t)(10 + i));
		expect_continue(&m);
	}
	m = block_of(other, 2, 12);
	expect_register(&m);
	m = block_of(HEAD, 2, 2);
	expect_register(&m);
}

static void test_limits(void **state)
{
	struct message m;

	fresh();
	/* Declared too long at once, and found too long on the way. */
	m = line(HEAD " 27:#0a 60:#100000");
	message_payload(&m, body, 64);
	expect_refused(&m, RDL_REASON_too_large);
	m = line(HEAD " 27:#0a 60:#2000");
	message_payload(&m, body, 64);
	expect_continue(&m);
	m = line(HEAD " 27:#080a");
	message_payload(&m, body, 64);
	expect_refused(&m, RDL_REASON_too_large);
	/* Several blocks at a time of a client that thinks of another size. */
	m = line(HEAD " 27:#0a");
	message_payload(&m, body, 63);
	expect_refused(&m, RDL_REASON_block_length);
	m = line(HEAD " 27:#12");
	message_payload(&m, body, 65);
	expect_refused(&m, RDL_REASON_block_length);
}

/* 8192 octets, the most by default: decoded in the worker's own memory, which comes back. */
static void test_longest(void **state)
{
	static char text[8200];
	size_t len = (size_t)sprintf(text, "</1/0>,</3/0>"), links = 2;
	struct message m;

	fresh();
	while (len + 11 <= 8192) {
		len += (size_t)sprintf(text + len, ",</3303/%zu>", links);
		links++;
	}
	memset(text + len, ' ', 8192 - len);
	for (unsigned i = 0; i < 8; i++) {
		char head[128];

		snprintf(head, sizeof(head), HEAD " 27:#%02x", i << 4 | (unsigned)(i < 7) << 3 | 6);
		m = line(head);
		message_payload(&m, text + (size_t)i * 1024, 1024);
		rdl_put_be16(m.octets + 2, (uint16_t)i);
		if (i < 7)
			expect_continue(&m);
	}
	struct run run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	assert_int_equal(run.packet.request.list.objects->link_count, links);
	assert_true(run.packet.scratch != 0);
	give_back(&run);
}

/*
 * While a shard reads the body, its transfer may begin anew, and end:
 * what the shard reads stays.
 */
static void test_in_flight(void **state)
{
	struct message m;

	fresh();
	for (uint16_t i = 0; i < 2; i++) {
		m = block_of(HEAD, i, i);
		expect_continue(&m);
	}
	m = block_of(HEAD, 2, 2);
	struct run run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	struct rdl_object_list list = *run.packet.request.list.objects;
	m = block_of(HEAD, 0, 3);
	struct run restart = run_message(&m);
	assert_int_equal(restart.burst.reply, 1);
	run_end(&restart);
	m = line(HEAD " 27:#22");
	message_payload(&m, "</9/9>", 6);
	restart = run_message(&m);
	expect_refusal(&restart, &m, RDL_REASON_block_gap);
	run_end(&restart);
	assert_memory_equal(run.packet.request.list.objects, &list, sizeof(list));
	assert_int_equal(list.link_count, 16);
	give_back(&run);
}

/*
 * The body of as many octets as there are,
 * which is put together in the worker's own memory when its packet is short.
 */
static void test_one_octet_more(void **state)
{
	static const char links[] = "</1/0>,</3/0>";

	for (size_t len = 16; len < 700; len += 1 + len / 5) {
		char text[800];
		struct message m;

		fresh();
		memset(text, ' ', len);
		memcpy(text, links, sizeof(links) - 1);
		for (size_t at = 0; at < len; at += 16) {
			size_t n = len - at < 16 ? len - at : 16;
			bool more = at + 16 < len;
			char head[64];

			snprintf(head, sizeof(head), HEAD " 27:#%04x",
				(unsigned)at | (unsigned)more << 3);
			m = line(head);
			message_payload(&m, text + at, n);
			rdl_put_be16(m.octets + 2, (uint16_t)at);
			if (more)
				expect_continue(&m);
		}
		struct run run = run_message(&m);
		if (len > 16) {
			expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
			assert_int_equal(run.packet.request.list.objects->link_count, 2);
		}
		give_back(&run);
	}
}

/* The first of two blocks, from another port at each number: what comes of it. */
static struct run run_start(const char *from, unsigned number, unsigned num)
{
	struct message m = block_of(HEAD, num, (uint16_t)(number + 1000 * num));
	struct frame_spec spec = { .from = from,
		.to = OUR_IPV4,
		.from_port = (uint16_t)(1 + number),
		.payload = m.octets,
		.payload_len = m.len };

	return run_spec(&spec);
}

/*
 * When the memory is full, transfers give way: what had to is not answered any more, what never
 * began gets 4.08, and one of another network's that is under way goes on.
 */
static void test_room(void **state)
{
	unsigned silent = 0, gone_on = 0, silent_one = 0;
	uint64_t evicted = 0;
	struct message m;
	struct run run;

	fresh();
	m = block_of(HEAD, 0, 0);
	expect_continue(&m);
	const unsigned starts = pipeline.blocks.transfers.unit_count;
	for (unsigned i = 0; i < starts; i++) {
		run = run_start("203.0.113.5", i, 0);
		assert_int_equal(run.burst.reply, 1);
		assert_int_equal(run_coap(&run).data[1], RDL_COAP_CONTINUE);
		evicted += counter(RDL_STAT_transfers_evicted);
		give_back(&run);
	}
	/* Two units each, all of one network's but for the two of the first. */
	assert_int_equal(evicted, starts - (starts - 2) / 2);
	for (unsigned i = 0; i < starts; i++) {
		run = run_start("203.0.113.5", i, 1);
		if (run.burst.drop != 0) {
			expect_silence(&run, RDL_STAT_drop_blocks_full);
			silent_one = i;
			silent++;
		} else {
			assert_int_equal(run_coap(&run).data[1], RDL_COAP_CONTINUE);
			gone_on++;
		}
		give_back(&run);
	}
	assert_true(silent > 0 && gone_on > 0 && silent + gone_on == starts);
	run = run_start("203.0.113.5", starts + 1, 1);
	assert_int_equal(run_coap(&run).data[1], RDL_COAP_REQUEST_ENTITY_INCOMPLETE);
	give_back(&run);
	for (uint16_t i = 1; i < 3; i++) {
		m = block_of(HEAD, i, i);
		if (i < 2)
			expect_continue(&m);
		else
			expect_register(&m);
	}
	/* A while later nobody asks for them any more. */
	pipeline.now_ms += 2 * RDL_EVICTED_MS;
	run = run_start("203.0.113.5", silent_one, 1);
	assert_int_equal(run_coap(&run).data[1], RDL_COAP_REQUEST_ENTITY_INCOMPLETE);
	give_back(&run);
}

static void test_time(void **state)
{
	struct message m;

	fresh();
	m = block_of(HEAD, 0, 0);
	expect_continue(&m);
	pipeline.now_ms += 247000;
	m = block_of(HEAD, 1, 1);
	expect_continue(&m);
	pipeline.now_ms += 247001;
	m = block_of(HEAD, 2, 2);
	expect_refused(&m, RDL_REASON_block_gap);
}

/* To a location the shard answers every block, since it alone knows whether the location lives. */
static void test_update(void **state)
{
	char head[64];
	struct message m;

	fresh();
	snprintf(head, sizeof(head), "CON POST 11:rd 11:%s", make_id(some_location));
	for (uint16_t i = 0; i < BODY_BLOCKS; i++) {
		m = block_of(head, i, i);
		struct run run = run_message(&m);
		expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
		assert_int_equal(run.packet.request.gives,
			i < BODY_BLOCKS - 1 ? RDL_GIVES_BLOCK : RDL_GIVES_OBJECTS);
		assert_true(run.packet.request.exchange != 0);
		give_back(&run);
	}
	m = block_of(head, 2, 50);
	rdl_put_be16(m.octets + 2, 51);
	struct run run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
	give_back(&run);
}

/* A refused body gives back what it took. */
static void test_refused_body(void **state)
{
	static const char head[] = "CON POST 11:rd 15:lwm2m=1.1";
	struct message m;

	fresh();
	for (uint16_t i = 0; i < 2; i++) {
		m = block_of(head, i, i);
		expect_continue(&m);
	}
	m = block_of(head, 2, 2);
	expect_refused(&m, RDL_REASON_endpoint_missing);
}

/* What real clients send in blocks. */
static void test_captured(void **state)
{
	static const char *const blocks[] = { capture_wakaama_blocks_0, capture_wakaama_blocks_1,
		capture_wakaama_blocks_2, capture_anjay_blocks_0, capture_anjay_blocks_1,
		capture_anjay_blocks_2 };
	static const char *const endpoints[] = { "wk-blk", "anjay-blk" };

	fresh();
	for (unsigned i = 0; i < RDL_ARRAY_LEN(blocks); i++) {
		struct message m = line_hex(blocks[i]);

		if (i % 3 != 2) {
			expect_continue(&m);
			continue;
		}
		struct run run = run_message(&m);
		expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
		assert_true(rdl_span_equal(
			rdl_request_endpoint(&run.packet.request), span_of(endpoints[i / 3])));
		give_back(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_other_end),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_empty_last_block),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_one_octet_more),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_refused_body),
		cmocka_unit_test(test_captured),
	};

	return RUN_PIPELINE_TESTS(tests);
}
