/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of devices: to requests of ours, which shards wait for, and to nothing of ours. */
#include "fixture.h"

#include <stdlib.h>

#define SHARDS 3
#define HANDLE 0x02000007u /* partition 2: the third shard's */
#define NUMBER 0x123456u

static struct rdl_owners *awaited;
static struct rdl_speck token_key;

static void ask_devices(void)
{
	static const struct rdl_key secret = { 3, 1 };

	rdl_speck_expand(&token_key, &secret);
	use_shards(SHARDS);
	pipeline.config.awaited = awaited;
	pipeline.config.awaited_key = (struct rdl_key){ 7, 8 };
	pipeline.config.token_key = token_key;
}

static int start(void **state)
{
	size_t len = rdl_whole_lines(rdl_owners_memory(100));
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	awaited = rdl_owners_init(memset(memory, 0, len), 100);
	setup(state);
	ask_devices();
	return 0;
}

static int stop(void **state)
{
	free(awaited);
	return teardown(state);
}

/* A response to number NUMBER of a registration. */
static struct message response(unsigned type, unsigned code, uint32_t handle, const char *options)
{
	struct message m;
	uint8_t token[RDL_TOKEN_LEN];

	rdl_token_write(&token_key, &(struct rdl_token){ handle, NUMBER }, token);
	message_start(&m, type, code, 0xbeef, token, sizeof(token));
	message_options(&m, options);
	return m;
}

static void expect_answer(const struct run *run, enum rdl_answer_kind kind, unsigned type)
{
	const struct rdl_answer *answer = &run->packet.answer;

	assert_int_equal(run->burst.answer, 1);
	assert_int_equal(answer->kind, kind);
	assert_int_equal(answer->type, type);
	assert_int_equal(answer->message_id, 0xbeef);
	assert_int_equal(answer->back, RDL_BACK_NOTHING);
	assert_int_equal(answer->peer.port, 40000);
	assert_int_equal(answer->session, 0);
	assert_int_equal(answer->identity, 0);
	assert_int_equal(run->burst.shard[0], 2);
	assert_int_equal(counter(RDL_STAT_device_answers), 1);
}

static void expect_payload(const struct rdl_answer *answer, const char *text)
{
	assert_int_equal(answer->payload.len, strlen(text));
	if (answer->payload.len > 0)
		assert_memory_equal(answer->payload.data, text, strlen(text));
}

static void test_response(void **state)
{
	for (unsigned type = RDL_COAP_CON; type <= RDL_COAP_ACK; type++) {
		struct message m = response(type, RDL_COAP_CONTENT, HANDLE,
			"4:#0102030405060708 6:#fffffe 8:a 12:#2d16 14:#3c 23:#0e 27:#000018 "
			"28:#0400");
		message_payload(&m, "21.5", 4);
		struct run run = run_message(&m);
		const struct rdl_answer *answer = &run.packet.answer;

		expect_answer(&run, RDL_ANSWER_RESPONSE, type);
		assert_int_equal(answer->code, RDL_COAP_CONTENT);
		assert_int_equal(answer->handle, HANDLE);
		assert_int_equal(answer->number, NUMBER);
		assert_int_equal(answer->etag_len, 8);
		assert_memory_equal(answer->etag, "\1\2\3\4\5\6\7\10", 8);
		assert_int_equal(answer->observe, 0xfffffe);
		assert_int_equal(answer->content_format, 0x2d16);
		assert_int_equal(answer->block2, 0x0e);
		assert_int_equal(answer->block1, 0x18);
		expect_payload(answer, "21.5");
		run_end(&run);
	}
}

static void test_bare_response(void **state)
{
	struct message m = response(RDL_COAP_ACK, RDL_COAP_CHANGED, HANDLE, "");
	struct run run = run_message(&m);
	const struct rdl_answer *answer = &run.packet.answer;

	expect_answer(&run, RDL_ANSWER_RESPONSE, RDL_COAP_ACK);
	assert_int_equal(answer->etag_len, 0);
	assert_int_equal(answer->observe, RDL_OBSERVE_NONE);
	assert_int_equal(answer->content_format, RDL_FORMAT_NONE);
	assert_int_equal(answer->block1, RDL_BLOCK_NONE);
	assert_int_equal(answer->block2, RDL_BLOCK_NONE);
	expect_payload(answer, "");
	run_end(&run);
}

