/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions with CBC: what becomes of their records and replies, and which of them are there. */
#include "fixture.h"

#define KEY "0123456789abcdef"
#define CBC "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CBC:+SHA256:+SIGN-ALL:+GROUP-ALL"
#define DEVICES 4
/* Slots 1 to DEVICES. */
#define NAME(device) (UINT64_C(1) << 32 | ((device) + 1))

/* An engine with several clients, each of a session of its own. */
struct house {
	struct world *world;
	struct client clients[DEVICES];
	unsigned established[DEVICES], ended[DEVICES], closed[DEVICES];
	bool dead[DEVICES]; /* at the worker */
	struct rdl_dtls_keys keys;
	unsigned asked; /* whether one lives */
	size_t limit; /* of a client's records; 0: none */
};

static unsigned device_of(uint64_t session)
{
	unsigned device = (unsigned)(session & 0xffffff) - 1;

	assert_true(device < DEVICES);
	return device;
}

static void send_to(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct house *house = context;

	assert_int_equal(way->peer.port, 5000 + device_of(session));
	queue_add(&house->clients[device_of(session)].in, octets, len);
}

static void send_nothing(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
}

static void establish(void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct house *house = context;

	/* Before the last flight. */
	assert_int_equal(house->clients[device_of(session)].in.count, 0);
	house->keys = *keys;
	house->established[device_of(session)]++;
}

static void end(void *context, uint64_t session)
{
	((struct house *)context)->ended[device_of(session)]++;
}

static void close_session(void *context, uint64_t session)
{
	((struct house *)context)->closed[device_of(session)]++;
}

static bool lives(void *context, uint64_t session)
{
	struct house *house = context;

	house->asked++;
	return !house->dead[device_of(session)];
}

static struct house *house_begin(uint32_t cbc_sessions)
{
	struct house *house = calloc(1, sizeof(*house));

	assert_non_null(house);
	house->world = world_begin();
	rdl_handshakes_destroy(house->world->handshakes);
	house->world->config.cbc_sessions = cbc_sessions;
	house->world->config.calls = (struct rdl_handshake_calls){ .send = send_to,
		.established = establish,
		.ended = end,
		.closed = close_session,
		.lives = lives,
		.context = house };
	house->world->handshakes = rdl_handshakes_create(&house->world->config);
	assert_non_null(house->world->handshakes);
	return house;
}

static void house_end(struct house *house)
{
	for (unsigned d = 0; d < DEVICES; d++)
		client_end(&house->clients[d]);
	world_end(house->world);
	free(house);
}

static const struct rdl_handshake_counts *counts(const struct house *house)
{
	return rdl_handshakes_counts(house->world->handshakes);
}

static enum rdl_handshake_fate give(struct house *house, struct rdl_dtls_parcel *parcel)
{
	parcel->way.peer.port = (uint16_t)(5000 + device_of(parcel->session));
	return rdl_handshakes_input(house->world->handshakes, parcel, now_ms);
}

static void take_datagram(
	struct house *house, uint64_t session, enum rdl_dtls_parcel_kind kind, struct datagram *d)
{
	struct rdl_dtls_parcel parcel = {
		.kind = (uint8_t)kind, .session = session, .data = d->octets, .len = d->len
	};

	assert_int_equal(give(house, &parcel), RDL_HANDSHAKE_TAKEN);
}

/* The client's handshake, as far as it comes. */
static int shake_as(struct house *house, uint64_t session, const char *suites, int cid_len)
{
	struct client *client = &house->clients[device_of(session)];
	enum rdl_dtls_parcel_kind kind = RDL_PARCEL_BEGIN;
	int error;

	client_end(client);
	client_begin(client, "device", KEY, suites, cid_len);
	if (house->limit > 0)
		assert_int_equal(gnutls_record_set_max_recv_size(client->tls, house->limit), 0);
	do {
		error = client_step(client);
		for (; client->out.count > 0; kind = RDL_PARCEL_MORE) {
			struct datagram first = queue_take(&client->out);

			take_datagram(house, session, kind, &first);
		}
	} while (client->in.count > 0 && !gnutls_error_is_fatal(error));
	return error;
}

