/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker and a handshaker have to do with each other. */
#include "fixture.h"
#include "layer.h"

static void test_handshake(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128], octets[256];
	size_t len = say_hello(0, 40001, hello);

	assert_int_equal(take_parcels(0, parcels), 1);
	assert_int_equal(parcels[0]->kind, RDL_PARCEL_BEGIN);
	assert_int_equal(parcels[0]->len, len);
	assert_memory_equal(parcels[0]->data, hello, len);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	struct rdl_dtls_letter flight = { .kind = RDL_LETTER_SEND, .session = letter.session };
	flight.flight.way = parcels[0]->way;
	flight.flight.len = 100;
	memset(flight.flight.octets, 0x77, 100);
	write_letter(0, &letter);
	write_letter(0, &flight);
	give_back(0, parcels[0]);
	assert_true(step(0));
	assert_int_equal(sent(0, 40001, octets), 100);
	assert_memory_equal(octets, flight.flight.octets, 100);
	assert_int_equal(counts(0)->established, 1);
	assert_int_equal(counts(0)->handshakes, 0);
	/* Its keys are in the table alone. */
	for (size_t i = 0; i < sizeof(letter.keys); i++)
		assert_int_equal(((const uint8_t *)&letter.keys)[i], 0);
	assert_int_equal(letters_back(0), 2);
	assert_int_equal(seats[0].worker.handshakers[0].under_way, 0);
}

/* A device that has begun anew is not to take the flight of before for its answer. */
static void test_outdated_flight(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t first[128], other[128], octets[256];
	size_t len = say_hello(0, 40001, first);

	assert_int_equal(take_parcels(0, parcels), 1);
	struct rdl_dtls_letter flight = { .kind = RDL_LETTER_SEND, .session = parcels[0]->session };
	flight.flight.way = parcels[0]->way;
	flight.flight.len = 100;
	give_back(0, parcels[0]);
	hello_number = 9;
	arrive(0, 40001, other, make_hello(other, NULL));
	step(0);
	assert_int_equal(sent(0, 40001, octets), 44);
	write_letter(0, &flight);
	step(0);
	assert_int_equal(sent(0, 40001, octets), 0);
	assert_int_equal(counts(0)->outdated, 1);
	assert_int_equal(letters_back(0), 1);
	/* It was somebody else who said so. */
	arrive(0, 40001, first, len);
	step(0);
	assert_int_equal(take_parcels(0, parcels), 1);
	write_letter(0, &flight);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(sent(0, 40001, octets), 100);
	assert_int_equal(letters_back(0), 1);
}

static void test_failed(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(0, 40001, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	struct rdl_dtls_letter letter = { .kind = RDL_LETTER_ENDED,
		.session = parcels[0]->session };
	assert_int_equal(counts(0)->handshakes, 1);
	write_letter(0, &letter);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(counts(0)->handshakes, 0);
	assert_int_equal(counts(0)->established, 0);
	assert_int_equal(letters_back(0), 1);
}

/* Half of the ring is for handshakes that begin; a shed one leaves no place taken. */
static void test_credit(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];
	size_t len = 0;

	for (uint16_t port = 40001; port <= 40003; port++)
		len = say_hello(0, port, hello);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_parcel), 1);
	assert_int_equal(counts(0)->handshakes, 2);
	/* What is closed to them is open to those under way: the second one's key exchange. */
	hello[13] = 16;
	for (unsigned i = 0; i < 3; i++)
		arrive(0, 40002, hello, len);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_parcel), 2);
	assert_int_equal(take_parcels(0, parcels), 4);
	assert_int_equal(parcels[2]->kind, RDL_PARCEL_MORE);
	assert_true(parcels[2]->session == parcels[1]->session);
	for (unsigned i = 0; i < 4; i++)
		give_back(0, parcels[i]);
	step(0);
	say_hello(0, 40003, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	give_back(0, parcels[0]);
	step(0);
}

/*
 * An Update that has overtaken the end of its handshake waits with the handshaker, goes through
 * the pipeline once its session is open, and is answered in it. So is the next one.
 */
