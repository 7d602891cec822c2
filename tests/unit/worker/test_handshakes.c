/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker with DTLS: its port is two rings, its handshaker and its shard are the test, and so is
 * the client, whose records another table makes.
 */
#include "support.h"

#include <stdlib.h>

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "eal.h"
#include "frame.h"
#include "gateway_worker.h"
#include "letter.h"
#include "message.h"
#include "records.h"
#include "sessions.h"
#include "worker.h"

#define SECURE_PORT 5684
#define PARCELS 4 /* of which two may begin handshakes */
#define UDP_PAYLOAD (14 + 20 + 8)
#define LETTERS 8

static const struct rdl_channel_credit nothing;
static const struct rdl_channel_credit letters = { { [RDL_LETTER_SEND] = LETTERS,
	[RDL_LETTER_ESTABLISHED] = LETTERS,
	[RDL_LETTER_ENDED] = LETTERS } };
static struct rte_ring *in, *out;
static struct rte_mempool *outside;
static struct rdl_pktio *pktio;
static struct rdl_rulebook rulebook;
static struct rdl_interface interface;
static struct worker worker;
static struct rdl_dtls *client;
static struct rdl_channel shard, handshaker; /* the other ends */
static struct ending ending;
static void *channel_memory, *ring_memory, *fragments_memory;

static int start(void **state)
{
	const struct rdl_pktio_config ports = {
		.port_count = 1,
		.devices = { "net_ring_secure" },
		.queues = 1,
		.in_flight = 64,
		.born = 2,
		.private_len = sizeof(struct rdl_packet),
		.room = RDL_PACKET_ROOM(RDL_PKTIO_FRAME_MAX),
		.socket_id = SOCKET_ID_ANY,
	};
	char why[128];
	unsigned bad;

	if (eal_start(state) != 0)
		return -1;
	in = rte_ring_create("in", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	out = rte_ring_create("out", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	outside = rte_pktmbuf_pool_create(
		"outside", 255, 0, sizeof(struct rdl_packet), 4700, SOCKET_ID_ANY);
	if (in == NULL || out == NULL || outside == NULL ||
		rte_eth_from_rings("secure", &in, 1, &out, 1, 0) < 0)
		return -1;
	pktio = rdl_pktio_open(&ports, why, sizeof(why), &bad);
	return pktio != NULL ? 0 : -1;
}

static int stop(void **state)
{
	rdl_pktio_close(pktio);
	return eal_stop(state);
}

static void *zeroed(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	return memset(memory, 0, len);
}

static struct rdl_dtls *make_table(void)
{
	const struct rdl_dtls_config config = { .workers = 1,
		.handshakers = 1,
		.handshakes = 16,
		.parcels = 64,
		.handshake_s = 60,
		.idle_s = 300,
		.cookie_key = { 5, 6 } };
	struct rdl_dtls *dtls = rdl_dtls_init(&config, zeroed(rdl_dtls_memory(&config)));

	assert_non_null(dtls);
	return dtls;
}

static int begin(void **state)
{
	const struct rdl_channel_credit requests = worker_credit(7);
	const struct rdl_channel_credit parcels = worker_parcel_credit(PARCELS);
	const struct rdl_admission_limits limits = { .shards = 1 };
	const struct rdl_policy_config policy = gateway_policy();
	struct rdl_pipeline_config config = gateway_worker(64);

	memset(&worker, 0, sizeof(worker));
	ending = (struct ending){ 0, 1 };
	interface = gateway_interfaces[0];
	rdl_net_add_udp_port(&interface, SECURE_PORT);
	client = make_table();
	config.interfaces = &interface;
	config.dtls = make_table();
	config.dtls_udp_port = 1;
	worker.port_count = worker.shard_count = worker.handshaker_count = 1;
	worker.pktio = pktio;
	worker.rulebook = &rulebook;
	rdl_rulebook_init(&rulebook);
	rdl_rulebook_add_reader(&rulebook, &worker.rules_seen);
	rdl_rulebook_change(&rulebook, rdl_rules_create(&policy, &limits, RDL_LOG_INFO));
	worker.ending = &ending;
	gateway_worker_start(&worker.pipeline, &config);
	fragments_memory = zeroed(rdl_fragments_memory(4));
	worker.fragments = rdl_fragments_init(fragments_memory, 4, &gateway_list_key);
	channel_memory = zeroed(rdl_channel_memory(&requests, &nothing));
	rdl_channel_join(&worker.shards[0], &requests, &shard, &nothing, channel_memory);
	ring_memory = zeroed(rdl_channel_memory(&parcels, &letters));
	rdl_channel_join(&worker.handshakers[0], &parcels, &handshaker, &letters, ring_memory);
	return 0;
}

/* Every buffer is where it was. */
static int end(void **state)
{
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
	assert_int_equal(rte_mempool_in_use_count(outside), 0);
	free(worker.pipeline.config.dtls);
	free(client);
	gateway_worker_stop(&worker.pipeline);
	rdl_rulebook_close(&rulebook);
	free(fragments_memory);
	free(channel_memory);
	free(ring_memory);
	return 0;
}

static uint64_t stat_of(enum rdl_stat stat)
{
	return rdl_stats_get(&worker.pipeline.stats, stat);
}

static const struct rdl_dtls_counts *counts(void)
{
	return rdl_dtls_counts(worker.pipeline.config.dtls);
}

static void arrive(uint16_t port, const uint8_t *octets, size_t len)
{
	struct frame_spec spec = { .from = "198.51.100.7",
		.to = "192.0.2.1",
		.from_port = port,
		.to_port = SECURE_PORT,
		.payload = octets,
		.payload_len = len };
	struct test_frame f = frame_build(&spec);
	struct rte_mbuf *m = rte_pktmbuf_alloc(outside);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)f.len), f.data, f.len);
	assert_int_equal(rte_ring_enqueue(in, m), 0);
}

