/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

static const uint8_t other_mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
static const uint8_t group_mac[6] = { 0x01, 0, 0x5e, 0, 0x01, 0xbb };

#define IPV4_SPEC .from = PEER_IPV4, .to = OUR_IPV4, .payload = "hello", .payload_len = 5

static void destination_and_source(void **state)
{
	static const struct {
		const uint8_t *to, *from;
		const char *ip;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ frame_our_mac, frame_peer_mac, OUR_IPV4, RDL_NET_DATAGRAM },
		{ other_mac, frame_peer_mac, OUR_IPV4, RDL_NET_DROP_not_for_us },
		{ group_mac, frame_peer_mac, "224.0.1.187", RDL_NET_DATAGRAM },
		{ group_mac, frame_peer_mac, OUR_IPV4, RDL_NET_DROP_not_for_us },
		{ frame_broadcast_mac, frame_peer_mac, OUR_IPV4, RDL_NET_DROP_not_for_us },
		{ frame_broadcast_mac, frame_peer_mac, "255.255.255.255", RDL_NET_DROP_not_for_us },
		{ frame_our_mac, group_mac, OUR_IPV4, RDL_NET_DROP_ip_source },
		{ frame_our_mac, frame_broadcast_mac, OUR_IPV4, RDL_NET_DROP_ip_source },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = { .mac_to = cases[i].to,
			.mac_from = cases[i].from,
			.from = PEER_IPV4,
			.to = cases[i].ip };
		assert_int_equal(verdict_of_spec(&spec), cases[i].verdict);
	}
}

static void tags(void **state)
{
	static const struct {
		uint16_t vlan;
		const char *tags;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, NULL, RDL_NET_DATAGRAM },
		{ 0, "8100 0064", RDL_NET_DATAGRAM },
		{ 0, "8100 e000", RDL_NET_DATAGRAM }, /* priority only */
		{ 0, "88a8 0064 8100 0065", RDL_NET_DATAGRAM },
		{ 0, "8100 0064 8100 0065", RDL_NET_DATAGRAM },
		{ 0, "88a8 0064 8100 0065 8100 0066", RDL_NET_DROP_ethertype },
		{ 100, NULL, RDL_NET_DROP_vlan },
		{ 100, "8100 0064", RDL_NET_DATAGRAM },
		{ 100, "8100 f064", RDL_NET_DATAGRAM }, /* priority and DEI are not the ID */
		{ 100, "88a8 0064", RDL_NET_DATAGRAM },
		{ 100, "8100 0065", RDL_NET_DROP_vlan },
		{ 100, "8100 0164", RDL_NET_DROP_vlan },
		{ 100, "8100 e000", RDL_NET_DROP_vlan },
		{ 100, "88a8 0064 8100 0065", RDL_NET_DATAGRAM },
		{ 100, "88a8 0065 8100 0064", RDL_NET_DROP_vlan },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = { .tags = cases[i].tags, IPV4_SPEC };
		struct test_frame f = frame_build(&spec);
		struct rdl_interface tagged = interface;
		tagged.vlan = cases[i].vlan;
		struct run run = run_octets(&tagged, f.data, f.len, 0, 0);
		assert_int_equal(run.verdict, cases[i].verdict);
		if (run.verdict == RDL_NET_DATAGRAM) {
			assert_int_equal(run.frame.l2_len, f.l3);
			assert_int_equal(run.frame.l3_len, 20);
			expect_payload(&run, "hello", 5);
		}
		run_end(&run);
	}
}

static void ethertypes(void **state)
{
	static const uint16_t unknown[] = { 0, 46, 0x0801, 0x8035, 0x88cc, 0x9100, 0xffff };

	for (size_t i = 0; i < RDL_ARRAY_LEN(unknown); i++) {
		const struct frame_spec spec = { IPV4_SPEC };
		struct test_frame f = frame_build(&spec);
		rdl_put_be16(f.data + 12, unknown[i]);
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_ethertype);
		f.len = 14; /* whether or not anything follows */
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_ethertype);
	}
}

static void cut_inside_headers(void **state)
{
	const struct frame_spec spec = { .tags = "88a8 0064 8100 0065", IPV4_SPEC };
	struct test_frame f = frame_build(&spec);

	for (f.len = 0; f.len < 22 + 20; f.len++)
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_frame_short);
}

static void stale_flag_is_cleared(void **state)
{
	const struct frame_spec spec = { IPV4_SPEC };
	struct test_frame f = frame_build(&spec);
	struct run run = run_octets(
		&interface, f.data, f.len, 0, RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_TX_OFFLOAD);

	assert_int_equal(run.frame.flags, RDL_FRAME_TX_OFFLOAD);
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destination_and_source),
		cmocka_unit_test(tags),
		cmocka_unit_test(ethertypes),
		cmocka_unit_test(cut_inside_headers),
		cmocka_unit_test(stale_flag_is_cleared),
	};
	return RUN_TESTS(tests);
}