static void shake(struct house *house, unsigned device)
{
	unsigned before = house->established[device];

	assert_int_equal(shake_as(house, NAME(device), CBC, -1), 0);
	assert_int_equal(house->established[device], before + 1);
}

/* What the client says next, as it goes over the network. */
static struct datagram said(struct house *house, unsigned device, const char *text)
{
	struct client *client = &house->clients[device];

	assert_int_equal(gnutls_record_send(client->tls, text, strlen(text)), strlen(text));
	return queue_take(&client->out);
}

/* Octets of text that the engine finds in it: these. */
static unsigned hear(struct house *house, unsigned device, struct datagram d, const char *text)
{
	struct rdl_dtls_parcel parcel = {
		.kind = RDL_PARCEL_RECORD, .session = NAME(device), .data = d.octets, .len = d.len
	};

	assert_int_equal(give(house, &parcel), RDL_HANDSHAKE_TAKEN);
	assert_ptr_equal(parcel.data, d.octets);
	assert_int_equal(parcel.len, d.len);
	if (parcel.text_len > 0) {
		assert_int_equal(parcel.text_len, strlen(text));
		assert_memory_equal(d.octets + RDL_DTLS_CBC_HEAD, text, parcel.text_len);
	}
	return parcel.text_len;
}

static void reply(struct house *house, unsigned device, const char *text, bool registered)
{
	struct rdl_dtls_parcel parcel = { .kind = RDL_PARCEL_REPLY,
		.session = NAME(device),
		.data = (uint8_t *)(uintptr_t)text,
		.len = (uint16_t)strlen(text),
		.registered = registered };

	assert_int_equal(give(house, &parcel), RDL_HANDSHAKE_TAKEN);
}

/* The client hears this, and nothing else. */
static void is_told(struct house *house, unsigned device, const char *text)
{
	struct client *client = &house->clients[device];
	char octets[256];

	assert_int_equal(
		gnutls_record_recv(client->tls, octets, sizeof(octets)), (ssize_t)strlen(text));
	assert_memory_equal(octets, text, strlen(text));
	assert_int_equal(client->in.count, 0);
}

static void talk(struct house *house, unsigned device, bool registered)
{
	assert_int_equal(hear(house, device, said(house, device, "update"), "update"), 6);
	reply(house, device, "changed", registered);
	is_told(house, device, "changed");
}

/* ---- what is said in a session ---- */

static void test_records(void **state)
{
	/* As old modems are, and as GnuTLS is. */
	static const char *const clients[] = { CBC, CBC ":%NO_ETM", CBC ":%NO_SESSION_HASH",
		CBC ":%NO_ETM:%NO_SESSION_HASH:%NO_EXTENSIONS" };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(clients); i++) {
		struct house *house = house_begin(2);
		const struct rdl_dtls_keys none = { 0 };

		assert_int_equal(shake_as(house, NAME(0), clients[i], -1), 0);
		assert_int_equal(house->keys.suite, RDL_DTLS_AES_128_CBC);
		assert_int_equal(house->keys.mode, RDL_IDENTITY_PSK);
		assert_true(rdl_identities_permit(
			house->world->identities, house->keys.identity, RDL_SPAN("device")));
		/* These stay. */
		assert_memory_equal(house->keys.read_key, none.read_key, sizeof(none.read_key));
		assert_memory_equal(house->keys.write_key, none.write_key, sizeof(none.write_key));
		for (unsigned n = 0; n < 3; n++) {
			talk(house, 0, true);
			/* The next day. */
			now_ms += 86400 * 1000;
			(void)rdl_handshakes_tick(house->world->handshakes, now_ms, 1);
		}
		assert_int_equal(counts(house)->cbc_opened, 3);
		assert_int_equal(counts(house)->cbc_sealed, 3);
		assert_int_equal(counts(house)->cbc_sessions, 1);
		assert_int_equal(rdl_handshakes_under_way(house->world->handshakes), 0);
		house_end(house);
	}
}

/* Whoever asks for a Connection ID has none with CBC. */
static void test_no_connection_id(void **state)
{
	struct house *house = house_begin(2);

	assert_int_equal(shake_as(house, NAME(0), CBC, 3), 0);
	assert_int_equal(house->clients[0].server_cid_len, 0);
	assert_int_equal(house->keys.peer_cid_len, RDL_DTLS_NO_CID);
	talk(house, 0, false);
	house_end(house);
}

