/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <stdio.h>

#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION_OPTIONS 60

#define PADDING_TO_UDP "1100 0104 00000000" /* an options header of one PadN */
#define PADDING_TO_OPTIONS "3c00 0104 00000000"

static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 0, 0, 0xfd };

static const struct frame_spec plain = {
	.from = PEER_IPV6, .to = OUR_IPV6, .payload = "hello", .payload_len = 5
};

static void datagram(void **state)
{
	struct run run = run_spec(&plain);

	expect_payload(&run, "hello", 5);
	expect_peer(&run, PEER_IPV6, 40000);
	assert_false(rdl_peer_is_ipv4(&run.datagram.peer));
	assert_false(run.datagram.multicast);
	assert_int_equal(run.frame.l3_len, 40);
	run_end(&run);
}

static void addresses(void **state)
{
	static const struct {
		const uint8_t *mac;
		const char *from, *to;
		enum rdl_net_verdict verdict;
		bool multicast;
	} cases[] = {
		{ frame_our_mac, "fe80::77", OUR_IPV6_TOO, RDL_NET_DATAGRAM, false },
		{ group_mac, PEER_IPV6, "ff02::fd", RDL_NET_DATAGRAM, true },
		{ frame_our_mac, PEER_IPV6, "ff05::fd", RDL_NET_DATAGRAM, true },
		{ group_mac, PEER_IPV6, OUR_IPV6, RDL_NET_DROP_not_for_us, false },
		{ frame_broadcast_mac, PEER_IPV6, "ff02::fd", RDL_NET_DROP_not_for_us, false },
		{ frame_our_mac, PEER_IPV6, "2001:db8::2", RDL_NET_DROP_not_for_us, false },
		{ frame_our_mac, PEER_IPV6, "::", RDL_NET_DROP_not_for_us, false },
		{ frame_our_mac, PEER_IPV6, "::ffff:192.0.2.1", RDL_NET_DROP_not_for_us, false },
		{ frame_our_mac, "::", OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, "::1", OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, "ff02::1", OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, "::ffff:192.0.2.77", OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, OUR_IPV6, OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, OUR_IPV6_TOO, OUR_IPV6, RDL_NET_DROP_ip_source, false },
		{ frame_our_mac, "::2", OUR_IPV6, RDL_NET_DATAGRAM, false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = {
			.mac_to = cases[i].mac, .from = cases[i].from, .to = cases[i].to
		};
		struct run run = run_spec(&spec);
		assert_int_equal(run.verdict, cases[i].verdict);
		if (run.verdict == RDL_NET_DATAGRAM)
			assert_int_equal(run.datagram.multicast, cases[i].multicast);
		run_end(&run);
	}
}

static void header_fields(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, 0x40, RDL_NET_DROP_ip_header }, { 0, 0x70, RDL_NET_DROP_ip_header },
		{ 0, 0x6f, RDL_NET_DATAGRAM }, /* traffic class, flow label */
		{ 3, 0xff, RDL_NET_DATAGRAM },
		{ 4, 0x01, RDL_NET_DROP_ip_header }, /* payload length */
		{ 5, 14, RDL_NET_DROP_ip_header }, { 5, 12, RDL_NET_DROP_udp_header },
		{ 5, 7, RDL_NET_DROP_udp_header },
		{ 5, 0, RDL_NET_DROP_ip_header }, /* as of a jumbogram */
		{ 6, 6, RDL_NET_DROP_ip_protocol },
		{ 6, 1, RDL_NET_DROP_ip_protocol }, /* ICMP of IPv4 */
		{ 6, 59, RDL_NET_DROP_ip_protocol }, /* nothing follows */
		{ 6, 50, RDL_NET_DROP_ip_protocol }, { 6, 51, RDL_NET_DROP_ip_protocol },
		{ 6, 135, RDL_NET_DROP_ip_protocol }, { 6, 255, RDL_NET_DROP_ip_protocol },
		{ 7, 0, RDL_NET_DATAGRAM }, /* hop limit */
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = frame_build(&plain);
		assert_int_equal(f.end - f.l4, 13);
		f.data[f.l3 + cases[i].offset] = cases[i].value;
		assert_int_equal(verdict_of(&f), cases[i].verdict);
	}
}

