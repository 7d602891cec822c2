/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DTLS client of GnuTLS's in the test's own process: datagrams from it and to it lie in queues,
 * and time passes when the test says so.
 */
#ifndef RDL_TEST_TLS_CLIENT_H
#define RDL_TEST_TLS_CLIENT_H

#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "handshake_internal.h"

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

static inline void client_end(struct client *client)
{
	if (client->tls != NULL)
		gnutls_deinit(client->tls);
	if (client->psk != NULL)
		gnutls_psk_free_client_credentials(client->psk);
	memset(client, 0, sizeof(*client));
}

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
	case 0x00ae:
	case 0xc023:
		return RDL_DTLS_AES_128_CBC;
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

static inline int client_step(struct client *client)
{
	int error, steps = 0;

	do
		error = gnutls_handshake(client->tls);
	while (error == GNUTLS_E_AGAIN && client->in.count > 0 && ++steps < 50);
	return error;
}

#endif