/* What else there is comes first, wherever the client puts it. */
static void test_last_of_suites(void **state)
{
	struct house *house = house_begin(2);

	assert_int_equal(shake_as(house, NAME(0),
				 "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CBC:+AES-256-GCM:+SHA256:+AEAD"
				 ":+SIGN-ALL:+GROUP-ALL",
				 -1),
		0);
	assert_int_equal(house->keys.suite, RDL_DTLS_AES_256_GCM);
	assert_int_equal(counts(house)->cbc_sessions, 0);
	house_end(house);
}

static void test_named_suite(void **state)
{
	static const char *const names[] = { "TLS_PSK_WITH_AES_128_CBC_SHA256" };
	struct world *world = world_begin();

	world->config.suites = names;
	world->config.suite_count = 1;
	assert_null(rdl_handshakes_create(&world->config));
	world->config.cbc_sessions = 1;
	rdl_handshakes_destroy(world->handshakes);
	world->handshakes = rdl_handshakes_create(&world->config);
	assert_non_null(world->handshakes);
	world_end(world);
}

static void test_replay(void **state)
{
	struct house *house = house_begin(2);

	shake(house, 0);
	struct datagram first = said(house, 0, "one"), second = said(house, 0, "two");
	assert_int_equal(hear(house, 0, second, "two"), 3);
	assert_int_equal(hear(house, 0, first, "one"), 3);
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(hear(house, 0, first, ""), 0);
		assert_int_equal(hear(house, 0, second, ""), 0);
	}
	assert_int_equal(counts(house)->cbc_discarded, 6);
	talk(house, 0, false);
	house_end(house);
}

/*
 * Any octet another, any length cut, any content, and nothing of the session's: no text, and the
 * session is what it was.
 */
static void test_forged(void **state)
{
	struct house *house = house_begin(2);

	shake(house, 0);
	struct datagram good = said(house, 0, "good"), bad;
	for (unsigned at = 0; at < good.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bad = good;
			bad.octets[at] ^= (uint8_t)(1 << bit);
			assert_int_equal(hear(house, 0, bad, ""), 0);
		}
		bad = good;
		bad.len = (uint16_t)at;
		assert_int_equal(hear(house, 0, bad, ""), 0);
		if (at < RDL_DTLS_RECORD_HEADER)
			continue;
		rdl_put_be16(bad.octets + 11, (uint16_t)(at - RDL_DTLS_RECORD_HEADER));
		assert_int_equal(hear(house, 0, bad, ""), 0);
	}
	for (unsigned type = 0; type < 256; type++) {
		bad = good;
		bad.octets[0] = (uint8_t)type;
		assert_int_equal(hear(house, 0, bad, "good"), type == good.octets[0] ? 4 : 0);
	}
	assert_int_equal(house->closed[0], 0);
	talk(house, 0, false);
	house_end(house);
}

/* Records of nobody's session, and of a handshake. */
static void test_of_others(void **state)
{
	struct house *house = house_begin(2);
	struct client *client = &house->clients[1];

	shake(house, 0);
	assert_int_equal(hear(house, 1, said(house, 0, "text"), ""), 0);
	reply(house, 1, "text", false);
	client_begin(client, "device", KEY, CBC, -1);
	(void)client_step(client);
	struct datagram hello = queue_take(&client->out);
	take_datagram(house, NAME(1), RDL_PARCEL_BEGIN, &hello);
	assert_int_equal(hear(house, 1, said(house, 0, "text"), ""), 0);
	reply(house, 1, "text", true);
	assert_int_equal(counts(house)->cbc_opened, 0);
	assert_int_equal(counts(house)->cbc_sealed, 0);
	house_end(house);
}

