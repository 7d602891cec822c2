/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers with DTLS, each with a queue of its own of one port, which is rings: their handshakers
 * and shards are the test, and so is the client, whose records another table makes.
 */
#ifndef RDL_TEST_WORKER_FIXTURE_H
#define RDL_TEST_WORKER_FIXTURE_H

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
#include "own_clock.h"
#include "records.h"
#include "sessions.h"
#include "worker.h"

#define SECURE_PORT 5684
#define PARCELS 4 /* of which two may begin handshakes */
#define MESSAGES 4 /* that a worker may have at another */
#define DATAGRAMS 3 /* of those */
#define UDP_PAYLOAD (14 + 20 + 8)
#define LETTERS 8
#define QUEUES 2

/* A worker, and what is around it. */
struct seat {
	struct worker worker;
	struct rdl_channel shard, dialogue, handshaker; /* the other ends */
	void *channel_memory, *dialogue_memory, *ring_memory, *fragments_memory;
};

static const struct rdl_channel_credit nothing;
static const struct rdl_channel_credit letters = { { [RDL_LETTER_SEND] = LETTERS,
	[RDL_LETTER_ESTABLISHED] = LETTERS,
	[RDL_LETTER_ENDED] = LETTERS } };
#define ANSWERS 4 /* that a worker may have at a shard, of which three may be Sends */
#define TRANSMISSIONS 4
static const struct rdl_channel_credit transmissions = { { [RDL_TRANSMISSION] = TRANSMISSIONS } };
static struct rte_ring *in[QUEUES], *out[QUEUES];
static struct rte_mempool *outside;
static struct rdl_pktio *pktio;
static struct rdl_rulebook rulebook;
static struct rdl_interface interface;
static struct seat seats[QUEUES];
static unsigned seat_count = 1; /* the program's, before it begins */
static unsigned told_ports; /* the same: whose links are told of our addresses */
static struct rdl_neighbours *neighbours;
static struct rdl_paths *paths;
static struct rdl_dtls *client;
static struct rdl_owners *owners, *awaited;
static const struct rdl_key token_secret = { 3, 4 }, awaited_key = { 5, 6 };
static struct ending ending;
static void *between; /* workers */
static uint8_t incarnations[1]; /* of the one identity */
static uint8_t hello_number; /* another one is another Hello */

static inline int start(void **state)
{
	const struct rdl_pktio_config ports = {
		.port_count = 1,
		.devices = { "net_ring_secure" },
		.queues = QUEUES,
		.in_flight = 64,
		.born = 2,
		.private_len = sizeof(struct rdl_packet),
		.room = RDL_PACKET_ROOM(RDL_PKTIO_FRAME_MAX),
		.nodes = { SOCKET_ID_ANY, SOCKET_ID_ANY },
	};
	char name[8], why[128];
	unsigned bad;

	if (eal_start(state) != 0)
		return -1;
	for (unsigned q = 0; q < QUEUES; q++) {
		snprintf(name, sizeof(name), "in%u", q);
		in[q] = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		snprintf(name, sizeof(name), "out%u", q);
		out[q] = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (in[q] == NULL || out[q] == NULL)
			return -1;
	}
	outside = rte_pktmbuf_pool_create(
		"outside", 255, 0, sizeof(struct rdl_packet), 4700, SOCKET_ID_ANY);
	if (outside == NULL || rte_eth_from_rings("secure", in, QUEUES, out, QUEUES, 0) < 0)
		return -1;
	pktio = rdl_pktio_open(&ports, why, sizeof(why), &bad);
	return pktio != NULL ? 0 : -1;
}

static inline int stop(void **state)
{
	rdl_pktio_close(pktio);
	return eal_stop(state);
}

static inline void *zeroed(size_t len)
{
	len = (len + RDL_CACHE_LINE - 1) & ~(size_t)(RDL_CACHE_LINE - 1);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	return memset(memory, 0, len);
}

static inline void release(void *context, uint32_t identity)
{
	(void)context;
	(void)identity;
}

