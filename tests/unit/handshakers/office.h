/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A handshaker whose workers are the test, and so is the client. What comes to a worker is told in
 * words: "established1 send1 back1", each with its session's slot.
 */
#ifndef RDL_TEST_HANDSHAKERS_OFFICE_H
#define RDL_TEST_HANDSHAKERS_OFFICE_H

#include "database.h"

#include "handshaker.h"
#include "sessions.h"
#include "tls_client.h"

#define WORKERS 2
/* That one worker may have under way. */
#define PARCELS 4096
/* Of partition 0, which is worker 0's, or of 1. */
#define SESSION_OF(partition, slot) (UINT64_C(1) << 32 | (uint64_t)(partition) << 24 | (slot))
#define SESSION(slot) SESSION_OF(0, slot)
#define PSK PSK_SUITES("AES-128-CCM-8")
#define CBC "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CBC:+SHA256:+SIGN-ALL:+GROUP-ALL"
#define CBC_SESSIONS 2

struct office {
	struct database database;
	void *identities_memory, *ring_memory[WORKERS];
	struct rdl_identities *identities;
	struct ending ending;
	struct handshaker handshaker;
	struct rdl_channel workers[WORKERS]; /* the test's ends */
	/* What came to a worker that has not been told, and how often of each kind. */
	char words[WORKERS][1024];
	unsigned sends, establisheds, endeds, backs, agains;
	/* The session whose flights go to the client, and its keys. */
	uint64_t session;
	struct client client;
	struct rdl_dtls_keys keys;
	/* What the last parcel that came back held. */
	uint16_t back_len;
	uint8_t back_first;
	uint16_t back_text_len;
	/* Letters that the workers do not give back. */
	bool keep_letters;
	unsigned kept_count;
	void *kept[POST_LETTERS];
};

struct test_parcel {
	struct rdl_dtls_parcel parcel;
	uint8_t octets[];
};

static inline void office_join(struct office *office)
{
	const struct rdl_channel_credit letters = handshaker_credit();
	const struct rdl_channel_credit parcels = { { [RDL_PARCEL_BEGIN] = PARCELS,
		[RDL_PARCEL_MORE] = PARCELS,
		[RDL_PARCEL_RECORD] = PARCELS,
		[RDL_PARCEL_REPLY] = PARCELS } };

	for (unsigned w = 0; w < WORKERS; w++) {
		office->ring_memory[w] =
			aligned_alloc(RDL_CACHE_LINE, rdl_channel_memory(&letters, &parcels));
		assert_non_null(office->ring_memory[w]);
		rdl_channel_join(&office->handshaker.workers[w], &letters, &office->workers[w],
			&parcels, office->ring_memory[w]);
	}
}

/* With a device that has a key, and datagrams of so many octets. */
static inline struct office *office_begin(uint16_t mtu)
{
	const struct rdl_identities_config identities = { .identities = 64, .octets = 64 };
	struct office *office = calloc(1, sizeof(*office));
	size_t len = (rdl_identities_memory(&identities) + 63) / 64 * 64;

	assert_non_null(office);
	database_begin(&office->database, NULL);
	database_put(&office->database, psk(RDL_SPAN("device")), RDL_SPAN("0123456789abcdef"),
		(struct rdl_span){ (const uint8_t *)"", 0 });
	office->identities_memory = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(office->identities_memory);
	memset(office->identities_memory, 0, len);
	office->identities = rdl_identities_init(&identities, office->identities_memory);
	const struct rdl_handshakes_config config = { .places = 64,
		.timeout_ms = 60000,
		.retransmit_ms = 1000,
		.mtu = mtu,
		.cbc_sessions = CBC_SESSIONS,
		.reader = office->database.reader,
		.identities = office->identities };
	office->handshaker.worker_count = WORKERS;
	office->handshaker.ending = &office->ending;
	office->handshaker.letters = calloc(POST_LETTERS, sizeof(struct rdl_dtls_letter));
	assert_non_null(office->handshaker.letters);
	assert_int_equal(handshaker_init(&office->handshaker, &config, WORKERS * PARCELS), 0);
	office_join(office);
	return office;
}

/* One round. */
static inline bool office_step(struct office *office)
{
	return handshaker_step(&office->handshaker, now_ms);
}

/* The clock goes on, without a round. */
static inline void office_pass(uint64_t ms)
{
	now_ms += ms;
}

static inline void office_say(
	struct office *office, unsigned worker, const char *word, uint64_t session)
{
	char *text = office->words[worker];
	size_t at = strlen(text), room = sizeof(office->words[0]);

	/* What is many is counted, and not read. */
	if (at < room - 32)
		snprintf(text + at, room - at, "%s%u ", word, (unsigned)(session & 0xffffff));
}

static inline void office_read_letter(
	struct office *office, unsigned worker, struct rdl_dtls_letter *letter)
{
	assert_int_equal(rdl_dtls_partition(letter->session) % WORKERS, worker);
	switch ((enum rdl_dtls_letter_kind)letter->kind) {
	case RDL_LETTER_SEND:
		office->sends++;
		assert_int_equal(letter->flight.way.peer.port, 5000);
		if (letter->session == office->session)
			queue_add(&office->client.in, letter->flight.octets, letter->flight.len);
		office_say(office, worker, "send", letter->session);
		break;
	case RDL_LETTER_ESTABLISHED:
		office->establisheds++;
		office->keys = letter->keys;
		office_say(office, worker, "established", letter->session);
		break;
	case RDL_LETTER_ENDED:
		office->endeds++;
		office_say(office, worker, "ended", letter->session);
		break;
	case RDL_LETTER_CLOSED:
		office_say(office, worker, "closed", letter->session);
		break;
	}
	void *message = letter;
	if (office->keep_letters)
		office->kept[office->kept_count++] = message;
	else
		rdl_channel_give_back(&office->workers[worker], &message, 1);
}