/* Longer than what the client takes: nothing is sent, and nothing ends. */
static void test_reply_too_long(void **state)
{
	struct house *house = house_begin(2);
	char text[200];

	house->limit = 100;
	assert_int_equal(shake_as(house, NAME(0), CBC ":%ALLOW_SMALL_RECORDS", -1), 0);
	memset(text, 'x', sizeof(text));
	text[101] = 0;
	reply(house, 0, text, false);
	assert_int_equal(counts(house)->cbc_unsealed, 1);
	assert_int_equal(house->clients[0].in.count, 0);
	text[100] = 0;
	reply(house, 0, text, false);
	is_told(house, 0, text);
	house_end(house);
}

/* ---- the end of a session ---- */

static void test_closed_by_alert(void **state)
{
	static const struct {
		gnutls_alert_level_t level;
		gnutls_alert_description_t what;
		bool ends;
	} alerts[] = { { GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY, true },
		{ GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR, true },
		{ GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION, false } };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(alerts); i++) {
		struct house *house = house_begin(2);
		struct client *client = &house->clients[0];

		shake(house, 0);
		assert_int_equal(
			gnutls_alert_send(client->tls, alerts[i].level, alerts[i].what), 0);
		struct datagram alert = queue_take(&client->out);
		assert_int_equal(hear(house, 0, alert, ""), 0);
		assert_int_equal(house->closed[0], alerts[i].ends);
		assert_int_equal(counts(house)->cbc_closed, alerts[i].ends);
		assert_int_equal(counts(house)->cbc_sessions, !alerts[i].ends);
		assert_int_equal(
			hear(house, 0, said(house, 0, "text"), "text"), alerts[i].ends ? 0 : 4);
		assert_int_equal(house->closed[0], alerts[i].ends);
		house_end(house);
	}
}

/* Empty records, and one who would shake hands anew in its session: the session goes on. */
static void test_renegotiation(void **state)
{
	struct house *house = house_begin(2);
	struct client *client = &house->clients[0];

	shake(house, 0);
	(void)gnutls_handshake(client->tls);
	assert_int_equal(client->out.count, 1);
	struct datagram hello = queue_take(&client->out);
	assert_int_equal(hello.octets[4], 1);
	take_datagram(house, NAME(0), RDL_PARCEL_MORE, &hello);
	assert_int_equal(house->closed[0], 0);
	assert_int_equal(client->in.count, 0);
	assert_int_equal(counts(house)->cbc_sessions, 1);
	talk(house, 0, false);
	house_end(house);
}

/* Whoever keeps the session has it no more: within a second nothing of it is here. */
static void test_over_at_its_worker(void **state)
{
	struct house *house = house_begin(2);

	shake(house, 0);
	shake(house, 1);
	house->dead[0] = true;
	assert_int_equal(counts(house)->cbc_sessions, 2);
	world_pass(house->world, 1000);
	assert_int_equal(house->asked, 2);
	assert_int_equal(counts(house)->cbc_sessions, 1);
	assert_int_equal(house->closed[0], 0);
	assert_null(rdl_handshake_find(&house->world->handshakes->places, NAME(0)));
	talk(house, 1, false);
	world_pass(house->world, 5000);
	assert_int_equal(house->asked, 7);
	house_end(house);
}

/* Its slot is another one's. */
static void test_slot_taken(void **state)
{
	struct house *house = house_begin(2);
	struct client *client = &house->clients[0];

	shake(house, 0);
	client_end(client);
	client_begin(client, "device", KEY, CBC, -1);
	(void)client_step(client);
	struct datagram hello = queue_take(&client->out);
	take_datagram(house, NAME(0) + (UINT64_C(1) << 32), RDL_PARCEL_BEGIN, &hello);
	assert_int_equal(counts(house)->cbc_sessions, 0);
	assert_int_equal(counts(house)->evicted, 0);
	assert_int_equal(rdl_handshakes_under_way(house->world->handshakes), 1);
	house_end(house);
}

/* ---- how many there are ---- */

static void test_least_used_gives_way(void **state)
{
	struct house *house = house_begin(2);

	shake(house, 0);
	shake(house, 1);
	/* A record is enough. */
	assert_int_equal(hear(house, 0, said(house, 0, "text"), "text"), 4);
	shake(house, 2);
	assert_int_equal(house->closed[1], 1);
	assert_int_equal(house->closed[0], 0);
	assert_int_equal(counts(house)->cbc_crowded, 1);
	assert_int_equal(counts(house)->cbc_sessions, 2);
	talk(house, 0, false);
	talk(house, 2, false);
	house_end(house);
}

