/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client's flight as a network makes it: in fragments, turned over, repeated, overlapping, cut
 * and with lies between. It is to be understood at once, without a second one.
 */
#include "fleet.h"

#define HEAD (RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER)

static void put_be24(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 16);
	rdl_put_be16(p + 1, (uint16_t)value);
}

static bool is_message(const struct datagram *datagram)
{
	return datagram->octets[0] == RDL_CONTENT_HANDSHAKE &&
	       rdl_record_epoch(datagram->octets) == 0;
}

/* Octets [start, end) of a message that is whole, as a record of its own. */
static void fragment(struct queue *queue, const struct datagram *whole, size_t start, size_t end)
{
	struct datagram piece = *whole;
	size_t len = end - start;

	piece.len = (uint16_t)(HEAD + len);
	rdl_put_be32(piece.octets + 7, 1000 + queue->count);
	rdl_put_be16(piece.octets + 11, (uint16_t)(RDL_DTLS_HANDSHAKE_HEADER + len));
	put_be24(piece.octets + 19, start);
	put_be24(piece.octets + 22, len);
	memcpy(piece.octets + HEAD, whole->octets + HEAD + start, len);
	queue_add(queue, piece.octets, piece.len);
}

/* The client's flight, its messages in pieces of `size` octets that overlap by so many. */
static struct queue pieces_of(const struct queue *flight, size_t size, size_t overlap)
{
	struct queue pieces = { .count = 0 };

	for (unsigned i = 0; i < flight->count; i++) {
		const struct datagram *datagram = &flight->datagrams[i];
		size_t len = datagram->len - HEAD;

		if (!is_message(datagram)) {
			queue_add(&pieces, datagram->octets, datagram->len);
			continue;
		}
		for (size_t start = 0; start < len; start += size) {
			size_t from = start < overlap ? 0 : start - overlap;

			fragment(&pieces, datagram, from, start + size < len ? start + size : len);
		}
	}
	return pieces;
}

struct scene {
	struct fleet fleet;
	struct world *world;
	struct person person;
	struct queue flight;
};

/* A client whose second flight is on its way: certificates, or a pre-shared key. */
static struct scene scene_begin(bool psk, int cid_len)
{
	struct scene scene = { .fleet = fleet_begin() };
	struct client *client = &scene.fleet.world->client;

	scene.world = scene.fleet.world;
	scene.person = make(&scene.fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });
	if (psk) {
		client_begin(
			client, "device", "0123456789abcdef", PSK_SUITES("AES-128-CCM-8"), cid_len);
	} else {
		client_begin_empty(client, CCM_8, cid_len);
		gnutls_certificate_allocate_credentials(&scene.fleet.client);
		gnutls_certificate_set_x509_key(
			scene.fleet.client, &scene.person.certificate, 1, scene.person.key);
		gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, scene.fleet.client);
	}
	(void)client_step(client);
	world_deliver_all(scene.world);
	(void)client_step(client);
	scene.flight = client->out;
	client->out.count = 0;
	assert_true(scene.flight.count >= 3);
	return scene;
}

static void scene_end(struct scene *scene)
{
	assert_int_equal(scene->world->handshakes->held, 0);
	forget(&scene->person);
	fleet_end(&scene->fleet);
}

static void give(struct world *world, const struct datagram *datagram)
{
	assert_int_equal(world_give(world, datagram->octets, datagram->len), RDL_HANDSHAKE_TAKEN);
}

static void check(struct scene *scene)
{
	assert_int_equal(scene->world->established, 1);
	assert_int_equal(scene->world->handshakes->held, 0);
	assert_int_equal(client_step(&scene->world->client), 0);
	world_check_keys(scene->world);
}

static const size_t sizes[] = { 23, 64, 200, 2000 };

static void each_way(void (*deliver)(struct world *world, struct queue *pieces), size_t overlap)
{
	for (unsigned i = 0; i < RDL_ARRAY_LEN(sizes); i++) {
		for (int cid_len = -1; cid_len < 2; cid_len++) {
			struct scene scene = scene_begin(i == 1, cid_len);
			struct queue pieces = pieces_of(&scene.flight, sizes[i], overlap);

			deliver(scene.world, &pieces);
			check(&scene);
			scene_end(&scene);
		}
	}
}