/* Whoever waits learns that it has come, though not what it says; what is elective is ignored. */
static void test_unread(void **state)
{
	static const struct {
		const char *options;
		bool read;
	} cases[] = {
		{ "9:x", false }, /* critical, and none that we know */
		{ "35:coap://a", false },
		{ "23:#00000001", false }, /* too long */
		{ "23:#06 23:#16", false }, /* twice */
		{ "27:#06 27:#06", false },
		{ "2:x 258:y", true }, /* elective */
		{ "4:#010203040506070809", true },
		{ "4:#01 4:#02", true },
		{ "6:#00000001", true },
		{ "12:#000001", true },
	};

	for (size_t c = 0; c < RDL_ARRAY_LEN(cases); c++) {
		struct message m =
			response(RDL_COAP_CON, RDL_COAP_CONTENT, HANDLE, cases[c].options);
		message_payload(&m, "x", 1);
		struct run run = run_message(&m);
		const struct rdl_answer *answer = &run.packet.answer;

		expect_answer(&run, RDL_ANSWER_RESPONSE, RDL_COAP_CON);
		assert_int_equal(answer->code, cases[c].read ? RDL_COAP_CONTENT : RDL_COAP_EMPTY);
		expect_payload(answer, cases[c].read ? "x" : "");
		assert_int_equal(answer->observe, RDL_OBSERVE_NONE);
		assert_int_equal(answer->content_format, RDL_FORMAT_NONE);
		run_end(&run);
	}
	/* The first of two ETags, a marker with nothing behind it, an option cut short. */
	struct message m = response(RDL_COAP_CON, RDL_COAP_CONTENT, HANDLE, "4:#01 4:#02");
	struct run run = run_message(&m);
	assert_int_equal(run.packet.answer.etag[0], 1);
	run_end(&run);
	for (unsigned i = 0; i < 2; i++) {
		m = response(RDL_COAP_ACK, RDL_COAP_CONTENT, HANDLE, "");
		message_append(&m, i == 0 ? "\xff" : "\xc2\x01", 1 + i);
		run = run_message(&m);
		expect_answer(&run, RDL_ANSWER_RESPONSE, RDL_COAP_ACK);
		assert_int_equal(run.packet.answer.code, RDL_COAP_EMPTY);
		run_end(&run);
	}
}

/* To nothing of ours: as if we had never asked anybody anything. */
static void expect_as_ever(const struct message *m, enum rdl_stat why)
{
	struct run run = run_message(m);

	if ((m->octets[0] >> 4 & 3) == RDL_COAP_CON)
		expect_reset(&run, m);
	else
		expect_silence(&run, why);
	assert_int_equal(counter(RDL_STAT_device_answers), 0);
	run_end(&run);
}

static void test_strangers(void **state)
{
	static const enum rdl_stat whys[] = { RDL_STAT_drop_coap_response,
		RDL_STAT_drop_coap_response, RDL_STAT_drop_coap_ack_request,
		RDL_STAT_drop_coap_ack_request };

	for (unsigned asks = 0; asks < 2; asks++) {
		if (asks == 0)
			use_shards(SHARDS);
		else
			ask_devices();
		for (unsigned type = RDL_COAP_CON; type <= RDL_COAP_RST; type++) {
			struct message m;

			/* A Reset with a code is none. */
			if (type == RDL_COAP_RST || asks == 0) {
				m = response(type, RDL_COAP_CONTENT, HANDLE, "");
				expect_as_ever(&m, whys[type]);
			}
			/* A foreign token; a slot that no registry has; a token that is shorter. */
			message_start(&m, type, RDL_COAP_CONTENT, 0xbeef, "foreign!", 8);
			expect_as_ever(&m, whys[type]);
			m = response(type, RDL_COAP_CONTENT, 0x02000000 | SLOTS, "");
			expect_as_ever(&m, whys[type]);
			message_start(&m, type, RDL_COAP_CONTENT, 0xbeef, "T1", 2);
			expect_as_ever(&m, whys[type]);
		}
	}
}

static uint64_t hash_of(const char *address, uint16_t message_id)
{
	struct frame_spec spec = { .from = address, .to = OUR_IPV4 };
	struct test_frame f = frame_build(&spec);
	struct rdl_frame frame = { .data = f.data, .len = (uint16_t)f.len, .room = sizeof(f.data) };
	struct rdl_datagram datagram;

	assert_int_equal(
		rdl_net_input(&gateway_interfaces[0], &frame, &datagram), RDL_NET_DATAGRAM);
	return rdl_token_awaited(&pipeline.config.awaited_key, &datagram.peer, 0, message_id);
}

