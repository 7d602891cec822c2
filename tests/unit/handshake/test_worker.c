/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes through a worker's table of sessions. */
#include "table.h"

#include "hello.h"

/* Until the client has said all of its last flight, and whatever it is answered is lost. */
static void lose_last_flight(struct worker *worker)
{
	struct world *world = worker->world;

	for (int i = 0; i < 8 && world->established == 0; i++) {
		(void)client_step(&world->client);
		arrive_all(worker);
	}
	assert_int_equal(worker->begun, 1);
	assert_int_equal(world->established, 1);
	assert_true(world->client.in.count > 0);
	world->client.in.count = 0;
}

/* Both ways, with the keys that came out. */
static void check_talk(struct worker *worker)
{
	struct client *client = &worker->world->client;
	uint8_t frame[HEAD + 2 + TAIL], answer[16];
	struct rdl_dtls_seal seal = { .session = worker->session, .text = frame + HEAD, .len = 2 };

	assert_int_equal(gnutls_record_send(client->tls, "hello", 5), 5);
	arrive_all(worker);
	assert_int_equal(worker->messages, 1);
	assert_int_equal(worker->text_len, 5);
	assert_memory_equal(worker->text, "hello", 5);
	memcpy(frame + HEAD, "ok", 2);
	rdl_dtls_seal(worker->dtls, &seal, 1);
	assert_true(seal.sealed);
	/* As long as its header says, which stands before the text. */
	size_t cid = client->cid_len > 0 ? (size_t)client->cid_len : 0;
	uint8_t *record = frame + HEAD - RDL_DTLS_RECORD_HEADER - cid - 8;
	size_t len = rdl_record_len(
		(struct rdl_span){ record, sizeof(frame) - (size_t)(record - frame) },
		(uint8_t)cid);
	assert_true(len > 0);
	queue_add(&client->in, record, len);
	assert_int_equal(gnutls_record_recv(client->tls, answer, sizeof(answer)), 2);
	assert_memory_equal(answer, "ok", 2);
}

static void test_whole(void **state)
{
	for (int cid_len = -1; cid_len < 9; cid_len++) {
		struct worker *worker = worker_begin(cid_len);
		int error;

		do {
			error = client_step(&worker->world->client);
			arrive_all(worker);
		} while (worker->world->client.in.count > 0);
		assert_int_equal(error, 0);
		check_talk(worker);
		assert_int_equal(worker->dropped, 0);
		worker_end(worker);
	}
}

/* The worker has the session's keys by then; its handshaker still has what the client misses. */
static void test_last_flight_repeated(void **state)
{
	for (int cid_len = -1; cid_len < 9; cid_len++) {
		struct worker *worker = worker_begin(cid_len);
		struct world *world = worker->world;

		lose_last_flight(worker);
		now_ms += 1500;
		(void)client_step(&world->client);
		unsigned sent = world->sent;
		arrive_all(worker);
		assert_int_equal(world->sent, sent + 1);
		assert_int_equal(client_step(&world->client), 0);
		check_talk(worker);
		worker_end(worker);
	}
}

/* A NAT has given the client another port meanwhile: only its Connection ID tells who it is. */
static void test_last_flight_from_elsewhere(void **state)
{
	for (int cid_len = 0; cid_len < 9; cid_len += 4) {
		struct worker *worker = worker_begin(cid_len);
		struct world *world = worker->world;

		lose_last_flight(worker);
		now_ms += 1500;
		(void)client_step(&world->client);
		worker->port = 6000;
		arrive_all(worker);
		assert_int_equal(client_step(&world->client), 0);
		check_talk(worker);
		assert_int_equal(rdl_dtls_counts(worker->dtls)->moved, 1);
		worker_end(worker);
	}
}

/* The copy that a network makes of a Finished is answered by nobody. */
static void test_copy(void **state)
{
	struct worker *worker = worker_begin(4);
	struct world *world = worker->world;
	struct datagram finished;

	for (int i = 0; i < 8 && world->established == 0; i++) {
		(void)client_step(&world->client);
		if (world->client.out.count > 0)
			finished = world->client.out.datagrams[world->client.out.count - 1];
		arrive_all(worker);
	}
	assert_int_equal(world->established, 1);
	unsigned sent = world->sent;
	arrive(worker, finished.octets, finished.len);
	assert_int_equal(worker->dropped, 1);
	assert_int_equal(world->sent, sent);
	worker_end(worker);
}

/*
 * A NAT gives it another port before it gives its cookie back: the gateway's request for another
 * cookie is one that it has not seen, and is as good as the first.
 */
