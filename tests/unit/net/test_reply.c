/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <arpa/inet.h>

static const char *const tags[] = { NULL, "8100 0064", "88a8 0064 8100 0065" };

static const struct family {
	struct frame_spec request, reply;
	const char *options[3];
} families[] = {
	{
		.request = { .from = PEER_IPV4,
			.to = OUR_IPV4_TOO,
			.hop_limit = 3,
			.from_port = 40000,
			.to_port = 5683,
			.payload = "request",
			.payload_len = 7 },
		.reply = { .mac_to = frame_peer_mac,
			.mac_from = frame_our_mac,
			.from = OUR_IPV4_TOO,
			.to = PEER_IPV4,
			.from_port = 5683,
			.to_port = 40000 },
		.options = { NULL, "94040000",
			"01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
			"01010101 01010101" },
	},
	{
		.request = { .from = PEER_IPV6,
			.to = OUR_IPV6,
			.hop_limit = 3,
			.from_port = 40000,
			.to_port = 5683,
			.payload = "request",
			.payload_len = 7 },
		.reply = { .mac_to = frame_peer_mac,
			.mac_from = frame_our_mac,
			.from = OUR_IPV6,
			.to = PEER_IPV6,
			.from_port = 5683,
			.to_port = 40000 },
		.options = { NULL, "1100 0104 00000000", "3c00 0104 00000000 1100 0104 00000000" },
	},
};

static const uint8_t long_payload[1200] = { 1, 2, 3, [1199] = 0xff };

/* Sends the request through, replies with `len` octets of `payload`. */
static struct run reply_to(
	const struct frame_spec *request, uint8_t flags, const void *payload, size_t len)
{
	struct test_frame f = frame_build(request);

	f.data[f.l3 + 1] =
		0x0f; /* traffic class, ECN, flow label and identification do not come back */
	if (!f.ipv6)
		rdl_put_be16(f.data + f.l3 + 4, 0x7777);
	frame_fix(&f);
	size_t spare = len > request->payload_len ? len - request->payload_len : 0;
	struct run run = run_octets(&interface, f.data, f.len, spare, flags);
	assert_int_equal(run.verdict, RDL_NET_DATAGRAM);
	if (len > 0)
		memcpy(run.datagram.data, payload, len);
	rdl_net_reply(&run.frame, (uint16_t)len);
	return run;
}

static void every_shape(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 6, 7, 8, 33, 1199, 1200 };

	for (size_t i = 0; i < RDL_ARRAY_LEN(families) * RDL_ARRAY_LEN(tags) * 3; i++) {
		const struct family *family = &families[i % 2];
		struct frame_spec request = family->request;
		struct frame_spec reply = family->reply;
		request.tags = reply.tags = tags[i / 2 % 3];
		request.options = family->options[i / 6];
		reply.payload = long_payload;
		for (size_t n = 0; n < RDL_ARRAY_LEN(lengths); n++) {
			reply.payload_len = lengths[n];
			struct test_frame expected = frame_build(&reply);
			struct run run = reply_to(&request, 0, long_payload, lengths[n]);
			expect_octets(&run, &expected);
			assert_int_equal(run.frame.l3_len, expected.l4 - expected.l3);
			assert_int_equal(run.frame.flags, 0);
			run_end(&run);
		}
	}
}

static void offload_of(uint8_t flags)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		for (size_t option = 0; option < 3; option++) {
			struct frame_spec request = families[i].request;
			struct frame_spec reply = families[i].reply;
			request.options = families[i].options[option];
			reply.payload = "reply";
			reply.payload_len = 5;
			struct test_frame expected = frame_build(&reply);
			if (!expected.ipv6 && (flags & RDL_FRAME_TX_OFFLOAD_IPV4) != 0)
				rdl_put_be16(expected.data + expected.l3 + 10, 0);
			rdl_put_be16(expected.data + expected.l4 + 6, frame_pseudo_sum(&expected));
			struct run run = reply_to(&request, flags, "reply", 5);
			expect_octets(&run, &expected);
			assert_int_equal(run.frame.flags, flags | RDL_FRAME_TX_CHECKSUMS);
			run_end(&run);
		}
	}
}

static void offload(void **state)
{
	offload_of(RDL_FRAME_TX_OFFLOAD);
	offload_of(RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4);
}