static void test_again(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint64_t session = client_session();
	static const uint8_t flight[] = { RDL_CONTENT_CHANGE_CIPHER_SPEC, 0xfe, 0xfd, [12] = 1, 1 };
	uint8_t octets[sizeof(flight) + 256];

	say_hello(0, 40001, octets);
	/* In the datagram of a last flight. */
	memcpy(octets, flight, sizeof(flight));
	size_t len = sizeof(flight) + seal_update(session, octets + sizeof(flight));
	arrive(0, 40001, octets, len);
	step(0);
	assert_int_equal(take_parcels(0, parcels), 2);
	assert_int_equal(parcels[1]->kind, RDL_PARCEL_MORE);
	assert_int_equal(parcels[1]->len, len);
	parcels[1]->data += sizeof(flight);
	parcels[1]->len = (uint16_t)(parcels[1]->len - sizeof(flight));
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	write_letter(0, &letter);
	parcels[1]->again = true;
	give_back(0, parcels[0]);
	give_back(0, parcels[1]);
	step(0);
	assert_int_equal(answer_all(0, RDL_COAP_CHANGED), 1);
	step(0);
	assert_int_equal(sent_code(0, 40001), RDL_COAP_CHANGED);
	assert_int_equal(counts(0)->registered, 1);

	len = seal_update(session, octets);
	arrive(0, 40001, octets, len);
	step(0);
	assert_int_equal(answer_all(0, RDL_COAP_DELETED), 1);
	step(0);
	assert_int_equal(sent_code(0, 40001), RDL_COAP_DELETED);
	assert_int_equal(counts(0)->registered, 0);
	assert_int_equal(letters_back(0), 1);
}

/* All records of a datagram, as far as there are frames: two may be made here. */
static void test_several_records(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint64_t session = client_session();
	uint8_t octets[256];

	say_hello(0, 40001, octets);
	assert_int_equal(take_parcels(0, parcels), 1);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	write_letter(0, &letter);
	give_back(0, parcels[0]);
	step(0);
	for (unsigned count = 1; count < 6; count++) {
		unsigned taken = count < 3 ? count : 3;

		arrive_updates(0, 40001, session, count);
		step(0);
		assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_rest), count < 4 ? 0 : count - 3);
		assert_int_equal(answer_all(0, RDL_COAP_CHANGED), taken);
		step(0);
		for (unsigned i = 0; i < taken; i++)
			assert_int_equal(sent_code(0, 40001), RDL_COAP_CHANGED);
		assert_int_equal(sent(0, 40001, octets), 0);
	}
	assert_int_equal(letters_back(0), 1);
}

/* A datagram that is longer than its path takes may be fragmented. */
static void test_narrow_path(void **state)
{
	static const uint8_t address[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 };
	struct rdl_dtls_letter flight = { .kind = RDL_LETTER_SEND };
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];
	struct rte_mbuf *m;

	say_hello(0, 40001, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	flight.session = parcels[0]->session;
	flight.flight.way = parcels[0]->way;
	for (unsigned i = 0; i < 4; i++) {
		flight.flight.len = i % 2 == 0 ? 576 - 28 : 577 - 28;
		if (i == 2)
			rdl_paths_learn(paths, address, 576, rdl_clock_ms());
		write_letter(0, &flight);
		step(0);
		assert_int_equal(rte_ring_dequeue(out[0], (void **)&m), 0);
		const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *) + 14;
		assert_int_equal(rdl_get_be16(ip + 2), flight.flight.len + 28);
		assert_int_equal(rdl_get_be16(ip + 6), i == 3 ? 0 : 0x4000);
		assert_int_equal(frame_sum(ip, 20, 0), 0xffff);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(letters_back(0), 4);
	give_back(0, parcels[0]);
	step(0);
}