static void test_cookie_from_elsewhere(void **state)
{
	struct worker *worker = worker_begin(-1);
	struct world *world = worker->world;
	int error = GNUTLS_E_AGAIN;

	(void)client_step(&world->client);
	arrive_all(worker);
	for (int i = 0; i < 6 && error != 0; i++) {
		error = client_step(&world->client);
		worker->port = i == 0 ? 6000 : worker->port;
		arrive_all(worker);
	}
	assert_int_equal(error, 0);
	assert_int_equal(worker->begun, 1);
	check_talk(worker);
	worker_end(worker);
}

/* A device that reboots in the middle, at the port that it had: what it was told before is late. */
static void test_rebooted(void **state)
{
	struct worker *worker = worker_begin(-1);
	struct world *world = worker->world;
	int error = GNUTLS_E_AGAIN;

	for (int i = 0; i < 2; i++) {
		(void)client_step(&world->client);
		arrive_all(worker);
	}
	assert_int_equal(worker->begun, 1);
	client_end(&world->client);
	client_begin(&world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), -1);
	(void)client_step(&world->client);
	arrive_all(worker);
	/* That is lost, and the flight of before would be said again. */
	world->client.in.count = 0;
	world_pass(world, 1500);
	assert_int_equal(world->client.in.count, 0);
	assert_int_equal(rdl_dtls_counts(worker->dtls)->outdated, 1);
	for (int i = 0; i < 6 && error != 0; i++) {
		error = client_step(&world->client);
		arrive_all(worker);
	}
	assert_int_equal(error, 0);
	assert_int_equal(rdl_dtls_counts(worker->dtls)->replaced, 1);
	check_talk(worker);
	worker_end(worker);
}

/* On a slow link: its client has given its cookie back, and has read no answer. */
static struct worker *worker_begin_slow(void)
{
	struct worker *worker = worker_begin(-1);
	struct world *world = worker->world;

	world->handshakes->config.timeout_ms = 240000;
	gnutls_dtls_set_timeouts(world->client.tls, 9000, 240000);
	for (int i = 0; i < 2; i++) {
		(void)client_step(&world->client);
		arrive_all(worker);
	}
	assert_int_equal(worker->begun, 1);
	return worker;
}

/* The client gets in, by the handshake that its last Hello has begun. */
static void end_slow(struct worker *worker)
{
	struct client *client = &worker->world->client;
	int error = GNUTLS_E_AGAIN;

	for (int i = 0; i < 6 && error != 0; i++) {
		error = client_step(client);
		arrive_all(worker);
	}
	assert_int_equal(error, 0);
	assert_int_equal(worker->begun, 2);
	assert_int_equal(rdl_dtls_counts(worker->dtls)->replaced, 1);
	check_talk(worker);
	worker_end(worker);
}

/*
 * All that it is answered is lost until its cookie is too old: the request for another one has the
 * number of the ServerHello that it waits for.
 */
static void test_cookie_too_old(void **state)
{
	struct worker *worker = worker_begin_slow();
	struct client *client = &worker->world->client;

	world_pass(worker->world, 2 * RDL_DTLS_COOKIE_PERIOD_S * 1000);
	client->in.count = 0;
	(void)client_step(client);
	assert_int_equal(client->out.count, 1);
	arrive_all(worker);
	assert_int_equal(client->in.count, 1);
	end_slow(worker);
}

/*
 * Somebody sends a Hello in its name, whose answer is before the ServerHello: the client takes it,
 * with a cookie that is not for its own Hello. A copy of that comes late.
 */
static void test_hello_of_another(void **state)
{
	struct worker *worker = worker_begin_slow();
	struct client *client = &worker->world->client;
	struct datagram own, other;

	client->in.count = 0;
	now_ms += 9500;
	(void)client_step(client);
	assert_int_equal(client->out.count, 1);
	own = other = queue_take(&client->out);
	/* One of the random octets. */
	other.octets[RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + 6] ^= 1;
	arrive(worker, other.octets, other.len);
	assert_int_equal(client->in.count, 1);
	for (int i = 0; i < 2; i++) {
		(void)client_step(client);
		arrive_all(worker);
	}
	assert_int_equal(worker->begun, 2);
	arrive(worker, own.octets, own.len);
	end_slow(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_last_flight_repeated),
		cmocka_unit_test(test_last_flight_from_elsewhere),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_cookie_from_elsewhere),
		cmocka_unit_test(test_rebooted),
		cmocka_unit_test(test_cookie_too_old),
		cmocka_unit_test(test_hello_of_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
