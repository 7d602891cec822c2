/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is asked for, when, and whose answers count. */
#include "fixture.h"

static void known_once_it_has_answered(void **state)
{
	static const char *const addresses[] = { "192.0.2.9", "2001:db8::9", "fe80::9" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(addresses); i++) {
		assert_int_equal(reach(addresses[i]), RDL_REACH_ASKING);
		struct rdl_errand errand = within(0);
		expect_question(&errand, addresses[i], false);
		assert_int_equal(reach(addresses[i]), RDL_REACH_ASKING);
		assert_int_equal(
			hear(RDL_NEWS_ANSWER, addresses[i], (uint8_t)i), RDL_HEARD_LEARNED);
		expect_mac(addresses[i], (uint8_t)i);
	}
	assert_int_equal(within(29999).kind, RDL_ERRAND_NONE);
}

/* What a peer is sent goes to the router, and it is that one who is asked for. */
static void by_a_router(void **state)
{
	const uint8_t want[6] = { 2, 0xff, 0x80, 1, 0, 5 };
	struct rdl_way way;

	assert_int_equal(reach("203.0.113.7"), RDL_REACH_NONE);
	rdl_net_add_ipv4_router(&interfaces[0], 0xc00002fe);
	assert_int_equal(reach("203.0.113.7"), RDL_REACH_ASKING);
	struct rdl_errand errand = within(0);
	expect_question(&errand, "192.0.2.254", false);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.254", 5), RDL_HEARD_LEARNED);
	assert_int_equal(
		way_by((struct rdl_local){ .udp_port = 1 }, "203.0.113.7", &way), RDL_REACH_READY);
	assert_memory_equal(way.mac, want, 6);
	assert_int_equal(way.local.udp_port, 1);
	expect_mac("203.0.113.99", 5);
}

/* Routers are asked for before anybody needs them, and again for ever. */
static void routers_are_in_use(void **state)
{
	end(state);
	begin_with(64, 1);
	/* Nothing to announce, and whatever is sent goes to the router. */
	interfaces[0].ipv4_count = interfaces[0].ipv6_count = 0;
	rdl_net_add_ipv4_router(&interfaces[0], 0xc00002fe);
	for (unsigned n = 0; n < 10; n++) {
		struct rdl_errand errand = within(n < 3 ? 1000 : 7000);
		expect_question(&errand, "192.0.2.254", false);
		now_ms++;
	}
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.254", 1), RDL_HEARD_LEARNED);
	for (unsigned n = 0; n < 10; n++) {
		struct rdl_errand errand = within(40000);
		expect_question(&errand, "192.0.2.254", true);
		assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.254", 1), RDL_HEARD_LEARNED);
	}
}

/* Three questions, a second apart; then it is nobody, and asked for every five. */
static void nobody_answers(void **state)
{
	struct rdl_errand errand;

	assert_int_equal(reach("192.0.2.9"), RDL_REACH_ASKING);
	for (unsigned n = 0; n < 3; n++) {
		errand = within(1000);
		expect_question(&errand, "192.0.2.9", false);
		assert_int_equal(now_ms, 1000000 + n * 1000);
		assert_int_equal(reach("192.0.2.9"), RDL_REACH_ASKING);
	}
	assert_int_equal(within(1000).kind, RDL_ERRAND_NONE);
	assert_int_equal(reach("192.0.2.9"), RDL_REACH_NONE);
	errand = within(6000);
	expect_question(&errand, "192.0.2.9", false);
	assert_int_equal(reach("192.0.2.9"), RDL_REACH_NONE);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 9), RDL_HEARD_LEARNED);
	expect_mac("192.0.2.9", 9);
}

