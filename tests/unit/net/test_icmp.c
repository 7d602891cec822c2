/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

/* Type, code, checksum, identifier, sequence, data. */
static const uint8_t request_v4[] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e' };
static const uint8_t reply_v4[] = { 0, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e' };
static const uint8_t request_v6[] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e' };
static const uint8_t reply_v6[] = { 129, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e' };

static const struct family {
	struct frame_spec request, reply;
	const char *options;
	uint8_t first_extension;
	const char *group;
} families[] = {
	{
		.request = { .from = PEER_IPV4,
			.to = OUR_IPV4,
			.protocol = 1,
			.hop_limit = 7,
			.payload = request_v4,
			.payload_len = sizeof(request_v4) },
		.reply = { .mac_to = frame_peer_mac,
			.mac_from = frame_our_mac,
			.from = OUR_IPV4,
			.to = PEER_IPV4,
			.protocol = 1,
			.payload = reply_v4 },
		.options = "94040000 01010101",
		.group = "224.0.0.1",
	},
	{
		.request = { .from = PEER_IPV6,
			.to = OUR_IPV6,
			.protocol = 58,
			.hop_limit = 7,
			.payload = request_v6,
			.payload_len = sizeof(request_v6) },
		.reply = { .mac_to = frame_peer_mac,
			.mac_from = frame_our_mac,
			.from = OUR_IPV6,
			.to = PEER_IPV6,
			.protocol = 58,
			.payload = reply_v6 },
		.options = "3c00 0104 00000000 3a00 0104 00000000",
		.first_extension = 0,
		.group = "ff02::1",
	},
};

static void echo(void **state)
{
	static const char *const tags[] = { NULL, "8100 0064", "88a8 0064 8100 0065" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		for (size_t t = 0; t < RDL_ARRAY_LEN(tags); t++) {
			for (size_t len = 8; len <= sizeof(request_v4); len++) {
				struct frame_spec request = families[i].request;
				struct frame_spec reply = families[i].reply;
				request.payload_len = reply.payload_len = len;
				request.tags = reply.tags = tags[t];
				request.padding = 18;
				struct run run = run_spec(&request);
				expect_answer(&run, &reply);
				run_end(&run);
			}
		}
	}
}

/* The reply is without them. */
static void echo_with_options(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct frame_spec request = families[i].request;
		struct frame_spec reply = families[i].reply;
		request.options = families[i].options;
		request.tags = reply.tags = "88a8 0064 8100 0065";
		reply.payload_len = sizeof(reply_v4);
		struct run run = run_spec(&request);
		expect_answer(&run, &reply);
		run_end(&run);
	}
}

/* Ports know nothing of ICMP: its checksums are made and checked here, whatever the flags say. */
static void checksums_without_the_port(void **state)
{
	const uint8_t flags = RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4 |
			      RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_L4_CHECKSUM_GOOD |
			      RDL_FRAME_IP_CHECKSUM_GOOD;

	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct test_frame f = frame_build(&families[i].request);
		struct frame_spec reply = families[i].reply;
		reply.payload_len = sizeof(reply_v4);
		struct run run = run_octets(&interface, f.data, f.len, 0, flags);
		expect_answer(&run, &reply);
		assert_false(run.frame.flags & RDL_FRAME_TX_CHECKSUMS);
		run_end(&run);

		f.data[f.end - 1] ^= 1;
		run = run_octets(&interface, f.data, f.len, 0, flags);
		assert_int_equal(run.verdict, RDL_NET_DROP_icmp);
		run_end(&run);
	}
}

static void anything_else_is_dropped(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		for (unsigned type = 0; type < 256; type++) {
			struct test_frame f = frame_build(&families[i].request);
			if (f.data[f.l4] == type)
				continue;
			f.data[f.l4] = (uint8_t)type;
			frame_fix(&f);
			assert_int_equal(verdict_of(&f), RDL_NET_DROP_icmp);
		}
		struct test_frame f = frame_build(&families[i].request);
		f.data[f.l4 + 1] = 1; /* code */
		frame_fix(&f);
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_icmp);

		struct frame_spec spec = families[i].request;
		spec.to = families[i].group;
		assert_int_equal(verdict_of_spec(&spec), RDL_NET_DROP_icmp);

		for (size_t len = i; len < 8; len++) { /* IPv6 calls 0 a jumbogram */
			spec = families[i].request;
			spec.payload_len = len;
			assert_int_equal(verdict_of_spec(&spec), RDL_NET_DROP_icmp);
		}
	}
}

static void no_echo_to_nobody(void **state)
{
	static const struct {
		size_t family;
		const char *from, *to;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ 0, "0.0.0.0", OUR_IPV4, RDL_NET_DROP_ip_source },
		{ 0, "255.255.255.255", OUR_IPV4, RDL_NET_DROP_ip_source },
		{ 0, PEER_IPV4, "255.255.255.255", RDL_NET_DROP_icmp },
		{ 1, "::", OUR_IPV6, RDL_NET_DROP_ip_source },
		{ 1, "ff02::1", OUR_IPV6, RDL_NET_DROP_ip_source },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct frame_spec spec = families[cases[i].family].request;
		spec.from = cases[i].from;
		spec.to = cases[i].to;
		assert_int_equal(verdict_of_spec(&spec), cases[i].verdict);
	}
}

/* As long as the MTU, and an octet longer; 0 is none. */
static void echo_within_the_mtu(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct frame_spec spec = families[i].request;
		struct test_frame f = frame_build(&spec);
		struct rdl_interface port = interface;

		for (int more = -1; more <= 1; more++) {
			port.mtu = (uint16_t)((int)(f.end - f.l3) + more);
			struct run run = run_octets(&port, f.data, f.len, 0, 0);
			assert_int_equal(
				run.verdict, more < 0 ? RDL_NET_DROP_echo_mtu : RDL_NET_ANSWERED);
			run_end(&run);
		}
		/* What counts is the reply, which has no options. */
		spec.options = families[i].options;
		spec.first_extension = families[i].first_extension;
		port.mtu = (uint16_t)(f.end - f.l3);
		f = frame_build(&spec);
		struct run run = run_octets(&port, f.data, f.len, 0, 0);
		assert_int_equal(run.verdict, RDL_NET_ANSWERED);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_within_the_mtu),
		cmocka_unit_test(echo),
		cmocka_unit_test(echo_with_options),
		cmocka_unit_test(checksums_without_the_port),
		cmocka_unit_test(anything_else_is_dropped),
		cmocka_unit_test(no_echo_to_nobody),
	};
	return RUN_TESTS(tests);
}
