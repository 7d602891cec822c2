/* SPDX-License-Identifier: BSD-3-Clause */
/* A handshaker between its engine and two workers. */
#include "office.h"

static const uint8_t garbage[32] = { 22, 1, 2, 3 };
#define GARBAGE ((struct rdl_span){ garbage, sizeof(garbage) })

/* Application data of epoch 1, which nobody opens here. */
static const uint8_t application[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 4, 9, 9, 9, 9 };
#define APPLICATION ((struct rdl_span){ application, sizeof(application) })

static void begin(struct office *office, uint64_t session, struct rdl_span octets)
{
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, session, octets);
}

static void more(struct office *office, uint64_t session, struct rdl_span octets)
{
	(void)office_send(office, 0, RDL_PARCEL_MORE, session, octets);
}

static void test_garbage(void **state)
{
	struct office *office = office_begin(1232);

	assert_false(office_step(office));
	begin(office, SESSION(1), GARBAGE);
	assert_true(office_step(office));
	assert_string_equal(office_came(office, 0), "ended1 back1 ");
	/* Of a session that nobody knows. */
	more(office, SESSION(2), GARBAGE);
	assert_true(office_step(office));
	assert_string_equal(office_came(office, 0), "back2 ");
	assert_string_equal(office_came(office, 1), "");
	office_end(office);
}

/* Letters go to whose session it is, parcels to whom they came from. */
static void test_workers(void **state)
{
	struct office *office = office_begin(1232);

	(void)office_send(office, 1, RDL_PARCEL_BEGIN, SESSION_OF(1, 1), GARBAGE);
	(void)office_send(office, 1, RDL_PARCEL_BEGIN, SESSION_OF(0, 2), GARBAGE);
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, SESSION_OF(255, 3), GARBAGE);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back3 ended2 ");
	assert_string_equal(office_came(office, 1), "ended3 ended1 back1 back2 ");
	office_end(office);
}

/* ---- handshakes ---- */

static void test_handshake(void **state)
{
	struct office *office = office_begin(1232);
	struct rdl_record_key read, write;
	uint8_t identity[RDL_IDENTITY_MAX];

	office_client(office, SESSION(1));
	client_step(&office->client);
	office_deliver(office, RDL_PARCEL_BEGIN);
	office_step(office);
	assert_string_equal(office_came(office, 0), "send1 back1 ");
	client_step(&office->client);
	while (office->client.out.count > 1)
		office_deliver(office, RDL_PARCEL_MORE);
	office_step(office);
	(void)office_came(office, 0);
	assert_int_equal(office->establisheds, 0);
	office_deliver(office, RDL_PARCEL_MORE);
	office_step(office);
	/* Its worker has the keys before the client knows that it may use them. */
	assert_string_equal(office_came(office, 0), "established1 send1 back1 ");
	assert_int_equal(client_step(&office->client), 0);
	assert_true(client_key(&office->client, true, &read));
	assert_true(client_key(&office->client, false, &write));
	assert_memory_equal(office->keys.write_key, read.key, sizeof(read.key));
	assert_memory_equal(office->keys.read_key, write.key, sizeof(write.key));
	assert_int_equal(rdl_identities_octets(office->identities, office->keys.identity, identity),
		strlen("device"));
	office_end(office);
}

/*
 * Application data that came before the end of its handshake: the first two of it wait, and are
 * given back behind the keys, to be gone through again.
 */
static void test_application_data_early(void **state)
{
	struct office *office = office_begin(1232);

	office_client(office, SESSION(1));
	office_shake(office);
	for (unsigned i = 0; i < 2; i++) {
		more(office, SESSION(1), APPLICATION);
		office_step(office);
		assert_string_equal(office_came(office, 0), "");
	}
	more(office, SESSION(1), APPLICATION);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back1 ");
	/* Of another one. */
	more(office, SESSION(2), APPLICATION);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back2 ");
	while (office->client.out.count > 0)
		office_deliver(office, RDL_PARCEL_MORE);
	office_step(office);
	const char *came = office_came(office, 0);
	assert_non_null(strstr(came, "established1 again1 again1 send1 back1 "));
	assert_int_equal(office->agains, 2);
	assert_int_equal(office->back_len, 0);
	/* It does not wait any more. */
	more(office, SESSION(1), APPLICATION);
	office_step(office);
	assert_string_equal(office_came(office, 0), "again1 ");
	assert_int_equal(office->back_len, sizeof(application));
	office_end(office);
}

