/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes with pre-shared keys: what comes of them, over a network that is as it likes. */
#include "fixture.h"
#include "troubles.h"
#include "handshake_internal.h"

#define KEY "0123456789abcdef"
#define CCM_8 PSK_SUITES("AES-128-CCM-8")

static void test_each_suite(void **state)
{
	static const char *const suites[RDL_DTLS_AEADS] = {
		[RDL_DTLS_AES_128_CCM_8] = CCM_8,
		[RDL_DTLS_AES_128_CCM] = PSK_SUITES("AES-128-CCM"),
		[RDL_DTLS_AES_128_GCM] = PSK_SUITES("AES-128-GCM"),
		[RDL_DTLS_AES_256_GCM] = PSK_SUITES("AES-256-GCM"),
	};

	for (unsigned i = 0; i < RDL_DTLS_AEADS; i++) {
		struct world *world = world_begin();

		client_begin(&world->client, "device", KEY, suites[i], -1);
		assert_int_equal(world_run(world), 0);
		assert_int_equal(world->established, 1);
		assert_int_equal(world->ended, 0);
		assert_int_equal(world->keys.suite, i);
		assert_int_equal(world->keys.mode, RDL_IDENTITY_PSK);
		assert_int_equal(world->keys.peer_cid_len, RDL_DTLS_NO_CID);
		assert_int_equal(world->keys.read_sequence, 1);
		world_check_keys(world);
		/* A flight is one datagram, and the last comes behind the keys. */
		assert_int_equal(world->sent, 2);
		assert_int_equal(world->sent_before, 1);
		assert_true(rdl_identities_permit(
			world->identities, world->keys.identity, RDL_SPAN("device")));
		assert_false(rdl_identities_permit(
			world->identities, world->keys.identity, RDL_SPAN("other")));
		assert_true(gnutls_session_get_flags(world->client.tls) &
			    GNUTLS_SFLAGS_EXT_MASTER_SECRET);
		world_end(world);
	}
}

static void restart(struct world *world)
{
	rdl_handshakes_destroy(world->handshakes);
	world->handshakes = rdl_handshakes_create(&world->config);
	world->begun = false;
	client_end(&world->client);
}

/* The server's order decides, and what is not in it is not served. */
static void test_order_of_suites(void **state)
{
	static const char *const names[] = { "TLS_PSK_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "TLS_PSK_WITH_AES_128_CCM_8" };
	static const char both[] =
		"NONE:+VERS-DTLS1.2:+PSK:+AES-256-GCM:+AES-128-CCM-8:+AES-128-GCM:+AEAD:+SIGN-ALL"
		":+GROUP-ALL";
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, both, -1);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->keys.suite, RDL_DTLS_AES_128_CCM_8);
	world->config.suites = names;
	world->config.suite_count = RDL_ARRAY_LEN(names);
	restart(world);
	client_begin(&world->client, "device", KEY, both, -1);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->keys.suite, RDL_DTLS_AES_128_GCM);
	restart(world);
	client_begin(&world->client, "device", KEY, PSK_SUITES("AES-256-GCM"), -1);
	assert_int_equal(world_run(world), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_suite), 1);
	world_end(world);
}

/* What comes first is passed over where there is nothing to serve it with. */
static void test_suite_without_certificate(void **state)
{
	static const char *const names[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
		"TLS_PSK_WITH_AES_128_CCM_8" };
	struct world *world = world_begin();
	gnutls_certificate_credentials_t none;

	world->config.suites = names;
	world->config.suite_count = RDL_ARRAY_LEN(names);
	restart(world);
	client_begin(&world->client, "device", KEY,
		"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL"
		":+CTYPE-X509",
		-1);
	assert_int_equal(gnutls_certificate_allocate_credentials(&none), 0);
	assert_int_equal(
		gnutls_credentials_set(world->client.tls, GNUTLS_CRD_CERTIFICATE, none), 0);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->keys.mode, RDL_IDENTITY_PSK);
	world_end(world);
	gnutls_certificate_free_credentials(none);
}

