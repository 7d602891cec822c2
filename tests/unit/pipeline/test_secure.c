/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A burst of clear text and of records, whose opening and sealing are this test's own: what is to
 * become of each is said in its first octets.
 */
#include "fixture.h"

#include <stdlib.h>

#include "records.h"
#include "sessions.h"

#define REQUEST_HEAD 29
#define HEAD 21
#define TAIL 8
#define SECURE_PORT 5684
#define OVER 666 /* a session that ends before its replies are written */
#define BURST 16
#define REST 100

static struct rdl_dtls *dtls;
static struct rdl_identities *identities;
static uint32_t proved; /* of those who may register anything */
static struct rdl_interface interface;
static struct rdl_refusals refusals;
static uint64_t session_generation; /* of sessions, beside the octets that datagrams have of them */
static uint16_t rest_len; /* of each message: what stands at REST */

/* A datagram: verdict, thread, session, the latter four octets; of a record its header's length. */
void rdl_dtls_open(
	struct rdl_dtls *unused, struct rdl_dtls_item items[], unsigned count, uint32_t now_s)
{
	(void)unused;
	(void)now_s;
	for (unsigned i = 0; i < count; i++) {
		struct rdl_datagram *datagram = items[i].datagram;

		items[i].verdict = datagram->data[0];
		items[i].to = datagram->data[1];
		items[i].evicted = datagram->data[0] == RDL_DTLS_BEGIN ? 77 : 0;
		datagram->session = session_generation << 32 | rdl_get_be32(datagram->data + 2);
		if (items[i].verdict == RDL_DTLS_ANSWER) {
			memset(datagram->data, 0xc0, 5);
			datagram->len = 5;
		} else if (items[i].verdict == RDL_DTLS_MESSAGE) {
			items[i].rest = datagram->data + REST;
			items[i].rest_len = rest_len;
			items[i].head = HEAD;
			items[i].tail = TAIL;
			items[i].request_head = REQUEST_HEAD;
			datagram->identity = proved;
			datagram->data += REQUEST_HEAD;
			datagram->len = (uint16_t)(datagram->len - REQUEST_HEAD - TAIL);
		}
	}
}

void rdl_dtls_seal(struct rdl_dtls *unused, struct rdl_dtls_seal items[], unsigned count)
{
	(void)unused;
	for (unsigned i = 0; i < count; i++) {
		items[i].sealed = items[i].session != OVER;
		if (!items[i].sealed)
			continue;
		memset(items[i].text - HEAD, 0xd0, HEAD);
		for (unsigned k = 0; k < items[i].len; k++)
			items[i].text[k] ^= 0x55;
		memset(items[i].text + items[i].len, 0xd1, TAIL);
	}
}

static void *zeroed(size_t len)
{
	len = (len + RDL_CACHE_LINE - 1) & ~(size_t)(RDL_CACHE_LINE - 1);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	return memset(memory, 0, len);
}

static void know_identities(void)
{
	static const uint8_t any[] = { 1, '*' };
	const struct rdl_identities_config config = { .identities = 8, .octets = 8 };
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, { any, sizeof(any) } };
	struct rdl_policy_config judged = gateway_policy();

	identities = rdl_identities_init(&config, zeroed(rdl_identities_memory(&config)));
	proved =
		rdl_identities_intern(identities, &identity, (struct rdl_span){ any, sizeof(any) });
	assert_int_not_equal(proved, 0);
	judged.identities = identities;
	use_policy(&judged);
}

static void release(void *context, uint32_t identity)
{
	assert_null(context);
	assert_int_equal(identity, 0);
}

static int start(void **state)
{
	const struct rdl_dtls_config table = { .workers = 2,
		.sessions = 64,
		.release = release,
		.handshakers = 4,
		.handshakes = 4,
		.idle_s = 300,
		.handshake_s = 60 };
	struct rdl_pipeline_config config = gateway_worker(SLOTS);

	setup(state);
	know_identities();
	interface = gateway_interfaces[0];
	rdl_net_add_udp_port(&interface, SECURE_PORT);
	dtls = rdl_dtls_init(&table, zeroed(rdl_dtls_memory(&table)));
	config.interfaces = &interface;
	config.dtls = dtls;
	config.dtls_udp_port = 1;
	config.refusals = &refusals;
	gateway_worker_stop(&pipeline);
	gateway_worker_start(&pipeline, &config);
	return 0;
}