/* In one datagram with what ends the handshake: just that is gone through again. */
static void test_application_data_behind(void **state)
{
	struct office *office = office_begin(1232);

	office_client(office, SESSION(1));
	office_shake(office);
	struct datagram *last = &office->client.out.datagrams[office->client.out.count - 1];
	memcpy(last->octets + last->len, application, sizeof(application));
	last->len = (uint16_t)(last->len + sizeof(application));
	while (office->client.out.count > 0)
		office_deliver(office, RDL_PARCEL_MORE);
	office_step(office);
	assert_non_null(strstr(office_came(office, 0), "established1 send1 again1 "));
	assert_int_equal(office->back_len, sizeof(application));
	assert_int_equal(office->back_first, 23);
	office_end(office);
}

static void test_ended_while_held(void **state)
{
	struct office *office = office_begin(1232);

	office_client(office, SESSION(1));
	office_shake(office);
	more(office, SESSION(1), APPLICATION);
	office_step(office);
	office_pass(59999);
	office_step(office);
	assert_null(strstr(office_came(office, 0), "back"));
	office_pass(1);
	office_step(office);
	assert_string_equal(office_came(office, 0), "ended1 back1 ");
	office_end(office);
}

static void test_evicted_while_held(void **state)
{
	struct office *office = office_begin(1232);
	struct datagram hello = office_hello(office);

	begin(office, SESSION(1), span_of_datagram(&hello));
	begin(office, SESSION(3), span_of_datagram(&hello));
	office_step(office);
	more(office, SESSION(1), APPLICATION);
	more(office, SESSION(3), APPLICATION);
	office_step(office);
	(void)office_came(office, 0);
	office_send(office, 0, RDL_PARCEL_BEGIN, SESSION(2), span_of_datagram(&hello))->evicted =
		SESSION(1);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back1 send2 back2 ");
	office_send(office, 0, RDL_PARCEL_MORE, 0, GARBAGE)->evicted = SESSION(3);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back3 back0 ");
	assert_int_equal(rdl_handshakes_under_way(office->handshaker.engine), 1);
	office_end(office);
}

/* Nobody said that the session is over, but another one has its slot. */
static void test_slot_taken_while_held(void **state)
{
	struct office *office = office_begin(1232);
	struct datagram hello = office_hello(office);

	begin(office, SESSION(1), span_of_datagram(&hello));
	office_step(office);
	more(office, SESSION(1), APPLICATION);
	office_step(office);
	(void)office_came(office, 0);
	begin(office, SESSION(1) + (UINT64_C(1) << 32), span_of_datagram(&hello));
	office_step(office);
	assert_string_equal(office_came(office, 0), "back1 send1 back1 ");
	assert_int_equal(rdl_handshakes_under_way(office->handshaker.engine), 1);
	office_end(office);
}

/* However many sessions want it, no more than HELD_MAX are held. */
static void test_held_in_all(void **state)
{
	struct office *office = office_begin(1232);
	struct datagram hello = office_hello(office);

	for (unsigned i = 0; i <= HELD_MAX / 2; i++)
		begin(office, SESSION(i), span_of_datagram(&hello));
	while (office_step(office))
		;
	(void)office_came(office, 0);
	for (unsigned i = 0; i < HELD_MAX / 2; i++) {
		more(office, SESSION(i), APPLICATION);
		more(office, SESSION(i), APPLICATION);
	}
	while (office_step(office))
		;
	assert_string_equal(office_came(office, 0), "");
	more(office, SESSION(HELD_MAX / 2), APPLICATION);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back32 ");
	/* The end is asked for: nobody waits any more, and nothing begins. */
	office->ending.stage = ENDING_ASKED;
	begin(office, SESSION(40), GARBAGE);
	begin(office, SESSION(41), span_of_datagram(&hello));
	unsigned backs = office->backs;
	office_step(office);
	assert_non_null(strstr(office_came(office, 0), "back40 back41 "));
	assert_int_equal(office->backs - backs, HELD_MAX + 2);
	assert_int_equal(office->endeds, 0);
	office_end(office);
}