static void test_empty(void **state)
{
	for (unsigned type = RDL_COAP_ACK; type <= RDL_COAP_RST; type++) {
		struct message m;

		message_start(&m, type, RDL_COAP_EMPTY, 0xbeef, NULL, 0);
		expect_as_ever(&m, RDL_STAT_drop_coap_empty);
		rdl_owners_put(awaited, hash_of(PEER_IPV4, 0xbeef), 2);
		struct run run = run_message(&m);
		expect_answer(&run, RDL_ANSWER_EMPTY, type);
		run_end(&run);
		rdl_owners_take(awaited, hash_of(PEER_IPV4, 0xbeef), 2);
		/* Of another one's, and what no shard of ours can have awaited. */
		rdl_owners_put(awaited, hash_of("192.0.2.78", 0xbeef), 2);
		expect_as_ever(&m, RDL_STAT_drop_coap_empty);
		rdl_owners_put(awaited, hash_of(PEER_IPV4, 0xbeef), SHARDS);
		expect_as_ever(&m, RDL_STAT_drop_coap_empty);
		rdl_owners_take(awaited, hash_of(PEER_IPV4, 0xbeef), SHARDS);
	}
	/* Neither asks nor answers: a ping, which has its Reset, and what means nothing. */
	struct message ping = line_hex("4000beef"), non = line_hex("5000beef");
	rdl_owners_put(awaited, hash_of(PEER_IPV4, 0xbeef), 2);
	expect_as_ever(&ping, RDL_STAT_drop_coap_empty);
	expect_as_ever(&non, RDL_STAT_drop_coap_empty);
}

/* More of them than lanes, among requests. */
static void test_burst(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	struct rdl_packet *packets[RDL_BURST_MAX];
	static struct run runs[RDL_BURST_MAX];
	const struct rdl_burst *burst;

	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		struct message m = response(RDL_COAP_NON, RDL_COAP_CONTENT, i << 24 | i, "");

		if (i % 3 == 1)
			m = update;
		else if (i % 3 == 2)
			message_start(&m, RDL_COAP_NON, RDL_COAP_CONTENT, 1, "foreign!", 8);
		runs[i] = (struct run){ .spec = { .from = PEER_IPV4,
						.to = OUR_IPV4,
						.payload = m.octets,
						.payload_len = m.len } };
		runs[i].sent = frame_build(&runs[i].spec);
		run_place(&runs[i], runs[i].sent.data, runs[i].sent.len);
		packets[i] = &runs[i].packet;
	}
	burst = rdl_pipeline_burst(&pipeline, policy, packets, RDL_BURST_MAX);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		assert_int_equal(rdl_packet_is_in(burst->answer, i), i % 3 == 0);
		assert_int_equal(rdl_packet_is_in(burst->hand_over, i), i % 3 == 1);
		assert_int_equal(rdl_packet_is_in(burst->drop, i), i % 3 == 2);
		if (i % 3 == 0) {
			assert_int_equal(burst->shard[i], i % SHARDS);
			assert_int_equal(packets[i]->answer.handle, i << 24 | i);
		}
		run_end(&runs[i]);
	}
}

/* What the shard wants sent back: nothing, an ACK, a Reset, over what came. */
static void test_back(void **state)
{
	static const uint8_t backs[][4] = {
		[RDL_BACK_ACK] = { 0x60, 0, 0xbe, 0xef }, [RDL_BACK_RESET] = { 0x70, 0, 0xbe, 0xef }
	};

	for (unsigned back = RDL_BACK_NOTHING; back <= RDL_BACK_RESET; back++) {
		struct message m = response(RDL_COAP_CON, RDL_COAP_CONTENT, HANDLE, "");
		struct run run = run_message(&m);
		struct rdl_packet *packet = &run.packet;

		packet->answer.back = (uint8_t)back;
		rdl_packet_set send = rdl_pipeline_acknowledge(&pipeline, &packet, 1);
		assert_int_equal(send, back != RDL_BACK_NOTHING);
		assert_int_equal(counter(RDL_STAT_tx_frames), send);
		assert_int_equal(counter(RDL_STAT_acks), back == RDL_BACK_ACK);
		assert_int_equal(counter(RDL_STAT_resets), back == RDL_BACK_RESET);
		assert_int_equal(counter(RDL_STAT_code_other), 0);
		if (send != 0)
			expect_reply_frame(&run, backs[back], 4);
		run_end(&run);
	}
}

static void test_shed(void **state)
{
	struct message m = response(RDL_COAP_CON, RDL_COAP_CONTENT, HANDLE, "");
	struct run run = run_message(&m);

	rdl_pipeline_shed_answer(&pipeline, &run.packet);
	assert_int_equal(counter(RDL_STAT_drop_shed_answer), 1);
	run_end(&run);
}

/* In clear text nobody can tell whose it is. */
static void test_send(void **state)
{
	struct message m = line("CON POST 11:dp 12:#6e | [{\"n\":\"/3/0/9\",\"v\":5}]");
	struct run run = run_message(&m);

	expect_refusal(&run, &m, RDL_REASON_path);
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_bare_response),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_send),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