static void test_unknown_suite(void **state)
{
	static const char *const names[] = { "TLS_PSK_WITH_NULL_SHA" };
	struct world *world = world_begin();

	world->config.suites = names;
	world->config.suite_count = 1;
	assert_null(rdl_handshakes_create(&world->config));
	world_end(world);
}

/* Without a database nobody has a pre-shared key. */
static void test_no_database(void **state)
{
	struct world *world = world_begin();

	world->config.reader = NULL;
	restart(world);
	client_begin(&world->client, "device", KEY, CCM_8, -1);
	assert_int_equal(world_run(world), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_suite), 1);
	world_end(world);
}

/* Numbers go on from those of the worker's HelloVerifyRequest. */
static void test_after_a_cookie(void **state)
{
	struct world *world = world_begin();
	uint8_t octets[16] = { 7 };
	gnutls_datum_t key = { octets, sizeof(octets) };
	gnutls_dtls_prestate_st prestate = { 0 };

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	(void)queue_take(&world->client.out);
	/* Its answer goes to the client as what a client would say. */
	assert_true(gnutls_dtls_cookie_send(&key, octets, sizeof(octets), &prestate, &world->client,
			    client_push) > 0);
	struct datagram request = queue_take(&world->client.out);
	queue_add(&world->client.in, request.octets, request.len);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->established, 1);
	world_check_keys(world);
	world_end(world);
}

static void test_limits(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8 ":%ALLOW_SMALL_RECORDS", -1);
	assert_int_equal(gnutls_record_set_max_recv_size(world->client.tls, 100), 0);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->keys.plaintext_max, 100);
	world_end(world);
}

/* Of as many datagrams as go to and fro, each is lost once. */
static void test_each_datagram_lost(void **state)
{
	for (unsigned lost = 0; lost < 7; lost++) {
		struct world *world = world_begin();
		unsigned at = 0;
		int error = GNUTLS_E_AGAIN;

		client_begin(&world->client, "device", KEY, CCM_8, -1);
		/* The Hello is not: without a session nobody waits. */
		for (int rounds = 0; rounds < 40 && error != 0; rounds++) {
			error = client_step(&world->client);
			while (world->client.out.count > 0) {
				if (world->begun && at++ == lost)
					(void)queue_take(&world->client.out);
				else
					(void)world_deliver(world);
			}
			if (world->client.in.count > 0 && at++ == lost)
				(void)queue_take(&world->client.in);
			if (world->client.in.count == 0)
				world_pass(world, 500);
		}
		if (error != 0)
			fail_msg("datagram %u: %s", lost, gnutls_strerror(error));
		assert_int_equal(world->established, 1);
		world_check_keys(world);
		world_end(world);
	}
}

/* Each datagram of the client's twice, and each of its flights backwards. */
static void test_copies_and_disorder(void **state)
{
	struct world *world = world_begin();
	int error = GNUTLS_E_AGAIN;

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	for (int rounds = 0; rounds < 40 && error != 0; rounds++) {
		error = client_step(&world->client);
		while (world->client.out.count > 0) {
			struct datagram *last =
				&world->client.out.datagrams[--world->client.out.count];

			(void)world_give(world, last->octets, last->len);
			(void)world_give(world, last->octets, last->len);
		}
		if (world->client.in.count == 0)
			world_pass(world, 500);
	}
	assert_int_equal(error, 0);
	assert_int_equal(world->established, 1);
	world_check_keys(world);
	world_end(world);
}

/* The one that there is, by whom. */
static void expect_trouble(
	struct world *world, const char *identity, enum rdl_handshake_failure failure)
{
	struct rdl_troubles *troubles = rdl_handshakes_troubles(world->handshakes);
	struct rdl_trouble trouble;
	unsigned seen = 0;

	for (unsigned place = 0; place < RDL_TROUBLES; place++) {
		if (!rdl_troubles_get(troubles, place, &trouble))
			continue;
		seen++;
		assert_int_equal(trouble.failure, failure);
		assert_int_equal(trouble.mode, RDL_IDENTITY_PSK);
		assert_int_equal(trouble.who_len, strlen(identity));
		assert_memory_equal(trouble.who, identity, trouble.who_len);
		assert_int_equal(trouble.peer.port, 5000);
		assert_in_range(trouble.time_ms, now_ms - 500, now_ms);
	}
	assert_int_equal(seen, 1);
}