static inline struct rdl_dtls *make_table(unsigned worker, unsigned workers)
{
	const struct rdl_dtls_config config = { .worker = worker,
		.workers = workers,
		.handshakers = 1,
		.handshakes = 4 * (UNTOLD_MAX + 8), /* of which a network has a quarter */
		.parcels = 64,
		.handshake_s = 60,
		.idle_s = 300,
		.cookie_key = { 5, 6 },
		.incarnations = incarnations,
		.release = release,
		.owners = workers > 1 ? owners : NULL };
	struct rdl_dtls *dtls = rdl_dtls_init(&config, zeroed(rdl_dtls_memory(&config)));

	assert_non_null(dtls);
	return dtls;
}

static inline void take_seat(unsigned s)
{
	const struct rdl_channel_credit requests = worker_credit(7);
	const struct rdl_channel_credit parcels = worker_parcel_credit(PARCELS);
	const struct rdl_channel_credit answers = worker_answer_credit(ANSWERS);
	struct rdl_pipeline_config config = gateway_worker(64);
	struct seat *seat = &seats[s];
	struct worker *worker = &seat->worker;

	config.interfaces = &interface;
	config.paths = paths;
	config.dtls = make_table(s, seat_count);
	config.dtls_udp_port = 1;
	config.awaited = awaited;
	config.awaited_key = awaited_key;
	rdl_speck_expand(&config.token_key, &token_secret);
	config.leave = worker_leave;
	config.make = worker_make;
	config.give = worker_give;
	config.context = worker;
	worker->index = s;
	worker->port_count = worker->shard_count = worker->handshaker_count = 1;
	worker->worker_count = seat_count;
	worker->converses = true;
	worker->pktio = pktio;
	worker->rulebook = &rulebook;
	rdl_rulebook_add_reader(&rulebook, &worker->rules_seen);
	worker->ending = &ending;
	worker->neighbours = neighbours;
	gateway_worker_start(&worker->pipeline, &config);
	seat->fragments_memory = zeroed(rdl_fragments_memory(4));
	worker->fragments = rdl_fragments_init(seat->fragments_memory, 4, &gateway_list_key);
	seat->channel_memory = zeroed(rdl_channel_memory(&requests, &nothing));
	rdl_channel_join(
		&worker->shards[0], &requests, &seat->shard, &nothing, seat->channel_memory);
	seat->dialogue_memory = zeroed(rdl_channel_memory(&answers, &transmissions));
	rdl_channel_join(&worker->dialogues[0], &answers, &seat->dialogue, &transmissions,
		seat->dialogue_memory);
	seat->ring_memory = zeroed(rdl_channel_memory(&parcels, &letters));
	rdl_channel_join(
		&worker->handshakers[0], &parcels, &seat->handshaker, &letters, seat->ring_memory);
}

static inline int begin(void **state)
{
	const struct rdl_channel_credit datagrams = worker_fellow_credit(MESSAGES);
	const struct rdl_admission_limits limits = { .shards = 1 };
	const struct rdl_policy_config policy = gateway_policy();

	memset(seats, 0, sizeof(seats));
	incarnations[0] = hello_number = 0;
	ending = (struct ending){ 0, seat_count };
	interface = gateway_interfaces[0];
	rdl_net_add_udp_port(&interface, SECURE_PORT);
	owners = rdl_owners_init(zeroed(rdl_owners_memory(16)), 16);
	awaited = rdl_owners_init(zeroed(rdl_owners_memory(16)), 16);
	client = make_table(0, 1);
	paths = rdl_paths_init(zeroed(rdl_paths_memory(64)), 64, &gateway_list_key);
	neighbours = rdl_neighbours_init(
		zeroed(rdl_neighbours_memory(8)), 8, &interface, told_ports, &gateway_list_key);
	rdl_rulebook_init(&rulebook);
	for (unsigned s = 0; s < seat_count; s++)
		take_seat(s);
	rdl_rulebook_change(&rulebook, rdl_rules_create(&policy, &limits, RDL_LOG_INFO));
	between = zeroed(rdl_channel_memory(&datagrams, &datagrams));
	if (seat_count > 1)
		rdl_channel_join(&seats[0].worker.fellows[1], &datagrams,
			&seats[1].worker.fellows[0], &datagrams, between);
	return 0;
}

