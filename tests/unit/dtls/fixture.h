/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's table in memory of its own, and datagrams from hosts known by number. */
#ifndef RDL_TEST_DTLS_FIXTURE_H
#define RDL_TEST_DTLS_FIXTURE_H

#include "support.h"

#include <stdlib.h>

#include "internal.h"

struct table {
	struct rdl_dtls_config config;
	struct rdl_dtls *dtls;
	uint32_t now_s;
	/* Of the handshake that began last. */
	uint64_t hello;
	uint8_t incarnations[256];
	/* Holds of identities that were given back. */
	unsigned released[256];
};

static inline void count_release(void *context, uint32_t identity)
{
	struct table *t = context;

	t->released[identity]++;
}

/* One worker, room for a few, unless `config` says otherwise. */
static inline struct table *table_new(const struct rdl_dtls_config *config)
{
	struct table *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->config = config != NULL ? *config : (struct rdl_dtls_config){ 0 };
	if (t->config.workers == 0)
		t->config.workers = 1;
	if (t->config.handshakers == 0)
		t->config.handshakers = 1;
	if (t->config.handshakes == 0)
		t->config.handshakes = 32;
	t->config.idle_s = 300;
	t->config.handshake_s = 60;
	t->config.address_key = (struct rdl_key){ 1, 2 };
	t->config.cid_key = (struct rdl_key){ 3, 4 };
	t->config.cookie_key = (struct rdl_key){ 5, 6 };
	t->config.incarnations = t->incarnations;
	t->config.release = count_release;
	t->config.context = t;
	size_t len = rdl_dtls_memory(&t->config);
	assert_true(len > 0);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(memory);
	memset(memory, 0, len);
	t->dtls = rdl_dtls_init(&t->config, memory);
	assert_non_null(t->dtls);
	t->now_s = 1000;
	return t;
}

static inline void table_end(struct table *t)
{
	free(t->dtls);
	free(t);
}

/* From 10.0.network.host, port 1000 + host. */
static inline struct rdl_datagram from(unsigned network, unsigned host)
{
	struct rdl_datagram datagram = {
		.peer = { .port = (uint16_t)(1000 + host) },
		.local = { .address = 1, .udp_port = 1 },
	};

	memset(datagram.peer.address + 10, 0xff, 2);
	datagram.peer.address[12] = 10;
	datagram.peer.address[13] = (uint8_t)(network >> 8);
	datagram.peer.address[14] = (uint8_t)network;
	datagram.peer.address[15] = (uint8_t)host;
	return datagram;
}

static inline uint64_t begin(struct table *t, unsigned network, unsigned host)
{
	struct rdl_datagram datagram = from(network, host);
	uint64_t session, evicted;

	t->hello++;
	assert_int_equal(rdl_dtls_begin(t->dtls, &datagram, t->hello, t->now_s, &session, &evicted),
		RDL_DTLS_BEGUN);
	assert_int_equal(evicted, 0);
	assert_true(session != 0);
	return session;
}

static inline struct rdl_dtls_keys keys_of(uint32_t identity, uint8_t peer_cid_len)
{
	struct rdl_dtls_keys keys = {
		.suite = RDL_DTLS_AES_128_CCM_8,
		.mode = 1,
		.identity = identity,
		.peer_cid_len = peer_cid_len,
		.read_sequence = 1,
		.write_sequence = 1,
	};

	memset(keys.read_key, 0xa5, sizeof(keys.read_key));
	memset(keys.write_key, 0x5a, sizeof(keys.write_key));
	return keys;
}

/* Begun and established, without a Connection ID. */
static inline uint64_t establish(struct table *t, unsigned network, unsigned host)
{
	uint64_t session = begin(t, network, host);
	struct rdl_dtls_keys keys = keys_of(host, RDL_DTLS_NO_CID);

	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	return session;
}

#endif