static void test_registered_do_not(void **state)
{
	struct house *house = house_begin(2);

	shake(house, 0);
	shake(house, 1);
	talk(house, 0, true);
	talk(house, 1, false);
	/* A record alone does not make it another. */
	assert_int_equal(hear(house, 0, said(house, 0, "text"), "text"), 4);
	shake(house, 2);
	assert_int_equal(house->closed[1], 1);
	talk(house, 2, true);
	assert_true(shake_as(house, NAME(3), CBC, -1) != 0);
	assert_int_equal(house->established[3], 0);
	assert_int_equal(house->ended[3], 1);
	assert_int_equal(counts(house)->failed[RDL_HANDSHAKE_room], 1);
	/* De-registered. */
	talk(house, 2, false);
	shake(house, 3);
	assert_int_equal(house->closed[2], 1);
	assert_int_equal(house->closed[0], 0);
	talk(house, 0, true);
	house_end(house);
}

/* Sessions take no place of a handshake's, nor handshakes one of theirs. */
static void test_places(void **state)
{
	struct house *house = house_begin(2);
	struct client client;

	shake(house, 0);
	house->world->handshakes->config.calls.send = send_nothing;
	for (uint64_t i = 0; i < 5; i++) {
		client_begin(&client, "device", KEY, CBC, -1);
		(void)client_step(&client);
		struct datagram hello = queue_take(&client.out);
		take_datagram(house, i << 24 | NAME(2), RDL_PARCEL_BEGIN, &hello);
		assert_int_equal(house->ended[2], i == 4);
		client_end(&client);
	}
	assert_int_equal(house->world->config.places, 4);
	assert_int_equal(rdl_handshakes_under_way(house->world->handshakes), 4);
	assert_int_equal(counts(house)->cbc_sessions, 1);
	house_end(house);
}

/* ---- octets at random ---- */

/* Whatever comes with whatever kind of parcel: who has the session has it. */
static void test_garbage(void **state)
{
	struct house *house = house_begin(2);

	srand(1);
	shake(house, 0);
	for (unsigned i = 0; i < 20000; i++) {
		struct datagram d = said(house, 0, "text");
		unsigned flips = (unsigned)rand() % 4;
		struct rdl_dtls_parcel parcel = { .session = NAME(0), .data = d.octets };

		/* A length that is not the record's is no record's of a worker's. */
		if (rand() % 4 == 0)
			rdl_put_be16(d.octets + 11, (uint16_t)(rand() % 200));
		parcel.len = (uint16_t)(RDL_DTLS_RECORD_HEADER + rdl_get_be16(d.octets + 11));
		for (unsigned n = 0; n < flips; n++)
			d.octets[rand() % d.len] ^= (uint8_t)(1 << rand() % 8);
		parcel.kind = rand() % 4 > 0 ? RDL_PARCEL_RECORD : RDL_PARCEL_MORE;
		(void)give(house, &parcel);
		assert_true(parcel.text_len == 0 || parcel.text_len == 4);
		assert_int_equal(house->closed[0], 0);
	}
	house->clients[0].in.count = 0;
	talk(house, 0, false);
	house_end(house);
}

/* ---- the last flight ---- */

/* To a client that missed it; not to a copy that the network made. */
static void test_last_flight(void **state)
{
	struct house *house = house_begin(2);
	struct client *client = &house->clients[0];
	struct datagram flight[3];

	client_begin(client, "device", KEY, CBC, -1);
	(void)client_step(client);
	struct datagram hello = queue_take(&client->out);
	take_datagram(house, NAME(0), RDL_PARCEL_BEGIN, &hello);
	(void)client_step(client);
	assert_int_equal(client->out.count, 3);
	memcpy(flight, client->out.datagrams, sizeof(flight));
	while (client->out.count > 0) {
		struct datagram first = queue_take(&client->out);

		take_datagram(house, NAME(0), RDL_PARCEL_MORE, &first);
	}
	assert_int_equal(house->established[0], 1);
	client->in.count = 0;
	for (unsigned i = 0; i < 3; i++)
		take_datagram(house, NAME(0), RDL_PARCEL_MORE, &flight[i]);
	assert_int_equal(client->in.count, 0);
	now_ms += 1500;
	(void)client_step(client);
	assert_int_equal(client->out.count, 3);
	while (client->out.count > 0) {
		struct datagram first = queue_take(&client->out);

		take_datagram(house, NAME(0), RDL_PARCEL_MORE, &first);
	}
	assert_true(client->in.count > 0);
	assert_int_equal(counts(house)->repeated, 1);
	assert_int_equal(client_step(client), 0);
	assert_int_equal(house->established[0], 1);
	talk(house, 0, false);
	house_end(house);
}

