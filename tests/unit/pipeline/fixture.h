/* SPDX-License-Identifier: BSD-3-Clause */
/* A pipeline with a policy, packets through it, and what is to come out. */
#ifndef RDL_TEST_PIPELINE_FIXTURE_H
#define RDL_TEST_PIPELINE_FIXTURE_H

#include "support.h"

#include <stdio.h>

#include "frame.h"
#include "gateway_worker.h"
#include "line.h"

#define OUR_IPV4 "192.0.2.1"
#define OUR_IPV4_TOO "198.51.100.1"
#define PEER_IPV4 "192.0.2.77"
#define OUR_IPV6 "2001:db8::1"
#define PEER_IPV6 "2001:db8::4:d00d"
#define OBJECTS " | </1/0>,</3/0>"

static struct rdl_speck location_key; /* use_shards() */
#define SLOTS 4096

static struct rdl_pipeline pipeline;
static struct rdl_policy *policy;

static inline void use_policy(const struct rdl_policy_config *config)
{
	rdl_policy_destroy(policy);
	policy = rdl_policy_create(config);
	assert_non_null(policy);
}

/* A fresh pipeline: counters at 0. */
static inline void use_shards(unsigned shards)
{
	struct rdl_pipeline_config config = gateway_worker(SLOTS);

	config.shards = shards;
	location_key = config.location_key;
	gateway_worker_stop(&pipeline);
	gateway_worker_start(&pipeline, &config);
}

static inline int setup(void **state)
{
	struct rdl_policy_config config = gateway_policy();

	use_policy(&config);
	use_shards(1);
	return 0;
}

static inline int teardown(void **state)
{
	rdl_policy_destroy(policy);
	policy = NULL;
	gateway_worker_stop(&pipeline);
	return 0;
}

#define RUN_PIPELINE_TESTS(tests) cmocka_run_group_tests((tests), setup, teardown)

static inline uint64_t counter(enum rdl_stat stat)
{
	return rdl_stats_get(&pipeline.stats, stat);
}

static inline uint64_t all_drops(void)
{
	uint64_t sum = 0;

	for (unsigned s = RDL_STAT_drop_frame_short; s <= RDL_STAT_drop_tx_full; s++)
		sum += counter((enum rdl_stat)s);
	return sum;
}

/* A location id as this server makes them. */
static inline const char *make_id(struct rdl_location location)
{
	static char text[RDL_LOCATION_LEN + 1];

	rdl_location_encode(&location_key, &location, (uint8_t *)text);
	return text;
}

static const struct rdl_location some_location = { 0x2a000007, 1, false, 3 };

/* One packet, alone in its memory: its room ends at a page that nobody may touch. */
struct run {
	struct rdl_packet packet;
	/* What became of it: bit 0 of one. */
	struct {
		rdl_packet_set reply, hand_over, answer, fragment, drop;
		uint8_t shard[1];
	} burst;
	struct frame_spec spec;
	struct test_frame sent;
	uint8_t *buffer;
	size_t room;
};

static inline void run_place(struct run *run, const uint8_t *octets, size_t len)
{
	run->room = RDL_PACKET_ROOM(len);
	run->buffer = guard_alloc(run->room);
	memset(run->buffer, 0xaa, run->room);
	memcpy(run->buffer, octets, len);
	memset(&run->packet, 0xaa, sizeof(run->packet));
	run->packet.frame = (struct rdl_frame){
		.data = run->buffer, .len = (uint16_t)len, .room = (uint16_t)run->room
	};
}

/* Through the pipeline as a burst of one, counters at 0 before. */
static inline void run_go(struct run *run)
{
	struct rdl_packet *packets[] = { &run->packet };

	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, packets, 1);
	run->burst.reply = burst->reply;
	run->burst.hand_over = burst->hand_over;
	run->burst.answer = burst->answer;
	run->burst.fragment = burst->fragment;
	run->burst.drop = burst->drop;
	run->burst.shard[0] = burst->shard[0];
	assert_int_equal(run->burst.reply + run->burst.hand_over + run->burst.answer +
				 run->burst.drop + run->burst.fragment,
		1);
	assert_int_equal(counter(RDL_STAT_rx_frames), 1);
	assert_int_equal(counter(RDL_STAT_tx_frames), run->burst.reply);
	assert_int_equal(all_drops(), run->burst.drop);
}

static inline struct run run_frame(const struct test_frame *f)
{
	struct run run = { .sent = *f };

	run_place(&run, f->data, f->len);
	run_go(&run);
	return run;
}

