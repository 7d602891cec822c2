/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine, and a client of GnuTLS's in the same process: datagrams between them lie in queues
 * until a test delivers, drops or repeats them, and time passes when it says so.
 */
#ifndef RDL_TEST_HANDSHAKE_FIXTURE_H
#define RDL_TEST_HANDSHAKE_FIXTURE_H

#include "support.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "handshake_internal.h"
#include "writing.h"

#define SESSION UINT64_C(0x100000005)
#define QUEUE_MAX 64

/* The clock of GnuTLS, in place of the C library's. */
static uint64_t now_ms = 1700000000000;

int clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = (time_t)(now_ms / 1000);
	time->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

struct datagram {
	uint16_t len;
	uint8_t octets[2048];
};

struct queue {
	struct datagram datagrams[QUEUE_MAX];
	unsigned count;
};

static inline void queue_add(struct queue *queue, const void *octets, size_t len)
{
	assert_true(queue->count < QUEUE_MAX && len <= sizeof(queue->datagrams[0].octets));
	struct datagram *datagram = &queue->datagrams[queue->count++];
	datagram->len = (uint16_t)len;
	memcpy(datagram->octets, octets, len);
}

static inline struct datagram queue_take(struct queue *queue)
{
	assert_true(queue->count > 0);
	struct datagram first = queue->datagrams[0];
	memmove(queue->datagrams, queue->datagrams + 1,
		--queue->count * sizeof(queue->datagrams[0]));
	return first;
}

struct client {
	gnutls_session_t tls;
	gnutls_psk_client_credentials_t psk;
	struct queue in, out;
	/* -1: asks for no Connection ID. */
	int cid_len;
	uint8_t cid[255];
	/* What the server wants; 0: none was negotiated. */
	uint8_t server_cid[255], server_cid_len;
	uint8_t suite;
};

struct world {
	char directory[64];
	struct rdl_credentials *credentials;
	struct rdl_credentials_reader *reader;
	void *memory;
	struct rdl_identities *identities;
	struct rdl_speck speck;
	struct rdl_handshakes_config config;
	struct rdl_handshakes *handshakes;
	struct client client;
	unsigned established, ended;
	/* Datagrams that had been sent when it was established. */
	unsigned sent, sent_before;
	struct rdl_dtls_keys keys;
	bool begun;
};

static inline void world_send(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct world *world = context;

	assert_true(session == SESSION && way->peer.port == 5000);
	assert_true(len <= world->config.mtu);
	queue_add(&world->client.in, octets, len);
	world->sent++;
}

static inline void world_established(
	void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct world *world = context;

	assert_true(session == SESSION);
	world->keys = *keys;
	world->sent_before = world->sent;
	world->established++;
}

static inline void world_ended(void *context, uint64_t session)
{
	struct world *world = context;

	assert_true(session == SESSION);
	world->ended++;
}

static inline void world_credential(struct world *world, const char *identity, const char *key)
{
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials_tally tally;
	struct rdl_credentials_row row = {
		.identity = { RDL_CREDENTIALS_PSK,
			{ (const uint8_t *)identity, strlen(identity) } },
		.key = { (const uint8_t *)key, strlen(key) },
	};

	if (!rdl_credentials_put(world->credentials, &row, 1, &tally, problem))
		fail_msg("%s", problem);
}

static inline void world_remove(struct world *world, const char *identity)
{
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials_identity octets = { RDL_CREDENTIALS_PSK,
		{ (const uint8_t *)identity, strlen(identity) } };

	assert_int_equal(
		rdl_credentials_remove(world->credentials, octets, problem), RDL_CREDENTIALS_OK);
}