/* Whatever comes unasked changes nothing. */
static void unasked(void **state)
{
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	assert_int_equal(reach("192.0.2.9"), RDL_REACH_ASKING);
	/* Before the question is out. */
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	struct rdl_errand errand = within(0);
	expect_question(&errand, "192.0.2.9", false);
	/* Another address, another port, other tags; and an announcement is no answer. */
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.8", 1), RDL_HEARD_UNASKED);
	assert_int_equal(hear_by((struct rdl_local){ .port = 1 }, RDL_NEWS_ANSWER, "192.0.2.9", 1),
		RDL_HEARD_UNASKED);
	assert_int_equal(hear_by((struct rdl_local){ .vlan = 1 }, RDL_NEWS_ANSWER, "192.0.2.9", 1),
		RDL_HEARD_UNASKED);
	assert_int_equal(
		hear_by((struct rdl_local){ .service = 1 }, RDL_NEWS_ANSWER, "192.0.2.9", 1),
		RDL_HEARD_UNASKED);
	assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	/* The first answer is the one; a later one, of a spoofer, say, is none. */
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 2), RDL_HEARD_LEARNED);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 3), RDL_HEARD_UNASKED);
	now_ms += 5000;
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 4), RDL_HEARD_UNASKED);
	expect_mac("192.0.2.9", 2);
}

/* Two seconds after the last question it is too late. */
static void late(void **state)
{
	assert_int_equal(reach("192.0.2.9"), RDL_REACH_ASKING);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(within(1000).kind, RDL_ERRAND_ASK);
	now_ms += 2000;
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	now_ms -= 1;
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_LEARNED);
}

/* Asked again after 30 s, alone; then by all; its way is good until nobody has answered. */
static void asked_again(void **state)
{
	struct rdl_errand errand;

	know("192.0.2.9", 1);
	for (unsigned n = 0; n < 3; n++) {
		for (unsigned s = 0; s < 29; s++) {
			assert_int_equal(within(1000).kind, RDL_ERRAND_NONE);
			expect_mac("192.0.2.9", 1);
		}
		errand = within(2000);
		expect_question(&errand, "192.0.2.9", true);
		assert_int_equal(errand.mac[5], 1);
		assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_LEARNED);
	}
	now_ms += 29000;
	expect_mac("192.0.2.9", 1);
	errand = within(2000);
	expect_question(&errand, "192.0.2.9", true);
	for (unsigned n = 0; n < 2; n++) {
		now_ms++;
		errand = within(1000);
		expect_question(&errand, "192.0.2.9", false);
		expect_mac("192.0.2.9", 1);
	}
	assert_int_equal(within(1000).kind, RDL_ERRAND_NONE);
	assert_int_equal(reach("192.0.2.9"), RDL_REACH_NONE);
}

/* What nobody wants to know is not asked any more, and forgotten. */
static void idle(void **state)
{
	struct rdl_neighbour seen;

	know("192.0.2.9", 1);
	struct rdl_errand errand = within(31000);
	expect_question(&errand, "192.0.2.9", true);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_LEARNED);
	assert_int_equal(within(31000).kind, RDL_ERRAND_NONE);
	assert_false(rdl_neighbours_find(neighbours, 0, peer_of("192.0.2.9").address, &seen));
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	know("192.0.2.9", 2);
}

/*
 * An address that moves to another host, as a gateway's may: who announces it is not believed, but
 * asked, and so is everybody else; once a second at most.
 */
static void moved(void **state)
{
	know("192.0.2.9", 1);
	now_ms += 1000;
	assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 1), RDL_HEARD_UNASKED);
	assert_int_equal(within(0).kind, RDL_ERRAND_NONE);
	assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 2), RDL_HEARD_DOUBTED);
	expect_mac("192.0.2.9", 1);
	struct rdl_errand errand = within(0);
	expect_question(&errand, "192.0.2.9", false);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 2), RDL_HEARD_LEARNED);
	expect_mac("192.0.2.9", 2);
	for (unsigned n = 0; n < 500; n++) {
		assert_int_equal(hear(RDL_NEWS_ANNOUNCEMENT, "192.0.2.9", 3), RDL_HEARD_DOUBTED);
		now_ms++;
	}
	assert_int_equal(within(0).kind, RDL_ERRAND_NONE);
	expect_mac("192.0.2.9", 2);
	/* It moved within the second of its last answer, and whoever had it is silent. */
	errand = within(500);
	expect_question(&errand, "192.0.2.9", true);
	assert_int_equal(errand.mac[5], 2);
	now_ms++;
	errand = within(1000);
	expect_question(&errand, "192.0.2.9", false);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 3), RDL_HEARD_LEARNED);
	expect_mac("192.0.2.9", 3);
}

