/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams that reach worker 1, of sessions that worker 0 has. A frame goes out by the queue that
 * it came by, and its buffer back to where that was taken: end() looks.
 */
#include "fixture.h"
#include "layer.h"

#include <pthread.h>
#include <sched.h>

#include "cid.h"

#define HERE 1
#define OWNER 0
#define PORT 40001

/* A session of the owner's. Returns its name there, and *mine the client's. */
static uint64_t open_session(uint64_t *mine, uint8_t peer_cid_len)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	*mine = client_session();
	say_hello(OWNER, PORT, hello);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	letter.keys.peer_cid_len = peer_cid_len;
	write_letter(OWNER, &letter);
	give_back(OWNER, parcels[0]);
	step(OWNER);
	assert_int_equal(letters_back(OWNER), 1);
	assert_int_equal(counts(OWNER)->established, 1);
	return letter.session;
}

static void arrive_update(uint64_t session)
{
	uint8_t record[256];
	size_t len = seal_update(session, record);

	arrive(HERE, PORT, record, len);
}

static void expect_code(uint8_t code)
{
	uint8_t octets[256];

	assert_int_equal(sent(OWNER, PORT, octets), 0);
	assert_int_equal(sent_code(HERE, PORT), code);
}

/* The owner's shard answers, and the reply goes out where the request came in. */
static void test_answered(void **state)
{
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	arrive_update(session);
	assert_true(step(HERE));
	assert_int_equal(stat_of(HERE, RDL_STAT_dtls_passed), 1);
	assert_true(step(OWNER));
	assert_int_equal(rdl_channel_waiting(&seats[HERE].shard), 0);
	assert_int_equal(seats[OWNER].worker.guests, 1);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	assert_true(step(OWNER));
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, 1);
	assert_true(step(HERE));
	expect_code(RDL_COAP_CHANGED);
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, 0);
	assert_int_equal(counts(OWNER)->registered, 1);
	assert_int_equal(stat_of(OWNER, RDL_STAT_tx_frames), 2);
	assert_false(step(HERE));
	assert_false(step(OWNER));
}

/* Own ones and the fellow's in the same burst of answers, of which one is not to be sent. */
static void test_mixed_answers(void **state)
{
	uint8_t record[256];
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	arrive_update(session);
	arrive_update(session);
	step(HERE);
	for (unsigned i = 0; i < 2; i++) {
		size_t len = seal_update(session, record);

		arrive(OWNER, PORT, record, len);
	}
	step(OWNER);
	void *batch[8];
	assert_int_equal(rdl_channel_take(&seats[OWNER].shard, batch, 8), 4);
	static const uint8_t codes[4] = { 0, RDL_COAP_CHANGED, RDL_COAP_DELETED, 0 };
	for (unsigned i = 0; i < 4; i++)
		((struct rdl_request *)batch[i])->code = codes[i];
	/* As other shards' answers would be mixed. */
	void *mixed[4] = { batch[2], batch[0], batch[1], batch[3] };
	rdl_channel_give_back(&seats[OWNER].shard, mixed, 4);
	step(OWNER);
	assert_int_equal(seats[OWNER].worker.guests, 0);
	step(HERE);
	/* The first two came in here. */
	unsigned here = sent_code(HERE, PORT), there = sent_code(OWNER, PORT);
	assert_int_equal(here + there, RDL_COAP_CHANGED + RDL_COAP_DELETED);
	assert_int_equal(sent_code(HERE, PORT), 0);
	assert_int_equal(sent_code(OWNER, PORT), 0);
}

/* Frames that the owner makes of further records are its own, and leave by its queue. */
static void test_several_records(void **state)
{
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	arrive_updates(HERE, PORT, session, 3);
	step(HERE);
	step(OWNER);
	assert_int_equal(seats[OWNER].worker.guests, 1);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 3);
	step(OWNER);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(sent_code(OWNER, PORT), RDL_COAP_CHANGED);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
}

/* While fellows' frames are here, those in clear text are this worker's as ever. */
static void test_clear_text(void **state)
{
	struct message update = make_update();
	uint64_t session;
	struct rte_mbuf *m = NULL;

	open_session(&session, RDL_DTLS_NO_CID);
	arrive_update(session);
	step(HERE);
	arrive_at(OWNER, PORT, 5683, update.octets, update.len);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 2);
	step(OWNER);
	assert_int_equal(rte_ring_dequeue(out[OWNER], (void **)&m), 0);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[UDP_PAYLOAD + 1], RDL_COAP_CHANGED);
	rte_pktmbuf_free(m);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
}

