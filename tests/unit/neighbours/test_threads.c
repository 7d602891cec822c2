/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that look for ways while one asks, all hear, and places are given away. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>

enum { WORKERS = 3, PEERS = 12, READY = 5000, ROUNDS = 4000000 };

/* Atomic. */
static uint64_t clock_ms;
static unsigned working;

static uint64_t time_now(void)
{
	return __atomic_load_n(&clock_ms, __ATOMIC_RELAXED);
}

/* Some are wanted more than others, so that they are known at times. */
static struct rdl_peer some_peer(uint64_t random)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2 } };

	peer.address[15] = (uint8_t)(2 + (random >> 8) % (random % 64 == 0 ? PEERS : PEERS / 2));
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
	unsigned ready = 0;

	for (unsigned n = 0; n < ROUNDS && ready < READY; n++) {
		struct rdl_peer peer = some_peer(test_random(&random));
		struct rdl_news news = { .kind = RDL_NEWS_ANSWER };
		struct rdl_way way;
		uint8_t mac[6];

		put_mac(mac, &peer);
		if (rdl_neighbours_way(neighbours, &local, &peer, time_now(), &way) ==
			RDL_REACH_READY) {
			ready++;
			wrong += memcmp(mac, way.mac, 6) != 0 ||
				 memcmp(&peer, &way.peer, sizeof(peer)) != 0;
		}
		if (n % 16 == 0)
			sched_yield();
		peer = some_peer(test_random(&random));
		memcpy(news.address, peer.address, 16);
		put_mac(news.mac, &peer);
		(void)rdl_neighbours_hear(neighbours, &news, time_now());
	}
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return (void *)(wrong + (ready < READY));
}

static void *ask(void *argument)
{
	(void)argument;
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE) > 0) {
		__atomic_store_n(&clock_ms, time_now() + 50, __ATOMIC_RELAXED);
		(void)rdl_neighbours_due(neighbours, time_now());
	}
	return NULL;
}

static void side_by_side(void **state)
{
	pthread_t threads[WORKERS + 1];
	void *result;

	end(state);
	begin_with(8, 0); /* one bucket, that all are after */
	clock_ms = now_ms;
	working = WORKERS;
	pthread_create(&threads[WORKERS], NULL, ask, NULL);
	for (uintptr_t w = 0; w < WORKERS; w++)
		pthread_create(&threads[w], NULL, work, (void *)(w + 1));
	for (unsigned w = 0; w < WORKERS; w++) {
		pthread_join(threads[w], &result);
		assert_null(result);
	}
	pthread_join(threads[WORKERS], &result);
	/* Nobody is left busy. */
	for (unsigned i = 0; i < PEERS; i++) {
		struct rdl_peer peer = some_peer(i << 8);
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