/* No more frames than a worker may make, and none to nowhere. */
static void test_no_frame(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	struct rdl_dtls_letter flights[4];
	uint8_t octets[256];

	say_hello(0, 40001, octets);
	assert_int_equal(take_parcels(0, parcels), 1);
	for (unsigned i = 0; i < 4; i++) {
		flights[i] = (struct rdl_dtls_letter){ .kind = RDL_LETTER_SEND };
		flights[i].flight.way = parcels[0]->way;
		flights[i].flight.len = 50;
	}
	flights[0].flight.way.local.address = 7;
	for (unsigned i = 0; i < 4; i++)
		write_letter(0, &flights[i]);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_flight), 2);
	assert_int_equal(sent(0, 40001, octets), 50);
	assert_int_equal(sent(0, 40001, octets), 50);
	assert_int_equal(sent(0, 40001, octets), 0);
	assert_int_equal(letters_back(0), 4);
}

/* Parcels under way hold up the end. */
static void test_end(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(0, 40001, hello);
	ending.stage = ENDING_ASKED;
	step(0);
	assert_int_equal(ending.left, 1);
	assert_int_equal(take_parcels(0, parcels), 1);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(ending.left, 0);
}

/* What has given way to a Hello that was shed is told with the next parcel, once. */
static void test_untold(void **state)
{
	struct rdl_dtls_parcel *parcels[8], *more[8];
	uint8_t hello[128], other[128];

	say_hello(0, 40001, hello);
	size_t len = say_hello(0, 40002, hello);
	assert_int_equal(take_parcels(0, parcels), 2);
	/* The device on the first port has rebooted, and there is no credit. */
	hello_number = 9;
	say_hello(0, 40001, other);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_parcel), 1);
	assert_int_equal(counts(0)->handshakes, 1);
	hello[13] = 16;
	for (unsigned i = 0; i < 2; i++)
		arrive(0, 40002, hello, len);
	step(0);
	assert_int_equal(take_parcels(0, more), 2);
	assert_int_equal(more[0]->kind, RDL_PARCEL_MORE);
	assert_true(more[0]->evicted == parcels[0]->session);
	assert_int_equal(more[1]->evicted, 0);
	for (unsigned i = 0; i < 2; i++) {
		give_back(0, parcels[i]);
		give_back(0, more[i]);
	}
	step(0);
}

/* As many as have places; those beyond are forgotten by their handshaker. */
static void test_untold_many(void **state)
{
	const unsigned many = UNTOLD_MAX + 4;
	struct rdl_dtls_parcel *parcels[8], *first = NULL;
	uint8_t hello[128];

	for (unsigned i = 0; i < many; i++) {
		say_hello(0, (uint16_t)(41000 + i), hello);
		assert_int_equal(take_parcels(0, parcels), 1);
		if (i < many - 2)
			give_back(0, parcels[0]);
		else if (i == many - 2)
			first = parcels[0];
		step(0);
	}
	hello_number = 9;
	for (unsigned i = 0; i < many; i++)
		say_hello(0, (uint16_t)(41000 + i), hello);
	assert_int_equal(stat_of(0, RDL_STAT_drop_dtls_parcel), many);
	assert_int_equal(seats[0].worker.untold[0].count, UNTOLD_MAX);
	/* The two that are still under way. */
	give_back(0, parcels[0]);
	give_back(0, first);
	step(0);
}

/* Sessions whose identity was revoked, without a record of theirs. */
static void test_swept(void **state)
{
	struct rdl_dtls_parcel *parcels[8];
	uint8_t hello[128];

	say_hello(0, 40001, hello);
	assert_int_equal(take_parcels(0, parcels), 1);
	struct rdl_dtls_letter letter = established(parcels[0]->session);
	write_letter(0, &letter);
	give_back(0, parcels[0]);
	step(0);
	assert_int_equal(letters_back(0), 1);
	incarnations[0]++;
	own_clock_pass(RDL_DTLS_SWEEP_MS - 1);
	assert_false(step(0));
	assert_int_equal(counts(0)->revoked, 0);
	own_clock_pass(1);
	step(0);
	assert_int_equal(counts(0)->revoked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_outdated_flight),
		TEST(test_failed),
		TEST(test_credit),
		TEST(test_again),
		TEST(test_several_records),
		TEST(test_narrow_path),
		TEST(test_no_frame),
		TEST(test_untold),
		TEST(test_untold_many),
		TEST(test_swept),
		TEST(test_end),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
