/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to devices, from the shard to the wire, and what devices answer, from the wire to the
 * shard and back: two workers of two queues, behind a router that is known.
 */
#include "fixture.h"
#include "layer.h"

/* Of its internal.h, a name that other rooms have, too. */
bool worker_converse(struct worker *worker, unsigned shard);

#define HERE 0
#define OTHER 1
#define PORT 40001
#define HANDLE 5

static const struct rdl_peer device = { .address = { [10] = 0xff, 0xff, 198, 51, 100, 7 },
	.port = PORT };
static const uint8_t get[] = { 0x48, 1, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 0xb1, '3' };

static struct rdl_transmission out_there[TRANSMISSIONS];
static struct rdl_dtls_letter opening;
static uint64_t mine; /* the client's session */

/* ---- what is around ---- */

/* Frames that the first worker has sent of its own accord. */
static void forget_sent(unsigned s)
{
	struct rte_mbuf *m;

	while (rte_ring_dequeue(out[s], (void **)&m) == 0)
		rte_pktmbuf_free(m);
}

static void rounds(void)
{
	for (unsigned n = 0; n < 64; n++)
		step(HERE);
	forget_sent(HERE);
}

static int begin_behind_router(void **state)
{
	seat_count = 2;
	told_ports = 1;
	if (begin(state) != 0)
		return -1;
	interface.ipv4_count = interface.ipv6_count = 0;
	rdl_net_add_ipv4(&interface, 0xc0000201, 24);
	rdl_net_add_ipv4_router(&interface, 0xc00002fe);
	for (unsigned n = 0; n < 3; n++) {
		rounds();
		own_clock_pass(1000);
	}
	memset(out_there, 0, sizeof(out_there));
	return 0;
}

static void router_answers(void)
{
	rounds();
	arrive_arp(HERE, frame_our_mac,
		"0001 0800 06 04 0002 020000000099 c00002fe 020000000001 c0000201");
	step(HERE);
}

/* ---- the shard ---- */

static struct rdl_transmission transmission(uint64_t session)
{
	struct rdl_transmission t = { .kind = RDL_TRANSMISSION,
		.result = 99,
		.len = sizeof(get),
		.local = { .udp_port = session != 0 },
		.peer = device,
		.session = session,
		.handle = HANDLE };

	memcpy(t.octets, get, sizeof(get));
	return t;
}

/* Gives them to a worker, and has them back: returns what it says of the first. */
static enum rdl_transmission_result transmit(unsigned s, unsigned count)
{
	void *batch[TRANSMISSIONS];

	for (unsigned i = 0; i < count; i++)
		batch[i] = &out_there[i];
	rdl_channel_send(&seats[s].dialogue, batch, count);
	assert_true(step(s));
	assert_int_equal(rdl_channel_take(&seats[s].dialogue, batch, TRANSMISSIONS), count);
	for (unsigned i = 0; i < count; i++)
		assert_ptr_equal(batch[i], &out_there[i]);
	rdl_channel_came_back(&seats[s].dialogue, count);
	return (enum rdl_transmission_result)out_there[0].result;
}

static enum rdl_transmission_result transmit_one(unsigned s, struct rdl_transmission t)
{
	out_there[0] = t;
	return transmit(s, 1);
}

static struct rdl_answer *take_answer(unsigned s)
{
	void *batch[ANSWERS];

	assert_int_equal(rdl_channel_take(&seats[s].dialogue, batch, ANSWERS), 1);
	return batch[0];
}

static void give_answer_back(unsigned s, struct rdl_answer *answer, enum rdl_answer_back back)
{
	void *message = answer;

	answer->back = (uint8_t)back;
	rdl_channel_give_back(&seats[s].dialogue, &message, 1);
	step(s);
}

/* ---- the device ---- */

static uint64_t open_session(unsigned s, uint8_t suite)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	mine = client_session();
	say_hello(s, PORT, hello);
	assert_int_equal(take_parcels(s, parcels), 1);
	opening = established(parcels[0]->session);
	opening.keys.suite = suite;
	write_letter(s, &opening);
	give_back(s, parcels[0]);
	step(s);
	assert_int_equal(letters_back(s), 1);
	return opening.session;
}