static inline struct run run_spec(const struct frame_spec *spec)
{
	struct test_frame f = frame_build(spec);
	struct run run = run_frame(&f);

	run.spec = *spec;
	return run;
}

static inline struct run run_octets(const void *coap, size_t len)
{
	struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .payload = coap, .payload_len = len
	};

	return run_spec(&spec);
}

static inline struct run run_message(const struct message *m)
{
	return run_octets(m->octets, m->len);
}

static inline void run_end(struct run *run)
{
	guard_free(run->buffer, run->room);
}

static inline struct rdl_span run_coap(const struct run *run)
{
	const struct rdl_frame *frame = &run->packet.frame;
	size_t before = frame->l2_len + (size_t)frame->l3_len + 8;

	return (struct rdl_span){ frame->data + before, frame->len - before };
}

static inline void expect_silence(const struct run *run, enum rdl_stat why)
{
	assert_int_equal(run->burst.drop, 1);
	assert_int_equal(counter(why), 1);
}

/* The frame is the reply: to the sender, from where it asked, of these octets. */
static inline void expect_reply_frame(const struct run *run, const uint8_t *coap, size_t len)
{
	const struct frame_spec *sent = &run->spec;
	struct frame_spec spec = {
		.mac_to = sent->mac_from != NULL ? sent->mac_from : frame_peer_mac,
		.mac_from = sent->mac_to != NULL ? sent->mac_to : frame_our_mac,
		.tags = sent->tags,
		.from = sent->to,
		.to = sent->from,
		.from_port = sent->to_port != 0 ? sent->to_port : 5683,
		.to_port = sent->from_port != 0 ? sent->from_port : 40000,
		.payload = coap,
		.payload_len = len,
	};
	struct test_frame expected = frame_build(&spec);
	const struct rdl_frame *frame = &run->packet.frame;

	assert_int_equal(frame->len, expected.len);
	assert_memory_equal(frame->data, expected.data, expected.len);
	assert_ptr_equal(frame->data + frame->room, run->buffer + run->room);
}

static inline void expect_reply(const struct run *run, const struct message *reply)
{
	assert_int_equal(run->burst.reply, 1);
	expect_reply_frame(run, reply->octets, reply->len);
}

static inline void expect_reset(const struct run *run, const struct message *request)
{
	const uint8_t reset[] = { 0x70, 0, request->octets[2], request->octets[3] };

	assert_int_equal(run->burst.reply, 1);
	expect_reply_frame(run, reset, sizeof(reset));
	assert_int_equal(counter(RDL_STAT_resets), 1);
	assert_int_equal(counter(RDL_STAT_code_other), 0);
}

/* Every answer to a block says which; one to a body that is too long says what is not. */
static inline void expect_block_options(struct message *reply, const struct rdl_packet *packet)
{
	uint32_t block1 = packet->reply.block1;
	char text[16];

	if (block1 != RDL_BLOCK1_NONE) {
		snprintf(text, sizeof(text), block1 == 0 ? "27:" : "27:#%0*x",
			block1 > 0xffff ? 6
			: block1 > 0xff ? 4
					: 2,
			block1);
		message_options(reply, text);
	}
	if (packet->request.reason == RDL_REASON_too_large) {
		snprintf(text, sizeof(text), "60:#%04x", pipeline.config.max_payload);
		message_options(reply, text);
	}
}