static int stop(void **state)
{
	free(dtls);
	free(identities);
	return teardown(state);
}

/* To the secure port, from a peer's port of its own; without a message: a verdict alone. */
static struct run datagram_of(
	enum rdl_dtls_verdict verdict, uint32_t session, uint16_t port, const struct message *m)
{
	uint8_t octets[256] = { (uint8_t)verdict, 3 };
	size_t len = m == NULL ? 60 : m->len;

	rdl_put_be32(octets + 2, session);
	if (m != NULL)
		memcpy(octets + REQUEST_HEAD, m->octets, len);
	struct run run = { .spec = { .from = PEER_IPV4,
				   .to = OUR_IPV4,
				   .from_port = port,
				   .to_port = SECURE_PORT,
				   .payload = octets,
				   .payload_len = REQUEST_HEAD + len + TAIL } };
	run.sent = frame_build(&run.spec);
	run_place(&run, run.sent.data, run.sent.len);
	return run;
}

static struct run clear_of(const struct message *m)
{
	struct run run = { .spec = { .from = PEER_IPV4,
				   .to = OUR_IPV4,
				   .payload = m->octets,
				   .payload_len = m->len } };

	run.sent = frame_build(&run.spec);
	run_place(&run, run.sent.data, run.sent.len);
	return run;
}

static const struct rdl_burst *go(struct run runs[], unsigned count)
{
	struct rdl_packet *packets[BURST];

	for (unsigned i = 0; i < count; i++)
		packets[i] = &runs[i].packet;
	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, packets, count);
	assert_int_equal(rdl_packet_count(burst->reply) + rdl_packet_count(burst->hand_over) +
				 rdl_packet_count(burst->parcel) +
				 rdl_packet_count(burst->elsewhere) + rdl_packet_count(burst->drop),
		count);
	assert_int_equal(
		all_drops() - counter(RDL_STAT_drop_dtls_rest) - counter(RDL_STAT_drop_dtls_record),
		rdl_packet_count(burst->drop));
	assert_int_equal(counter(RDL_STAT_tx_frames), rdl_packet_count(burst->reply));
	return burst;
}

/* One that is for a shard as an answer. */
static const struct rdl_burst *go_for_answer(struct run *run)
{
	struct rdl_packet *packet = &run->packet;

	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, &packet, 1);
	assert_int_equal(burst->answer, 1);
	assert_int_equal(burst->reply | burst->hand_over | burst->drop | burst->parcel, 0);
	return burst;
}

/* The frame is a record of this reply, by the secure port. */
static void expect_sealed(struct run *run, const struct message *reply)
{
	uint8_t record[256];

	memset(record, 0xd0, HEAD);
	for (size_t i = 0; i < reply->len; i++)
		record[HEAD + i] = reply->octets[i] ^ 0x55;
	memset(record + HEAD + reply->len, 0xd1, TAIL);
	expect_reply_frame(run, record, HEAD + reply->len + TAIL);
}