static void in_order(struct world *world, struct queue *pieces)
{
	for (unsigned i = 0; i < pieces->count; i++)
		give(world, &pieces->datagrams[i]);
}

static void in_reverse(struct world *world, struct queue *pieces)
{
	while (pieces->count > 0)
		give(world, &pieces->datagrams[--pieces->count]);
}

static void twice(struct world *world, struct queue *pieces)
{
	for (unsigned i = 0; i < pieces->count; i++) {
		give(world, &pieces->datagrams[i]);
		give(world, &pieces->datagrams[i / 2]);
	}
}

static void shuffled(struct world *world, struct queue *pieces)
{
	for (unsigned i = pieces->count; i > 0; i--) {
		unsigned other = (unsigned)rand() % i;
		struct datagram datagram = pieces->datagrams[other];

		pieces->datagrams[other] = pieces->datagrams[i - 1];
		give(world, &datagram);
	}
}

static void test_in_order(void **state)
{
	each_way(in_order, 0);
}

static void test_reversed(void **state)
{
	each_way(in_reverse, 0);
}

static void test_repeated(void **state)
{
	each_way(twice, 0);
}

static void test_overlapping(void **state)
{
	each_way(in_order, 11);
	each_way(in_reverse, 11);
	each_way(shuffled, 40);
}

static void test_shuffled(void **state)
{
	for (unsigned seed = 0; seed < 10; seed++) {
		srand(seed);
		each_way(shuffled, 0);
	}
}

/* It changes nothing that is kept. */
static void give_in_vain(struct world *world, const struct datagram *datagram)
{
	uint64_t held = world->handshakes->held;

	give(world, datagram);
	assert_int_equal(world->handshakes->held, held);
}

static void give_nonsense(struct world *world, const struct datagram *like)
{
	struct datagram piece = *like;

	/* Of its message there is less than it says. */
	put_be24(piece.octets + 22, piece.len);
	give_in_vain(world, &piece);
	/* Behind the end of its message, and across it. */
	piece = *like;
	put_be24(piece.octets + 19, 0xfffff0);
	give_in_vain(world, &piece);
	memcpy(piece.octets + 19, piece.octets + 14, 3);
	piece.octets[21]--;
	give_in_vain(world, &piece);
	/* A message of 16 MB. */
	piece = *like;
	put_be24(piece.octets + 14, 0xffffff);
	give_in_vain(world, &piece);
	piece = *like;
	piece.octets[13] = GNUTLS_HANDSHAKE_FINISHED;
	give_in_vain(world, &piece);
	/* Of a message that is far away. */
	piece = *like;
	rdl_put_be16(piece.octets + 17, 4711);
	give_in_vain(world, &piece);
	/* A header that is cut. */
	rdl_put_be16(piece.octets + 11, RDL_DTLS_HANDSHAKE_HEADER - 1);
	piece.len = HEAD - 1;
	give_in_vain(world, &piece);
}

/* Behind its ChangeCipherSpec a client has nothing more to say in the clear. */
static void test_after_change(void **state)
{
	struct scene scene = scene_begin(true, -1);
	struct datagram more = scene.flight.datagrams[0];

	for (unsigned i = 0; i + 1 < scene.flight.count; i++)
		give(scene.world, &scene.flight.datagrams[i]);
	more.octets[18]++;
	put_be24(more.octets + 19, 1);
	put_be24(more.octets + 14, more.len);
	give_in_vain(scene.world, &more);
	give(scene.world, &scene.flight.datagrams[scene.flight.count - 1]);
	check(&scene);
	scene_end(&scene);
}

/* One Hello behind another is nobody's who knows how to go on. */
static void test_second_hello(void **state)
{
	struct scene scene = scene_begin(true, -1);
	struct datagram hello = scene.flight.datagrams[0];

	hello.octets[13] = GNUTLS_HANDSHAKE_CLIENT_HELLO;
	give_in_vain(scene.world, &hello);
	in_order(scene.world, &scene.flight);
	check(&scene);
	scene_end(&scene);
}