static struct message response(unsigned type)
{
	struct rdl_speck key;
	uint8_t token[RDL_TOKEN_LEN];
	struct message m;

	rdl_speck_expand(&key, &token_secret);
	rdl_token_write(&key, &(struct rdl_token){ HANDLE, 9 }, token);
	message_start(&m, type, RDL_COAP_CONTENT, 0xbeef, token, sizeof(token));
	message_payload(&m, "21.5", 4);
	return m;
}

static void arrive_clear(unsigned s, const void *octets, size_t len)
{
	arrive_at(s, PORT, 5683, octets, len);
}

/* The frame that was sent: its headers but for checksums, and its payload. Untagged, over IPv4. */
static void expect_sent(unsigned s, const void *octets, size_t len)
{
	struct rte_mbuf *m = NULL;

	assert_int_equal(rte_ring_dequeue(out[s], (void **)&m), 0);
	struct frame_spec spec = { .mac_to = frame_peer_mac,
		.mac_from = frame_our_mac,
		.from = "192.0.2.1",
		.to = "198.51.100.7",
		.from_port = 5683,
		.to_port = PORT,
		.payload = octets,
		.payload_len = len };
	struct test_frame want = frame_build(&spec);
	assert_int_equal(rte_pktmbuf_pkt_len(m), want.len);
	assert_memory_equal(rte_pktmbuf_mtod(m, uint8_t *), want.data, want.len);
	rte_pktmbuf_free(m);
}

static void expect_nothing_sent(unsigned s)
{
	assert_int_equal(rte_ring_count(out[s]), 0);
}

/* ---- out ---- */

/* The router is asked for first; then it goes there, to the device's address and port. */
static void in_clear_text(void **state)
{
	assert_int_equal(transmit_one(HERE, transmission(0)), RDL_TRANSMISSION_LATER);
	assert_int_equal(stat_of(HERE, RDL_STAT_device_requests), 0);
	router_answers();
	assert_int_equal(transmit_one(HERE, transmission(0)), RDL_TRANSMISSION_SENT);
	expect_sent(HERE, get, sizeof(get));
	expect_nothing_sent(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_device_requests), 1);
	assert_false(step(HERE));
}

/* By the tag that the device registered by, at the address that it did. */
static void by_its_tag(void **state)
{
	struct rdl_transmission t = transmission(0);
	struct test_frame f = { 0 };
	struct rte_mbuf *m = NULL;

	rdl_net_add_ipv4(&interface, 0xcb007101, 24);
	rdl_net_add_ipv4_router(&interface, 0xcb0071fe);
	t.local.address = 1;
	t.local.vlan = 7;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_LATER);
	rounds();
	frame_ethernet(&f, &(struct frame_spec){ .tags = "8100 0007" }, 0x0806);
	frame_append_hex(&f, "0001 0800 06 04 0002 020000000099 cb0071fe 020000000001 cb007101");
	arrive_frame(HERE, &f);
	step(HERE);
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	assert_int_equal(rte_ring_dequeue(out[HERE], (void **)&m), 0);
	const uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	assert_memory_equal(frame + 12, "\x81\0\0\7\x08\0", 6);
	assert_memory_equal(frame + 18 + 12, "\xcb\0\x71\1", 4);
	rte_pktmbuf_free(m);
}

static void in_a_session(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);

	(void)transmit_one(HERE, transmission(session));
	router_answers();
	out_there[0] = out_there[1] = transmission(session);
	out_there[1].octets[1] = RDL_COAP_POST;
	assert_int_equal(transmit(HERE, 2), RDL_TRANSMISSION_SENT);
	assert_int_equal(out_there[1].result, RDL_TRANSMISSION_SENT);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_GET);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_POST);
	expect_nothing_sent(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_device_requests), 2);
}

/* Over, or another worker's; among one in clear text, which goes. */
static void without_its_session(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);

	(void)transmit_one(HERE, transmission(0));
	router_answers();
	assert_int_equal(transmit_one(OTHER, transmission(session)), RDL_TRANSMISSION_NO_SESSION);
	rdl_dtls_end(seats[HERE].worker.pipeline.config.dtls, session);
	out_there[0] = transmission(session);
	out_there[1] = transmission(0);
	assert_int_equal(transmit(HERE, 2), RDL_TRANSMISSION_NO_SESSION);
	assert_int_equal(out_there[1].result, RDL_TRANSMISSION_SENT);
	expect_sent(HERE, get, sizeof(get));
	expect_nothing_sent(HERE);
	expect_nothing_sent(OTHER);
}