/* Octets of the server's answers to a client, and what the client says when it gives up. */
static unsigned answers(const char *identity, const char *key, enum rdl_handshake_failure failure)
{
	struct world *world = world_begin();
	unsigned octets = 0;

	client_begin(&world->client, identity, key, CCM_8, -1);
	while (world->ended == 0) {
		(void)client_step(&world->client);
		world_deliver_all(world);
		for (unsigned i = 0; i < world->client.in.count; i++)
			octets += world->client.in.datagrams[i].len;
		if (world->client.in.count == 0)
			world_pass(world, 500);
		assert_int_equal(world->established, 0);
	}
	assert_int_equal(world_failed(world, failure), 1);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 0);
	expect_trouble(world, identity, failure);
	/* Three flights of the client's, of which two are repeated. */
	assert_in_range(now_ms % 100000, 0, 100000);
	world_end(world);
	return octets;
}

static void test_wrong_key_and_unknown_identity(void **state)
{
	unsigned wrong = answers("device", "0123456789abcdeX", RDL_HANDSHAKE_key);

	assert_true(wrong > 0);
	assert_int_equal(answers("nobody", KEY, RDL_HANDSHAKE_identity), wrong);
}

static void test_third_finished_ends_it(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", "0123456789abcdeX", CCM_8, -1);
	(void)world_run(world);
	for (int finished = 1; finished < 3; finished++) {
		assert_int_equal(world->ended, 0);
		world_pass(world, 100);
		now_ms += 5000;
		(void)client_step(&world->client);
		world_deliver_all(world);
	}
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_key), 1);
	world_end(world);
}

static void test_timeout(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	(void)world_deliver(world);
	assert_int_equal(world->sent, 1);
	world_pass(world, 59900);
	assert_int_equal(world->ended, 0);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 1);
	/* After 1, 3, 7, 15 and 31 seconds. */
	assert_int_equal(world->sent, 6);
	assert_int_equal(rdl_handshakes_counts(world->handshakes)->repeated, 5);
	world_pass(world, 200);
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_timeout), 1);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 0);
	assert_true(rdl_handshakes_tick(world->handshakes, now_ms, UINT_MAX) == UINT64_MAX);
	world_end(world);
}

/* GnuTLS counts by the time of day, which somebody may set back. */
static void test_clock_set_back(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	world_deliver_all(world);
	(void)client_step(&world->client);
	now_ms -= 3600 * 1000;
	world_deliver_all(world);
	now_ms += 3600 * 1000;
	assert_int_equal(world->established, 1);
	assert_int_equal(world_run(world), 0);
	world_check_keys(world);
	world_end(world);
}

static void test_no_common_suite(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY,
		"NONE:+VERS-DTLS1.2:+PSK:+AES-128-CBC:+SHA256:+SIGN-ALL:+GROUP-ALL", -1);
	assert_int_equal(world_run(world), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_suite), 1);
	world_end(world);
}

/* A client's Finished is yet to come; the server has seen the rest. */
static struct world *before_finished(void)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	world_deliver_all(world);
	(void)client_step(&world->client);
	(void)world_deliver(world);
	return world;
}

static void ends_removed(struct world *world)
{
	world_deliver_all(world);
	assert_int_equal(world->established, 0);
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_removed), 1);
	world_end(world);
}

static void test_removed_meanwhile(void **state)
{
	struct world *world = before_finished();

	world_remove(world, "device");
	ends_removed(world);
}

/* Also by way of having been removed: it is another credential. */
static void test_key_changed_meanwhile(void **state)
{
	struct world *world = before_finished();

	world_credential(world, "device", "0123456789abcdeX");
	ends_removed(world);
	world = before_finished();
	world_remove(world, "device");
	world_credential(world, "device", "0123456789abcde");
	ends_removed(world);
}

static void test_same_key_again(void **state)
{
	struct world *world = before_finished();

	world_remove(world, "device");
	world_credential(world, "device", KEY);
	world_deliver_all(world);
	assert_int_equal(world->established, 1);
	world_end(world);
}

