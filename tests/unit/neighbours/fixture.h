/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ports, the first with networks, routers and no VLAN, the second with one; and a clock. */
#ifndef RDL_TEST_NEIGHBOURS_FIXTURE_H
#define RDL_TEST_NEIGHBOURS_FIXTURE_H

#include "support.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "neighbours.h"

static struct rdl_interface interfaces[2];
static struct rdl_neighbours *neighbours;
static uint64_t now_ms;

static inline struct rdl_peer peer_of(const char *address)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff }, .port = 5683 };
	bool ipv6 = strchr(address, ':') != NULL;

	assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, address,
				 ipv6 ? peer.address : peer.address + 12),
		1);
	return peer;
}

/* `places` of them, of so many ports that have a say. */
static inline void begin_with(unsigned places, unsigned ports)
{
	static const struct rdl_key key = { 7, 8 };
	size_t len = (rdl_neighbours_memory(places) + RDL_CACHE_LINE - 1) / RDL_CACHE_LINE;
	void *memory = aligned_alloc(RDL_CACHE_LINE, len * RDL_CACHE_LINE);

	assert_non_null(memory);
	memset(interfaces, 0, sizeof(interfaces));
	rdl_net_add_ipv4(&interfaces[0], 0xc0000201, 24);
	rdl_net_add_ipv6(&interfaces[0], peer_of("2001:db8::1").address, 64);
	interfaces[1].vlan = 7;
	rdl_net_add_ipv4(&interfaces[1], 0xc6336401, 24);
	now_ms = 1000000;
	neighbours = rdl_neighbours_init(
		memset(memory, 0, len * RDL_CACHE_LINE), places, interfaces, ports, &key);
}

/* Nothing is announced. */
static inline int begin(void **state)
{
	begin_with(64, 0);
	return 0;
}

static inline int end(void **state)
{
	free(neighbours);
	return 0;
}

static inline enum rdl_reach way_by(struct rdl_local local, const char *to, struct rdl_way *way)
{
	struct rdl_peer peer = peer_of(to);

	memset(way, 0xaa, sizeof(*way));
	return rdl_neighbours_way(neighbours, &local, &peer, now_ms, way);
}

static inline enum rdl_reach reach(const char *to)
{
	struct rdl_way way;

	return way_by((struct rdl_local){ 0 }, to, &way);
}

/* The next errand within so many milliseconds, the clock as far as that; none, then. */
static inline struct rdl_errand within(unsigned ms)
{
	for (uint64_t until = now_ms + ms;; now_ms++) {
		/* All places are looked at. */
		for (unsigned n = 0; n < rdl_neighbours_places(neighbours); n += 64) {
			struct rdl_errand errand = rdl_neighbours_due(neighbours, now_ms);

			if (errand.kind != RDL_ERRAND_NONE)
				return errand;
		}
		if (now_ms == until)
			return (struct rdl_errand){ .kind = RDL_ERRAND_NONE };
	}
}

static inline void expect_question(const struct rdl_errand *errand, const char *hop, bool known)
{
	struct rdl_peer peer = peer_of(hop);

	assert_int_equal(errand->kind, RDL_ERRAND_ASK);
	assert_int_equal(errand->known, known);
	assert_int_equal(errand->ipv6, strchr(hop, ':') != NULL);
	assert_memory_equal(errand->hop, peer.address, 16);
}

static inline enum rdl_heard hear_by(
	struct rdl_local local, enum rdl_news_kind kind, const char *address, uint8_t mac)
{
	struct rdl_news news = {
		.kind = kind, .local = local, .mac = { 2, 0xff, 0x80, 1, 0, mac }
	};

	memcpy(news.address, peer_of(address).address, sizeof(news.address));
	return rdl_neighbours_hear(neighbours, &news, now_ms);
}

static inline enum rdl_heard hear(enum rdl_news_kind kind, const char *address, uint8_t mac)
{
	return hear_by((struct rdl_local){ 0 }, kind, address, mac);
}

/* One that is known, by this MAC. */
static inline void know(const char *address, uint8_t mac)
{
	assert_int_equal(reach(address), RDL_REACH_ASKING);
	struct rdl_errand errand = within(0);
	expect_question(&errand, address, false);
	assert_int_equal(hear(RDL_NEWS_ANSWER, address, mac), RDL_HEARD_LEARNED);
}

static inline void expect_mac(const char *address, uint8_t mac)
{
	const uint8_t want[6] = { 2, 0xff, 0x80, 1, 0, mac };
	struct rdl_peer peer = peer_of(address);
	struct rdl_way way;

	assert_int_equal(way_by((struct rdl_local){ 0 }, address, &way), RDL_REACH_READY);
	assert_memory_equal(way.mac, want, sizeof(want));
	assert_memory_equal(&way.peer, &peer, sizeof(peer));
}

#define NEIGHBOURS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