/* It takes no text as long as that: the frame is free again. */
static void session_with_a_limit(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);
	struct rdl_dtls *dtls = seats[HERE].worker.pipeline.config.dtls;

	(void)transmit_one(HERE, transmission(session));
	router_answers();
	rdl_dtls_find(dtls, session)->plaintext_max = sizeof(get) - 1;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			transmit_one(HERE, transmission(session)), RDL_TRANSMISSION_NO_SESSION);
	rdl_dtls_find(dtls, session)->plaintext_max = sizeof(get);
	assert_int_equal(transmit_one(HERE, transmission(session)), RDL_TRANSMISSION_SENT);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_GET);
}

/* A handshaker seals it, and sends it by the same way; nothing of it leaves in clear text. */
static void with_cbc(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CBC);
	struct rdl_dtls_parcel *parcels[8];

	(void)transmit_one(HERE, transmission(session));
	router_answers();
	assert_int_equal(transmit_one(HERE, transmission(session)), RDL_TRANSMISSION_SENT);
	expect_nothing_sent(HERE);
	assert_int_equal(take_parcels(HERE, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_REPLY);
	assert_true(parcels[0]->session == session);
	assert_int_equal(parcels[0]->worker, HERE);
	assert_int_equal(parcels[0]->len, sizeof(get));
	assert_memory_equal(parcels[0]->data, get, sizeof(get));
	assert_memory_equal(parcels[0]->way.mac, frame_peer_mac, 6);
	assert_memory_equal(&parcels[0]->way.peer, &device, sizeof(device));
	give_back(HERE, parcels[0]);
	step(HERE);
	assert_int_equal(seats[HERE].worker.handshakers[0].under_way, 0);
}

/* A worker may hold two frames of its own at a time here: the others may go a little later. */
static void no_frame(void **state)
{
	(void)transmit_one(HERE, transmission(0));
	router_answers();
	for (unsigned i = 0; i < TRANSMISSIONS; i++)
		out_there[i] = transmission(0);
	assert_int_equal(transmit(HERE, TRANSMISSIONS), RDL_TRANSMISSION_SENT);
	assert_int_equal(out_there[1].result, RDL_TRANSMISSION_SENT);
	assert_int_equal(out_there[2].result, RDL_TRANSMISSION_LATER);
	assert_int_equal(out_there[3].result, RDL_TRANSMISSION_LATER);
	expect_sent(HERE, get, sizeof(get));
	expect_sent(HERE, get, sizeof(get));
	expect_nothing_sent(HERE);
}

/* A port, an address, a network that are no more; a message that no frame takes. */
static void no_way(void **state)
{
	struct rdl_transmission t = transmission(0);

	(void)transmit_one(HERE, t);
	router_answers();
	t.local.port = 1;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_NO_WAY);
	t = transmission(0);
	t.local.address = 1;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_NO_WAY);
	t = transmission(0);
	memset(t.peer.address, 0x20, sizeof(t.peer.address));
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_NO_WAY);
	t = transmission(0);
	t.len = RDL_TRANSMISSION_MAX;
	interface.mtu = RDL_TRANSMISSION_MAX;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_NO_WAY);
	expect_nothing_sent(HERE);
	interface.mtu = 1500;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	assert_int_equal(stat_of(HERE, RDL_STAT_device_requests), 1);
	forget_sent(HERE);
}

/* What its path does not take in one piece is left to routers, as a reply would be. */
static void narrow_path(void **state)
{
	struct rdl_transmission t = transmission(0);
	struct rte_mbuf *m = NULL;

	(void)transmit_one(HERE, t);
	router_answers();
	rdl_paths_learn(paths, t.peer.address, 576, rdl_clock_ms());
	t.len = 1000;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	assert_int_equal(rte_ring_dequeue(out[HERE], (void **)&m), 0);
	/* It may be fragmented: no DF. */
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[14 + 6] & 0x40, 0);
	rte_pktmbuf_free(m);
}