static void test_mixed(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	struct message refused = line("CON POST 11:rd 15:lt=60" OBJECTS);
	struct message ping = line_hex("40001234");
	const uint8_t answer[] = { 0xc0, 0xc0, 0xc0, 0xc0, 0xc0 };
	struct run runs[] = {
		clear_of(&update),
		datagram_of(RDL_DTLS_MESSAGE, 9, 1, &update),
		datagram_of(RDL_DTLS_ANSWER, 0, 2, NULL),
		datagram_of(RDL_DTLS_BEGIN, 10, 3, NULL),
		datagram_of(RDL_DTLS_MORE, 10, 4, NULL),
		datagram_of(RDL_DTLS_DROP_replay, 0, 5, NULL),
		datagram_of(RDL_DTLS_MESSAGE, 9, 6, &refused),
		datagram_of(RDL_DTLS_MESSAGE, 9, 7, &ping),
		datagram_of(RDL_DTLS_MESSAGE, OVER, 8, &refused),
		datagram_of(RDL_DTLS_CLOSED, 9, 9, NULL),
		clear_of(&refused),
	};
	const struct rdl_burst *burst = go(runs, RDL_ARRAY_LEN(runs));
	struct message reset = line_hex("70001234");
	struct message why = line_reply(&refused, RDL_COAP_BAD_REQUEST, SALT);
	const char *text = rdl_reason_text((enum rdl_reason)runs[10].packet.request.reason);

	assert_int_equal(burst->hand_over, 0x003);
	assert_int_equal(burst->reply, 0x4c4);
	assert_int_equal(burst->parcel, 0x018);
	assert_int_equal(burst->drop, 0x320);
	assert_int_equal(counter(RDL_STAT_dtls_cookies), 1);
	assert_int_equal(counter(RDL_STAT_drop_dtls_replay), 1);
	assert_int_equal(counter(RDL_STAT_drop_dtls_over), 1);
	assert_int_equal(counter(RDL_STAT_drop_dtls_closed), 1);
	assert_int_equal(counter(RDL_STAT_resets), 1);
	assert_int_equal(counter(RDL_STAT_code_4_00), 2);
	assert_int_equal(counter(RDL_STAT_code_other), 0);

	assert_int_equal(runs[0].packet.request.identity, 0);
	assert_int_equal(runs[0].packet.reply.head, 0);
	assert_int_equal(runs[1].packet.request.identity, proved);
	assert_int_equal(runs[1].packet.session, 9);
	assert_true(runs[0].packet.request.exchange != runs[1].packet.request.exchange);
	expect_reply_frame(&runs[2], answer, sizeof(answer));
	expect_sealed(&runs[7], &reset);
	if (refused.len >= why.len + 1 + strlen(text))
		message_payload(&why, text, strlen(text));
	expect_reply_frame(&runs[10], why.octets, why.len);
	assert_int_equal(runs[6].packet.frame.len, runs[6].packet.frame.l2_len +
							   runs[6].packet.frame.l3_len + 8 + HEAD +
							   runs[6].packet.reply.len + TAIL);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(runs); i++)
		run_end(&runs[i]);
}

static void test_parcels(void **state)
{
	struct run runs[] = {
		datagram_of(RDL_DTLS_BEGIN, 10, 3, NULL),
		datagram_of(RDL_DTLS_MORE, 11, 4, NULL),
		datagram_of(RDL_DTLS_RECORD, 12, 5, NULL),
	};
	static const uint8_t kinds[] = { RDL_PARCEL_BEGIN, RDL_PARCEL_MORE, RDL_PARCEL_RECORD };
	const struct rdl_burst *burst = go(runs, 3);

	assert_int_equal(burst->parcel, 7);
	for (unsigned i = 0; i < 3; i++) {
		const struct rdl_dtls_parcel *parcel = &runs[i].packet.parcel;

		assert_int_equal(burst->handshaker[i], 3);
		assert_int_equal(parcel->kind, kinds[i]);
		assert_false(parcel->again);
		assert_int_equal(parcel->text_len, 0);
		assert_int_equal(parcel->worker, 0);
		assert_int_equal(parcel->session, 10 + i);
		assert_int_equal(parcel->evicted, i == 0 ? 77 : 0);
		assert_int_equal(parcel->len, runs[i].spec.payload_len);
		assert_memory_equal(
			parcel->data, runs[i].sent.data + runs[i].sent.l4 + 8, parcel->len);
		assert_int_equal(parcel->way.peer.port, 3 + i);
		assert_int_equal(parcel->way.local.udp_port, 1);
		assert_memory_equal(parcel->way.mac, frame_peer_mac, 6);
		run_end(&runs[i]);
	}
}

/* Another worker's session's, once; whose frames they are is kept with what leaves this core. */
static void test_elsewhere(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));

	for (uint8_t home = 0; home < 6; home += 5) {
		struct run runs[] = {
			datagram_of(RDL_DTLS_ELSEWHERE, 0, 1, NULL),
			datagram_of(RDL_DTLS_MORE, 11, 2, NULL),
			datagram_of(RDL_DTLS_MESSAGE, 9, 3, &update),
		};

		pipeline.home = home;
		const struct rdl_burst *burst = go(runs, 3);
		assert_int_equal(burst->elsewhere, home == 0);
		assert_int_equal(burst->drop, home != 0);
		assert_int_equal(counter(RDL_STAT_drop_dtls_session), home != 0);
		if (home == 0)
			assert_int_equal(burst->worker[0], 3);
		assert_int_equal(runs[1].packet.home, home);
		assert_int_equal(runs[2].packet.home, home);
		for (unsigned i = 0; i < 3; i++)
			run_end(&runs[i]);
	}
	pipeline.home = 0;
}