/* What the owner answers itself: a Reset. */
static void test_answered_at_once(void **state)
{
	static const uint8_t ping[] = { 0x40, 0x00, 0x12, 0x34 };
	uint8_t record[256];
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	size_t len = seal(session, ping, sizeof(ping), record);
	arrive(HERE, PORT, record, len);
	step(HERE);
	step(OWNER);
	assert_int_equal(seats[OWNER].worker.guests, 0);
	step(HERE);
	expect_code(RDL_COAP_EMPTY);
	assert_int_equal(stat_of(OWNER, RDL_STAT_resets), 1);
}

/* Records that are nothing come back to be freed: one that was read before, and of no session. */
static void test_dropped(void **state)
{
	uint8_t record[256], octets[256];
	uint64_t session;
	size_t len;

	open_session(&session, RDL_DTLS_NO_CID);
	len = seal_update(session, record);
	arrive(HERE, PORT, record, len);
	arrive(HERE, PORT, record, len);
	arrive(HERE, PORT + 1, record, len);
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_dtls_session), 1);
	step(OWNER);
	assert_int_equal(stat_of(OWNER, RDL_STAT_drop_dtls_replay), 1);
	step(HERE);
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, 1);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
	assert_int_equal(sent(HERE, PORT, octets), 0);
}

/* Without credit it is shed here, and others have lost nothing. */
static void test_credit(void **state)
{
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	for (unsigned i = 0; i < DATAGRAMS + 2; i++)
		arrive_update(session);
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_dtls_passed), DATAGRAMS);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_dtls_elsewhere), 2);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), DATAGRAMS);
	step(OWNER);
	step(HERE);
	for (unsigned i = 0; i < DATAGRAMS; i++)
		expect_code(RDL_COAP_CHANGED);
	arrive_update(session);
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_dtls_passed), DATAGRAMS + 1);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_dtls_elsewhere), 2);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
}

/* Whoever is asked and does not know either asks nobody. */
static void test_end_of_search(void **state)
{
	struct rdl_datagram datagram = { .peer = { .port = PORT }, .local = { .udp_port = 1 } };
	static const uint8_t from[4] = { 198, 51, 100, 7 };
	uint64_t session = client_session(), address;

	memset(datagram.peer.address + 10, 0xff, 2);
	memcpy(datagram.peer.address + 12, from, 4);
	address = rdl_dtls_address(seats[HERE].worker.pipeline.config.dtls, &datagram);
	rdl_owners_put(owners, address, OWNER);
	arrive_update(session);
	step(HERE);
	assert_int_equal(stat_of(HERE, RDL_STAT_dtls_passed), 1);
	/* By then the hint has changed. */
	rdl_owners_take(owners, address, OWNER);
	rdl_owners_put(owners, address, HERE);
	step(OWNER);
	assert_int_equal(stat_of(OWNER, RDL_STAT_dtls_passed), 0);
	assert_int_equal(stat_of(OWNER, RDL_STAT_drop_dtls_session), 1);
	assert_true(step(HERE));
	assert_false(step(OWNER));
}

/* A key exchange: its frame goes by way of the owner to the handshaker, and all the way back. */
static void test_parcel(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];
	size_t len = say_hello(OWNER, PORT, hello);

	assert_int_equal(take_parcels(OWNER, parcels), 1);
	give_back(OWNER, parcels[0]);
	step(OWNER);
	hello[13] = 16;
	for (unsigned i = 0; i < DATAGRAMS; i++)
		arrive(HERE, PORT, hello, len);
	/* One more than there is credit for. */
	hello[13] = 11;
	for (unsigned i = 0; i < 2; i++)
		arrive(OWNER, PORT, hello, len);
	step(HERE);
	step(OWNER);
	assert_int_equal(stat_of(OWNER, RDL_STAT_drop_dtls_parcel), 1);
	step(HERE);
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, DATAGRAMS - 1);
	assert_int_equal(take_parcels(OWNER, parcels), PARCELS);
	assert_int_equal(parcels[2]->data[13], 16);
	assert_int_equal(parcels[2]->worker, OWNER);
	for (unsigned i = 0; i < PARCELS; i++)
		give_back(OWNER, parcels[i]);
	step(OWNER);
	step(HERE);
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, 0);
}