static inline struct world *world_begin(void)
{
	struct world *world = calloc(1, sizeof(*world));
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_identities_config identities = {
		.identities = 64, .octets = 32, .key = { 1, 2 }
	};
	size_t len = (rdl_identities_memory(&identities) + 63) / 64 * 64;
	struct rdl_key key = { 3, 4 };

	assert_non_null(world);
	strcpy(world->directory, "/tmp/rdline-handshake-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	struct rdl_credentials_config config = {
		.directory = world->directory, .write = true, .make = true, .map_len = 1 << 20
	};
	world->credentials = rdl_credentials_open(&config, problem);
	if (world->credentials == NULL)
		fail_msg("%s", problem);
	world->reader = rdl_credentials_reader_create(world->credentials);
	assert_non_null(world->reader);
	world->memory = aligned_alloc(64, len);
	assert_non_null(world->memory);
	memset(world->memory, 0, len);
	world->identities = rdl_identities_init(&identities, world->memory);
	rdl_speck_expand(&world->speck, &key);
	world->config = (struct rdl_handshakes_config){ .places = 4,
		.timeout_ms = 60000,
		.retransmit_ms = 1000,
		.mtu = 1232,
		.cid = &world->speck,
		.reader = world->reader,
		.identities = world->identities,
		.calls = { world_send, world_established, world_ended, world } };
	world->handshakes = rdl_handshakes_create(&world->config);
	assert_non_null(world->handshakes);
	world_credential(world, "device", "0123456789abcdef");
	return world;
}

static inline void client_end(struct client *client)
{
	if (client->tls != NULL)
		gnutls_deinit(client->tls);
	if (client->psk != NULL)
		gnutls_psk_free_client_credentials(client->psk);
	memset(client, 0, sizeof(*client));
}

static inline void world_end(struct world *world)
{
	char command[128];

	client_end(&world->client);
	rdl_handshakes_destroy(world->handshakes);
	rdl_credentials_reader_destroy(world->reader);
	rdl_credentials_close(world->credentials);
	free(world->memory);
	snprintf(command, sizeof(command), "rm -r %s", world->directory);
	assert_int_equal(system(command), 0);
	free(world);
}

/* ---- the client ---- */

static inline bool client_key(struct client *client, bool read, struct rdl_record_key *key)
{
	struct rdl_handshake as_if = { .tls = client->tls, .keys.suite = client->suite };

	return rdl_handshake_key(&as_if, read, key);
}

static inline ssize_t client_push(gnutls_transport_ptr_t context, const void *data, size_t len)
{
	struct client *client = context;
	const uint8_t *record = data;
	uint8_t *room = malloc(2 * RDL_RECORD_MAX), type;
	struct rdl_record_key key;
	size_t plain_len;

	assert_non_null(room);
	if (client->server_cid_len > 0 && rdl_record_epoch(record) > 0) {
		assert_true(client_key(client, false, &key));
		assert_true(rdl_record_open(
			&key, (struct rdl_span){ record, len }, 0, room, &plain_len, &type));
		size_t made = rdl_record_seal(&key, record, type,
			(struct rdl_span){ client->server_cid, client->server_cid_len },
			(struct rdl_span){ room, plain_len }, room + RDL_RECORD_MAX);
		assert_true(made > 0);
		queue_add(&client->out, room + RDL_RECORD_MAX, made);
	} else {
		queue_add(&client->out, record, len);
	}
	free(room);
	return (ssize_t)len;
}

/* The next record, as GnuTLS is to see it. */
static inline ssize_t client_pull(gnutls_transport_ptr_t context, void *data, size_t room)
{
	struct client *client = context;
	struct rdl_record_key key;
	uint8_t *plain, type;
	size_t len;

	if (client->in.count == 0) {
		gnutls_transport_set_errno(client->tls, EAGAIN);
		return -1;
	}
	struct datagram first = queue_take(&client->in);
	uint8_t cid_len = client->cid_len > 0 ? (uint8_t)client->cid_len : 0;
	len = rdl_record_len((struct rdl_span){ first.octets, first.len }, cid_len);
	assert_true(len > 0 && room >= len);
	if (len < first.len) {
		memmove(client->in.datagrams + 1, client->in.datagrams,
			client->in.count++ * sizeof(first));
		client->in.datagrams[0].len = (uint16_t)(first.len - len);
		memcpy(client->in.datagrams[0].octets, first.octets + len, first.len - len);
	}
	/* Where it gave a Connection ID, nothing else is to be in epoch 1. */
	if (client->server_cid_len > 0 && rdl_record_epoch(first.octets) > 0)
		assert_int_equal(first.octets[0] == RDL_CONTENT_CID, cid_len > 0);
	if (first.octets[0] != RDL_CONTENT_CID) {
		memcpy(data, first.octets, len);
		return (ssize_t)len;
	}
	plain = malloc(RDL_RECORD_MAX);
	assert_non_null(plain);
	assert_memory_equal(first.octets + 11, client->cid, cid_len);
	assert_true(client_key(client, true, &key));
	assert_true(rdl_record_open(
		&key, (struct rdl_span){ first.octets, len }, cid_len, plain, &len, &type));
	len = rdl_record_seal(&key, first.octets, type, (struct rdl_span){ NULL, 0 },
		(struct rdl_span){ plain, len }, data);
	free(plain);
	return (ssize_t)len;
}

