/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is the traffic of a worker: frames, pauses, bursts (burst_frames.h), through the
 * pipeline, through the shard and its registry, and back. A path segment of 11 octets that begins
 * with '@' and a digit is made the location that a client was given before; a token of eight that
 * begins so is made one of a request to a device.
 */
#include "burst_answers.h"
#include "burst_gateway.h"
#include "burst_packets.h"
#include "burst_replies.h"
#include "bursts.h"
#include "fuzz.h"
#include "gateway_worker.h"

#define LOCATIONS 8 /* that clients were given, and may use */

static struct packet packets[PACKETS_MAX];
static unsigned packet_count, burst_first;
/* At the shard, or on the way there. */
static struct packet *pending[PACKETS_MAX];
static unsigned pending_count;
static uint8_t locations[LOCATIONS][RDL_LOCATION_LEN];
static unsigned location_count;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	gateway_start();
	return 0;
}

/* ---- the way back ---- */

static void check_reply(const struct packet *p)
{
	const struct rdl_frame *frame = &p->packet.frame;
	struct rdl_coap_message reply;

	CHECK(frame->data >= p->buffer && frame->data + frame->room == p->buffer + p->room);
	CHECK(p->verdict == RDL_NET_DATAGRAM && !p->datagram.multicast);
	struct rdl_span said = check_frame(p->sent, (struct rdl_span){ frame->data, frame->len });
	check_message(asked(p), said);
	CHECK(rdl_coap_parse(said, &reply) == RDL_COAP_MESSAGE);
	/* A refusal sends no more octets to whoever is said to have asked than came from him. */
	CHECK(RDL_COAP_CODE_CLASS(reply.code) == 2 || frame->len <= p->sent.len);
	struct rdl_span location = check_content(&reply);
	if (location.len > 0)
		memcpy(locations[location_count++ % LOCATIONS], location.data, RDL_LOCATION_LEN);
}

static bool changes_something(const struct rdl_request *request)
{
	return request->code == RDL_COAP_CREATED || request->code == RDL_COAP_CHANGED ||
	       request->code == RDL_COAP_DELETED;
}

/* The shard's step, and what it must not have changed. */
static void commit(struct rdl_request *requests[], unsigned n)
{
	struct rdl_registry_counts before, after;
	bool changed = false;

	rdl_registry_counts(shard.registry, &before);
	CHECK(rdl_shard_burst(&shard, policy, requests, n, 0, now_ms) == n);
	rdl_registry_counts(shard.registry, &after);
	for (unsigned i = 0; i < n; i++)
		changed = changed || changes_something(requests[i]);
	CHECK(changed || memcmp(&before, &after, sizeof(before)) == 0);
	check_balance();
}

/* All that is pending, in bursts. */
static void answer_pending(void)
{
	for (unsigned done = 0; done < pending_count;) {
		struct rdl_packet *burst[RDL_BURST_MAX];
		struct rdl_request *requests[RDL_BURST_MAX];
		unsigned n = 0;

		for (; n < RDL_BURST_MAX && done + n < pending_count; n++) {
			burst[n] = &pending[done + n]->packet;
			requests[n] = &burst[n]->request;
		}
		commit(requests, n);
		rdl_packet_set send = rdl_pipeline_replies(&pipeline, policy, burst, n);
		for (unsigned i = 0; i < n; i++) {
			const struct packet *p = pending[done + i];

			CHECK(((send >> i & 1) != 0) == (p->packet.request.code != 0));
			CHECK(p->packet.scratch == 0);
			CHECK(p->packet.list == 0);
			if ((send >> i & 1) != 0)
				check_reply(p);
		}
		done += n;
	}
	pending_count = 0;
}

/* ---- the way there ---- */

/* What a request is made of, when it is the last block of several. */
static void check_whole(const struct packet *p)
{
	const struct rdl_transfers *transfers = &pipeline.blocks.transfers;
	const struct rdl_transfer *t;
	uint8_t body[BODY_MAX];

	if (!p->is_block || p->packet.request.reason != RDL_REASON_NONE ||
		p->input.message.code != RDL_COAP_POST ||
		(p->input.block1.num == 0 && !p->input.block1.more))
		return;
	t = rdl_transfers_find(&pipeline.blocks.transfers, &p->key, now_ms);
	/* Another of the same burst may have begun it anew, or made it give way. */
	if (t == NULL || t->last_exchange != p->packet.request.exchange)
		return;
	CHECK(t->len <= BODY_MAX && t->complete == !p->input.block1.more);
	rdl_transfers_copy(transfers, t, body);
	check_body(packets, packet_count, &p->key, (struct rdl_span){ body, t->len });
}

static void check_handed_over(struct packet *p)
{
	const struct rdl_request *r = &p->packet.request;
	const struct rdl_reply *to = &p->packet.reply;
	struct rdl_span buffer = { p->buffer, p->room };

	CHECK(p->verdict == RDL_NET_DATAGRAM && !p->datagram.multicast);
	CHECK(r->reason < RDL_REASON_COUNT && r->exchange != 0 && r->code == 0);
	CHECK(memcmp(&r->peer, &p->datagram.peer, sizeof(r->peer)) == 0 && r->identity == 0);
	CHECK(memcmp(&r->local, &p->datagram.local, sizeof(r->local)) == 0);
	CHECK(inside(buffer, to->coap, to->coap_len) && inside(buffer, to->coap, to->room));
	if (r->operation == RDL_OPERATION_REGISTER)
		CHECK(r->reason == RDL_REASON_NONE && (r->gives & RDL_GIVES_OBJECTS) != 0 &&
			(r->endpoint_len <= RDL_NAME_INLINE ||
				inside(buffer, r->name.elsewhere, r->endpoint_len)));
	/* Who finds a list by its digest does not make it again. */
	if ((r->gives & RDL_GIVES_OBJECTS) != 0 && r->list.digest != 0)
		CHECK(r->list.digest == rdl_object_list_digest(&gateway_list_key, r->list.objects));
	check_whole(p);
}