/* Every buffer is where it was. */
static inline int end(void **state)
{
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
	assert_int_equal(rte_mempool_in_use_count(outside), 0);
	for (unsigned s = 0; s < seat_count; s++) {
		assert_int_equal(seats[s].worker.guests, 0);
		free(seats[s].worker.pipeline.config.dtls);
		gateway_worker_stop(&seats[s].worker.pipeline);
		free(seats[s].fragments_memory);
		free(seats[s].channel_memory);
		free(seats[s].dialogue_memory);
		free(seats[s].ring_memory);
	}
	rdl_rulebook_close(&rulebook);
	free(client);
	free(neighbours);
	free(paths);
	free(owners);
	free(awaited);
	free(between);
	return 0;
}

static inline bool step(unsigned s)
{
	return worker_step(&seats[s].worker);
}

static inline uint64_t stat_of(unsigned s, enum rdl_stat stat)
{
	return rdl_stats_get(&seats[s].worker.pipeline.stats, stat);
}

static inline const struct rdl_dtls_counts *counts(unsigned s)
{
	return rdl_dtls_counts(seats[s].worker.pipeline.config.dtls);
}

/* Its buffer held something else before. */
static inline void arrive_frame(unsigned s, const struct test_frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(outside);

	assert_non_null(m);
	memset(rte_mbuf_to_priv(m), 0xee, sizeof(struct rdl_packet));
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->data, f->len);
	assert_int_equal(rte_ring_enqueue(in[s], m), 0);
}

static inline void arrive_arp(unsigned s, const uint8_t *to, const char *arp)
{
	struct test_frame f = { 0 };

	frame_ethernet(&f, &(struct frame_spec){ .mac_to = to }, 0x0806);
	frame_append_hex(&f, arp);
	arrive_frame(s, &f);
}

static inline void arrive_at(
	unsigned s, uint16_t port, uint16_t to_port, const uint8_t *octets, size_t len)
{
	struct frame_spec spec = { .from = "198.51.100.7",
		.to = "192.0.2.1",
		.from_port = port,
		.to_port = to_port,
		.payload = octets,
		.payload_len = len };
	struct test_frame f = frame_build(&spec);

	arrive_frame(s, &f);
}

static inline void arrive(unsigned s, uint16_t port, const uint8_t *octets, size_t len)
{
	arrive_at(s, port, SECURE_PORT, octets, len);
}