static inline int client_pull_timeout(gnutls_transport_ptr_t context, unsigned ms)
{
	const struct client *client = context;

	(void)ms;
	return client->in.count > 0;
}

static inline int client_send_extension(gnutls_session_t tls, gnutls_buffer_t buffer)
{
	const struct client *client = gnutls_session_get_ptr(tls);
	uint8_t len = (uint8_t)client->cid_len;

	assert_int_equal(gnutls_buffer_append_data(buffer, &len, 1), 0);
	assert_int_equal(gnutls_buffer_append_data(buffer, client->cid, len), 0);
	return len + 1;
}

static inline int client_receive_extension(gnutls_session_t tls, const uint8_t *data, size_t len)
{
	struct client *client = gnutls_session_get_ptr(tls);

	assert_true(len > 1 && data[0] == len - 1);
	client->server_cid_len = data[0];
	memcpy(client->server_cid, data + 1, data[0]);
	return 0;
}

/* Of a ServerHello without its header: behind version, random octets and session ID. */
static inline enum rdl_dtls_suite client_suite(const uint8_t *hello)
{
	switch (rdl_get_be16(hello + 35 + hello[34])) {
	case 0xc0a8:
	case 0xc0ae:
		return RDL_DTLS_AES_128_CCM_8;
	case 0xc0a4:
	case 0xc0ac:
		return RDL_DTLS_AES_128_CCM;
	case 0x00a8:
	case 0xc02b:
		return RDL_DTLS_AES_128_GCM;
	default:
		return RDL_DTLS_AES_256_GCM;
	}
}

static inline int client_note_suite(gnutls_session_t tls, unsigned type, unsigned when,
	unsigned incoming, const gnutls_datum_t *message)
{
	struct client *client = gnutls_session_get_ptr(tls);

	client->suite = (uint8_t)client_suite(message->data);
	return 0;
}

static inline void client_begin_empty(struct client *client, const char *suites, int cid_len)
{
	memset(client, 0, sizeof(*client));
	client->cid_len = cid_len;
	for (int i = 0; i < cid_len; i++)
		client->cid[i] = (uint8_t)(i + 1);
	/* Raw public keys only where the suites name them. */
	assert_int_equal(gnutls_init(&client->tls, GNUTLS_CLIENT | GNUTLS_DATAGRAM |
							   GNUTLS_NONBLOCK | GNUTLS_ENABLE_RAWPK),
		0);
	gnutls_session_set_ptr(client->tls, client);
	gnutls_handshake_set_hook_function(
		client->tls, GNUTLS_HANDSHAKE_SERVER_HELLO, GNUTLS_HOOK_POST, client_note_suite);
	gnutls_transport_set_ptr(client->tls, client);
	gnutls_transport_set_pull_function(client->tls, client_pull);
	gnutls_transport_set_pull_timeout_function(client->tls, client_pull_timeout);
	gnutls_transport_set_push_function(client->tls, client_push);
	gnutls_dtls_set_timeouts(client->tls, 1000, 60000);
	gnutls_dtls_set_mtu(client->tls, 1200);
	assert_int_equal(gnutls_priority_set_direct(client->tls, suites, NULL), 0);
	if (client->cid_len >= 0)
		assert_int_equal(
			gnutls_session_ext_register(client->tls, "connection_id", 54,
				GNUTLS_EXT_MANDATORY, client_receive_extension,
				client_send_extension, NULL, NULL, NULL,
				GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO |
					GNUTLS_EXT_FLAG_DTLS),
			0);
}

