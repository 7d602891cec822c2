/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions with CBC between a worker and the handshaker that has their keys. */
#include "fixture.h"
#include "layer.h"

#define PORT 40001

static uint64_t session;
static struct rdl_dtls_letter opening; /* comes back with the first step */

static void open_session(void)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(0, PORT, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	session = parcels[0]->session;
	opening = established(session);
	opening.keys.suite = RDL_DTLS_AES_128_CBC;
	write_letter(0, &opening);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(letters_back(0), 1);
	assert_int_equal(counts(0)->open[RDL_DTLS_AES_128_CBC][1], 1);
}

/* A record that nobody but its handshaker can read. */
static void record_arrives(unsigned count)
{
	uint8_t octets[4 * (RDL_DTLS_RECORD_HEADER + 200)] = { 0 };
	const unsigned len = RDL_DTLS_RECORD_HEADER + 200;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t head[RDL_DTLS_RECORD_HEADER] = { 23, 0xfe, 0xfd, 0,
			1, [10] = (uint8_t)i, [12] = 200 };

		memcpy(octets + i * len, head, sizeof(head));
	}
	arrive(0, PORT, octets, count * len);
	step(0);
}

static struct rdl_dtls_parcel *take_record(void)
{
	struct rdl_dtls_parcel *parcels[8];

	record_arrives(1);
	assert_int_equal(take_parcels(0, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_RECORD);
	assert_true(parcels[0]->session == session);
	assert_int_equal(parcels[0]->len, RDL_DTLS_RECORD_HEADER + 200);
	assert_int_equal(parcels[0]->text_len, 0);
	return parcels[0];
}

/* As the handshaker does, and its worker goes on with it. */
static void open_as(struct rdl_dtls_parcel *parcel, const void *text, size_t len)
{
	memcpy(parcel->data + RDL_DTLS_CBC_HEAD, text, len);
	parcel->text_len = (uint16_t)len;
	give_back(0, parcel);
	step(0);
}

static struct rdl_dtls_parcel *take_reply(void)
{
	struct rdl_dtls_parcel *parcels[8];

	step(0);
	assert_int_equal(take_parcels(0, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_REPLY);
	assert_true(parcels[0]->session == session);
	assert_int_equal(parcels[0]->worker, 0);
	assert_int_equal(parcels[0]->way.peer.port, PORT);
	return parcels[0];
}

/* From a record to the shard, and back to the device. */
static void test_registration(void **state)
{
	struct message update = make_update();
	static const uint8_t codes[] = { RDL_COAP_CHANGED, RDL_COAP_DELETED };
	uint8_t octets[256];

	open_session();
	for (unsigned i = 0; i < 2; i++) {
		open_as(take_record(), update.octets, update.len);
		assert_int_equal(answer_all(0, codes[i]), 1);
		struct rdl_dtls_parcel *reply = take_reply();

		assert_int_equal(reply->data[1], codes[i]);
		assert_int_equal(reply->registered, codes[i] == RDL_COAP_CHANGED);
		assert_int_equal(counts(0)->registered, reply->registered);
		assert_int_equal(stat_of(0, rdl_stat_of_code(codes[i])), 1);
		/* Nothing of it leaves in clear text. */
		assert_int_equal(sent(0, PORT, octets), 0);
		struct rdl_dtls_letter letter = { .kind = RDL_LETTER_SEND, .session = session };
		letter.flight.way = reply->way;
		letter.flight.len = 90;
		memset(letter.flight.octets, 0xc0 + (int)i, 90);
		write_letter(0, &letter);
		give_back(0, reply);
		step(0);
		assert_int_equal(sent(0, PORT, octets), 90);
		assert_memory_equal(octets, letter.flight.octets, 90);
		assert_int_equal(letters_back(0), 1);
	}
	assert_int_equal(seats[0].worker.handshakers[0].under_way, 0);
}

/* What the worker answers itself: a Reset to a ping, and a refusal. */
static void test_answers_of_its_own(void **state)
{
	static const uint8_t ping[] = { 0x40, 0, 0x12, 0x34 }, reset[] = { 0x70, 0, 0x12, 0x34 };
	static const uint8_t unknown[] = { 0x40, 2, 0x12, 0x35, 0xb1, 'x' };

	open_session();
	open_as(take_record(), ping, sizeof(ping));
	struct rdl_dtls_parcel *reply = take_reply();
	assert_int_equal(reply->len, sizeof(reset));
	assert_memory_equal(reply->data, reset, sizeof(reset));
	give_back(0, reply);
	open_as(take_record(), unknown, sizeof(unknown));
	reply = take_reply();
	assert_int_equal(reply->data[1], RDL_COAP_NOT_FOUND);
	give_back(0, reply);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_tx_frames), 1); /* the cookie */
}

/* Without a text it is done with. What comes next is not taken for opened. */
static void test_not_opened(void **state)
{
	struct message update = make_update();

	open_session();
	give_back(0, take_record());
	step(0);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 0);
	open_as(take_record(), update.octets, update.len);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
	give_back(0, take_reply());
	struct rdl_dtls_parcel *record = take_record();
	memcpy(record->data + RDL_DTLS_CBC_HEAD, update.octets, update.len);
	give_back(0, record);
	step(0);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 0);
}

/* Over before its record has come back, or its answer. */
static void test_over_meanwhile(void **state)
{
	struct message update = make_update();
	struct rdl_dtls_letter letter = { .kind = RDL_LETTER_CLOSED };

	open_session();
	letter.session = session;
	open_as(take_record(), update.octets, update.len);
	struct rdl_dtls_parcel *record = take_record();
	write_letter(0, &letter);
	step(0);
	assert_int_equal(letters_back(0), 1);
	assert_int_equal(counts(0)->open[RDL_DTLS_AES_128_CBC][1], 0);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
	open_as(record, update.octets, update.len);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_session), 1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_over), 1);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 0);
	record_arrives(1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_session), 2);
}

/* Several in one datagram are as many parcels; a quarter of the ring is not theirs. */
static void test_credit(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	open_session();
	record_arrives(3);
	assert_int_equal(take_parcels(0, parcels), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(parcels[i]->data[10], i);
	record_arrives(1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_cbc), 1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_parcel), 0);
	for (unsigned i = 0; i < 3; i++)
		give_back(0, parcels[i]);
	step(0);
	say_hello(0, PORT + 1, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	give_back(0, parcels[0]);
	step(0);
}

/* Replies for which there is no credit, and no frame: two may be made here. */
static void test_replies_shed(void **state)
{
	struct message update = make_update();
	struct rdl_dtls_parcel *replies[2], *more[8], *none[8];

	open_session();
	for (unsigned i = 0; i < 2; i++) {
		open_as(take_record(), update.octets, update.len);
		assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
		replies[i] = take_reply();
	}
	open_as(take_record(), update.octets, update.len);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
	step(0);
	assert_int_equal(take_parcels(0, more), 0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_cbc), 1);
	assert_int_equal(stat_of(0, RDL_STAT_code_2_04), 2);
	give_back(0, replies[0]);
	give_back(0, replies[1]);
	step(0);

	open_as(take_record(), update.octets, update.len);
	record_arrives(3);
	assert_int_equal(take_parcels(0, more), 3);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
	step(0);
	assert_int_equal(take_parcels(0, none), 0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_cbc), 2);
	for (unsigned i = 0; i < 3; i++)
		give_back(0, more[i]);
	step(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registration),
		TEST(test_answers_of_its_own),
		TEST(test_not_opened),
		TEST(test_over_meanwhile),
		TEST(test_credit),
		TEST(test_replies_shed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