/* Application data that comes before the keys could be known, and after. */
static void test_application_data(void **state)
{
	static const uint8_t data[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 7 };
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(world_give(world, data, sizeof(data)), RDL_HANDSHAKE_HOLD);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world_give(world, data, sizeof(data)), RDL_HANDSHAKE_AGAIN);
	world_pass(world, RDL_HANDSHAKE_LINGER_MS + 100);
	assert_int_equal(world_give(world, data, sizeof(data)), RDL_HANDSHAKE_TAKEN);
	world_end(world);
}

/* The last flight, to a client that repeats its own, and to nobody else. */
static void test_last_flight(void **state)
{
	struct world *world = world_begin();
	struct datagram flight[3];

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	world_deliver_all(world);
	(void)client_step(&world->client);
	assert_int_equal(world->client.out.count, 3);
	memcpy(flight, world->client.out.datagrams, sizeof(flight));
	world_deliver_all(world);
	assert_int_equal(world->established, 1);
	unsigned sent = world->sent;
	/* A copy that the network made is no such client. */
	for (int i = 0; i < 3; i++)
		(void)world_give(world, flight[i].octets, flight[i].len);
	assert_int_equal(world->sent, sent);
	world->client.in.count = 0;
	now_ms += 1500;
	(void)client_step(&world->client);
	assert_int_equal(world->client.out.count, 3);
	/* Broken, it opens nothing. */
	struct datagram broken = world->client.out.datagrams[2];
	broken.octets[broken.len - 1] ^= 1;
	(void)world_give(world, broken.octets, broken.len);
	assert_int_equal(world->sent, sent);
	world_deliver_all(world);
	assert_int_equal(world->sent, sent + 1);
	assert_int_equal(client_step(&world->client), 0);
	assert_int_equal(world->established, 1);
	world_end(world);
}

/*
 * What a client says in its session goes to its worker; but for what the worker would give back: a
 * ChangeCipherSpec, and what is no content at all.
 */
static void test_contents_behind(void **state)
{
	static const uint8_t like[RDL_DTLS_RECORD_HEADER] = { 0, 0xfe, 0xfd, 0, 1, [10] = 9 };
	static const uint8_t plain[] = { 1, 0 };
	struct world *world = world_begin();
	struct rdl_record_key key = { .suite = RDL_DTLS_AES_128_CCM_8 };
	static uint8_t made[RDL_RECORD_MAX];

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	assert_int_equal(world_run(world), 0);
	memcpy(key.key, world->keys.read_key, sizeof(key.key));
	memcpy(key.salt, world->keys.read_salt, sizeof(key.salt));
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		bool is_its = type == RDL_CONTENT_ALERT || type == RDL_CONTENT_APPLICATION;
		size_t len =
			rdl_record_seal(&key, like, (uint8_t)type, (struct rdl_span){ NULL, 0 },
				(struct rdl_span){ plain, sizeof(plain) }, made);

		assert_true(len > 0);
		assert_int_equal(world_give(world, made, len),
			is_its ? RDL_HANDSHAKE_AGAIN : RDL_HANDSHAKE_TAKEN);
	}
	world_end(world);
}

static void begin_other(struct world *world, uint64_t session, uint64_t evicted)
{
	struct client client;

	client_begin(&client, "device", KEY, CCM_8, -1);
	(void)client_step(&client);
	struct rdl_dtls_parcel parcel = {
		.session = session,
		.evicted = evicted,
		.data = client.out.datagrams[0].octets,
		.len = client.out.datagrams[0].len,
	};
	assert_int_equal(
		rdl_handshakes_input(world->handshakes, &parcel, now_ms), RDL_HANDSHAKE_TAKEN);
	client_end(&client);
}

static void send_nothing(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
}

static void count_ended(void *context, uint64_t session)
{
	((struct world *)context)->ended++;
}

static void test_places(void **state)
{
	struct world *world = world_begin();

	world->handshakes->config.calls.send = send_nothing;
	world->handshakes->config.calls.ended = count_ended;
	for (uint64_t i = 1; i <= 4; i++)
		begin_other(world, i, 0);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 4);
	begin_other(world, 5, 0);
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_room), 1);
	begin_other(world, 6, 3);
	assert_int_equal(world->ended, 1);
	assert_int_equal(rdl_handshakes_counts(world->handshakes)->evicted, 1);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 4);
	world_pass(world, 60100);
	assert_int_equal(world->ended, 5);
	world_end(world);
}