static void extensions(void **state)
{
	static const struct {
		uint8_t first;
		const char *headers;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ HOP_BY_HOP, PADDING_TO_UDP, RDL_NET_DATAGRAM },
		{ DESTINATION_OPTIONS, PADDING_TO_UDP, RDL_NET_DATAGRAM },
		{ HOP_BY_HOP, PADDING_TO_OPTIONS PADDING_TO_UDP, RDL_NET_DATAGRAM },
		{ DESTINATION_OPTIONS, "3c01 0000 0000 0000 0000 0000 0000 0000" PADDING_TO_UDP,
			RDL_NET_DATAGRAM },
		/* Only the first may be hop-by-hop. */
		{ DESTINATION_OPTIONS, "0000 0104 00000000" PADDING_TO_UDP,
			RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "0000 0104 00000000" PADDING_TO_UDP, RDL_NET_DROP_ip_protocol },
		/* A router alert is for others; what must be known is not. */
		{ HOP_BY_HOP, "1100 0502 0000 0100", RDL_NET_DATAGRAM },
		{ HOP_BY_HOP, "1100 3e02 0000 0100", RDL_NET_DATAGRAM },
		{ HOP_BY_HOP, "1100 4502 0000 0100", RDL_NET_DROP_ip_protocol },
		{ DESTINATION_OPTIONS, "1100 8502 0000 0100", RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "1100 c204 00010000", RDL_NET_DROP_ip_protocol }, /* jumbo */
		/* Options that end elsewhere than their header. */
		{ HOP_BY_HOP, "1100 0105 00000000", RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "1100 01ff 00000000", RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "1100 0103 00000001", RDL_NET_DROP_ip_protocol },
		/* Routing: its way must be at its end, whatever its type. */
		{ ROUTING, "1100 0400 00000000", RDL_NET_DATAGRAM },
		{ ROUTING, "1102 0000 00000000 20010db8 00000000 00000000 00000001",
			RDL_NET_DATAGRAM },
		{ ROUTING, "1100 0401 00000000", RDL_NET_DROP_ip_protocol },
		{ ROUTING, "1102 0001 00000000 20010db8 00000000 00000000 00000001",
			RDL_NET_DROP_ip_protocol },
		{ FRAGMENT, "1100 0001 00000001", RDL_NET_DROP_fragment },
		{ FRAGMENT, "1100 0008 00000001", RDL_NET_DROP_fragment },
		/* All of its packet: RFC 6946. */
		{ FRAGMENT, "1100 0000 00000001", RDL_NET_DATAGRAM },
		{ HOP_BY_HOP, "2c00 0104 00000000 1100 0001 00000001", RDL_NET_DROP_fragment },
		/* What follows is unknown, or ends inside a header. */
		{ HOP_BY_HOP, "0600 0104 00000000", RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "3b00 0104 00000000", RDL_NET_DROP_ip_protocol },
		{ HOP_BY_HOP, "1103 0104 00000000", RDL_NET_DROP_ip_header },
		{ HOP_BY_HOP, "11ff 0104 00000000", RDL_NET_DROP_ip_header },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct frame_spec spec = plain;
		spec.first_extension = cases[i].first;
		spec.options = cases[i].headers;
		struct test_frame f = frame_build(&spec);
		struct run run = run_frame(&f);
		assert_int_equal(run.verdict, cases[i].verdict);
		if (run.verdict == RDL_NET_DATAGRAM) {
			expect_payload(&run, "hello", 5);
			assert_int_equal(run.frame.l3_len, f.l4 - f.l3);
		}
		run_end(&run);
	}
}

/* Headers with nothing behind them: never a step beyond the packet. */
static void chain_to_the_end(void **state)
{
	static const struct {
		const char *headers;
		size_t len;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ PADDING_TO_OPTIONS PADDING_TO_OPTIONS, 16, RDL_NET_DROP_ip_header },
		{ PADDING_TO_OPTIONS PADDING_TO_OPTIONS, 15, RDL_NET_DROP_ip_header },
		{ PADDING_TO_OPTIONS PADDING_TO_OPTIONS, 9, RDL_NET_DROP_ip_header },
		{ PADDING_TO_OPTIONS PADDING_TO_OPTIONS, 8, RDL_NET_DROP_ip_header },
		{ PADDING_TO_OPTIONS, 7, RDL_NET_DROP_ip_header },
		{ PADDING_TO_OPTIONS, 1, RDL_NET_DROP_ip_header },
		{ PADDING_TO_UDP, 8, RDL_NET_DROP_udp_header },
		{ "1101 0104 00000000", 8, RDL_NET_DROP_ip_header },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct frame_spec spec = plain;
		spec.options = cases[i].headers;
		struct test_frame f = frame_build(&spec);
		f.len = f.l3 + 40 + cases[i].len;
		rdl_put_be16(f.data + f.l3 + 4, (uint16_t)cases[i].len);
		assert_int_equal(verdict_of(&f), cases[i].verdict);
	}
}

