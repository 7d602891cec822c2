/* SPDX-License-Identifier: BSD-3-Clause */
/* What the first worker tells and asks the link, and what any of them hears. */
#include "fixture.h"

#define ROUTER "192.0.2.254"
#define FRAMES 8

static const struct rdl_local untagged;

/* As many rounds as there are between two looks at what is due. */
static void rounds(unsigned s)
{
	for (unsigned n = 0; n < 64; n++)
		step(s);
}

/* The ARP frames that were sent: sender and target addresses. Returns how many. */
static unsigned sent_arp(unsigned s, uint32_t from[FRAMES], uint32_t about[FRAMES])
{
	struct rte_mbuf *m;
	unsigned n = 0;

	for (; rte_ring_dequeue(out[s], (void **)&m) == 0; n++) {
		const uint8_t *arp = rte_pktmbuf_mtod(m, const uint8_t *) + 14;

		assert_true(n < FRAMES);
		assert_int_equal(rte_pktmbuf_pkt_len(m), 42);
		from[n] = rdl_get_be32(arp + 14);
		about[n] = rdl_get_be32(arp + 24);
		rte_pktmbuf_free(m);
	}
	return n;
}

/* One address, of a network with a router. */
static int begin_told(void **state)
{
	seat_count = 2;
	told_ports = 1;
	if (begin(state) != 0)
		return -1;
	interface.ipv4_count = 0;
	rdl_net_add_ipv4(&interface, 0xc0000201, 24);
	interface.ipv6_count = 0;
	return 0;
}

/* By the first worker; another has nothing to say. */
static void announced(void **state)
{
	uint32_t from[FRAMES], about[FRAMES];

	for (unsigned n = 0; n < 3; n++) {
		rounds(1);
		assert_int_equal(sent_arp(1, from, about), 0);
		rounds(0);
		assert_int_equal(sent_arp(0, from, about), 2);
		assert_int_equal(from[0], 0);
		assert_int_equal(about[0], 0xc0000201);
		assert_int_equal(from[1], 0xc0000201);
		assert_int_equal(about[1], 0xc0000201);
		own_clock_pass(1000);
	}
	rounds(0);
	assert_int_equal(sent_arp(0, from, about), 0);
	assert_int_equal(stat_of(0, RDL_STAT_net_announced), 6);
	assert_int_equal(stat_of(0, RDL_STAT_tx_frames), 6);
	assert_int_equal(stat_of(0, RDL_STAT_drop_net_frame), 0);
	/* The end is near: nobody is told any more. */
	rdl_neighbours_link_up(neighbours, 0);
	ending.stage = ENDING_ASKED;
	own_clock_pass(1000);
	rounds(0);
	assert_int_equal(sent_arp(0, from, about), 0);
}

/* A worker may hold two frames of its own at a time here. */
static void no_frame(void **state)
{
	uint32_t from[FRAMES], about[FRAMES];

	rdl_net_add_ipv4(&interface, 0xc0000202, 24);
	for (unsigned n = 0; n < 3; n++) {
		rounds(0);
		assert_int_equal(sent_arp(0, from, about), 2);
		own_clock_pass(1000);
	}
	assert_int_equal(stat_of(0, RDL_STAT_net_announced), 6);
	assert_int_equal(stat_of(0, RDL_STAT_drop_net_frame), 6);
}

/* The answer may come by any worker's queue, and is everybody's then. */
static void asked_and_heard(void **state)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff, 203, 0, 113, 7 } };
	uint32_t from[FRAMES], about[FRAMES];
	struct rdl_way way;

	for (unsigned n = 0; n < 3; n++) {
		rounds(0);
		(void)sent_arp(0, from, about);
		own_clock_pass(1000);
	}
	rdl_net_add_ipv4_router(&interface, 0xc00002fe);
	arrive_arp(1, frame_our_mac,
		"0001 0800 06 04 0002 020000000099 c00002fe 020000000001 c0000201");
	step(1);
	assert_int_equal(stat_of(1, RDL_STAT_drop_neighbour_unasked), 1);
	assert_int_equal(rdl_neighbours_way(neighbours, &untagged, &peer, rdl_clock_ms(), &way),
		RDL_REACH_ASKING);
	rounds(0);
	assert_int_equal(sent_arp(0, from, about), 1);
	assert_int_equal(from[0], 0xc0000201);
	assert_int_equal(about[0], 0xc00002fe);
	assert_int_equal(stat_of(0, RDL_STAT_net_asked), 1);
	arrive_arp(1, frame_our_mac,
		"0001 0800 06 04 0002 020000000099 c00002fe 020000000001 c0000201");
	step(1);
	assert_int_equal(stat_of(1, RDL_STAT_net_learned), 1);
	assert_int_equal(rdl_neighbours_way(neighbours, &untagged, &peer, rdl_clock_ms(), &way),
		RDL_REACH_READY);
	assert_memory_equal(way.mac, frame_peer_mac, 6);
	assert_memory_equal(&way.peer, &peer, sizeof(peer));
}

/* Among others in a burst: each is freed, and counted by what it is. */
static void claimed(void **state)
{
	static const char claim[] =
		"0001 0800 06 04 0001 020000000099 c0000201 000000000000 c0000201";

	arrive_arp(1, frame_broadcast_mac, claim);
	arrive_arp(1, frame_broadcast_mac,
		"0001 0800 06 04 0001 020000000099 c0000207 000000000000 c0000207");
	arrive_arp(1, frame_broadcast_mac,
		"0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000201");
	arrive_arp(1, frame_broadcast_mac, claim);
	step(1);
	assert_int_equal(stat_of(1, RDL_STAT_drop_address_claimed), 2);
	assert_int_equal(stat_of(1, RDL_STAT_drop_neighbour_unasked), 1);
	assert_int_equal(stat_of(1, RDL_STAT_drop_arp), 1);
	struct rdl_claim claim_seen = rdl_neighbours_claim(neighbours, 0, false, 0);
	assert_int_equal(claim_seen.count, 2);
	assert_memory_equal(claim_seen.mac, frame_peer_mac, 6);
}

/* A router has told that a flight's datagram was too long. */
static void too_big(void **state)
{
	static const uint8_t address[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 };
	uint8_t message[] = { 3, 4, 0, 0, 0, 0, 0x02, 0x40, 0x45, 0, 0x04, 0xec, 0, 0, 0x40, 0,
		0x3f, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7, 0x16, 0x34, 0x9c, 0x40, 4, 0xd8, 0,
		0 };
	struct frame_spec spec = { .from = "203.0.113.1",
		.to = "192.0.2.1",
		.protocol = 1,
		.payload = message,
		.payload_len = sizeof(message) };
	struct test_frame f = frame_build(&spec);

	arrive_frame(1, &f);
	step(1);
	assert_int_equal(stat_of(1, RDL_STAT_net_too_big), 1);
	assert_int_equal(rdl_paths_mtu(paths, address, rdl_clock_ms()), 576);
	/* One of another port. */
	message[29] = 0x35;
	message[27] = 8;
	f = frame_build(&spec);
	arrive_frame(1, &f);
	step(1);
	assert_int_equal(stat_of(1, RDL_STAT_drop_icmp), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_told, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(announced),
		TEST(no_frame),
		TEST(asked_and_heard),
		TEST(claimed),
		TEST(too_big),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