/* The UDP payload of the frame that was sent to this port; 0 octets: none was. */
static size_t sent(uint16_t port, uint8_t octets[256])
{
	struct rte_mbuf *m = NULL;

	if (rte_ring_dequeue(out, (void **)&m) != 0)
		return 0;
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	size_t len = rdl_get_be16(frame + 38) - 8u;
	assert_memory_equal(frame, frame_peer_mac, 6);
	assert_int_equal(rdl_get_be16(frame + 34), SECURE_PORT);
	assert_int_equal(rdl_get_be16(frame + 36), port);
	assert_in_range(len, 1, 256);
	memcpy(octets, frame + UDP_PAYLOAD, len);
	rte_pktmbuf_free(m);
	return len;
}

/* A ClientHello without extensions; `cookie` NULL: without one. */
static size_t make_hello(uint8_t octets[128], const uint8_t *cookie)
{
	struct rdl_cursor to = rdl_cursor(octets, 128);
	unsigned cookie_len = cookie != NULL ? 16 : 0, body = 2 + 32 + 1 + 1 + cookie_len + 4 + 2;
	static const uint8_t random[32] = { 1, 2, 3 }, sequence[8] = { 0 };

	rdl_cursor_u8(&to, 22);
	rdl_cursor_be16(&to, 0xfefd);
	rdl_cursor_bytes(&to, sequence, 8);
	rdl_cursor_be16(&to, (uint16_t)(12 + body));
	rdl_cursor_be16(&to, 1 << 8);
	rdl_cursor_be16(&to, (uint16_t)body);
	rdl_cursor_bytes(&to, sequence, 5);
	rdl_cursor_u8(&to, 0);
	rdl_cursor_be16(&to, (uint16_t)body);
	rdl_cursor_be16(&to, 0xfefd);
	rdl_cursor_bytes(&to, random, sizeof(random));
	rdl_cursor_u8(&to, 0);
	rdl_cursor_u8(&to, (uint8_t)cookie_len);
	if (cookie != NULL)
		rdl_cursor_bytes(&to, cookie, cookie_len);
	rdl_cursor_be16(&to, 2);
	rdl_cursor_be16(&to, 0xc0a8);
	rdl_cursor_be16(&to, 0x0100);
	assert_false(to.failed);
	return (size_t)(to.pos - octets);
}

/* A Hello, and once more with the cookie that it is asked for. Returns its length. */
static size_t say_hello(uint16_t port, uint8_t hello[128])
{
	uint8_t answer[256];
	size_t len = make_hello(hello, NULL);

	arrive(port, hello, len);
	worker_step(&worker);
	size_t asked = sent(port, answer);
	assert_in_range(asked, 44, len);
	assert_int_equal(answer[13], 3);
	len = make_hello(hello, answer + asked - 16);
	arrive(port, hello, len);
	worker_step(&worker);
	assert_int_equal(sent(port, answer), 0);
	return len;
}

/* What the worker has given to the handshaker. */
static unsigned take_parcels(struct rdl_dtls_parcel *parcels[8])
{
	void *batch[8];
	unsigned n = rdl_channel_take(&handshaker, batch, 8);

	for (unsigned i = 0; i < n; i++)
		parcels[i] = batch[i];
	return n;
}

