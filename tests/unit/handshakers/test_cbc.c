/* SPDX-License-Identifier: BSD-3-Clause */
/* A handshaker's sessions with CBC, and the tables of the workers that have them, too. */
#include "office.h"

#include "sessions.h"

struct shop {
	struct office *office;
	void *memory[WORKERS];
	struct rdl_dtls *tables[WORKERS];
};

static void release(void *context, uint32_t identity)
{
	(void)context;
	(void)identity;
}

static struct shop *shop_begin(void)
{
	struct shop *shop = calloc(1, sizeof(*shop));

	assert_non_null(shop);
	for (unsigned w = 0; w < WORKERS; w++) {
		const struct rdl_dtls_config config = { .worker = w,
			.workers = WORKERS,
			.handshakers = 1,
			.sessions = 5000,
			.handshakes = 100,
			.handshake_s = 60,
			.idle_s = 300,
			.release = release };
		size_t len = rdl_dtls_memory(&config);

		shop->memory[w] = aligned_alloc(RDL_CACHE_LINE, (len + 63) / 64 * 64);
		assert_non_null(shop->memory[w]);
		memset(shop->memory[w], 0, len);
		shop->tables[w] = rdl_dtls_init(&config, shop->memory[w]);
		assert_non_null(shop->tables[w]);
	}
	shop->office = office_begin(1232);
	shop->office->handshaker.tables = shop->tables;
	return shop;
}

static void shop_end(struct shop *shop)
{
	office_end(shop->office);
	for (unsigned w = 0; w < WORKERS; w++)
		free(shop->memory[w]);
	free(shop);
}

static const struct rdl_handshake_counts *counts(const struct shop *shop)
{
	return rdl_handshakes_counts(shop->office->handshaker.engine);
}

/* All of a handshake; the client stays. What came to its worker behind the keys. */
static const char *shake(struct shop *shop, unsigned worker, unsigned host)
{
	struct office *office = shop->office;
	struct rdl_datagram datagram = { .peer = { .port = (uint16_t)host } };
	enum rdl_dtls_parcel_kind kind = RDL_PARCEL_BEGIN;
	unsigned before = office->establisheds;
	const char *came = "";
	uint64_t session, evicted;

	assert_int_equal(rdl_dtls_begin(shop->tables[worker], &datagram, 7, 1, &session, &evicted),
		RDL_DTLS_BEGUN);
	client_end(&office->client);
	office->session = session;
	client_begin(&office->client, "device", "0123456789abcdef", CBC, -1);
	while (office->establisheds == before) {
		(void)client_step(&office->client);
		for (; office->client.out.count > 0; kind = RDL_PARCEL_MORE) {
			struct datagram first = queue_take(&office->client.out);

			(void)office_send(office, worker, kind, session, span_of_datagram(&first));
			office_step(office);
			came = office_came(office, worker);
		}
	}
	assert_true(rdl_dtls_establish(shop->tables[worker], session, &office->keys, 1));
	assert_int_equal(client_step(&office->client), 0);
	return came;
}

static void talk(struct shop *shop, unsigned worker)
{
	struct office *office = shop->office;
	char text[16];

	assert_int_equal(gnutls_record_send(office->client.tls, "update", 6), 6);
	struct datagram record = queue_take(&office->client.out);
	(void)office_send(
		office, worker, RDL_PARCEL_RECORD, office->session, span_of_datagram(&record));
	office_step(office);
	assert_non_null(strstr(office_came(office, worker), "back"));
	assert_int_equal(office->back_text_len, 6);
	(void)office_send(office, worker, RDL_PARCEL_REPLY, office->session, RDL_SPAN("changed"));
	office_step(office);
	(void)office_came(office, worker);
	assert_int_equal(gnutls_record_recv(office->client.tls, text, sizeof(text)), 7);
	assert_memory_equal(text, "changed", 7);
}

static void test_records(void **state)
{
	struct shop *shop = shop_begin();

	for (unsigned worker = 0; worker < WORKERS; worker++) {
		(void)shake(shop, worker, 1);
		talk(shop, worker);
	}
	assert_int_equal(counts(shop)->cbc_opened, WORKERS);
	assert_int_equal(counts(shop)->cbc_sealed, WORKERS);
	shop_end(shop);
}

/* One that gives way is told to its worker, which need not be the one of the new. */
static void test_gives_way(void **state)
{
	struct shop *shop = shop_begin();

	(void)shake(shop, 1, 1);
	uint64_t first = shop->office->session;
	(void)shake(shop, 1, 2);
	(void)shake(shop, 0, 3);
	assert_int_equal(first & 0xffffff, 0);
	assert_string_equal(office_came(shop->office, 1), "closed0 ");
	assert_int_equal(counts(shop)->cbc_sessions, CBC_SESSIONS);
	assert_int_equal(counts(shop)->cbc_crowded, 1);
	talk(shop, 0);
	shop_end(shop);
}

/* What a worker has ended is gone here within a second; the other's stays. */
static void test_ended_by_worker(void **state)
{
	struct shop *shop = shop_begin();

	(void)shake(shop, 0, 1);
	rdl_dtls_end(shop->tables[0], shop->office->session);
	(void)shake(shop, 1, 1);
	office_pass(999);
	office_step(shop->office);
	assert_int_equal(counts(shop)->cbc_sessions, 2);
	office_pass(1);
	office_step(shop->office);
	assert_int_equal(counts(shop)->cbc_sessions, 1);
	assert_string_equal(office_came(shop->office, 0), "");
	talk(shop, 1);
	shop_end(shop);
}

/* Once the end is asked for: what was asked before is answered, and nothing more is heard. */
static void test_end(void **state)
{
	struct shop *shop = shop_begin();
	struct office *office = shop->office;

	(void)shake(shop, 0, 1);
	assert_int_equal(gnutls_record_send(office->client.tls, "update", 6), 6);
	struct datagram record = queue_take(&office->client.out);
	office->ending.stage = ENDING_ASKED;
	(void)office_send(office, 0, RDL_PARCEL_RECORD, office->session, span_of_datagram(&record));
	(void)office_send(office, 0, RDL_PARCEL_REPLY, office->session, RDL_SPAN("changed"));
	office_step(office);
	assert_string_equal(office_came(office, 0), "back0 send0 back0 ");
	assert_int_equal(counts(shop)->cbc_opened, 0);
	shop_end(shop);
}

/* Those that wait for letters are told of. */
static void test_waiting(void **state)
{
	struct shop *shop = shop_begin();
	struct office *office = shop->office;

	office->keep_letters = true;
	while (office->handshaker.post.free_count >= 32) {
		(void)office_send(
			office, 0, RDL_PARCEL_BEGIN, SESSION(9), RDL_SPAN("0123456789abcdef"));
		office_step(office);
		(void)office_came(office, 0);
	}
	for (unsigned i = 0; i < 3; i++)
		(void)office_send(office, 0, RDL_PARCEL_RECORD, SESSION(9), RDL_SPAN("octets"));
	office_step(office);
	assert_int_equal(office->handshaker.records_waiting, 3);
	office_give_back(office);
	office->keep_letters = false;
	while (office_step(office))
		(void)office_came(office, 0);
	assert_int_equal(office->handshaker.records_waiting, 0);
	shop_end(shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_gives_way),
		cmocka_unit_test(test_ended_by_worker),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_waiting),
	};

	return RUN_TESTS(tests);
}