/*
 * As many headers as we follow, one more,
 * and one that makes the IP header too long for a frame's l3_len.
 */
static void chain_is_bounded(void **state)
{
	static const struct {
		size_t headers, last_len;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 8, 8, RDL_NET_DATAGRAM },
		{ 9, 8, RDL_NET_DROP_ip_header },
		{ 1, 208, RDL_NET_DATAGRAM },
		{ 1, 216, RDL_NET_DROP_ip_header },
		{ 8, 152, RDL_NET_DATAGRAM },
		{ 8, 160, RDL_NET_DROP_ip_header },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		char chain[1024] = "";
		for (size_t n = 1; n < cases[i].headers; n++)
			strcat(chain, PADDING_TO_OPTIONS);
		sprintf(chain + strlen(chain), "11%02zx", cases[i].last_len / 8 - 1);
		for (size_t n = 2; n < cases[i].last_len; n++)
			strcat(chain, "00");
		struct frame_spec spec = plain;
		spec.first_extension = DESTINATION_OPTIONS;
		spec.options = chain;
		assert_int_equal(verdict_of_spec(&spec), cases[i].verdict);
	}
}

/*
 * Fragment headers that are all of their packet (RFC 6946) are headers as others are: behind long
 * options they make the IP header too long for a frame's l3_len, too. 256 octets more than 40 once
 * looked like none, and what an option held was sent as the reply.
 */
static void chain_of_whole_fragments(void **state)
{
	static const struct {
		size_t options_len, fragments;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 200, 1, RDL_NET_DATAGRAM },
		{ 208, 1, RDL_NET_DROP_ip_header },
		{ 160, 6, RDL_NET_DATAGRAM },
		{ 168, 6, RDL_NET_DROP_ip_header },
		{ 208, 6, RDL_NET_DROP_ip_header },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		char chain[1024];

		sprintf(chain, "2c%02zx", cases[i].options_len / 8 - 1);
		for (size_t n = 2; n < cases[i].options_len; n++)
			strcat(chain, "00");
		for (size_t n = 1; n < cases[i].fragments; n++)
			strcat(chain, "2c00 0000 00000001");
		strcat(chain, "1100 0000 00000001");
		struct frame_spec spec = plain;
		spec.first_extension = DESTINATION_OPTIONS;
		spec.options = chain;
		assert_int_equal(verdict_of_spec(&spec), cases[i].verdict);
	}
}

/* One that is not whole, behind whole ones, names the place that it is at, or is none of ours. */
static void fragment_behind_whole_ones(void **state)
{
	static const struct {
		size_t options_len;
		enum rdl_net_verdict verdict;
	} cases[] = { { 200, RDL_NET_DROP_fragment }, { 208, RDL_NET_DROP_ip_header } };

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		char chain[1024];

		sprintf(chain, "2c%02zx", cases[i].options_len / 8 - 1);
		for (size_t n = 2; n < cases[i].options_len; n++)
			strcat(chain, "00");
		strcat(chain, "2c00 0000 00000001 1100 0001 00000002");
		struct frame_spec spec = plain;
		spec.first_extension = DESTINATION_OPTIONS;
		spec.options = chain;
		struct run run = run_spec(&spec);
		assert_int_equal(run.verdict, cases[i].verdict);
		if (run.verdict == RDL_NET_DROP_fragment)
			assert_int_equal(run.frame.l3_len, 40 + cases[i].options_len + 8);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagram),
		cmocka_unit_test(addresses),
		cmocka_unit_test(header_fields),
		cmocka_unit_test(extensions),
		cmocka_unit_test(chain_to_the_end),
		cmocka_unit_test(chain_is_bounded),
		cmocka_unit_test(chain_of_whole_fragments),
		cmocka_unit_test(fragment_behind_whole_ones),
	};
	return RUN_TESTS(tests);
}
