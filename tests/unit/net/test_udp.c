/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

static const struct frame_spec families[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "hello", .payload_len = 5 },
	{ .from = PEER_IPV6, .to = OUR_IPV6, .payload = "hello", .payload_len = 5 },
};

static void padding_is_not_payload(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		for (size_t len = 0; len <= 5; len++) {
			struct frame_spec spec = families[i];
			spec.payload_len = len;
			spec.padding = 20;
			struct run run = run_spec(&spec);
			expect_payload(&run, "hello", len);
			run_end(&run);
		}
	}
}

/* Octets between the end of the UDP datagram and that of the IP packet. */
static void udp_length_bounds_the_payload(void **state)
{
	static const struct {
		uint16_t udp_len;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, RDL_NET_DROP_udp_header },
		{ 7, RDL_NET_DROP_udp_header },
		{ 8, RDL_NET_DATAGRAM },
		{ 12, RDL_NET_DATAGRAM },
		{ 13, RDL_NET_DATAGRAM },
		{ 14, RDL_NET_DROP_udp_header },
		{ 0x010d, RDL_NET_DROP_udp_header },
		{ 0xffff, RDL_NET_DROP_udp_header },
	};

	for (size_t family = 0; family < RDL_ARRAY_LEN(families); family++) {
		for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
			struct test_frame f = frame_build(&families[family]);
			rdl_put_be16(f.data + f.l4 + 4, cases[i].udp_len);
			if (cases[i].verdict == RDL_NET_DATAGRAM)
				f.end = f.l4 + cases[i].udp_len;
			uint16_t pseudo = frame_pseudo_sum(&f);
			rdl_put_be16(f.data + f.l4 + 6, 0);
			rdl_put_be16(f.data + f.l4 + 6,
				(uint16_t)~frame_sum(f.data + f.l4, f.end - f.l4, pseudo));
			struct run run = run_frame(&f);
			assert_int_equal(run.verdict, cases[i].verdict);
			if (run.verdict == RDL_NET_DATAGRAM)
				expect_payload(&run, "hello", cases[i].udp_len - 8u);
			run_end(&run);
		}
	}
}

static void header_needs_eight_octets(void **state)
{
	for (size_t family = 0; family < RDL_ARRAY_LEN(families); family++) {
		for (size_t len = family; len < 8; len++) { /* IPv6 calls 0 a jumbogram */
			struct frame_spec spec = families[family];
			spec.protocol = 17;
			struct test_frame f = frame_build(&spec);
			f.len = f.l4 + len;
			rdl_put_be16(f.data + f.l3 + (f.ipv6 ? 4 : 2),
				(uint16_t)(f.ipv6 ? len : 20 + len));
			if (!f.ipv6) {
				rdl_put_be16(f.data + f.l3 + 10, 0);
				rdl_put_be16(f.data + f.l3 + 10,
					(uint16_t)~frame_sum(f.data + f.l3, 20, 0));
			}
			assert_int_equal(verdict_of(&f), RDL_NET_DROP_udp_header);
		}
	}
}

static void ports(void **state)
{
	static const struct {
		uint16_t from, to;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 1, 5683, RDL_NET_DATAGRAM },
		{ 65535, 5683, RDL_NET_DATAGRAM },
		{ 5683, 5683, RDL_NET_DATAGRAM },
		{ 0, 5683, RDL_NET_DROP_udp_header },
		{ 40000, 5684, RDL_NET_DROP_udp_port },
		{ 40000, 0x3316, RDL_NET_DROP_udp_port },
		{ 40000, 0, RDL_NET_DROP_udp_port },
	};

	for (size_t family = 0; family < RDL_ARRAY_LEN(families); family++) {
		for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
			struct test_frame f = frame_build(&families[family]);
			rdl_put_be16(f.data + f.l4, cases[i].from);
			rdl_put_be16(f.data + f.l4 + 2, cases[i].to);
			frame_fix(&f);
			struct run run = run_frame(&f);
			assert_int_equal(run.verdict, cases[i].verdict);
			if (run.verdict == RDL_NET_DATAGRAM)
				assert_int_equal(run.datagram.peer.port, cases[i].from);
			run_end(&run);
		}
	}
}

static void checksum(void **state)
{
	enum { RIGHT, WRONG, ABSENT };
	static const struct {
		uint8_t flags;
		int checksum;
		enum rdl_net_verdict ipv4, ipv6;
	} cases[] = {
		{ 0, RIGHT, RDL_NET_DATAGRAM, RDL_NET_DATAGRAM },
		{ 0, WRONG, RDL_NET_DROP_udp_checksum, RDL_NET_DROP_udp_checksum },
		{ 0, ABSENT, RDL_NET_DATAGRAM, RDL_NET_DROP_udp_checksum },
		{ RDL_FRAME_L4_CHECKSUM_GOOD, RIGHT, RDL_NET_DATAGRAM, RDL_NET_DATAGRAM },
		{ RDL_FRAME_L4_CHECKSUM_GOOD, WRONG, RDL_NET_DATAGRAM, RDL_NET_DATAGRAM },
		{ RDL_FRAME_L4_CHECKSUM_GOOD, ABSENT, RDL_NET_DATAGRAM, RDL_NET_DROP_udp_checksum },
		{ RDL_FRAME_L4_CHECKSUM_BAD, RIGHT, RDL_NET_DROP_udp_checksum,
			RDL_NET_DROP_udp_checksum },
		{ RDL_FRAME_L4_CHECKSUM_BAD, ABSENT, RDL_NET_DATAGRAM, RDL_NET_DROP_udp_checksum },
		{ RDL_FRAME_IP_CHECKSUM_GOOD, WRONG, RDL_NET_DROP_udp_checksum,
			RDL_NET_DROP_udp_checksum },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		for (size_t family = 0; family < RDL_ARRAY_LEN(families); family++) {
			struct test_frame f = frame_build(&families[family]);
			if (cases[i].checksum == WRONG)
				f.data[f.l4 + 7] ^= 1;
			if (cases[i].checksum == ABSENT)
				rdl_put_be16(f.data + f.l4 + 6, 0);
			struct run run = run_octets(&interface, f.data, f.len, 0, cases[i].flags);
			assert_int_equal(run.verdict, family == 0 ? cases[i].ipv4 : cases[i].ipv6);
			run_end(&run);
		}
	}
}

/* A checksum that comes out as 0 is sent as 0xffff, and right when it does. */
static void checksum_of_all_ones(void **state)
{
	for (size_t family = 0; family < RDL_ARRAY_LEN(families); family++) {
		struct frame_spec spec = families[family];
		uint8_t payload[2] = { 0, 0 };
		spec.payload = payload;
		spec.payload_len = 2;
		struct test_frame f = frame_build(&spec);
		memcpy(payload, f.data + f.l4 + 6, 2);
		f = frame_build(&spec);
		assert_int_equal(rdl_get_be16(f.data + f.l4 + 6), 0xffff);
		struct run run = run_frame(&f);
		expect_payload(&run, payload, 2);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(padding_is_not_payload),
		cmocka_unit_test(udp_length_bounds_the_payload),
		cmocka_unit_test(header_needs_eight_octets),
		cmocka_unit_test(ports),
		cmocka_unit_test(checksum),
		cmocka_unit_test(checksum_of_all_ones),
	};
	return RUN_TESTS(tests);
}