/* Answered by the worker itself, with the reason in words. */
static inline void expect_refusal(
	const struct run *run, const struct message *request, enum rdl_reason reason)
{
	const char *text = rdl_policy_diagnostics(policy) ? rdl_reason_text(reason) : "";
	struct message reply = line_reply(request, rdl_reason_code(reason), SALT);
	char at_octet[80];

	enum rdl_detail_kind detail = rdl_reason_detail(reason);

	if (detail != RDL_DETAIL_none && detail != RDL_DETAIL_parameter && text[0] != '\0') {
		/* What it says is for the tests of replies: here, that it is the request's. */
		struct rdl_cursor out = rdl_cursor(at_octet, sizeof(at_octet) - 1);

		rdl_reason_write(&out, reason, &run->packet.request.detail);
		*out.pos = '\0';
		text = at_octet;
		assert_true(strlen(text) > strlen(rdl_reason_text(reason)));
	}
	if (text[0] != '\0' &&
		(reason == RDL_REASON_unknown_parameter || reason == RDL_REASON_repeated ||
			reason == RDL_REASON_update_parameter)) {
		/* Which one is for the tests of replies: here, that there is a name. */
		struct rdl_span coap = run_coap(run);
		const uint8_t *colon = memchr(coap.data, ':', coap.len);

		if (colon == NULL) {
			assert_true(reply.len + 1 + strlen(text) + 3 > request->len);
			expect_reply(run, &reply);
			return;
		}
		size_t named = (size_t)(coap.data + coap.len - colon);
		assert_true(strlen(text) + named < sizeof(at_octet));
		memcpy(at_octet, text, strlen(text));
		memcpy(at_octet + strlen(text), colon, named);
		at_octet[strlen(text) + named] = '\0';
		text = at_octet;
		assert_true(strlen(text) > strlen(rdl_reason_text(reason)) + 2);
	}
	expect_block_options(&reply, &run->packet);
	/* A refusal is no longer than what it refuses. */
	if (reply.len + 1 + strlen(text) <= request->len)
		message_payload(&reply, text, strlen(text));
	expect_reply(run, &reply);
	assert_int_equal(counter(rdl_stat_of_reason(reason)), 1);
	assert_int_equal(counter(rdl_stat_of_code(rdl_reason_code(reason))), 1);
}

static inline void expect_handed(
	const struct run *run, enum rdl_operation operation, enum rdl_reason reason)
{
	assert_int_equal(run->burst.hand_over, 1);
	assert_int_equal(run->packet.request.operation, operation);
	assert_int_equal(run->packet.request.reason, reason);
	assert_int_equal(run->packet.request.code, 0);
}

/* ---- tables: one line of text, one verdict ---- */

enum outcome { SILENCE, RESET, REFUSED, REGISTER, UPDATE, DEREGISTER, OTHER };

struct row {
	const char *request; /* a line, its '@' being some_location; or hex */
	enum outcome outcome;
	int what; /* enum rdl_stat of a silence, else enum rdl_reason */
};

static inline struct message row_message(const struct row *row)
{
	if (row->request[0] < 'A' || row->request[0] > 'Z')
		return line_hex(row->request);
	return line_at(row->request, make_id(some_location));
}

/* What became of a packet, in a word; of a table's many lines, the one at fault is named. */
static inline const char *gist_of(const struct run *run)
{
	static const char *const operations[] = { "register", "update", "deregister", "other" };
	static char text[32];

	if (run->burst.drop != 0)
		return "silence";
	if (run->burst.answer != 0)
		return "answer";
	if (run->burst.hand_over != 0)
		return operations[run->packet.request.operation];
	snprintf(text, sizeof(text), "reply %u.%02u", run_coap(run).data[1] >> 5,
		run_coap(run).data[1] & 31u);
	return text;
}

static inline const char *gist_of_row(const struct row *row)
{
	static const char *const gists[] = { "silence", "reply 0.00", NULL, "register", "update",
		"deregister", "other" };
	static char text[32];
	uint8_t code;

	if (row->outcome != REFUSED)
		return gists[row->outcome];
	code = rdl_reason_code((enum rdl_reason)row->what);
	snprintf(text, sizeof(text), "reply %u.%02u", code >> 5, code & 31u);
	return text;
}

static inline void expect_row(
	const struct run *run, const struct message *request, const struct row *row)
{
	enum rdl_reason reason = (enum rdl_reason)row->what;

	if (strcmp(gist_of(run), gist_of_row(row)) != 0)
		fail_msg("%s: %s, not %s", row->request, gist_of(run), gist_of_row(row));
	if (row->outcome == SILENCE && counter((enum rdl_stat)row->what) != 1)
		fail_msg("%s: not counted", row->request);
	if (row->outcome >= REGISTER && run->packet.request.reason != reason)
		fail_msg("%s: \"%s\"", row->request, rdl_reason_text(run->packet.request.reason));
	if (row->outcome == SILENCE)
		expect_silence(run, (enum rdl_stat)row->what);
	else if (row->outcome == RESET)
		expect_reset(run, request);
	else if (row->outcome == REFUSED)
		expect_refusal(run, request, reason);
	else
		expect_handed(run,
			(enum rdl_operation)(row->outcome - REGISTER + RDL_OPERATION_REGISTER),
			reason);
}

static inline void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct message request = row_message(&rows[i]);
		struct run run = run_message(&request);

		expect_row(&run, &request, &rows[i]);
		run_end(&run);
	}
}

#define EXPECT_ROWS(rows) expect_rows((rows), RDL_ARRAY_LEN(rows))

#endif
