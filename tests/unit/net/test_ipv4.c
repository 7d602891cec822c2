/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

static const struct frame_spec plain = {
	.from = PEER_IPV4, .to = OUR_IPV4, .payload = "hello", .payload_len = 5
};

/* Octets written down by hand, not made by the builder. */
static void known_datagram(void **state)
{
	static const char octets[] = "020000000001 020000000099 0800"
				     "4500001d 00010000 4011f680 c000024d c0000201"
				     "9c40 1633 0009 5119 78";
	struct test_frame f = { 0 };

	frame_append_hex(&f, octets);
	struct run run = run_frame(&f);
	expect_payload(&run, "x", 1);
	expect_peer(&run, "192.0.2.77", 40000);
	run_end(&run);
}

static void datagram(void **state)
{
	struct run run = run_spec(&plain);

	expect_payload(&run, "hello", 5);
	expect_peer(&run, PEER_IPV4, 40000);
	assert_true(rdl_peer_is_ipv4(&run.datagram.peer));
	assert_false(run.datagram.multicast);
	assert_int_equal(run.frame.l2_len, 14);
	assert_int_equal(run.frame.l3_len, 20);
	run_end(&run);
}

static void addresses(void **state)
{
	static const struct {
		const char *from, *to;
		enum rdl_net_verdict verdict;
		bool multicast;
	} cases[] = {
		{ PEER_IPV4, OUR_IPV4_TOO, RDL_NET_DATAGRAM, false },
		{ PEER_IPV4, "224.0.1.187", RDL_NET_DATAGRAM, true },
		{ PEER_IPV4, "239.255.255.255", RDL_NET_DATAGRAM, true },
		{ PEER_IPV4, "255.255.255.255", RDL_NET_DATAGRAM, true },
		{ PEER_IPV4, "192.0.2.2", RDL_NET_DROP_not_for_us, false },
		{ PEER_IPV4, "192.0.2.255", RDL_NET_DROP_not_for_us, false },
		{ PEER_IPV4, "240.0.0.1", RDL_NET_DROP_not_for_us, false },
		{ PEER_IPV4, "0.0.0.0", RDL_NET_DROP_not_for_us, false },
		{ PEER_IPV4, "127.0.0.1", RDL_NET_DROP_not_for_us, false },
		{ "0.0.0.0", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "0.1.2.3", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "127.0.0.1", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "224.0.0.1", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "239.1.1.1", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "240.0.0.1", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "255.255.255.255", OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ OUR_IPV4, OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ OUR_IPV4_TOO, OUR_IPV4, RDL_NET_DROP_ip_source, false },
		{ "1.0.0.1", OUR_IPV4, RDL_NET_DATAGRAM, false },
		{ "126.1.1.1", OUR_IPV4, RDL_NET_DATAGRAM, false },
		{ "128.1.1.1", OUR_IPV4, RDL_NET_DATAGRAM, false },
		{ "223.255.255.255", OUR_IPV4, RDL_NET_DATAGRAM, false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = { .from = cases[i].from, .to = cases[i].to };
		struct run run = run_spec(&spec);
		assert_int_equal(run.verdict, cases[i].verdict);
		if (run.verdict == RDL_NET_DATAGRAM)
			assert_int_equal(run.datagram.multicast, cases[i].multicast);
		run_end(&run);
	}
}

/*
 * One octet of the header changed, its checksum made again:
 * only the field itself can be at fault.
 */
static void header_fields(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, 0x55, RDL_NET_DROP_ip_header }, /* version */
		{ 0, 0x65, RDL_NET_DROP_ip_header }, /* */
		{ 0, 0x44, RDL_NET_DROP_ip_header }, /* header length */
		{ 0, 0x40, RDL_NET_DROP_ip_header }, /* */
		{ 0, 0x4f, RDL_NET_DROP_ip_header }, /* longer than the packet */
		{ 1, 0xff, RDL_NET_DATAGRAM }, /* traffic class */
		{ 3, 19, RDL_NET_DROP_ip_header }, /* total length: less than the header */
		{ 3, 20, RDL_NET_DROP_udp_header }, /* nothing but the header */
		{ 3, 34, RDL_NET_DROP_ip_header }, /* one more than there is */
		{ 2, 0x01, RDL_NET_DROP_ip_header }, /* */
		{ 5, 0x77, RDL_NET_DATAGRAM }, /* identification */
		{ 6, 0x00, RDL_NET_DATAGRAM }, /* may be fragmented, but is not */
		{ 6, 0x80, RDL_NET_DATAGRAM }, /* the reserved bit */
		{ 6, 0x20, RDL_NET_DROP_fragment }, /* first */
		{ 6, 0x10, RDL_NET_DROP_fragment }, /* last: offset, high and low part */
		{ 7, 0x01, RDL_NET_DROP_fragment }, /* */
		{ 8, 0, RDL_NET_DATAGRAM }, /* has arrived, whatever its TTL */
		{ 9, 0, RDL_NET_DROP_ip_protocol }, /* */
		{ 9, 6, RDL_NET_DROP_ip_protocol }, /* TCP */
		{ 9, 58, RDL_NET_DROP_ip_protocol }, /* ICMPv6 has no place here */
		{ 9, 1, RDL_NET_DROP_icmp }, /* */
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = frame_build(&plain);
		uint8_t *ip = f.data + f.l3;
		assert_int_equal(f.len, 14 + 33);
		ip[cases[i].offset] = cases[i].value;
		rdl_put_be16(ip + 10, 0);
		rdl_put_be16(ip + 10, (uint16_t)~frame_sum(ip, 20, 0));
		assert_int_equal(verdict_of(&f), cases[i].verdict);
	}
}

