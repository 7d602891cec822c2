/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine behind a worker's table of sessions, as in the gateway, and a client before it. */
#include "fixture.h"

#include "records.h"
#include "sessions.h"

#define KEY "0123456789abcdef"
/* Around what a worker is given. */
#define HEAD 64
#define TAIL 64

struct worker {
	struct world *world;
	struct rdl_dtls *dtls;
	uint8_t incarnations[256];
	/* Where the client is now. */
	uint16_t port;
	unsigned begun, messages, dropped;
	uint64_t session;
	uint8_t text[64];
	uint16_t text_len;
};

static uint32_t now_s(void)
{
	return (uint32_t)(now_ms / 1000);
}

static void send_from(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct worker *worker = context;

	assert_int_equal(way->peer.port, worker->port);
	queue_add(&worker->world->client.in, octets, len);
	worker->world->sent++;
}

static void establish(void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct worker *worker = context;

	assert_true(rdl_dtls_establish(worker->dtls, session, keys, now_s()));
	worker->session = session;
	worker->world->established++;
}

static void give_up(void *context, uint64_t session)
{
	struct worker *worker = context;

	rdl_dtls_fail(worker->dtls, session);
	worker->world->ended++;
}

static void release(void *context, uint32_t identity)
{
	struct worker *worker = context;

	rdl_identities_release(worker->world->identities, identity);
}

static struct worker *worker_begin(int cid_len)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	assert_non_null(worker);
	worker->world = world_begin();
	worker->port = 5000;
	struct rdl_dtls_config config = {
		.workers = 1,
		.handshakers = 1,
		.sessions = 64,
		.handshakes = 16,
		.parcels = 64,
		.handshake_s = 60,
		.idle_s = 300,
		.address_key = { 1, 2 },
		/* The engine's. */
		.cid_key = { 3, 4 },
		.cookie_key = { 5, 6 },
		.incarnations = worker->incarnations,
		.release = release,
		.context = worker,
	};
	size_t len = rdl_dtls_memory(&config);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	memset(memory, 0, len);
	worker->dtls = rdl_dtls_init(&config, memory);
	assert_non_null(worker->dtls);
	worker->world->handshakes->config.calls = (struct rdl_handshake_calls){
		.send = send_from, .established = establish, .ended = give_up, .context = worker
	};
	client_begin(&worker->world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), cid_len);
	return worker;
}

static void worker_end(struct worker *worker)
{
	free(worker->dtls);
	world_end(worker->world);
	free(worker);
}

static void give_engine(
	struct worker *worker, const struct rdl_dtls_item *item, enum rdl_dtls_parcel_kind kind)
{
	struct rdl_datagram *datagram = item->datagram;
	struct rdl_dtls_parcel parcel = {
		.kind = kind,
		.session = datagram->session,
		.data = datagram->data,
		.len = datagram->len,
		.evicted = item->evicted,
		.way = { .peer = datagram->peer },
	};

	assert_int_equal(rdl_handshakes_input(worker->world->handshakes, &parcel, now_ms),
		RDL_HANDSHAKE_TAKEN);
}

/* A datagram of the client's, from where it is. */
static void arrive(struct worker *worker, const uint8_t *octets, uint16_t len)
{
	uint8_t frame[HEAD + 2048 + TAIL];
	struct rdl_datagram datagram = {
		.data = frame + HEAD,
		.len = len,
		.peer = { .port = worker->port },
		.local = { .address = 1, .udp_port = 1 },
	};
	struct rdl_dtls_item item = { .datagram = &datagram };

	memcpy(datagram.data, octets, len);
	rdl_dtls_open(worker->dtls, &item, 1, now_s());
	switch (item.verdict) {
	case RDL_DTLS_ANSWER:
		queue_add(&worker->world->client.in, datagram.data, datagram.len);
		break;
	case RDL_DTLS_BEGIN:
		worker->begun++;
		give_engine(worker, &item, RDL_PARCEL_BEGIN);
		break;
	case RDL_DTLS_MORE:
		give_engine(worker, &item, RDL_PARCEL_MORE);
		break;
	case RDL_DTLS_MESSAGE:
		assert_int_equal(datagram.session, worker->session);
		worker->messages++;
		worker->text_len = datagram.len;
		assert_true(datagram.len <= sizeof(worker->text));
		memcpy(worker->text, datagram.data, datagram.len);
		if (item.rest_len > 0)
			arrive(worker, item.rest, item.rest_len);
		break;
	default:
		worker->dropped++;
		break;
	}
}