/* What can be said in shorter ones is not sent: how many octets there is room for is told. */
static void too_long(void **state)
{
	const uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);
	struct rdl_transmission t = transmission(0);

	(void)transmit_one(HERE, t);
	router_answers();
	t.divisible = true;
	t.len = 1000;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	forget_sent(HERE);
	interface.mtu = 1027;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_TOO_LONG);
	assert_int_equal(out_there[0].room, 999);
	interface.mtu = 1028;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	forget_sent(HERE);
	interface.mtu = 1500;
	rdl_paths_learn(paths, t.peer.address, 576, rdl_clock_ms());
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_TOO_LONG);
	assert_int_equal(out_there[0].room, 576 - 20 - 8);
	/* In a session its record is around it, and the device may take less. */
	t.session = session;
	t.local.udp_port = 1;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_TOO_LONG);
	assert_int_equal(out_there[0].room, 576 - 20 - 8 - 21 - 8);
	rdl_dtls_find(seats[HERE].worker.pipeline.config.dtls, session)->plaintext_max = 512;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_TOO_LONG);
	assert_int_equal(out_there[0].room, 512);
	expect_nothing_sent(HERE);
	t.len = 512;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	forget_sent(HERE);
}

/* Over IPv6, whose header is longer, what cannot be said in shorter ones has no way. */
static void too_long_over_ipv6(void **state)
{
	static const uint8_t ours[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };
	struct rdl_transmission t = transmission(0);
	struct rdl_news news = { .kind = RDL_NEWS_ANSWER,
		.address = { 0x20, 1, 0x0d, 0xb8, [15] = 2 } };

	rdl_net_add_ipv6(&interface, ours, 64);
	memcpy(t.peer.address, news.address, 16);
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_LATER);
	rounds();
	memcpy(news.mac, frame_peer_mac, 6);
	news.local = t.local;
	(void)rdl_neighbours_hear(neighbours, &news, rdl_clock_ms());
	t.len = 1240;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	forget_sent(HERE);
	rdl_paths_learn(paths, t.peer.address, 1280, rdl_clock_ms());
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_NO_WAY);
	t.divisible = true;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_TOO_LONG);
	assert_int_equal(out_there[0].room, 1280 - 40 - 8);
	t.len = 1232;
	assert_int_equal(transmit_one(HERE, t), RDL_TRANSMISSION_SENT);
	forget_sent(HERE);
}

/* A reply that its shard has given before goes first, however late it is looked for. */
static void behind_the_reply(void **state)
{
	struct message update = make_update();
	void *batch[1] = { &out_there[0] };

	(void)transmit_one(HERE, transmission(0));
	router_answers();
	arrive_clear(HERE, update.octets, update.len);
	step(HERE);
	/* Between this worker's look at the one channel and at the other. */
	assert_int_equal(answer_all(HERE, RDL_COAP_CHANGED), 1);
	out_there[0] = transmission(0);
	rdl_channel_send(&seats[HERE].dialogue, batch, 1);
	assert_true(worker_converse(&seats[HERE].worker, 0));
	step(HERE);
	struct rte_mbuf *m = NULL;
	assert_int_equal(rte_ring_dequeue(out[HERE], (void **)&m), 0);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[UDP_PAYLOAD + 1], RDL_COAP_CHANGED);
	rte_pktmbuf_free(m);
	expect_sent(HERE, get, sizeof(get));
	assert_int_equal(rdl_channel_take(&seats[HERE].dialogue, batch, 1), 1);
	rdl_channel_came_back(&seats[HERE].dialogue, 1);
}

/* ---- in ---- */

static void answered(void **state)
{
	static const uint8_t ack[] = { 0x60, 0, 0xbe, 0xef }, reset[] = { 0x70, 0, 0xbe, 0xef };
	struct message m = response(RDL_COAP_CON);

	for (unsigned back = RDL_BACK_NOTHING; back <= RDL_BACK_RESET; back++) {
		arrive_clear(HERE, m.octets, m.len);
		step(HERE);
		expect_nothing_sent(HERE);
		struct rdl_answer *answer = take_answer(HERE);
		assert_int_equal(answer->kind, RDL_ANSWER_RESPONSE);
		assert_int_equal(answer->handle, HANDLE);
		assert_int_equal(answer->number, 9);
		assert_memory_equal(&answer->peer, &device, sizeof(device));
		assert_int_equal(answer->payload.len, 4);
		give_answer_back(HERE, answer, (enum rdl_answer_back)back);
		if (back != RDL_BACK_NOTHING)
			expect_sent(HERE, back == RDL_BACK_ACK ? ack : reset, 4);
		expect_nothing_sent(HERE);
		assert_int_equal(seats[HERE].worker.dialogues[0].under_way, 0);
	}
}

