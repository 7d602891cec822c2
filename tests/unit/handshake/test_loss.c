/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes over a network that loses, delays, repeats and turns over what it carries. */
#include "fleet.h"
#include "table.h"

#define STEP_MS 50
#define UNDER_WAY_MAX 256

/* Of a whole handshake (RFC 6347 section 4.2.4). */
enum flight { HELLO = 1, VERIFY_REQUEST, HELLO_AGAIN, SERVER_HELLO, KEY_EXCHANGE, FINISHED };

struct network {
	unsigned loss, copies; /* of a hundred datagrams */
	unsigned delay_ms, jitter_ms;
	/* Lost the first so many times that it is sent: a flight, or its datagram `part`. */
	enum flight lost;
	int part; /* -1: all */
	unsigned times;
	uint64_t random, sent_ms;
	unsigned sendings;
	int parts;
	/* Of the server's next record in a flight that may be sent again. */
	uint64_t number;
	unsigned count;
	struct {
		uint64_t at_ms;
		bool to_client;
		struct datagram datagram;
	} under_way[UNDER_WAY_MAX];
};

static unsigned draw(struct network *network, unsigned below)
{
	network->random =
		network->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(network->random >> 33) % below;
}

static enum flight flight_of(const struct datagram *datagram, bool to_client)
{
	const uint8_t *octets = datagram->octets, *message = octets + RDL_DTLS_RECORD_HEADER;

	if (octets[0] != RDL_CONTENT_HANDSHAKE || rdl_record_epoch(octets) > 0)
		return to_client ? FINISHED : KEY_EXCHANGE;
	if (to_client)
		return message[0] == 3 ? VERIFY_REQUEST : SERVER_HELLO;
	if (message[0] != RDL_HANDSHAKE_CLIENT_HELLO)
		return KEY_EXCHANGE;
	/* Behind version, random octets and an empty session ID stands the cookie. */
	return message[RDL_DTLS_HANDSHAKE_HEADER + 35] == 0 ? HELLO : HELLO_AGAIN;
}

/* What is sent again is another record (RFC 6347 section 4.2.2). */
static void check_number(struct network *network, const struct datagram *datagram)
{
	uint64_t number = rdl_record_number(datagram->octets);

	assert_true(number >= network->number);
	network->number = number + 1;
}

static bool is_lost(struct network *network, const struct datagram *datagram, bool to_client)
{
	if (draw(network, 100) < network->loss)
		return true;
	if (network->lost == 0 || flight_of(datagram, to_client) != network->lost)
		return false;
	if (network->sendings == 0 || network->sent_ms != now_ms) {
		network->sendings++;
		network->parts = 0;
	}
	network->sent_ms = now_ms;
	int part = network->parts++;
	return network->sendings <= network->times && (network->part < 0 || network->part == part);
}

static void carry(struct network *network, struct queue *queue, bool to_client)
{
	while (queue->count > 0) {
		struct datagram datagram = queue_take(queue);
		unsigned copies = draw(network, 100) < network->copies ? 2 : 1;

		if (to_client && flight_of(&datagram, true) == SERVER_HELLO)
			check_number(network, &datagram);
		if (is_lost(network, &datagram, to_client))
			continue;
		while (copies-- > 0) {
			unsigned at = network->count++;
			unsigned jitter_ms = draw(network, network->jitter_ms + 1);

			assert_true(at < UNDER_WAY_MAX);
			network->under_way[at].at_ms = now_ms + network->delay_ms + jitter_ms;
			network->under_way[at].to_client = to_client;
			network->under_way[at].datagram = datagram;
		}
	}
}

/* What is there by now, the first one first. */
static bool next_arrival(struct network *network, struct datagram *datagram, bool *to_client)
{
	unsigned first = network->count;

	for (unsigned i = 0; i < network->count; i++)
		if (network->under_way[i].at_ms <= now_ms &&
			(first == network->count ||
				network->under_way[i].at_ms < network->under_way[first].at_ms))
			first = i;
	if (first == network->count)
		return false;
	*to_client = network->under_way[first].to_client;
	*datagram = network->under_way[first].datagram;
	memmove(&network->under_way[first], &network->under_way[first + 1],
		(--network->count - first) * sizeof(network->under_way[0]));
	return true;
}

