/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes under way: what a network has of the places, and who gives way when there is none. */
#include "fixture.h"

static enum rdl_dtls_begin try(
	struct table *t, unsigned network, unsigned host, uint64_t *session, uint64_t *evicted)
{
	struct rdl_datagram datagram = from(network, host);

	return rdl_dtls_begin(t->dtls, &datagram, 7, t->now_s, session, evicted);
}

/* Places are 64: a network's share is 16. */
static struct table *table_of_64(void)
{
	return table_new(&(struct rdl_dtls_config){ .handshakes = 64 });
}

static void test_share(void **state)
{
	struct table *t = table_of_64();
	uint64_t session, evicted, one = begin(t, 1, 0);

	for (unsigned i = 1; i < 16; i++)
		(void)begin(t, 1, i);
	assert_int_equal(try(t, 1, 16, &session, &evicted), RDL_DTLS_SHED);
	assert_int_equal(session, 0);
	assert_int_equal(evicted, 0);
	assert_int_equal(rdl_dtls_counts(t->dtls)->shed, 1);
	(void)begin(t, 2, 0);
	/* One that is over leaves its place; one that has rebooted has its own. */
	rdl_dtls_end(t->dtls, one);
	(void)begin(t, 1, 16);
	struct rdl_datagram datagram = from(1, 16);
	assert_int_equal(rdl_dtls_begin(t->dtls, &datagram, 8, t->now_s, &session, &evicted),
		RDL_DTLS_BEGUN);
	table_end(t);
}

/* The newest of whoever has most gives way to one that has fewer. */
static void test_crowded(void **state)
{
	static const unsigned counts[] = { 16, 16, 16, 15 };
	struct table *t = table_of_64();
	uint64_t last[4], session, evicted;

	for (unsigned n = 0; n < 4; n++)
		for (unsigned i = 0; i < counts[n]; i++)
			last[n] = begin(t, n, i);
	(void)begin(t, 9, 0);
	/* It would have as many as those that have most. */
	assert_int_equal(try(t, 3, 15, &session, &evicted), RDL_DTLS_SHED);
	assert_int_equal(try(t, 9, 1, &session, &evicted), RDL_DTLS_BEGUN);
	assert_true(evicted == last[0] || evicted == last[1] || evicted == last[2]);
	assert_null(rdl_dtls_find(t->dtls, evicted));
	assert_non_null(rdl_dtls_find(t->dtls, session));
	assert_int_equal(rdl_dtls_counts(t->dtls)->crowded, 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 64);
	table_end(t);
}

/* However many come from four networks, new devices elsewhere are let in. */
static void test_flood(void **state)
{
	struct table *t = table_of_64();
	uint64_t session, evicted;
	unsigned let_in = 0;

	for (unsigned round = 0; round < 200; round++) {
		for (unsigned n = 0; n < 4; n++)
			for (unsigned i = 0; i < 10; i++)
				(void)try(t, n, (round * 10 + i) % 250, &session, &evicted);
		let_in += try(t, 100 + round, 1, &session, &evicted) == RDL_DTLS_BEGUN;
		/* It takes its time, and lives. */
		for (unsigned n = 0; n < 4; n++)
			(void)try(t, n, 251, &evicted, &evicted);
		assert_non_null(rdl_dtls_find(t->dtls, session));
		rdl_dtls_end(t->dtls, session);
	}
	assert_int_equal(let_in, 200);
	table_end(t);
}

/* A network fills a quarter of a ring, and no more until something has come back. */
static void test_parcels(void **state)
{
	struct table *t = table_new(&(struct rdl_dtls_config){ .parcels = 40 });
	struct rdl_datagram here = from(1, 1), beside = from(1, 2), elsewhere = from(2, 1);
	unsigned out = 0;

	while (rdl_dtls_parcel_out(t->dtls, out % 2 == 0 ? &here.peer : &beside.peer))
		out++;
	assert_int_equal(out, 11);
	assert_int_equal(rdl_dtls_counts(t->dtls)->withheld, 1);
	assert_true(rdl_dtls_parcel_out(t->dtls, &elsewhere.peer));
	rdl_dtls_parcel_back(t->dtls, &here.peer);
	assert_true(rdl_dtls_parcel_out(t->dtls, &beside.peer));
	assert_false(rdl_dtls_parcel_out(t->dtls, &here.peer));
	table_end(t);
}

static void check_places(const struct rdl_dtls_places *places, const unsigned held[8], unsigned all)
{
	unsigned most = 0;

	for (unsigned n = 0; n < 8; n++)
		most = held[n] > most ? held[n] : most;
	assert_int_equal(places->most, most);
	assert_int_equal(places->used, all);
}

/* At random, against counts. */
static void test_at_random(void **state)
{
	enum { ROOM = 20 };
	struct rdl_dtls_places places;
	size_t len = rdl_dtls_places_memory(ROOM);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);
	uint32_t taken[ROOM], network_of[ROOM];
	unsigned held[8] = { 0 }, all = 0;

	assert_non_null(memory);
	memset(memory, 0, len);
	rdl_dtls_places_init(&places, ROOM, memory);
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned network = (unsigned)rand() % 8, handle;

		if (rand() % 2 == 0 && all > 0) {
			unsigned i = (unsigned)rand() % all;

			rdl_dtls_places_give(&places, taken[i]);
			held[network_of[i]]--;
			taken[i] = taken[--all];
			network_of[i] = network_of[all];
		} else if (rdl_dtls_places_ask(&places, network, &handle) &&
			   handle == RDL_DTLS_NO_PLACE) {
			assert_true(all < ROOM && held[network] < places.share);
			held[network]++;
			network_of[all] = network;
			taken[all++] = rdl_dtls_places_take(&places, network, round);
		} else if (held[network] < places.share) {
			assert_int_equal(all, ROOM);
			assert_int_equal(
				handle == RDL_DTLS_NO_PLACE, held[network] + 1 >= places.most);
		}
		check_places(&places, held, all);
	}
	free(memory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_parcels),
		cmocka_unit_test(test_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