/* An empty ACK goes to whoever awaits it. */
static void acknowledged(void **state)
{
	static const uint8_t ack[] = { 0x60, 0, 0xbe, 0xef };
	uint64_t hash = rdl_token_awaited(&awaited_key, &device, 0, 0xbeef);

	arrive_clear(HERE, ack, sizeof(ack));
	step(HERE);
	assert_int_equal(rdl_channel_waiting(&seats[HERE].dialogue), 0);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_coap_empty), 1);
	rdl_owners_put(awaited, hash, 0);
	arrive_clear(HERE, ack, sizeof(ack));
	step(HERE);
	struct rdl_answer *answer = take_answer(HERE);
	assert_int_equal(answer->kind, RDL_ANSWER_EMPTY);
	assert_int_equal(answer->message_id, 0xbeef);
	give_answer_back(HERE, answer, RDL_BACK_NOTHING);
	expect_nothing_sent(HERE);
}

static void answered_in_a_session(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);
	struct message m = response(RDL_COAP_CON);
	uint8_t record[256];
	size_t len = seal(mine, m.octets, m.len, record);

	arrive(HERE, PORT, record, len);
	step(HERE);
	struct rdl_answer *answer = take_answer(HERE);
	assert_true(answer->session == session);
	give_answer_back(HERE, answer, RDL_BACK_ACK);
	uint8_t octets[256];
	struct rdl_datagram datagram = { .peer = { .port = SECURE_PORT }, .data = octets };
	struct rdl_dtls_item item = { .datagram = &datagram };
	datagram.len = (uint16_t)sent(HERE, PORT, octets);
	rdl_dtls_open(client, &item, 1, 1);
	assert_int_equal(item.verdict, RDL_DTLS_MESSAGE);
	assert_int_equal(datagram.len, 4);
	assert_memory_equal(datagram.data, "\x60\0\xbe\xef", 4);
}

/* With CBC a handshaker opens it, and seals what goes back. */
static void answered_with_cbc(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CBC);
	struct message m = response(RDL_COAP_CON);
	uint8_t record[RDL_DTLS_RECORD_HEADER + 200] = { 23, 0xfe, 0xfd, 0, 1, [12] = 200 };
	struct rdl_dtls_parcel *parcels[8];

	arrive(HERE, PORT, record, sizeof(record));
	step(HERE);
	assert_int_equal(take_parcels(HERE, parcels), 1);
	memcpy(parcels[0]->data + RDL_DTLS_CBC_HEAD, m.octets, m.len);
	parcels[0]->text_len = (uint16_t)m.len;
	give_back(HERE, parcels[0]);
	step(HERE);
	struct rdl_answer *answer = take_answer(HERE);
	assert_true(answer->session == session);
	give_answer_back(HERE, answer, RDL_BACK_RESET);
	expect_nothing_sent(HERE);
	assert_int_equal(take_parcels(HERE, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_REPLY);
	assert_int_equal(parcels[0]->len, 4);
	assert_memory_equal(parcels[0]->data, "\x70\0\xbe\xef", 4);
	assert_memory_equal(&parcels[0]->way.peer, &device, sizeof(device));
	assert_int_equal(parcels[0]->way.local.udp_port, 1);
	give_back(HERE, parcels[0]);
	step(HERE);
}