static void options_are_skipped(void **state)
{
	static const char *const options[] = {
		"01010100",
		"94040000", /* router alert */
		"01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
		"01010101",
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(options); i++) {
		struct frame_spec spec = plain;
		spec.options = options[i];
		struct test_frame f = frame_build(&spec);
		struct run run = run_frame(&f);
		expect_payload(&run, "hello", 5);
		expect_peer(&run, PEER_IPV4, 40000);
		assert_int_equal(run.frame.l3_len, f.l4 - f.l3);
		run_end(&run);
		f.data[f.l4 - 1] ^= 0x40; /* the header checksum covers them */
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_ip_checksum);
	}
}

/* What is behind the end of the options is not read. */
static void options(void **state)
{
	static const struct {
		const char *options;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ "00ffffff", RDL_NET_DATAGRAM },
		{ "4404 0500", RDL_NET_DATAGRAM },
		{ "de02 de02", RDL_NET_DATAGRAM }, /* unknown */
		{ "0101 01de", RDL_NET_DROP_ip_header }, /* its length is not there */
		{ "0101 de03", RDL_NET_DROP_ip_header }, /* it is not all there */
		{ "de01 0000", RDL_NET_DROP_ip_header }, /* less than itself */
		{ "de00 0000", RDL_NET_DROP_ip_header },
		{ "dead beef", RDL_NET_DROP_ip_header },
		{ "8307 04c0 0002 0900", RDL_NET_DROP_ip_protocol }, /* to go on to another host */
		{ "0183 0708 c000 0209", RDL_NET_DROP_ip_protocol }, /* to its end */
		{ "8907 04c0 0002 0900", RDL_NET_DROP_ip_protocol },
		{ "9404 0000 8903 0400", RDL_NET_DROP_ip_protocol },
		{ "0000 0000 8907 0400", RDL_NET_DATAGRAM },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct frame_spec spec = plain;

		spec.options = cases[i].options;
		assert_int_equal(verdict_of_spec(&spec), cases[i].verdict);
	}
}

static void header_checksum(void **state)
{
	static const struct {
		uint8_t flags;
		bool wrong;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, false, RDL_NET_DATAGRAM },
		{ 0, true, RDL_NET_DROP_ip_checksum },
		{ RDL_FRAME_IP_CHECKSUM_GOOD, true, RDL_NET_DATAGRAM },
		{ RDL_FRAME_IP_CHECKSUM_GOOD, false, RDL_NET_DATAGRAM },
		{ RDL_FRAME_IP_CHECKSUM_BAD, false, RDL_NET_DROP_ip_checksum },
		{ RDL_FRAME_L4_CHECKSUM_GOOD, true, RDL_NET_DROP_ip_checksum },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = frame_build(&plain);
		if (cases[i].wrong)
			f.data[f.l3 + 11] ^= 0x10;
		struct run run = run_octets(&interface, f.data, f.len, 0, cases[i].flags);
		assert_int_equal(run.verdict, cases[i].verdict);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_datagram),
		cmocka_unit_test(datagram),
		cmocka_unit_test(addresses),
		cmocka_unit_test(header_fields),
		cmocka_unit_test(options_are_skipped),
		cmocka_unit_test(options),
		cmocka_unit_test(header_checksum),
	};
	return RUN_TESTS(tests);
}