/* An Update that has overtaken the end of its handshake, here. */
static void test_again(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint64_t session = client_session();
	uint8_t hello[128];

	say_hello(OWNER, PORT, hello);
	arrive_update(session);
	step(HERE);
	step(OWNER);
	assert_int_equal(take_parcels(OWNER, parcels), 2);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	write_letter(OWNER, &letter);
	parcels[1]->again = true;
	give_back(OWNER, parcels[0]);
	give_back(OWNER, parcels[1]);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
	assert_int_equal(letters_back(OWNER), 1);
}

/* With CBC: the record goes to the owner's handshaker, and the reply is the owner's to send. */
static void test_cbc(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	struct message update = make_update();
	uint8_t octets[256] = { 23, 0xfe, 0xfd, 0, 1, [10] = 1, [12] = 200 };

	say_hello(OWNER, PORT, octets + 128);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	letter.keys.suite = RDL_DTLS_AES_128_CBC;
	write_letter(OWNER, &letter);
	give_back(OWNER, parcels[0]);
	step(OWNER);
	assert_int_equal(letters_back(OWNER), 1);
	arrive(HERE, PORT, octets, 13 + 200);
	step(HERE);
	step(OWNER);
	assert_int_equal(seats[OWNER].worker.guests, 1);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_RECORD);
	assert_int_equal(parcels[0]->worker, OWNER);
	memcpy(parcels[0]->data + RDL_DTLS_CBC_HEAD, update.octets, update.len);
	parcels[0]->text_len = (uint16_t)update.len;
	give_back(OWNER, parcels[0]);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	assert_int_equal(seats[OWNER].worker.guests, 0);
	step(HERE);
	assert_int_equal(seats[HERE].worker.fellows[OWNER].under_way, 0);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_REPLY);
	assert_int_equal(parcels[0]->data[1], RDL_COAP_CHANGED);
	give_back(OWNER, parcels[0]);
	step(OWNER);
}

/* A client whose port has changed, known by its Connection ID (RFC 9146). */
static void test_moved(void **state)
{
	static const struct rdl_key cid_key;
	struct rdl_datagram at = { .peer = { .port = SECURE_PORT } };
	struct rdl_dtls_keys keys = established(0).keys;
	uint64_t session, evicted, name = open_session(&session, 0);
	struct rdl_speck speck;
	uint8_t record[256], octets[256];

	rdl_speck_expand(&speck, &cid_key);
	keys.peer_cid_len = RDL_DTLS_CID_LEN;
	rdl_dtls_cid_write(&speck, name, keys.peer_cid);
	memset(keys.write_key, 0xa5, sizeof(keys.write_key));
	assert_int_equal(rdl_dtls_begin(client, &at, 8, 1, &session, &evicted), RDL_DTLS_BEGUN);
	assert_true(rdl_dtls_establish(client, session, &keys, 1));
	/* With a Connection ID in front the message stands farther behind. */
	memset(record, 0, sizeof(record));
	record[29] = 0x40;
	struct rdl_dtls_seal seal = { .session = session, .text = record + 29, .len = 4 };
	rdl_dtls_seal(client, &seal, 1);
	assert_true(seal.sealed);
	arrive(HERE, PORT + 8, record, 29 + 4 + 1 + 8);
	step(HERE);
	step(OWNER);
	step(HERE);
	assert_int_equal(counts(OWNER)->moved, 1);
	assert_int_equal(sent(HERE, PORT + 8, octets), 21 + 4 + 8);
}

/* The owner is told of its session that a registration lives by no more: it is an idle one then. */
static void test_left(void **state)
{
	uint64_t session, name = open_session(&session, RDL_DTLS_NO_CID);
	struct worker *here = &seats[HERE].worker;

	arrive_update(session);
	step(HERE);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	step(HERE);
	expect_code(RDL_COAP_CHANGED);
	assert_int_equal(counts(OWNER)->registered, 1);
	here->pipeline.config.leave(here->pipeline.config.context, name);
	assert_true(step(OWNER));
	assert_int_equal(counts(OWNER)->registered, 0);
	assert_int_equal(here->fellows[OWNER].under_way, 1);
	assert_true(step(HERE));
	assert_int_equal(here->fellows[OWNER].under_way, 0);
	assert_int_equal(here->notes_out, 0);
}