/* By the other worker's queue: its frame goes home, be there something to send or not. */
static void answered_elsewhere(void **state)
{
	struct message m = response(RDL_COAP_CON);
	uint8_t record[256];

	open_session(HERE, RDL_DTLS_AES_128_CCM_8);
	for (unsigned back = RDL_BACK_NOTHING; back <= RDL_BACK_ACK; back++) {
		size_t len = seal(mine, m.octets, m.len, record);

		arrive(OTHER, PORT, record, len);
		step(OTHER);
		step(HERE);
		assert_int_equal(seats[HERE].worker.guests, 1);
		struct rdl_answer *answer = take_answer(HERE);
		give_answer_back(HERE, answer, (enum rdl_answer_back)back);
		assert_int_equal(seats[HERE].worker.guests, 0);
		step(OTHER);
		expect_nothing_sent(HERE);
		assert_int_equal(rte_ring_count(out[OTHER]), back != RDL_BACK_NOTHING);
		forget_sent(OTHER);
	}
	assert_int_equal(seats[OTHER].worker.fellows[HERE].under_way, 0);
}

/* Beyond its credit what comes is shed, and costs nothing that registrations need. */
static void shed(void **state)
{
	struct message m = response(RDL_COAP_NON), update = make_update();
	void *batch[8];

	for (unsigned i = 0; i < ANSWERS + 2; i++)
		arrive_clear(HERE, m.octets, m.len);
	arrive_clear(HERE, update.octets, update.len);
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_shed_answer), 2);
	assert_int_equal(rdl_channel_waiting(&seats[HERE].shard), 1);
	assert_int_equal(rdl_channel_take(&seats[HERE].dialogue, batch, 8), ANSWERS);
	rdl_channel_give_back(&seats[HERE].dialogue, batch, ANSWERS);
	assert_int_equal(answer_all(HERE, RDL_COAP_CHANGED), 1);
	step(HERE);
	assert_int_equal(seats[HERE].worker.dialogues[0].under_way, 0);
	forget_sent(HERE);
}

/* Sends are less than answers: a quarter of the credit is not theirs. */
static void sends(void **state)
{
	uint64_t session = open_session(HERE, RDL_DTLS_AES_128_CCM_8);
	struct rdl_dtls *dtls = seats[HERE].worker.pipeline.config.dtls;
	struct message m;
	uint8_t record[256];
	void *batch[8];

	rdl_dtls_keep(dtls, session, 60, 1000);
	rdl_dtls_set_registration(dtls, session, HANDLE);
	message_post(&m, "dp", 110, "", "[1]", 3);
	for (unsigned i = 0; i < ANSWERS; i++) {
		size_t len = seal(mine, m.octets, m.len, record);

		arrive(HERE, PORT, record, len);
	}
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_shed_send), 1);
	assert_int_equal(rdl_channel_take(&seats[HERE].dialogue, batch, 8), 3);
	for (unsigned i = 0; i < 3; i++) {
		struct rdl_answer *answer = batch[i];

		assert_int_equal(answer->kind, RDL_ANSWER_SEND);
		answer->back = RDL_BACK_CODE;
		answer->back_code = i == 2 ? RDL_COAP_NOT_FOUND : RDL_COAP_CHANGED;
	}
	rdl_channel_give_back(&seats[HERE].dialogue, batch, 3);
	step(HERE);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_CHANGED);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_CHANGED);
	assert_int_equal(sent_code(HERE, PORT), RDL_COAP_NOT_FOUND);
}

/* Its shard has an answer yet: the frame comes back before the worker ends. */
static void drained(void **state)
{
	struct message m = response(RDL_COAP_NON);

	arrive_clear(HERE, m.octets, m.len);
	step(HERE);
	ending.stage = ENDING_ASKED;
	step(HERE);
	assert_int_equal(ending.left, seat_count);
	give_answer_back(HERE, take_answer(HERE), RDL_BACK_NOTHING);
	step(HERE);
	assert_int_equal(ending.left, seat_count - 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_behind_router, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_clear_text),
		TEST(by_its_tag),
		TEST(in_a_session),
		TEST(without_its_session),
		TEST(session_with_a_limit),
		TEST(with_cbc),
		TEST(no_frame),
		TEST(no_way),
		TEST(narrow_path),
		TEST(too_long),
		TEST(too_long_over_ipv6),
		TEST(behind_the_reply),
		TEST(answered),
		TEST(acknowledged),
		TEST(answered_in_a_session),
		TEST(answered_with_cbc),
		TEST(answered_elsewhere),
		TEST(shed),
		TEST(sends),
		TEST(drained),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
