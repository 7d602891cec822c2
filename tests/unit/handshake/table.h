/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine behind a worker's table of sessions, as in the gateway, and a client before it. */
#ifndef RDL_TEST_HANDSHAKE_TABLE_H
#define RDL_TEST_HANDSHAKE_TABLE_H

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

static inline uint32_t now_s(void)
{
	return (uint32_t)(now_ms / 1000);
}

static inline void send_from(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct worker *worker = context;

	assert_int_equal(way->peer.port, worker->port);
	if (!rdl_dtls_wants_flights(worker->dtls, session))
		return;
	queue_add(&worker->world->client.in, octets, len);
	worker->world->sent++;
}

static inline void establish(void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct worker *worker = context;

	assert_true(rdl_dtls_establish(worker->dtls, session, keys, now_s()));
	worker->session = session;
	worker->world->established++;
}

static inline void give_up(void *context, uint64_t session)
{
	struct worker *worker = context;

	rdl_dtls_fail(worker->dtls, session);
	worker->world->ended++;
}

static inline void release(void *context, uint32_t identity)
{
	struct worker *worker = context;

	rdl_identities_release(worker->world->identities, identity);
}

static inline struct worker *worker_before(struct world *world)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	assert_non_null(worker);
	worker->world = world;
	worker->port = 5000;
	struct rdl_dtls_config config = {
		.workers = 1,
		.handshakers = 1,
		.sessions = 64,
		.handshakes = 16,
		.parcels = 64,
		.handshake_s = 240,
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
	return worker;
}

/* And a client with a pre-shared key. */
static inline struct worker *worker_begin(int cid_len)
{
	struct worker *worker = worker_before(world_begin());

	client_begin(&worker->world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), cid_len);
	return worker;
}

static inline void worker_leave(struct worker *worker)
{
	free(worker->dtls);
	free(worker);
}

static inline void worker_end(struct worker *worker)
{
	world_end(worker->world);
	worker_leave(worker);
}

static inline void give_engine(
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
static inline void arrive(struct worker *worker, const uint8_t *octets, uint16_t len)
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

static inline void arrive_all(struct worker *worker)
{
	while (worker->world->client.out.count > 0) {
		struct datagram first = queue_take(&worker->world->client.out);

		arrive(worker, first.octets, first.len);
	}
}

#endif