/* One tag is within what ports do, two are not. */
static void offload_behind_tags(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families) * RDL_ARRAY_LEN(tags); i++) {
		const char *tag = tags[i / 2];
		uint8_t flags = RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4;
		bool left = tag == NULL || strlen(tag) < strlen("8100 0064 8100");
		struct frame_spec request = families[i % 2].request;
		struct frame_spec reply = families[i % 2].reply;
		request.tags = reply.tags = tag;
		reply.payload = "reply";
		reply.payload_len = 5;
		struct test_frame expected = frame_build(&reply);
		if (left && !expected.ipv6)
			rdl_put_be16(expected.data + expected.l3 + 10, 0);
		if (left)
			rdl_put_be16(expected.data + expected.l4 + 6, frame_pseudo_sum(&expected));
		struct run run = reply_to(&request, flags, "reply", 5);
		expect_octets(&run, &expected);
		assert_int_equal(run.frame.flags, left ? flags | RDL_FRAME_TX_CHECKSUMS : flags);
		run_end(&run);
	}
}

/* Both checksums are ours: no port is asked to make the header's alone. */
static void no_offload_of_headers_alone(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct frame_spec reply = families[i].reply;
		reply.payload = "reply";
		reply.payload_len = 5;
		struct test_frame expected = frame_build(&reply);
		struct run run =
			reply_to(&families[i].request, RDL_FRAME_TX_OFFLOAD_IPV4, "reply", 5);
		expect_octets(&run, &expected);
		assert_int_equal(run.frame.flags, RDL_FRAME_TX_OFFLOAD_IPV4);
		run_end(&run);
	}
}

/* Every octet, written down by hand. */
static void known_reply(void **state)
{
	struct test_frame request = { 0 }, expected = { .l3 = 14 };

	frame_append_hex(&request, "020000000001 020000000099 0800"
				   "4500001d 00010000 4011f680 c000024d c0000201"
				   "9c40 1633 0009 5119 78");
	frame_append_hex(&expected, "020000000099 020000000001 0800"
				    "4500001d 00004000 4011b681 c0000201 c000024d"
				    "1633 9c40 0009 5019 79");
	struct run run = run_frame(&request);
	assert_int_equal(run.verdict, RDL_NET_DATAGRAM);
	run.datagram.data[0] = 'y';
	run.frame.flags |= RDL_FRAME_TX_CHECKSUMS; /* of an earlier reply in the same buffer */
	rdl_net_reply(&run.frame, 1);
	assert_int_equal(run.frame.flags, 0);
	expect_octets(&run, &expected);
	run_end(&run);
}

/* A checksum of 0 would mean that there is none. */
static void checksum_zero_is_sent_as_ones(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct frame_spec reply = families[i].reply;
		uint8_t payload[2] = { 0, 0 };
		reply.payload = payload;
		reply.payload_len = 2;
		struct test_frame expected = frame_build(&reply);
		memcpy(payload, expected.data + expected.l4 + 6, 2);
		struct run run = reply_to(&families[i].request, 0, payload, 2);
		assert_int_equal(rdl_get_be16(run.frame.data + expected.l4 + 6), 0xffff);
		run_end(&run);
	}
}

/* What we send, another one of us takes for what it is. */
static void reply_is_a_datagram(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(families); i++) {
		struct rdl_interface peer = { .mac = { 0x02, 0, 0, 0, 0, 0x99 },
			.udp_port_count = 1,
			.udp_ports = { 40000 },
			.ipv4_count = 1,
			.ipv4 = { 0xc000024d },
			.ipv6_count = 1 };
		assert_int_equal(inet_pton(AF_INET6, PEER_IPV6, peer.ipv6[0]), 1);
		struct run run = reply_to(&families[i].request, 0, "reply", 5);
		run.verdict = rdl_net_input(&peer, &run.frame, &run.datagram);
		expect_payload(&run, "reply", 5);
		expect_peer(&run, families[i].reply.from, 5683);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(offload),
		cmocka_unit_test(offload_behind_tags),
		cmocka_unit_test(no_offload_of_headers_alone),
		cmocka_unit_test(known_reply),
		cmocka_unit_test(checksum_zero_is_sent_as_ones),
		cmocka_unit_test(reply_is_a_datagram),
	};
	return RUN_TESTS(tests);
}