static inline void office_read_parcel(
	struct office *office, unsigned worker, struct test_parcel *parcel)
{
	bool again = parcel->parcel.again;

	/* To whom it was sent by. */
	assert_int_equal(parcel->parcel.worker, worker);
	rdl_channel_came_back(&office->workers[worker], 1);
	*(again ? &office->agains : &office->backs) += 1;
	office_say(office, worker, again ? "again" : "back", parcel->parcel.session);
	office->back_len = parcel->parcel.len;
	office->back_text_len = parcel->parcel.text_len;
	office->back_first = parcel->parcel.len > 0 ? parcel->parcel.data[0] : 0;
	free(parcel);
}

/* What has come to a worker since it was last asked. */
static inline const char *office_came(struct office *office, unsigned worker)
{
	static char text[sizeof(office->words[0])];
	void *batch[64];
	unsigned n;

	while ((n = rdl_channel_take(&office->workers[worker], batch, 64)) > 0)
		for (unsigned i = 0; i < n; i++) {
			if (*(const uint8_t *)batch[i] >= RDL_LETTER_SEND)
				office_read_letter(office, worker, batch[i]);
			else
				office_read_parcel(office, worker, batch[i]);
		}
	strcpy(text, office->words[worker]);
	office->words[worker][0] = '\0';
	return text;
}

static inline struct rdl_dtls_parcel *office_send(struct office *office, unsigned worker,
	enum rdl_dtls_parcel_kind kind, uint64_t session, struct rdl_span octets)
{
	struct test_parcel *parcel = calloc(1, sizeof(*parcel) + octets.len);
	void *message = parcel;

	assert_non_null(parcel);
	assert_true(rdl_channel_left(&office->workers[worker], kind) > 0);
	memcpy(parcel->octets, octets.data, octets.len);
	parcel->parcel = (struct rdl_dtls_parcel){ .kind = (uint8_t)kind,
		.worker = (uint8_t)worker,
		.session = session,
		.data = parcel->octets,
		.len = (uint16_t)octets.len,
		.way = { .peer = { .port = 5000 } } };
	rdl_channel_send(&office->workers[worker], &message, 1);
	return &parcel->parcel;
}

/* The letters that were kept go back. */
static inline void office_give_back(struct office *office)
{
	for (; office->kept_count > 0; office->kept_count--) {
		void **message = &office->kept[office->kept_count - 1];
		const struct rdl_dtls_letter *letter = *message;

		rdl_channel_give_back(
			&office->workers[rdl_dtls_partition(letter->session) % WORKERS], message,
			1);
	}
}

/* Every letter and every parcel is where it was. */
static inline void office_end(struct office *office)
{
	handshaker_stop(&office->handshaker);
	office->ending.stage = ENDING_ASKED;
	office_give_back(office);
	office->keep_letters = false;
	for (unsigned i = 0; i < 2 * POST_LETTERS / 32 && office_step(office); i++)
		for (unsigned w = 0; w < WORKERS; w++)
			(void)office_came(office, w);
	for (unsigned w = 0; w < WORKERS; w++) {
		(void)office_came(office, w);
		assert_int_equal(office->workers[w].under_way, 0);
	}
	(void)office_step(office);
	assert_int_equal(office->handshaker.post.free_count, POST_LETTERS);
	for (unsigned w = 0; w < WORKERS; w++) {
		assert_int_equal(office->handshaker.workers[w].under_way, 0);
		free(office->ring_memory[w]);
	}
	client_end(&office->client);
	handshaker_fini(&office->handshaker);
	database_end(&office->database);
	free(office->handshaker.letters);
	free(office->identities_memory);
	free(office);
}

/* ---- clients ---- */

/* Begins to shake hands, as this session. */
static inline void office_client(struct office *office, uint64_t session)
{
	office->session = session;
	client_begin(&office->client, "device", "0123456789abcdef", PSK, -1);
}

/* Its ClientHello, as anybody might say it. */
static inline struct datagram office_hello(struct office *office)
{
	struct datagram hello;

	office_client(office, 0);
	client_step(&office->client);
	hello = queue_take(&office->client.out);
	client_end(&office->client);
	return hello;
}

static inline struct rdl_span span_of_datagram(const struct datagram *datagram)
{
	return (struct rdl_span){ datagram->octets, datagram->len };
}

/* What the client says next goes in, as that of its session. */
static inline void office_deliver(struct office *office, enum rdl_dtls_parcel_kind kind)
{
	struct datagram first = queue_take(&office->client.out);

	(void)office_send(office, 0, kind, office->session, span_of_datagram(&first));
}

/* As far as the client's last flight, which is not under way yet. */
static inline void office_shake(struct office *office)
{
	client_step(&office->client);
	office_deliver(office, RDL_PARCEL_BEGIN);
	office_step(office);
	(void)office_came(office, 0);
	client_step(&office->client);
	assert_true(office->client.out.count > 0);
}

#endif