static void test_nonsense_between(void **state)
{
	struct scene scene = scene_begin(false, -1);
	struct queue pieces = pieces_of(&scene.flight, 100, 0);

	for (unsigned i = 0; i < pieces.count; i++) {
		if (is_message(&pieces.datagrams[i]))
			give_nonsense(scene.world, &pieces.datagrams[i]);
		give(scene.world, &pieces.datagrams[i]);
		/* What is there is not kept twice, and what GnuTLS has seen is not kept. */
		if (i > 0)
			give_in_vain(scene.world, &pieces.datagrams[i - 1]);
	}
	check(&scene);
	scene_end(&scene);
}

/* A length that is another, before the truth or after it; then the truth once more. */
static void test_lying_length(void **state)
{
	for (unsigned before = 0; before < 4; before++) {
		struct scene scene = scene_begin(false, 1);
		struct queue pieces = pieces_of(&scene.flight, 100, 0);
		struct datagram lie = pieces.datagrams[0];

		for (unsigned i = 0; i < before; i++)
			give(scene.world, &pieces.datagrams[i]);
		lie.octets[16] ^= 1;
		give(scene.world, &lie);
		assert_int_equal(scene.world->handshakes->held,
			sizeof(struct rdl_handshake_piece) + lie.len - HEAD);
		in_order(scene.world, &pieces);
		check(&scene);
		scene_end(&scene);
	}
}

/* What has overtaken the Finished, which has overtaken its ChangeCipherSpec. */
static void test_early(void **state)
{
	for (int cid_len = -1; cid_len < 2; cid_len++) {
		struct scene scene = scene_begin(true, cid_len);
		struct datagram other = scene.flight.datagrams[scene.flight.count - 1];

		rdl_put_be32(other.octets + 7, 5);
		give(scene.world, &other);
		in_reverse(scene.world, &scene.flight);
		check(&scene);
		scene_end(&scene);
	}
}

/* All of a flight's messages in one record. */
static void test_one_record(void **state)
{
	struct scene scene = scene_begin(false, -1);
	struct datagram all = { .len = RDL_DTLS_RECORD_HEADER };

	for (unsigned i = 0; i < scene.flight.count; i++) {
		const struct datagram *datagram = &scene.flight.datagrams[i];

		if (!is_message(datagram)) {
			give(scene.world, datagram);
			continue;
		}
		if (all.len == RDL_DTLS_RECORD_HEADER)
			memcpy(all.octets, datagram->octets, RDL_DTLS_RECORD_HEADER);
		memcpy(all.octets + all.len, datagram->octets + RDL_DTLS_RECORD_HEADER,
			datagram->len - RDL_DTLS_RECORD_HEADER);
		all.len = (uint16_t)(all.len + datagram->len - RDL_DTLS_RECORD_HEADER);
	}
	rdl_put_be16(all.octets + 11, (uint16_t)(all.len - RDL_DTLS_RECORD_HEADER));
	assert_int_equal(scene.world->established, 0);
	give(scene.world, &all);
	check(&scene);
	scene_end(&scene);
}

/* GnuTLS then takes no long records either: what is whole is given to it in parts. */
static void test_short_records(void **state)
{
	struct scene scene = { .fleet = fleet_begin() };
	char name[600];

	scene.world = scene.fleet.world;
	memset(name, 'o', sizeof(name));
	scene.person = make(&scene.fleet.ca, (struct wish){ .cn = "meter",
						     .serial = 2,
						     .organization = name,
						     .organization_len = sizeof(name) });
	client_begin_empty(&scene.world->client, CCM_8, -1);
	assert_int_equal(gnutls_record_set_max_size(scene.world->client.tls, 512), 0);
	gnutls_certificate_allocate_credentials(&scene.fleet.client);
	gnutls_certificate_set_x509_key(
		scene.fleet.client, &scene.person.certificate, 1, scene.person.key);
	gnutls_credentials_set(scene.world->client.tls, GNUTLS_CRD_CERTIFICATE, scene.fleet.client);
	assert_int_equal(world_run(scene.world), 0);
	assert_int_equal(scene.world->keys.plaintext_max, 512);
	assert_int_equal(scene.world->established, 1);
	/* Hello, ClientKeyExchange, CertificateVerify, ChangeCipherSpec, and a long certificate. */
	assert_int_equal(
		rdl_handshake_find(&scene.world->handshakes->places, SESSION)->given, 4 + 2);
	world_check_keys(scene.world);
	scene_end(&scene);
}

