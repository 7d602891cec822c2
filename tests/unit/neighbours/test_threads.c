/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that look for ways while one asks, all hear, and places are given away. */
#include "fixture.h"

#include <pthread.h>

enum { WORKERS = 3, PEERS = 64, ROUNDS = 40000 };

static uint64_t clock_ms; /* atomic */

static uint64_t time_now(void)
{
	return __atomic_load_n(&clock_ms, __ATOMIC_RELAXED);
}

static struct rdl_peer some_peer(uint64_t i)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2 } };

	peer.address[15] = (uint8_t)(2 + i % PEERS);
	return peer;
}

/* Its MAC is its address: nobody's way is ever another's. */
static void put_mac(uint8_t mac[6], const struct rdl_peer *peer)
{
	mac[0] = 2;
	mac[1] = 0;
	memcpy(mac + 2, peer->address + 12, 4);
}

static void *work(void *argument)
{
	uint64_t random = (uintptr_t)argument;
	const struct rdl_local local = { .udp_port = 0 };
	uintptr_t wrong = 0;

	for (unsigned n = 0; n < ROUNDS; n++) {
		struct rdl_peer peer = some_peer(test_random(&random));
		struct rdl_news news = { .kind = RDL_NEWS_ANSWER };
		struct rdl_way way;
		uint8_t mac[6];

		put_mac(mac, &peer);
		if (rdl_neighbours_way(neighbours, &local, &peer, time_now(), &way) ==
			RDL_REACH_READY)
			wrong += memcmp(mac, way.mac, 6) != 0 ||
				 memcmp(&peer, &way.peer, sizeof(peer)) != 0;
		peer = some_peer(test_random(&random));
		memcpy(news.address, peer.address, 16);
		put_mac(news.mac, &peer);
		(void)rdl_neighbours_hear(neighbours, &news, time_now());
	}
	return (void *)wrong;
}

static void *ask(void *argument)
{
	uintptr_t asked = 0;

	for (unsigned n = 0; n < ROUNDS; n++) {
		__atomic_store_n(&clock_ms, time_now() + 50, __ATOMIC_RELAXED);
		asked += rdl_neighbours_due(neighbours, time_now()).kind == RDL_ERRAND_ASK;
	}
	return (void *)asked;
}

static void side_by_side(void **state)
{
	pthread_t threads[WORKERS + 1];
	void *result;

	end(state);
	begin_with(32, 0);
	clock_ms = now_ms;
	pthread_create(&threads[WORKERS], NULL, ask, NULL);
	for (uintptr_t w = 0; w < WORKERS; w++)
		pthread_create(&threads[w], NULL, work, (void *)(w + 1));
	for (unsigned w = 0; w < WORKERS; w++) {
		pthread_join(threads[w], &result);
		assert_null(result);
	}
	pthread_join(threads[WORKERS], &result);
	assert_non_null(result);
	/* Nobody is left busy. */
	for (unsigned i = 0; i < PEERS; i++) {
		struct rdl_peer peer = some_peer(i);
		struct rdl_neighbour seen;
		struct rdl_way way;

		(void)!rdl_neighbours_way(
			neighbours, &(struct rdl_local){ 0 }, &peer, time_now() + 100000, &way);
		assert_true(rdl_neighbours_find(neighbours, 0, peer.address, &seen));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { NEIGHBOURS_TEST(side_by_side) };

	return RUN_TESTS(tests);
}