#define FRAMES 20
static struct {
	struct rdl_frame frame;
	uint8_t octets[512];
} made[FRAMES];
static unsigned made_count, make_most;

static struct rdl_frame *make(void *context, unsigned port, unsigned len)
{
	struct rdl_frame *frame = &made[made_count].frame;

	assert_ptr_equal(context, made);
	assert_in_range(len, 1, sizeof(made[0].octets));
	if (made_count == make_most)
		return NULL;
	made_count++;
	*frame = (struct rdl_frame){ .data = made[made_count - 1].octets,
		.room = sizeof(made[0].octets),
		.port = (uint8_t)port };
	return frame;
}

/* Messages, behind each of which so many records stand, of 13 octets and their number. */
static const struct rdl_burst *go_with_rest(
	struct run runs[], unsigned count, unsigned records, unsigned octets_more)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	static const uint8_t head[13] = { 23, 0xfe, 0xfd, 0, 1 };

	pipeline.config.make = make;
	pipeline.config.context = made;
	made_count = 0;
	rest_len = (uint16_t)(records * sizeof(head) + records * (records - 1) / 2 + octets_more);
	for (unsigned i = 0; i < count; i++) {
		runs[i] = datagram_of(RDL_DTLS_MESSAGE, 9, (uint16_t)(i + 1), &update);
		uint8_t *at = runs[i].packet.frame.data + runs[i].sent.l4 + 8 + REST;

		for (uint8_t r = 0; r < records; r++) {
			memcpy(at, head, sizeof(head));
			at[10] = at[12] = r;
			at += sizeof(head) + r;
		}
	}
	return go(runs, count);
}