/* Pieces of a message that will never be whole: so many octets of one client, and of all. */
static void test_bounds(void **state)
{
	struct scene scene = scene_begin(false, -1);
	struct rdl_handshakes *handshakes = scene.world->handshakes;
	struct datagram piece = scene.flight.datagrams[0];

	put_be24(piece.octets + 14, RDL_HANDSHAKE_MESSAGE_MAX - RDL_DTLS_HANDSHAKE_HEADER);
	for (size_t start = 16000; start > 0; start -= 2) {
		put_be24(piece.octets + 19, start);
		put_be24(piece.octets + 22, 1);
		rdl_put_be16(piece.octets + 11, RDL_DTLS_HANDSHAKE_HEADER + 1);
		piece.len = HEAD + 1;
		give(scene.world, &piece);
		assert_in_range(handshakes->held, 1, RDL_HANDSHAKE_HELD_MAX);
	}
	assert_true(handshakes->held > RDL_HANDSHAKE_HELD_MAX - 100);
	/* What is whole needs no room, and what says otherwise is dropped for it. */
	in_order(scene.world, &scene.flight);
	check(&scene);
	scene_end(&scene);
}

static void give_to(struct scene *scene, uint64_t session, enum rdl_dtls_parcel_kind kind,
	struct datagram datagram)
{
	struct rdl_dtls_parcel parcel = { .kind = kind,
		.session = session,
		.data = datagram.octets,
		.len = datagram.len,
		.way = { .peer = { .port = 5000 } } };

	(void)rdl_handshakes_input(scene->world->handshakes, &parcel, now_ms);
}

static void send_nothing(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
}

static void ended_any(void *context, uint64_t session)
{
	((struct world *)context)->ended++;
}

/* Whoever has held pieces for longest gives way, and those of one that ends are free. */
static void test_all_hold(void **state)
{
	struct scene scene = scene_begin(false, -1);
	struct rdl_handshakes *handshakes = scene.world->handshakes;
	struct client other;
	struct queue pieces = pieces_of(&scene.flight, 120, 0);

	handshakes->config.calls.send = send_nothing;
	handshakes->config.calls.ended = ended_any;
	handshakes->held_max = 700;
	client_begin_empty(&other, CCM_8, -1);
	gnutls_credentials_set(other.tls, GNUTLS_CRD_CERTIFICATE, scene.fleet.client);
	(void)client_step(&other);
	for (uint64_t session = 1; session <= 3; session++)
		give_to(&scene, session, RDL_PARCEL_BEGIN, other.out.datagrams[0]);
	for (uint64_t session = 1; session <= 3; session++) {
		give_to(&scene, session, RDL_PARCEL_MORE, pieces.datagrams[0]);
		give_to(&scene, session, RDL_PARCEL_MORE, pieces.datagrams[1]);
		assert_in_range(handshakes->held, 1, 700);
	}
	assert_int_equal(rdl_handshake_find(&handshakes->places, 1)->messages.held, 0);
	assert_true(rdl_handshake_find(&handshakes->places, 2)->messages.held > 240);
	assert_true(rdl_handshake_find(&handshakes->places, 3)->messages.held > 240);
	world_pass(scene.world, 60100);
	assert_int_equal(scene.world->ended, 4);
	client_end(&other);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_overlapping),
		cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_nonsense_between),
		cmocka_unit_test(test_after_change),
		cmocka_unit_test(test_second_hello),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_one_record),
		cmocka_unit_test(test_short_records),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_all_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