/* One step of time; what the client says. What the server says is in the client's queue first. */
static int pass(struct worker *worker, struct network *network)
{
	struct client *client = &worker->world->client;
	int error = client_step(client);
	struct datagram datagram;
	bool to_client;

	carry(network, &client->out, false);
	now_ms += STEP_MS;
	(void)rdl_handshakes_tick(worker->world->handshakes, now_ms, UINT_MAX);
	rdl_dtls_sweep(worker->dtls, now_s(), 64);
	carry(network, &client->in, true);
	while (error == GNUTLS_E_AGAIN && next_arrival(network, &datagram, &to_client)) {
		if (to_client) {
			queue_add(&client->in, datagram.octets, datagram.len);
			error = client_step(client);
			carry(network, &client->out, false);
		} else {
			arrive(worker, datagram.octets, datagram.len);
			carry(network, &client->in, true);
		}
	}
	return error;
}

/* Until the client is through, or gives up. */
static int go_through(struct worker *worker, struct network *network)
{
	int error;

	do
		error = pass(worker, network);
	while (error == GNUTLS_E_AGAIN);
	return error;
}

/* Whoever is not heard may give up; whoever is heard is answered, as long as it asks. */
static bool is_through(struct worker *worker, struct network *network)
{
	int error = go_through(worker, network);

	if (error != 0)
		assert_int_equal(error, GNUTLS_E_TIMEDOUT);
	else
		assert_int_equal(worker->world->established, 1);
	if (network->copies == 0)
		assert_int_equal(worker->dropped, 0);
	assert_true(worker->begun <= 1);
	return error == 0;
}

static struct network seeded(unsigned seed)
{
	return (struct network){ .random = seed * UINT64_C(0x9e3779b97f4a7c15) };
}

/* Each flight, and each datagram of it, is lost once, or three times. */
static void test_each_flight_lost(void **state)
{
	for (int lost = HELLO; lost <= FINISHED; lost++) {
		for (int part = -1; part < 3; part++) {
			for (unsigned times = 1; times <= 3; times += 2) {
				struct network network = seeded(1);
				struct worker *worker = worker_begin(part % 2 == 0 ? 4 : -1);
				uint64_t begin_ms = now_ms;

				network.lost = (enum flight)lost;
				network.part = part;
				network.times = times;
				if (!is_through(worker, &network))
					fail_msg("flight %d, datagram %d: lost", lost, part);
				/* The first is sent again after one second, three and seven. */
				assert_in_range(now_ms - begin_ms, 0, times == 1 ? 1500 : 7500);
				worker_end(worker);
			}
		}
	}
}

/* For twice the life of a segment a client may ask for it (RFC 6347 section 4.2.4). */
static void test_last_flight_long_lost(void **state)
{
	for (int cid_len = -1; cid_len < 8; cid_len += 4) {
		struct network network = seeded(1);
		struct worker *worker = worker_begin(cid_len);
		uint64_t begin_ms = now_ms;

		gnutls_dtls_set_timeouts(worker->world->client.tls, 1000, 300000);
		network.lost = FINISHED;
		network.part = -1;
		network.times = 14;
		assert_true(is_through(worker, &network));
		assert_in_range(now_ms - begin_ms, 180000, 240000);
		worker_end(worker);
	}
}

/* A client that says its Hello again has its answer at once; a copy that the network makes none. */
static void test_hello_repeated(void **state)
{
	for (int cid_len = -1; cid_len < 8; cid_len += 4) {
		struct network network = seeded(1);
		struct worker *worker = worker_begin(cid_len);
		uint64_t begin_ms = now_ms;

		worker->world->handshakes->config.retransmit_ms = 2000;
		network.lost = SERVER_HELLO;
		network.part = -1;
		network.times = 1;
		network.copies = 100;
		assert_true(is_through(worker, &network));
		assert_in_range(now_ms - begin_ms, 1000, 1500);
		/* The flight, once more, and the last one. */
		assert_int_equal(worker->world->sent, 3);
		assert_int_equal(rdl_handshakes_counts(worker->world->handshakes)->repeated, 1);
		worker_end(worker);
	}
}

/* What it is answered last has numbers of its own, also behind what was said in between. */
static void test_hello_repeated_often(void **state)
{
	struct network network = seeded(1);
	struct worker *worker = worker_begin(-1);

	worker->world->handshakes->config.retransmit_ms = 1500;
	network.lost = SERVER_HELLO;
	network.part = -1;
	network.times = 5;
	assert_true(is_through(worker, &network));
	worker_end(worker);
}

static void add(struct datagram *datagram, const void *octets, size_t len)
{
	memcpy(datagram->octets + datagram->len, octets, len);
	datagram->len = (uint16_t)(datagram->len + len);
}

/*
 * Who has no cookie, and cannot but guess, gets nobody a flight by a Hello that stands where no
 * worker checks it: behind another record, or another message, or without its octets.
 */