/* A Finished that has overtaken what makes its key. */
static void test_disorder(void **state)
{
	struct house *house = house_begin(2);
	struct client *client = &house->clients[0];

	client_begin(client, "device", KEY, CBC, -1);
	(void)client_step(client);
	struct datagram hello = queue_take(&client->out);
	take_datagram(house, NAME(0), RDL_PARCEL_BEGIN, &hello);
	(void)client_step(client);
	assert_int_equal(client->out.count, 3);
	for (unsigned i = 3; i-- > 0;)
		take_datagram(house, NAME(0), RDL_PARCEL_MORE, &client->out.datagrams[i]);
	client->out.count = 0;
	assert_int_equal(house->established[0], 1);
	assert_int_equal(client_step(client), 0);
	talk(house, 0, false);
	house_end(house);
}

/* Application data that comes in a parcel of the handshake's, before and after its end. */
static void test_application_data(void **state)
{
	static const uint8_t data[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 7 };
	struct house *house = house_begin(2);
	struct client *client = &house->clients[0];
	uint8_t octets[sizeof(data)];
	struct rdl_dtls_parcel parcel = {
		.kind = RDL_PARCEL_MORE, .session = NAME(0), .data = octets, .len = sizeof(octets)
	};

	memcpy(octets, data, sizeof(data));
	client_begin(client, "device", KEY, CBC, -1);
	(void)client_step(client);
	struct datagram hello = queue_take(&client->out);
	take_datagram(house, NAME(0), RDL_PARCEL_BEGIN, &hello);
	assert_int_equal(give(house, &parcel), RDL_HANDSHAKE_HOLD);
	client->in.count = 0;
	rdl_handshakes_destroy(house->world->handshakes);
	house->world->handshakes = rdl_handshakes_create(&house->world->config);
	shake(house, 0);
	assert_int_equal(give(house, &parcel), RDL_HANDSHAKE_AGAIN);
	house_end(house);
}

static void test_class(void **state)
{
	struct house *house = house_begin(2);
	uint8_t octets[64] = { 23, 0xfe, 0xfd, 0, 1 };
	struct rdl_dtls_parcel parcel = {
		.session = NAME(0), .data = octets, .len = sizeof(octets)
	};

	for (int there = 0; there < 2; there++) {
		parcel.kind = RDL_PARCEL_RECORD;
		assert_int_equal(rdl_handshakes_class(house->world->handshakes, &parcel),
			RDL_HANDSHAKE_RECORDS);
		parcel.kind = RDL_PARCEL_REPLY;
		assert_int_equal(rdl_handshakes_class(house->world->handshakes, &parcel),
			RDL_HANDSHAKE_RECORDS);
		parcel.kind = RDL_PARCEL_MORE;
		assert_int_equal(rdl_handshakes_class(house->world->handshakes, &parcel),
			RDL_HANDSHAKE_UNDER_WAY_PSK);
		if (!there)
			shake(house, 0);
	}
	house_end(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_no_connection_id),
		cmocka_unit_test(test_last_of_suites),
		cmocka_unit_test(test_named_suite),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_of_others),
		cmocka_unit_test(test_reply_too_long),
		cmocka_unit_test(test_closed_by_alert),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_over_at_its_worker),
		cmocka_unit_test(test_slot_taken),
		cmocka_unit_test(test_least_used_gives_way),
		cmocka_unit_test(test_registered_do_not),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_last_flight),
		cmocka_unit_test(test_disorder),
		cmocka_unit_test(test_application_data),
		cmocka_unit_test(test_class),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
