/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine and a client: what is between them, a test delivers, drops or repeats. */
#ifndef RDL_TEST_HANDSHAKE_FIXTURE_H
#define RDL_TEST_HANDSHAKE_FIXTURE_H

#include "support.h"

#include <limits.h>
#include <unistd.h>

#include "tls_client.h"
#include "writing.h"

#define SESSION UINT64_C(0x100000005)

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

	assert_int_equal(rdl_credentials_remove(world->credentials, octets, NULL, problem),
		RDL_CREDENTIALS_OK);
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
		.calls = { .send = world_send,
			.established = world_established,
			.ended = world_ended,
			.context = world } };
	world->handshakes = rdl_handshakes_create(&world->config);
	assert_non_null(world->handshakes);
	world_credential(world, "device", "0123456789abcdef");
	return world;
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