/*
 * A slot of its worker's is the newest session's, whether or not it is told of the one before, and
 * whichever of the two Hellos comes first.
 */
static void test_slots(void **state)
{
	struct world *world = world_begin();
	const uint64_t first = UINT64_C(1) << 32, second = UINT64_C(2) << 32;

	world->handshakes->config.calls.send = send_nothing;
	world->handshakes->config.calls.ended = count_ended;
	begin_other(world, first | 7, 0);
	begin_other(world, first | 8, 0);
	begin_other(world, second | 7, 0);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 2);
	assert_int_equal(rdl_handshakes_counts(world->handshakes)->evicted, 1);
	begin_other(world, first | 7, 0);
	assert_null(rdl_handshake_find(&world->handshakes->places, first | 7));
	assert_non_null(rdl_handshake_find(&world->handshakes->places, second | 7));
	assert_non_null(rdl_handshake_find(&world->handshakes->places, first | 8));
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 2);
	assert_int_equal(world->ended, 0);
	world_end(world);
}

/* One that is finished gives its place to one that begins. */
static void test_finished_gives_way(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	assert_int_equal(world_run(world), 0);
	world->handshakes->config.calls.send = send_nothing;
	for (uint64_t i = 1; i <= 4; i++)
		begin_other(world, i, 0);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 4);
	assert_int_equal(world->ended, 0);
	world_end(world);
}

/* Its worker, which does not know yet that it is finished, may say that it has given way. */
static void test_finished_and_evicted(void **state)
{
	struct world *world = world_begin();
	const struct rdl_handshake_counts *counts = rdl_handshakes_counts(world->handshakes);

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	assert_int_equal(world_run(world), 0);
	world->handshakes->config.calls.send = send_nothing;
	begin_other(world, 6, SESSION);
	assert_int_equal(counts->begun, 2);
	assert_int_equal(counts->finished, 1);
	assert_int_equal(counts->evicted, 0);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 1);
	world_end(world);
}

/* Any octet of any datagram of the client's may be another. */
static void test_garbage(void **state)
{
	for (unsigned seed = 0; seed < 300; seed++) {
		struct world *world = world_begin();
		int error = GNUTLS_E_AGAIN;

		srand(seed);
		client_begin(&world->client, "device", KEY, CCM_8, seed % 3 == 0 ? 3 : -1);
		for (int rounds = 0; rounds < 6 && error != 0; rounds++) {
			error = client_step(&world->client);
			while (world->client.out.count > 0) {
				struct datagram first = queue_take(&world->client.out);

				if (rand() % 2 == 0)
					first.octets[(unsigned)rand() % first.len] ^=
						(uint8_t)(1 << rand() % 8);
				if (rand() % 8 == 0)
					first.len = (uint16_t)((unsigned)rand() % first.len + 1);
				(void)world_give(world, first.octets, first.len);
			}
			if (world->client.in.count == 0)
				world_pass(world, 1000);
			if (gnutls_error_is_fatal(error))
				break;
		}
		assert_true(world->established <= 1);
		world_end(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_suite),
		cmocka_unit_test(test_order_of_suites),
		cmocka_unit_test(test_suite_without_certificate),
		cmocka_unit_test(test_unknown_suite),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_after_a_cookie),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_each_datagram_lost),
		cmocka_unit_test(test_copies_and_disorder),
		cmocka_unit_test(test_wrong_key_and_unknown_identity),
		cmocka_unit_test(test_third_finished_ends_it),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_no_common_suite),
		cmocka_unit_test(test_removed_meanwhile),
		cmocka_unit_test(test_key_changed_meanwhile),
		cmocka_unit_test(test_same_key_again),
		cmocka_unit_test(test_application_data),
		cmocka_unit_test(test_last_flight),
		cmocka_unit_test(test_contents_behind),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_finished_gives_way),
		cmocka_unit_test(test_finished_and_evicted),
		cmocka_unit_test(test_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