/* The UDP payload of the frame that was sent to this port; 0 octets: none was. */
static inline size_t sent(unsigned s, uint16_t port, uint8_t octets[256])
{
	struct rte_mbuf *m = NULL;

	if (rte_ring_dequeue(out[s], (void **)&m) != 0)
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
static inline size_t make_hello(uint8_t octets[128], const uint8_t *cookie)
{
	struct rdl_cursor to = rdl_cursor(octets, 128);
	unsigned cookie_len = cookie != NULL ? 16 : 0, body = 2 + 32 + 1 + 1 + cookie_len + 4 + 2;
	const uint8_t random[32] = { hello_number, 2, 3 }, sequence[8] = { 0 };

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
static inline size_t say_hello(unsigned s, uint16_t port, uint8_t hello[128])
{
	uint8_t answer[256];
	size_t len = make_hello(hello, NULL);

	arrive(s, port, hello, len);
	step(s);
	size_t asked = sent(s, port, answer);
	assert_in_range(asked, 44, len);
	assert_int_equal(answer[13], 3);
	len = make_hello(hello, answer + asked - 16);
	arrive(s, port, hello, len);
	step(s);
	assert_int_equal(sent(s, port, answer), 0);
	return len;
}

/* What the worker has given to the handshaker. */
static inline unsigned take_parcels(unsigned s, struct rdl_dtls_parcel *parcels[8])
{
	void *batch[8];
	unsigned n = rdl_channel_take(&seats[s].handshaker, batch, 8);

	for (unsigned i = 0; i < n; i++)
		parcels[i] = batch[i];
	return n;
}

static inline void give_back(unsigned s, struct rdl_dtls_parcel *parcel)
{
	void *message = parcel;

	rdl_channel_give_back(&seats[s].handshaker, &message, 1);
}

static inline void write_letter(unsigned s, struct rdl_dtls_letter *letter)
{
	void *message = letter;

	rdl_channel_send(&seats[s].handshaker, &message, 1);
}

/* Letters that the worker has read come back. */
static inline unsigned letters_back(unsigned s)
{
	void *batch[LETTERS];
	unsigned n = rdl_channel_take(&seats[s].handshaker, batch, LETTERS);

	rdl_channel_came_back(&seats[s].handshaker, n);
	return n;
}

static inline struct rdl_dtls_letter established(uint64_t session)
{
	struct rdl_dtls_letter letter = { .kind = RDL_LETTER_ESTABLISHED, .session = session };

	letter.keys = (struct rdl_dtls_keys){
		.mode = 1, .peer_cid_len = RDL_DTLS_NO_CID, .read_sequence = 1, .write_sequence = 1
	};
	memset(letter.keys.read_key, 0xa5, sizeof(letter.keys.read_key));
	memset(letter.keys.write_key, 0x5a, sizeof(letter.keys.write_key));
	return letter;
}

/* The client's session, with the keys the other way round, at the address of ours. */
static inline uint64_t client_session(void)
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

static inline struct message make_update(void)
{
	const struct rdl_location location = { .handle = 5, .version_class = 1, .generation = 3 };
	const struct rdl_speck key = gateway_location_key();
	char path[3 + RDL_LOCATION_LEN + 1] = "rd/";
	struct message m;

	rdl_location_encode(&key, &location, (uint8_t *)path + 3);
	message_post(&m, path, -1, "", NULL, 0);
	return m;
}

/* A message as a record. Returns its length. */
static inline size_t seal(uint64_t session, const void *message, size_t len, uint8_t record[256])
{
	struct rdl_dtls_seal seal = {
		.session = session, .text = record + 21, .len = (uint16_t)len
	};

	memcpy(record + 21, message, len);
	rdl_dtls_seal(client, &seal, 1);
	assert_true(seal.sealed);
	return 21 + len + 8;
}

static inline size_t seal_update(uint64_t session, uint8_t record[256])
{
	struct message m = make_update();

	return seal(session, m.octets, m.len, record);
}

/* A datagram of so many Updates, each in its record. */
static inline void arrive_updates(unsigned s, uint16_t port, uint64_t session, unsigned count)
{
	uint8_t datagram[1024], record[256];
	size_t len = 0;

	for (unsigned i = 0; i < count; i++) {
		size_t record_len = seal_update(session, record);

		memcpy(datagram + len, record, record_len);
		len += record_len;
	}
	arrive(s, port, datagram, len);
}

/* The client opens what was sent: its CoAP code. */
static inline unsigned sent_code(unsigned s, uint16_t port)
{
	uint8_t octets[256];
	struct rdl_datagram datagram = { .peer = { .port = SECURE_PORT }, .data = octets };
	struct rdl_dtls_item item = { .datagram = &datagram };

	datagram.len = (uint16_t)sent(s, port, octets);
	if (datagram.len == 0)
		return 0;
	rdl_dtls_open(client, &item, 1, 1);
	assert_int_equal(item.verdict, RDL_DTLS_MESSAGE);
	return datagram.data[1];
}

static inline unsigned answer_all(unsigned s, uint8_t code)
{
	void *batch[8];
	unsigned n = rdl_channel_take(&seats[s].shard, batch, 8);

	for (unsigned i = 0; i < n; i++) {
		((struct rdl_request *)batch[i])->code = code;
		((struct rdl_request *)batch[i])->lifetime_s = 60;
	}
	rdl_channel_give_back(&seats[s].shard, batch, n);
	return n;
}

#endif