static void check_answered(const struct packet *p)
{
	const struct rdl_frame *frame = &p->packet.frame;

	if (p->verdict == RDL_NET_DROP_udp_port) {
		CHECK(inside((struct rdl_span){ p->buffer, p->room }, frame->data, frame->len));
		return;
	}
	if (p->verdict != RDL_NET_ANSWERED) {
		check_reply(p);
		return;
	}
	CHECK(rdl_span_equal((struct rdl_span){ frame->data, frame->len },
		(struct rdl_span){ p->alone.data, p->alone.len }));
}

static bool wants_answer(const struct packet *p)
{
	struct rdl_coap_message m;
	enum rdl_coap_verdict verdict;

	if (p->verdict != RDL_NET_DATAGRAM || p->datagram.multicast)
		return false;
	verdict = rdl_coap_parse(asked(p), &m);
	return (verdict == RDL_COAP_MESSAGE || verdict == RDL_COAP_FORMAT) &&
	       m.type == RDL_COAP_CON;
}

static void read_news(const struct packet *p)
{
	struct rdl_news news;

	CHECK(p->verdict == RDL_NET_NEWS);
	rdl_net_read_news(&gateway_interfaces[p->packet.frame.port], &p->packet.frame, &news);
}

/* One burst, of the packets that have come since the last. */
static void run_burst(bool hold)
{
	struct rdl_packet *burst_packets[RDL_BURST_MAX] = { NULL };
	unsigned n = packet_count - burst_first;
	uint64_t silent = silences(), unanswered = 0;

	for (unsigned i = 0; i < n; i++) {
		burst_packets[i] = &packets[burst_first + i].packet;
		answers_await(&packets[burst_first + i]);
	}
	pipeline.now_ms = now_ms;
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, burst_packets, n);
	CHECK(burst_is_split(burst, n));
	for (unsigned i = 0; i < n; i++) {
		struct packet *p = &packets[burst_first + i];

		if ((burst->reply >> i & 1) != 0) {
			check_answered(p);
		} else if ((burst->drop >> i & 1) != 0) {
			unanswered += wants_answer(p);
			if ((burst->news >> i & 1) != 0)
				read_news(p);
		} else if ((burst->foreign >> i & 1) != 0) {
			CHECK(p->packet.frame.port == 1 &&
				rdl_net_is_foreign(
					&gateway_interfaces[1], &p->packet.frame, p->verdict));
			if ((burst->news >> i & 1) != 0)
				read_news(p);
		} else if ((burst->fragment >> i & 1) != 0) {
			CHECK(p->verdict == RDL_NET_DROP_fragment);
		} else if ((burst->answer >> i & 1) != 0) {
			CHECK(burst->shard[i] == 0);
			answers_check(p);
		} else {
			CHECK(burst->shard[i] == 0);
			check_handed_over(p);
			if (p->shed)
				rdl_pipeline_shed(&pipeline, &p->packet);
			else
				pending[pending_count++] = p;
		}
	}
	CHECK(unanswered <= silences() - silent);
	for (rdl_packet_set left = burst->answer; left != 0;) {
		struct packet *p = &packets[burst_first + rdl_packet_pop(&left)];

		if (p->shed)
			rdl_pipeline_shed_answer(&pipeline, &p->packet);
		else
			answers_give_back(p);
	}
	burst_first = packet_count;
	if (!hold)
		answer_pending();
}

/* ---- an input ---- */

/* Puts locations that were given where the message asks for one. */
static struct rdl_span with_locations(struct rdl_span body, uint8_t *octets)
{
	struct rdl_coap_message m;
	struct rdl_coap_option option;

	if (body.len > FRAME_MAX)
		body.len = FRAME_MAX;
	memcpy(octets, body.data, body.len);
	body.data = octets;
	answers_spell(octets, body.len);
	if (location_count == 0 || rdl_coap_parse(body, &m) != RDL_COAP_MESSAGE)
		return body;
	struct rdl_coap_options options = rdl_coap_options(&m);
	while (rdl_coap_option_next(&options, &option) > 0)
		if (option.number == RDL_COAP_URI_PATH && option.len == RDL_LOCATION_LEN &&
			option.value[0] == '@')
			memcpy(octets + (option.value - octets),
				locations[option.value[1] % LOCATIONS], RDL_LOCATION_LEN);
	return body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_span input = { data, size };
	struct record record;
	bool hold = false;

	gateway_begin();
	memset(locations, 0, sizeof(locations));
	packet_count = burst_first = location_count = 0;
	while (packet_count < PACKETS_MAX && next_record(&input, &record)) {
		uint8_t octets[FRAME_MAX];

		if (record.pause > 0 || (record.control & NEW_BURST) != 0 ||
			packet_count - burst_first == RDL_BURST_MAX)
			run_burst(hold);
		now_ms += pause_ms(record.pause);
		hold = (record.control & HOLD) != 0;
		if ((record.control & FORM) >= FORM_IPV4)
			record.body = with_locations(record.body, octets);
		struct test_frame frame = make_frame(&record);
		packet_init(&packets[packet_count++], &record, &frame, &pipeline.config.block_key);
	}
	run_burst(false);
	gateway_end();
	for (unsigned i = 0; i < packet_count; i++)
		packet_free(&packets[i]);
	return 0;
}