static void end_runs(struct run runs[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		run_end(&runs[i]);
	rest_len = 0;
}

/* Records behind the first become frames that might have come, as far as there are any. */
static void test_rest(void **state)
{
	struct run runs[6];
	const struct rdl_burst *burst;

	make_most = FRAMES;
	burst = go_with_rest(runs, 2, 3, 0);
	assert_int_equal(burst->hand_over, 3);
	assert_int_equal(burst->rest_count, 6);
	for (unsigned i = 0; i < 6; i++) {
		struct rdl_datagram datagram;

		assert_ptr_equal(burst->rest[i], &made[i].frame);
		assert_int_equal(
			rdl_net_input(&interface, burst->rest[i], &datagram), RDL_NET_DATAGRAM);
		assert_int_equal(datagram.peer.port, 1 + i / 3);
		assert_int_equal(datagram.local.udp_port, 1);
		assert_int_equal(datagram.len, 13 + i % 3);
		assert_int_equal(datagram.data[10], i % 3);
	}
	end_runs(runs, 2);
}

static void test_rest_bounded(void **state)
{
	static const struct {
		unsigned count, records, octets_more, frames, taken, shed, malformed;
	} cases[] = {
		{ 1, 4, 0, FRAMES, 3, 1, 0 }, /* too many in the datagram */
		{ 6, 3, 0, FRAMES, 16, 1, 0 }, /* in the burst */
		{ 2, 2, 0, 3, 3, 1, 0 }, /* no frame */
		{ 1, 2, 5, FRAMES, 2, 0, 1 }, /* no record */
	};

	for (size_t c = 0; c < RDL_ARRAY_LEN(cases); c++) {
		struct run runs[6];

		make_most = cases[c].frames;
		const struct rdl_burst *burst =
			go_with_rest(runs, cases[c].count, cases[c].records, cases[c].octets_more);
		assert_int_equal(burst->rest_count, cases[c].taken);
		assert_int_equal(counter(RDL_STAT_drop_dtls_rest), cases[c].shed);
		assert_int_equal(counter(RDL_STAT_drop_dtls_record), cases[c].malformed);
		end_runs(runs, cases[c].count);
	}
}

/* The same message in one session is the same exchange, whatever port it comes from. */
static void test_exchanges(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	struct run runs[] = {
		datagram_of(RDL_DTLS_MESSAGE, 9, 1, &update),
		datagram_of(RDL_DTLS_MESSAGE, 9, 2, &update),
		datagram_of(RDL_DTLS_MESSAGE, 8, 1, &update),
	};

	assert_int_equal(go(runs, 3)->hand_over, 7);
	assert_true(runs[0].packet.request.exchange == runs[1].packet.request.exchange);
	assert_true(runs[0].packet.request.exchange != runs[2].packet.request.exchange);
	for (unsigned i = 0; i < 3; i++)
		run_end(&runs[i]);
}

/* So is a body in blocks: the second comes from another port, and the other session has none. */
static void test_blocks(void **state)
{
	struct message first = line("CON POST 11:rd 15:ep=a 27:#08 | </1/0>,</3/0>,</"),
		       last = line("CON POST 11:rd 15:ep=a 27:#10 | 4/0>");
	struct run runs[] = {
		datagram_of(RDL_DTLS_MESSAGE, 9, 1, &first),
		datagram_of(RDL_DTLS_MESSAGE, 8, 1, &last),
		datagram_of(RDL_DTLS_MESSAGE, 9, 2, &last),
	};
	const struct rdl_burst *burst = go(runs, 3);

	assert_int_equal(burst->reply, 3);
	assert_int_equal(counter(RDL_STAT_code_2_31), 1);
	assert_int_equal(counter(RDL_STAT_code_4_08), 1);
	assert_int_equal(runs[2].packet.reply.block1, 0x10);
	for (unsigned i = 0; i < 3; i++)
		run_end(&runs[i]);
}

/* A new session of the table, by a Hello that it has not seen. */
static uint64_t establish(uint16_t port)
{
	static uint64_t hello;
	struct rdl_datagram datagram = { .peer = { .port = port }, .local = { .udp_port = 1 } };
	struct rdl_dtls_keys keys = { .mode = 1, .peer_cid_len = RDL_DTLS_NO_CID };
	uint64_t session, evicted;

	hello++;
	assert_int_equal(
		rdl_dtls_begin(dtls, &datagram, hello, 1000, &session, &evicted), RDL_DTLS_BEGUN);
	assert_true(rdl_dtls_establish(dtls, session, &keys, 1000));
	return session;
}

static rdl_packet_set answer(struct run *run, uint8_t code, uint32_t lifetime_s, uint64_t session)
{
	struct rdl_packet *packet = &run->packet;

	packet->request.code = code;
	packet->request.lifetime_s = lifetime_s;
	packet->session = session;
	return rdl_pipeline_replies(&pipeline, policy, &packet, 1);
}

static void test_answers(void **state)
{
	static const struct {
		uint8_t code;
		uint32_t lifetime_s, registered;
	} answers[] = { { RDL_COAP_CHANGED, 60, 1 }, { RDL_COAP_CHANGED, 60, 1 },
		{ RDL_COAP_DELETED, 60, 0 }, { RDL_COAP_CREATED, 60, 1 },
		/* A copy whose registration is gone. */
		{ RDL_COAP_CREATED, 0, 1 } };
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	uint64_t session = establish(1);

	pipeline.now_ms = 1000000;
	for (unsigned i = 0; i < RDL_ARRAY_LEN(answers); i++) {
		struct run run = datagram_of(RDL_DTLS_MESSAGE, 1, 1, &update);
		struct message reply = line_reply(&update, answers[i].code, SALT);

		assert_int_equal(go(&run, 1)->hand_over, 1);
		run.packet.request.location = some_location;
		assert_int_equal(answer(&run, answers[i].code, answers[i].lifetime_s, session), 1);
		if (answers[i].code != RDL_COAP_CREATED)
			expect_sealed(&run, &reply);
		assert_int_equal(counter(rdl_stat_of_code(answers[i].code)), 1);
		assert_int_equal(rdl_dtls_counts(dtls)->registered, answers[i].registered);
		assert_int_equal(rdl_dtls_registration(dtls, session),
			answers[i].registered == 1 ? some_location.handle : RDL_DTLS_NONE);
		run_end(&run);
	}
	/* And no longer than the registration. */
	assert_false(rdl_dtls_is_over(dtls, rdl_dtls_find(dtls, session), 1060));
	assert_true(rdl_dtls_is_over(dtls, rdl_dtls_find(dtls, session), 1061));
}

static uint64_t left; /* a session of another worker's, as was told */

static void note_left(void *context, uint64_t session)
{
	assert_ptr_equal(context, &left);
	left = session;
}

/* Whom a registration lived by before: ours is kept no longer, of another its worker is told. */
static void test_former(void **state)
{
	const uint64_t foreign = UINT64_C(1) << 32 | 1 << 24;
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	uint64_t former = establish(1), session = establish(2);
	const uint64_t before[] = { 0, session, former, foreign };

	pipeline.config.leave = note_left;
	pipeline.config.context = &left;
	left = 0;
	rdl_dtls_keep(dtls, former, 600, 1000);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(before); i++) {
		struct run run = datagram_of(RDL_DTLS_MESSAGE, 1, 1, &update);

		assert_int_equal(go(&run, 1)->hand_over, 1);
		assert_int_equal(run.packet.request.session, 1);
		run.packet.request.session = before[i];
		assert_int_equal(answer(&run, RDL_COAP_CHANGED, 60, session), 1);
		assert_int_equal(rdl_dtls_counts(dtls)->registered, i < 2 ? 2 : 1);
		assert_true(left == (i < 3 ? 0 : foreign));
		run_end(&run);
	}
	assert_true(rdl_dtls_is_over(dtls, rdl_dtls_find(dtls, former), 1301));
	rdl_dtls_end(dtls, former);
	rdl_dtls_end(dtls, session);
}