static void test_hello_repeated_by_others(void **state)
{
	/* In epoch 0; behind the first an empty message of a type that nobody has there. */
	static const uint8_t change[] = { 20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1 };
	static const uint8_t other[RDL_DTLS_HANDSHAKE_HEADER] = { 20 };
	enum { HEADERS = RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER };
	struct worker *worker = worker_begin(-1);
	struct world *world = worker->world;
	struct datagram forged[3] = { 0 };

	(void)client_step(&world->client);
	arrive_all(worker);
	(void)client_step(&world->client);
	struct datagram hello = queue_take(&world->client.out), empty = hello;
	arrive(worker, hello.octets, hello.len);
	assert_int_equal(world->sent, 1);
	/* As of a message that has no octets, and as a part of the Hello that has none. */
	empty.len = HEADERS;
	rdl_put_be16(empty.octets + 11, RDL_DTLS_HANDSHAKE_HEADER);
	memset(empty.octets + 22, 0, 3);
	add(&forged[0], change, sizeof(change));
	add(&forged[0], empty.octets, empty.len);
	add(&forged[1], change, sizeof(change));
	add(&forged[1], hello.octets, hello.len);
	add(&forged[2], hello.octets, RDL_DTLS_RECORD_HEADER);
	rdl_put_be16(forged[2].octets + 11,
		(uint16_t)(hello.len - RDL_DTLS_RECORD_HEADER + sizeof(other)));
	add(&forged[2], other, sizeof(other));
	add(&forged[2], hello.octets + RDL_DTLS_RECORD_HEADER, hello.len - RDL_DTLS_RECORD_HEADER);
	now_ms += 600;
	for (unsigned i = 0; i < RDL_ARRAY_LEN(forged); i++) {
		arrive(worker, forged[i].octets, forged[i].len);
		if (world->sent > 1)
			fail_msg("of forged datagram %u: a flight", i);
	}
	arrive(worker, empty.octets, empty.len);
	assert_int_equal(world->sent, 1);
	assert_int_equal(worker->dropped, 1);
	arrive(worker, hello.octets, hello.len);
	assert_int_equal(world->sent, 2);
	worker_end(worker);
}

static void test_loss(void **state)
{
	unsigned through = 0;

	for (unsigned seed = 1; seed <= 300; seed++) {
		struct network network = seeded(seed);
		struct worker *worker = worker_begin(seed % 2 == 0 ? 4 : -1);

		network.loss = 30;
		through += is_through(worker, &network);
		worker_end(worker);
	}
	/* Six Hellos, or answers to them, are lost one behind the other in 1.8 %. */
	assert_true(through >= 288);
}

/* A Hello may come behind all that followed it. */
static void test_copies_and_disorder(void **state)
{
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct network network = seeded(seed);
		struct worker *worker = worker_begin(seed % 2 == 0 ? 4 : -1);

		network.copies = 50;
		network.jitter_ms = 5000;
		assert_true(is_through(worker, &network));
		worker_end(worker);
	}
}

/* Flights of several datagrams, each way. */
static void test_certificates(void **state)
{
	struct fleet fleet = fleet_begin();
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });
	unsigned through = 0;

	gnutls_certificate_allocate_credentials(&fleet.client);
	gnutls_certificate_set_x509_key(fleet.client, &person.certificate, 1, person.key);
	fleet.world->handshakes->config.mtu = 400;
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct network network = seeded(seed);
		struct worker *worker = worker_before(fleet.world);
		struct client *client = &fleet.world->client;

		fleet.world->established = 0;
		client_begin_empty(client, CCM_8, seed % 2 == 0 ? 4 : -1);
		gnutls_dtls_set_mtu(client->tls, 400);
		assert_int_equal(
			gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, fleet.client),
			0);
		network.loss = 20;
		through += is_through(worker, &network);
		client_end(client);
		/* The next one's session has the same name. */
		now_ms += 2 * RDL_HANDSHAKE_LINGER_MS;
		(void)rdl_handshakes_tick(fleet.world->handshakes, now_ms, UINT_MAX);
		worker_leave(worker);
	}
	assert_true(through >= 58);
	fleet_end(&fleet);
	forget(&person);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_flight_lost),
		cmocka_unit_test(test_last_flight_long_lost),
		cmocka_unit_test(test_hello_repeated),
		cmocka_unit_test(test_hello_repeated_often),
		cmocka_unit_test(test_hello_repeated_by_others),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_copies_and_disorder),
		cmocka_unit_test(test_certificates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