/* Notes have no more than their credit, and datagrams leave them some. */
static void test_notes_credit(void **state)
{
	struct worker *here = &seats[HERE].worker;
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	for (unsigned i = 0; i < DATAGRAMS; i++)
		arrive_update(session);
	step(HERE);
	for (unsigned i = 0; i < 3; i++)
		worker_leave(here, OWNER);
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_dtls_note), 2);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, 0), DATAGRAMS);
	step(OWNER);
	step(HERE);
	assert_int_equal(here->notes_out, 0);
	for (unsigned i = 0; i < 2; i++)
		worker_leave(here, OWNER);
	assert_int_equal(here->notes_out, 3);
	here->notes_out = UINT64_MAX;
	worker_leave(here, OWNER);
	here->notes_out = 3;
	assert_int_equal(stat_of(HERE, RDL_STAT_drop_dtls_note), 3);
	ending.stage = ENDING_ASKED;
	step(HERE);
	assert_int_equal(ending.left, 2);
	step(OWNER);
	step(HERE);
	assert_int_equal(ending.left, 0);
}

/* A datagram that is at another worker holds up the end of this one, wherever it is there. */
static void test_end(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint64_t session;
	uint8_t hello[128];

	open_session(&session, RDL_DTLS_NO_CID);
	size_t len = say_hello(OWNER, PORT + 1, hello);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	give_back(OWNER, parcels[0]);
	step(OWNER);
	hello[13] = 16;
	arrive(HERE, PORT + 1, hello, len);
	arrive_update(session);
	step(HERE);
	ending.stage = ENDING_ASKED;
	/* It has not taken them yet, and has nothing of its own. */
	for (unsigned i = 0; i < 2; i++)
		step(HERE);
	assert_int_equal(ending.left, 2);
	step(OWNER);
	assert_int_equal(answer_all(OWNER, RDL_COAP_CHANGED), 1);
	step(OWNER);
	step(HERE);
	assert_int_equal(ending.left, 2);
	expect_code(RDL_COAP_CHANGED);
	assert_int_equal(take_parcels(OWNER, parcels), 1);
	give_back(OWNER, parcels[0]);
	step(OWNER);
	assert_int_equal(ending.left, 1);
	step(HERE);
	assert_int_equal(ending.left, 0);
}

static int over; /* the owner need not go on */

/* The owner and its shard, on a core of their own. */
static void *own(void *unused)
{
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		if (!step(OWNER))
			sched_yield();
		answer_all(OWNER, RDL_COAP_CHANGED);
	}
	return unused;
}

/* Both at work at once: every datagram is answered, or counted. */
static void test_two_cores(void **state)
{
	const unsigned rounds = 2000;
	unsigned answered = 0, shed;
	pthread_t thread;
	uint64_t session;

	open_session(&session, RDL_DTLS_NO_CID);
	__atomic_store_n(&over, 0, __ATOMIC_RELAXED);
	assert_int_equal(pthread_create(&thread, NULL, own, NULL), 0);
	for (unsigned i = 0; i < rounds || seats[HERE].worker.fellows[OWNER].under_way > 0; i++) {
		if (i < rounds)
			arrive_update(session);
		if (i % 16 == 0)
			worker_leave(&seats[HERE].worker, OWNER);
		if (!step(HERE) || i % 8 == 0)
			sched_yield();
		while (sent_code(HERE, PORT) == RDL_COAP_CHANGED)
			answered++;
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	shed = (unsigned)stat_of(HERE, RDL_STAT_drop_dtls_elsewhere);
	assert_int_equal(answered, stat_of(HERE, RDL_STAT_dtls_passed));
	assert_int_equal(answered + shed, rounds);
	assert_true(answered > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered),
		TEST(test_mixed_answers),
		TEST(test_several_records),
		TEST(test_clear_text),
		TEST(test_answered_at_once),
		TEST(test_dropped),
		TEST(test_credit),
		TEST(test_end_of_search),
		TEST(test_parcel),
		TEST(test_again),
		TEST(test_cbc),
		TEST(test_moved),
		TEST(test_left),
		TEST(test_notes_credit),
		TEST(test_end),
		TEST(test_two_cores),
	};

	seat_count = 2;
	return cmocka_run_group_tests(tests, start, stop);
}