/* Whose request was refused is noted, be it by the worker or by a shard. */
static void test_refusals(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	struct message refused = line("CON POST 11:rd 15:lt=60" OBJECTS);
	struct run runs[] = { datagram_of(RDL_DTLS_MESSAGE, 9, 1, &refused), clear_of(&refused),
		datagram_of(RDL_DTLS_MESSAGE, 9, 1, &update) };
	uint32_t identity[] = { proved, 0, proved };
	uint64_t before = rdl_refusals_count(&refusals);

	assert_int_equal(go(runs, 3)->hand_over, 4);
	runs[2].packet.request.reason = RDL_REASON_other_identity;
	answer(&runs[2], RDL_COAP_BAD_REQUEST, 0, 9);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(runs); i++) {
		struct rdl_refusal r = { .time_ms = 0 };

		assert_true(rdl_refusals_get(&refusals, before + i, &r));
		assert_int_equal(r.identity, identity[i]);
		run_end(&runs[i]);
	}
}

/* Its session has ended since: nothing is sent, and that is counted. */
static void test_over(void **state)
{
	struct message update = line_at("CON POST 11:rd 11:@", make_id(some_location));
	struct run run = datagram_of(RDL_DTLS_MESSAGE, 1, 1, &update);

	assert_int_equal(go(&run, 1)->hand_over, 1);
	assert_int_equal(answer(&run, RDL_COAP_CHANGED, 60, OVER), 0);
	assert_int_equal(counter(RDL_STAT_drop_dtls_over), 1);
	assert_int_equal(counter(RDL_STAT_code_2_04), 0);
	assert_int_equal(counter(RDL_STAT_tx_frames), 0);
	run_end(&run);
}

/* ---- requests to devices ---- */

static const struct rdl_key token_secret = { 5, 5 };

static void ask_devices(void)
{
	static struct rdl_owners *awaited;

	if (awaited == NULL)
		awaited = rdl_owners_init(zeroed(rdl_owners_memory(10)), 10);
	pipeline.config.awaited = awaited;
	pipeline.config.shards = 2;
	rdl_speck_expand(&pipeline.config.token_key, &token_secret);
}

static struct message response(uint32_t handle)
{
	uint8_t token[RDL_TOKEN_LEN];
	struct message m;

	rdl_token_write(&pipeline.config.token_key, &(struct rdl_token){ handle, 3 }, token);
	message_start(&m, RDL_COAP_CON, RDL_COAP_CONTENT, 0xbeef, token, sizeof(token));
	message_payload(&m, "21.5", 4);
	return m;
}

static rdl_packet_set send_back(struct run *run, enum rdl_answer_back back, uint8_t code)
{
	struct rdl_packet *packet = &run->packet;

	packet->answer.back = (uint8_t)back;
	packet->answer.back_code = code;
	return rdl_pipeline_acknowledge(&pipeline, &packet, 1);
}