/* VLANs of one port are links of their own; two tags need a port that has one. */
static void tags(void **state)
{
	static const struct rdl_local locals[] = { { .vlan = 5 }, { .vlan = 6 },
		{ .vlan = 5, .service = 1 }, { .port = 1, .vlan = 9, .stacked = 1 } };
	struct rdl_way way;

	for (size_t i = 0; i < RDL_ARRAY_LEN(locals); i++) {
		const char *to = i < 3 ? "192.0.2.9" : "198.51.100.9";

		assert_int_equal(way_by(locals[i], to, &way), RDL_REACH_ASKING);
		struct rdl_errand errand = within(0);
		expect_question(&errand, to, false);
		assert_memory_equal(&errand.local, &locals[i], sizeof(locals[i]));
		assert_int_equal(
			hear_by(locals[i], RDL_NEWS_ANSWER, to, (uint8_t)i), RDL_HEARD_LEARNED);
		assert_int_equal(way_by(locals[i], to, &way), RDL_REACH_READY);
		assert_int_equal(way.mac[5], i);
	}
	assert_int_equal(
		way_by((struct rdl_local){ .stacked = 1 }, "192.0.2.9", &way), RDL_REACH_NONE);
}

/* When there is no room those give way that were not used for longest. */
static void bounded(void **state)
{
	char text[32];
	unsigned known = 0;

	for (unsigned i = 2; i < 250; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		now_ms++;
		assert_int_equal(reach("192.0.2.200"), RDL_REACH_ASKING);
		(void)reach(text);
	}
	for (unsigned i = 0; i < rdl_neighbours_places(neighbours); i++) {
		struct rdl_neighbour seen;

		known += rdl_neighbours_read(neighbours, i, &seen);
		assert_int_equal(seen.state, RDL_NEIGHBOUR_INCOMPLETE);
	}
	assert_in_range(known, 56, 64);
	/* One that is used all the time does not. */
	struct rdl_neighbour seen;
	assert_true(rdl_neighbours_find(neighbours, 0, peer_of("192.0.2.249").address, &seen));
}

static void shown(void **state)
{
	struct rdl_neighbour seen;
	struct rdl_peer peer = peer_of("192.0.2.9");

	assert_int_equal(reach("192.0.2.9"), RDL_REACH_ASKING);
	assert_true(rdl_neighbours_find(neighbours, 0, peer.address, &seen));
	assert_false(rdl_neighbours_find(neighbours, 1, peer.address, &seen));
	assert_int_equal(seen.state, RDL_NEIGHBOUR_INCOMPLETE);
	assert_int_equal(seen.answered_ms, 0);
	(void)within(0);
	assert_int_equal(hear(RDL_NEWS_ANSWER, "192.0.2.9", 1), RDL_HEARD_LEARNED);
	assert_true(rdl_neighbours_find(neighbours, 0, peer.address, &seen));
	assert_int_equal(seen.state, RDL_NEIGHBOUR_REACHABLE);
	assert_int_equal(seen.answered_ms, now_ms);
	assert_memory_equal(seen.address, peer.address, 16);
	assert_int_equal(seen.mac[5], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEIGHBOURS_TEST(known_once_it_has_answered),
		NEIGHBOURS_TEST(by_a_router),
		NEIGHBOURS_TEST(routers_are_in_use),
		NEIGHBOURS_TEST(nobody_answers),
		NEIGHBOURS_TEST(unasked),
		NEIGHBOURS_TEST(late),
		NEIGHBOURS_TEST(asked_again),
		NEIGHBOURS_TEST(idle),
		NEIGHBOURS_TEST(moved),
		NEIGHBOURS_TEST(tags),
		NEIGHBOURS_TEST(bounded),
		NEIGHBOURS_TEST(shown),
	};
	return RUN_TESTS(tests);
}