static void give_back(struct rdl_dtls_parcel *parcel)
{
	void *message = parcel;

	rdl_channel_give_back(&handshaker, &message, 1);
}

static void write_letter(struct rdl_dtls_letter *letter)
{
	void *message = letter;

	rdl_channel_send(&handshaker, &message, 1);
}

/* Letters that the worker has read come back. */
static unsigned letters_back(void)
{
	void *batch[LETTERS];
	unsigned n = rdl_channel_take(&handshaker, batch, LETTERS);

	rdl_channel_came_back(&handshaker, n);
	return n;
}

static struct rdl_dtls_letter established(uint64_t session)
{
	struct rdl_dtls_letter letter = { .kind = RDL_LETTER_ESTABLISHED, .session = session };

	letter.keys = (struct rdl_dtls_keys){
		.mode = 1, .peer_cid_len = RDL_DTLS_NO_CID, .read_sequence = 1, .write_sequence = 1
	};
	memset(letter.keys.read_key, 0xa5, sizeof(letter.keys.read_key));
	memset(letter.keys.write_key, 0x5a, sizeof(letter.keys.write_key));
	return letter;
}

static void test_handshake(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128], octets[256];
	size_t len = say_hello(40001, hello);

	assert_int_equal(take_parcels(parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_BEGIN);
	assert_int_equal(parcels[0]->len, len);
	assert_memory_equal(parcels[0]->data, hello, len);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	struct rdl_dtls_letter flight = { .kind = RDL_LETTER_SEND, .session = letter.session };
	flight.flight.way = parcels[0]->way;
	flight.flight.len = 100;
	memset(flight.flight.octets, 0x77, 100);
	write_letter(&letter);
	write_letter(&flight);
	give_back(parcels[0]);
	assert_true(worker_step(&worker));
	assert_int_equal(sent(40001, octets), 100);
	assert_memory_equal(octets, flight.flight.octets, 100);
	assert_int_equal(counts()->established, 1);
	assert_int_equal(counts()->handshakes, 0);
	/* Its keys are in the table alone. */
	for (size_t i = 0; i < sizeof(letter.keys); i++)
		assert_int_equal(((const uint8_t *)&letter.keys)[i], 0);
	assert_int_equal(letters_back(), 2);
	assert_int_equal(worker.handshakers[0].under_way, 0);
}

static void test_failed(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(40001, hello);
	assert_int_equal(take_parcels(parcels), 1);
	struct rdl_dtls_letter letter = { .kind = RDL_LETTER_ENDED,
		.session = parcels[0]->session };
	assert_int_equal(counts()->handshakes, 1);
	write_letter(&letter);
	give_back(parcels[0]);
	worker_step(&worker);
	assert_int_equal(counts()->handshakes, 0);
	assert_int_equal(counts()->established, 0);
	assert_int_equal(letters_back(), 1);
}

/* Half of the ring is for handshakes that begin; a shed one leaves no place taken. */
static void test_credit(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];
	size_t len = 0;

	for (uint16_t port = 40001; port <= 40003; port++)
		len = say_hello(port, hello);
	assert_int_equal(stat_of(RDL_STAT_drop_dtls_parcel), 1);
	assert_int_equal(counts()->handshakes, 2);
	/* What is closed to them is open to those under way: the second one's key exchange. */
	hello[13] = 16;
	for (unsigned i = 0; i < 3; i++)
		arrive(40002, hello, len);
	worker_step(&worker);
	assert_int_equal(stat_of(RDL_STAT_drop_dtls_parcel), 2);
	assert_int_equal(take_parcels(parcels), 4);
	assert_int_equal(parcels[2]->kind, RDL_PARCEL_MORE);
	assert_true(parcels[2]->session == parcels[1]->session);
	for (unsigned i = 0; i < 4; i++)
		give_back(parcels[i]);
	worker_step(&worker);
	say_hello(40003, hello);
	assert_int_equal(take_parcels(parcels), 1);
	give_back(parcels[0]);
	worker_step(&worker);
}

/* The client's session, with the keys the other way round, at the address of ours. */
static uint64_t client_session(void)
{
	struct rdl_datagram datagram = { .peer = { .port = SECURE_PORT } };
	struct rdl_dtls_keys keys = established(0).keys;
	uint8_t swap[RDL_DTLS_KEY_MAX];
	uint64_t session, evicted;

	memcpy(swap, keys.read_key, sizeof(swap));
	memcpy(keys.read_key, keys.write_key, sizeof(swap));
	memcpy(keys.write_key, swap, sizeof(swap));
	assert_int_equal(
		rdl_dtls_begin(client, &datagram, 7, 1, &session, &evicted), RDL_DTLS_BEGUN);
	assert_true(rdl_dtls_establish(client, session, &keys, 1));
	return session;
}