/* ---- letters that are used up ---- */

static void test_letters_used_up(void **state)
{
	enum { MANY = 3000 };
	struct office *office = office_begin(1232);

	office->keep_letters = true;
	for (unsigned i = 0; i < MANY; i++)
		begin(office, SESSION(i), GARBAGE);
	while (office_step(office))
		(void)office_came(office, 0);
	(void)office_came(office, 0);
	assert_in_range(office->endeds, POST_LETTERS - 64, POST_LETTERS);
	assert_int_equal(office->backs, office->endeds);
	/* What waits has been taken, and is lost as little as what comes later. */
	begin(office, SESSION(MANY), GARBAGE);
	assert_true(office_step(office));
	assert_false(office_step(office));
	office_give_back(office);
	while (office_step(office)) {
		(void)office_came(office, 0);
		office_give_back(office);
	}
	assert_int_equal(office->endeds, MANY + 1);
	assert_int_equal(office->backs, MANY + 1);
	assert_int_equal(office->handshaker.letters_lost, 0);
	office_end(office);
}

/* Leaves so many letters. */
static void use_up(struct office *office, unsigned left)
{
	office->keep_letters = true;
	while (office->handshaker.post.free_count > left) {
		begin(office, SESSION(1000), GARBAGE);
		office_step(office);
	}
	(void)office_came(office, 0);
}

/*
 * Flights that find no letter are lost, as on a network, and counted. They leave letters for what
 * is told once, and are sent again when there are some.
 */
static void test_flights_lost(void **state)
{
	enum { CLIENTS = 12 };
	struct office *office = office_begin(48);
	struct datagram hello = office_hello(office);

	for (unsigned i = 0; i < CLIENTS; i++)
		begin(office, SESSION(i), span_of_datagram(&hello));
	office_step(office);
	(void)office_came(office, 0);
	unsigned flight = office->sends / CLIENTS, sends = office->sends;
	/* Those of eight are more than there are letters for. */
	assert_true(flight > 3);
	use_up(office, 32);
	office_pass(1100);
	office_step(office);
	(void)office_came(office, 0);
	unsigned sent = office->sends - sends, lost = (unsigned)office->handshaker.letters_lost;
	assert_int_equal(sent, 24);
	assert_int_equal(lost, 8 * flight - 24);
	assert_false(office_step(office));
	assert_int_equal(office->endeds, POST_LETTERS - 32);

	office_give_back(office);
	office->keep_letters = false;
	office_pass(60000);
	for (unsigned i = 0; i < 4; i++) {
		office_step(office);
		(void)office_came(office, 0);
	}
	assert_int_equal(office->endeds, POST_LETTERS - 32 + CLIENTS);
	office_end(office);
}

/* ---- time ---- */

/* In one round, as many as are due. */
static void test_repeated(void **state)
{
	enum { CLIENTS = 20 };
	struct office *office = office_begin(1232);
	struct datagram hello = office_hello(office);

	for (unsigned i = 0; i < CLIENTS; i++)
		begin(office, SESSION(i), span_of_datagram(&hello));
	office_step(office);
	(void)office_came(office, 0);
	office_pass(900);
	office_step(office);
	assert_string_equal(office_came(office, 0), "");
	office_pass(200);
	office_step(office);
	(void)office_came(office, 0);
	assert_int_equal(office->sends, 2 * CLIENTS);
	office_end(office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_application_data_early),
		cmocka_unit_test(test_application_data_behind),
		cmocka_unit_test(test_ended_while_held),
		cmocka_unit_test(test_evicted_while_held),
		cmocka_unit_test(test_slot_taken_while_held),
		cmocka_unit_test(test_held_in_all),
		cmocka_unit_test(test_letters_used_up),
		cmocka_unit_test(test_flights_lost),
		cmocka_unit_test(test_repeated),
	};

	return RUN_TESTS(tests);
}