static void arrive_all(struct worker *worker)
{
	while (worker->world->client.out.count > 0) {
		struct datagram first = queue_take(&worker->world->client.out);

		arrive(worker, first.octets, first.len);
	}
}

/* Until the client has said all of its last flight, and whatever it is answered is lost. */
static void lose_last_flight(struct worker *worker)
{
	struct world *world = worker->world;

	for (int i = 0; i < 8 && world->established == 0; i++) {
		(void)client_step(&world->client);
		arrive_all(worker);
	}
	assert_int_equal(worker->begun, 1);
	assert_int_equal(world->established, 1);
	assert_true(world->client.in.count > 0);
	world->client.in.count = 0;
}

/* Both ways, with the keys that came out. */
static void check_talk(struct worker *worker)
{
	struct client *client = &worker->world->client;
	uint8_t frame[HEAD + 2 + TAIL], answer[16];
	struct rdl_dtls_seal seal = { .session = worker->session, .text = frame + HEAD, .len = 2 };

	assert_int_equal(gnutls_record_send(client->tls, "hello", 5), 5);
	arrive_all(worker);
	assert_int_equal(worker->messages, 1);
	assert_int_equal(worker->text_len, 5);
	assert_memory_equal(worker->text, "hello", 5);
	memcpy(frame + HEAD, "ok", 2);
	rdl_dtls_seal(worker->dtls, &seal, 1);
	assert_true(seal.sealed);
	/* As long as its header says, which stands before the text. */
	size_t cid = client->cid_len > 0 ? (size_t)client->cid_len : 0;
	uint8_t *record = frame + HEAD - RDL_DTLS_RECORD_HEADER - cid - 8;
	size_t len = rdl_record_len(
		(struct rdl_span){ record, sizeof(frame) - (size_t)(record - frame) },
		(uint8_t)cid);
	assert_true(len > 0);
	queue_add(&client->in, record, len);
	assert_int_equal(gnutls_record_recv(client->tls, answer, sizeof(answer)), 2);
	assert_memory_equal(answer, "ok", 2);
}

static void test_whole(void **state)
{
	for (int cid_len = -1; cid_len < 9; cid_len++) {
		struct worker *worker = worker_begin(cid_len);
		int error;

		do {
			error = client_step(&worker->world->client);
			arrive_all(worker);
		} while (worker->world->client.in.count > 0);
		assert_int_equal(error, 0);
		check_talk(worker);
		assert_int_equal(worker->dropped, 0);
		worker_end(worker);
	}
}

/* The worker has the session's keys by then; its handshaker still has what the client misses. */
static void test_last_flight_repeated(void **state)
{
	for (int cid_len = -1; cid_len < 9; cid_len++) {
		struct worker *worker = worker_begin(cid_len);
		struct world *world = worker->world;

		lose_last_flight(worker);
		now_ms += 1500;
		(void)client_step(&world->client);
		unsigned sent = world->sent;
		arrive_all(worker);
		assert_int_equal(world->sent, sent + 1);
		assert_int_equal(client_step(&world->client), 0);
		check_talk(worker);
		worker_end(worker);
	}
}

/* A NAT has given the client another port meanwhile: only its Connection ID tells who it is. */
static void test_last_flight_from_elsewhere(void **state)
{
	for (int cid_len = 0; cid_len < 9; cid_len += 4) {
		struct worker *worker = worker_begin(cid_len);
		struct world *world = worker->world;

		lose_last_flight(worker);
		now_ms += 1500;
		(void)client_step(&world->client);
		worker->port = 6000;
		arrive_all(worker);
		assert_int_equal(client_step(&world->client), 0);
		check_talk(worker);
		assert_int_equal(rdl_dtls_counts(worker->dtls)->moved, 1);
		worker_end(worker);
	}
}

/* The copy that a network makes of a Finished is answered by nobody. */
static void test_copy(void **state)
{
	struct worker *worker = worker_begin(4);
	struct world *world = worker->world;
	struct datagram finished;

	for (int i = 0; i < 8 && world->established == 0; i++) {
		(void)client_step(&world->client);
		if (world->client.out.count > 0)
			finished = world->client.out.datagrams[world->client.out.count - 1];
		arrive_all(worker);
	}
	assert_int_equal(world->established, 1);
	unsigned sent = world->sent;
	arrive(worker, finished.octets, finished.len);
	assert_int_equal(worker->dropped, 1);
	assert_int_equal(world->sent, sent);
	worker_end(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_last_flight_repeated),
		cmocka_unit_test(test_last_flight_from_elsewhere),
		cmocka_unit_test(test_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