/* The shard learns by whom; what goes back is sealed, unless the session is over. */
static void test_device_answers(void **state)
{
	ask_devices();
	for (uint32_t session = OVER - 1; session <= OVER; session++) {
		struct message m = response(0x01000007), ack = line_hex("6000beef");
		struct run run = datagram_of(RDL_DTLS_MESSAGE, session, 1, &m);

		const struct rdl_burst *burst = go_for_answer(&run);
		assert_int_equal(burst->shard[0], 1);
		assert_int_equal(run.packet.answer.kind, RDL_ANSWER_RESPONSE);
		assert_int_equal(run.packet.answer.session, session);
		assert_int_equal(run.packet.answer.handle, 0x01000007);
		assert_int_equal(run.packet.answer.number, 3);
		assert_int_equal(run.packet.answer.identity, proved);
		assert_int_equal(run.packet.answer.local.udp_port, 1);
		assert_int_equal(run.packet.answer.payload.len, 4);
		assert_memory_equal(run.packet.answer.payload.data, "21.5", 4);
		assert_int_equal(send_back(&run, RDL_BACK_ACK, 0), session != OVER);
		assert_int_equal(counter(RDL_STAT_drop_dtls_over), session == OVER);
		if (session != OVER)
			expect_sealed(&run, &ack);
		run_end(&run);
	}
}

/* Of a session that a registration lives by, and of no other. */
static void test_send(void **state)
{
	struct message send = line("CON POST 11:dp 12:#6e | [1]");
	struct message get = line("CON GET 11:dp");
	struct message changed = line_reply(&send, RDL_COAP_CHANGED, SALT);
	uint64_t session = establish(1);
	uint32_t name = (uint32_t)session;
	struct run run;

	session_generation = session >> 32;
	ask_devices();
	run = datagram_of(RDL_DTLS_MESSAGE, name, 1, &send);
	assert_int_equal(go(&run, 1)->reply, 1);
	assert_int_equal(counter(RDL_STAT_code_4_04), 1);
	run_end(&run);
	rdl_dtls_keep(dtls, session, 600, 1000);
	rdl_dtls_set_registration(dtls, session, 0x01000007);
	run = datagram_of(RDL_DTLS_MESSAGE, name, 1, &get);
	assert_int_equal(go(&run, 1)->reply, 1);
	assert_int_equal(counter(RDL_STAT_code_4_04), 1);
	run_end(&run);
	run = datagram_of(RDL_DTLS_MESSAGE, name, 1, &send);
	assert_int_equal(go_for_answer(&run)->shard[0], 1);
	assert_int_equal(run.packet.answer.kind, RDL_ANSWER_SEND);
	assert_int_equal(run.packet.answer.handle, 0x01000007);
	assert_int_equal(run.packet.answer.session, session);
	assert_int_equal(run.packet.answer.content_format, 110);
	assert_int_equal(run.packet.answer.payload.len, 3);
	assert_int_equal(send_back(&run, RDL_BACK_CODE, RDL_COAP_CHANGED), 1);
	expect_sealed(&run, &changed);
	assert_int_equal(counter(RDL_STAT_code_2_04), 1);
	run_end(&run);
	rdl_dtls_end(dtls, session);
	session_generation = 0;
}

/* What comes in blocks is one Send when it is whole. */
static void test_send_in_blocks(void **state)
{
	struct message first = line("CON POST 11:dp 12:#6e 27:#08 | 0123456789abcdef"),
		       last = line("CON POST 11:dp 12:#6e 27:#10 | ghi");
	uint64_t session = establish(1);
	struct run run;

	session_generation = session >> 32;
	ask_devices();
	rdl_dtls_keep(dtls, session, 600, 1000);
	rdl_dtls_set_registration(dtls, session, 0);
	run = datagram_of(RDL_DTLS_MESSAGE, (uint32_t)session, 1, &first);
	assert_int_equal(go(&run, 1)->reply, 1);
	assert_int_equal(counter(RDL_STAT_code_2_31), 1);
	run_end(&run);
	run = datagram_of(RDL_DTLS_MESSAGE, (uint32_t)session, 1, &last);
	go_for_answer(&run);
	assert_int_equal(run.packet.answer.payload.len, 19);
	assert_memory_equal(run.packet.answer.payload.data, "0123456789abcdefghi", 19);
	assert_int_equal(run.packet.reply.block1, 0x10);
	rdl_pipeline_shed_answer(&pipeline, &run.packet);
	assert_int_equal(counter(RDL_STAT_drop_shed_send), 1);
	run_end(&run);
	rdl_dtls_end(dtls, session);
	session_generation = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_parcels),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_rest_bounded),
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_former),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_device_answers),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_in_blocks),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