#define PSK_SUITES(cipher) "NONE:+VERS-DTLS1.2:+PSK:+" cipher ":+AEAD:+SIGN-ALL:+GROUP-ALL"

static inline void client_begin(struct client *client, const char *identity, const char *key,
	const char *suites, int cid_len)
{
	gnutls_datum_t name = { (uint8_t *)(uintptr_t)identity, (unsigned)strlen(identity) };
	gnutls_datum_t octets = { (uint8_t *)(uintptr_t)key, (unsigned)strlen(key) };

	client_begin_empty(client, suites, cid_len);
	assert_int_equal(gnutls_psk_allocate_client_credentials(&client->psk), 0);
	assert_int_equal(
		gnutls_psk_set_client_credentials2(client->psk, &name, &octets, GNUTLS_PSK_KEY_RAW),
		0);
	assert_int_equal(gnutls_credentials_set(client->tls, GNUTLS_CRD_PSK, client->psk), 0);
}

/* ---- between them ---- */

static inline enum rdl_handshake_fate world_give(
	struct world *world, const uint8_t *octets, size_t len)
{
	uint8_t *copy = malloc(len);
	struct rdl_dtls_parcel parcel = {
		.kind = world->begun ? RDL_PARCEL_MORE : RDL_PARCEL_BEGIN,
		.session = SESSION,
		.data = copy,
		.len = (uint16_t)len,
		.way = { .peer = { .port = 5000 } },
	};

	assert_non_null(copy);
	memcpy(copy, octets, len);
	world->begun = true;
	enum rdl_handshake_fate fate = rdl_handshakes_input(world->handshakes, &parcel, now_ms);
	free(copy);
	return fate;
}

static inline enum rdl_handshake_fate world_deliver(struct world *world)
{
	struct datagram first = queue_take(&world->client.out);

	return world_give(world, first.octets, first.len);
}

static inline void world_deliver_all(struct world *world)
{
	while (world->client.out.count > 0)
		assert_int_equal(world_deliver(world), RDL_HANDSHAKE_TAKEN);
}

static inline int client_step(struct client *client)
{
	int error, steps = 0;

	do
		error = gnutls_handshake(client->tls);
	while (error == GNUTLS_E_AGAIN && client->in.count > 0 && ++steps < 50);
	return error;
}

/* Both go on until nothing is under way. What the client says last. */
static inline int world_run(struct world *world)
{
	int error;

	do {
		error = client_step(&world->client);
		world_deliver_all(world);
	} while (world->client.in.count > 0 && !gnutls_error_is_fatal(error));
	return error;
}

/* Both clocks: milliseconds, in steps of a tenth of a second. */
static inline void world_pass(struct world *world, uint64_t ms)
{
	for (uint64_t end = now_ms + ms; now_ms < end;) {
		now_ms += end - now_ms < 100 ? end - now_ms : 100;
		(void)rdl_handshakes_tick(world->handshakes, now_ms, UINT_MAX);
	}
}

/* Application data of the client's opens with the keys that came out, and that of ours there. */
static inline void world_check_keys(struct world *world)
{
	struct rdl_record_key read, write;

	assert_true(client_key(&world->client, true, &read));
	assert_true(client_key(&world->client, false, &write));
	assert_int_equal(world->keys.suite, read.suite);
	assert_memory_equal(world->keys.write_key, read.key, sizeof(read.key));
	assert_memory_equal(world->keys.read_key, write.key, sizeof(write.key));
	assert_memory_equal(world->keys.write_salt, read.salt, sizeof(read.salt));
	assert_memory_equal(world->keys.read_salt, write.salt, sizeof(write.salt));
	assert_int_equal(world->keys.write_sequence, 1);
}

static inline uint64_t world_failed(const struct world *world, enum rdl_handshake_failure failure)
{
	return rdl_handshakes_counts(world->handshakes)->failed[failure];
}

#endif