/* An Update as a record. */
static size_t seal_update(uint64_t session, uint8_t record[256])
{
	const struct rdl_location location = { .handle = 5, .version_class = 1, .generation = 3 };
	const struct rdl_speck key = gateway_location_key();
	char path[3 + RDL_LOCATION_LEN + 1] = "rd/";
	struct message m;

	rdl_location_encode(&key, &location, (uint8_t *)path + 3);
	message_post(&m, path, -1, "", NULL, 0);
	memcpy(record + 21, m.octets, m.len);
	struct rdl_dtls_seal seal = {
		.session = session, .text = record + 21, .len = (uint16_t)m.len
	};
	rdl_dtls_seal(client, &seal, 1);
	assert_true(seal.sealed);
	return 21 + m.len + 8;
}

/* The client opens what was sent: its CoAP code. */
static unsigned sent_code(uint16_t port)
{
	uint8_t octets[256];
	struct rdl_datagram datagram = { .peer = { .port = SECURE_PORT }, .data = octets };
	struct rdl_dtls_item item = { .datagram = &datagram };

	datagram.len = (uint16_t)sent(port, octets);
	if (datagram.len == 0)
		return 0;
	rdl_dtls_open(client, &item, 1, 1);
	assert_int_equal(item.verdict, RDL_DTLS_MESSAGE);
	return datagram.data[1];
}

static unsigned answer_all(uint8_t code)
{
	void *batch[8];
	unsigned n = rdl_channel_take(&shard, batch, 8);

	for (unsigned i = 0; i < n; i++) {
		((struct rdl_request *)batch[i])->code = code;
		((struct rdl_request *)batch[i])->lifetime_s = 60;
	}
	rdl_channel_give_back(&shard, batch, n);
	return n;
}

/*
 * An Update that has overtaken the end of its handshake waits with the handshaker, goes through
 * the pipeline once its session is open, and is answered in it. So is the next one.
 */
static void test_again(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint64_t session = client_session();
	uint8_t octets[256];

	say_hello(40001, octets);
	size_t len = seal_update(session, octets);
	arrive(40001, octets, len);
	worker_step(&worker);
	assert_int_equal(take_parcels(parcels), 2);
	assert_int_equal(parcels[1]->kind, RDL_PARCEL_MORE);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	write_letter(&letter);
	parcels[1]->again = true;
	give_back(parcels[0]);
	give_back(parcels[1]);
	worker_step(&worker);
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 1);
	worker_step(&worker);
	assert_int_equal(sent_code(40001), RDL_COAP_CHANGED);
	assert_int_equal(counts()->registered, 1);

	len = seal_update(session, octets);
	arrive(40001, octets, len);
	worker_step(&worker);
	assert_int_equal(answer_all(RDL_COAP_DELETED), 1);
	worker_step(&worker);
	assert_int_equal(sent_code(40001), RDL_COAP_DELETED);
	assert_int_equal(counts()->registered, 0);
	assert_int_equal(letters_back(), 1);
}

/* No more frames than a worker may make, and none to nowhere. */
static void test_no_frame(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	struct rdl_dtls_letter flights[4];
	uint8_t octets[256];

	say_hello(40001, octets);
	assert_int_equal(take_parcels(parcels), 1);
	for (unsigned i = 0; i < 4; i++) {
		flights[i] = (struct rdl_dtls_letter){ .kind = RDL_LETTER_SEND };
		flights[i].flight.way = parcels[0]->way;
		flights[i].flight.len = 50;
	}
	flights[0].flight.way.local.address = 7;
	for (unsigned i = 0; i < 4; i++)
		write_letter(&flights[i]);
	give_back(parcels[0]);
	worker_step(&worker);
	assert_int_equal(stat_of(RDL_STAT_drop_dtls_flight), 2);
	assert_int_equal(sent(40001, octets), 50);
	assert_int_equal(sent(40001, octets), 50);
	assert_int_equal(sent(40001, octets), 0);
	assert_int_equal(letters_back(), 4);
}

/* Parcels under way hold up the end. */
static void test_end(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(40001, hello);
	ending.asked = 1;
	worker_step(&worker);
	assert_int_equal(ending.left, 1);
	assert_int_equal(take_parcels(parcels), 1);
	give_back(parcels[0]);
	worker_step(&worker);
	assert_int_equal(ending.left, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_failed),
		TEST(test_credit),
		TEST(test_again),
		TEST(test_no_frame),
		TEST(test_end),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
