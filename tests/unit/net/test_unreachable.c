/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks for another port is told that nobody listens there, octet by octet. */
#include "fixture.h"

#define ANOTHER 5684
#define ROOM 128

static const uint8_t octets[1500] = { 1, 2, 3, 4, 5, [1400] = 6 };

/* The message with so much of the frame's packet in it. */
static struct test_frame answer_to(const struct test_frame *f, const char *tags, size_t quoted)
{
	uint8_t message[FRAME_MAX] = { f->ipv6 ? 1 : 3, f->ipv6 ? 4 : 3 };
	struct frame_spec spec = { .mac_to = frame_peer_mac,
		.mac_from = frame_our_mac,
		.tags = tags,
		.from = f->ipv6 ? OUR_IPV6 : OUR_IPV4,
		.to = f->ipv6 ? PEER_IPV6 : PEER_IPV4,
		.protocol = f->ipv6 ? 58 : 1,
		.payload = message,
		.payload_len = 8 + quoted };

	memcpy(message + 8, f->data + f->l3, quoted);
	return frame_build(&spec);
}

static void check(const struct frame_spec *spec, size_t quoted)
{
	struct test_frame f = frame_build(spec), want = answer_to(&f, spec->tags, quoted);
	size_t longer = want.len > f.len ? want.len - f.len : 0;
	struct run run = run_octets(&interface, f.data, f.len, longer, 0);

	assert_int_equal(run.verdict, RDL_NET_DROP_udp_port);
	assert_true(rdl_net_unreachable(&interface, &run.frame));
	expect_octets(&run, &want);
	assert_int_equal(run.frame.l3_len, want.l4 - want.l3);
	assert_int_equal(run.frame.flags & RDL_FRAME_TX_CHECKSUMS, 0);
	run_end(&run);
	if (longer == 0)
		return;
	/* Without room it is as it was. */
	run = run_octets(&interface, f.data, f.len, longer - 1, 0);
	assert_false(rdl_net_unreachable(&interface, &run.frame));
	assert_memory_equal(run.frame.data, f.data, f.len);
	assert_int_equal(run.frame.len, f.len);
	run_end(&run);
}

static void told(void **state)
{
	static const char *const tags[] = { NULL, "8100 0064", "88a8 0064 8100 0065" };
	static const size_t lens[] = { 0, 1, 7, 1180, 1184, 1185, 1400 };

	for (size_t t = 0; t < RDL_ARRAY_LEN(tags); t++)
		for (size_t i = 0; i < RDL_ARRAY_LEN(lens); i++) {
			struct frame_spec spec = { .from = PEER_IPV4,
				.to = OUR_IPV4,
				.to_port = ANOTHER,
				.tags = tags[t],
				.payload = octets,
				.payload_len = lens[i] };

			check(&spec, 20 + 8);
			spec.options = "94040000 01010101";
			check(&spec, 28 + 8);
			spec.options = NULL;
			spec.from = PEER_IPV6;
			spec.to = OUR_IPV6;
			size_t packet = 40 + 8 + lens[i];
			check(&spec, packet < 1232 ? packet : 1232);
			spec.first_extension = 60;
			spec.options = "1100 0104 00000000";
			packet += 8;
			check(&spec, packet < 1232 ? packet : 1232);
		}
}

/* Padding is nothing of the packet. */
static void padded(void **state)
{
	const struct frame_spec spec = { .from = PEER_IPV6,
		.to = OUR_IPV6,
		.to_port = ANOTHER,
		.payload = octets,
		.payload_len = 3,
		.padding = 9 };

	check(&spec, 40 + 8 + 3);
}

static void groups(void **state)
{
	static const char *const peers[] = { PEER_IPV4, PEER_IPV6 };
	static const char *const to[] = { "224.0.0.1", "ff02::1" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(peers); i++) {
		const struct frame_spec spec = {
			.from = peers[i], .to = to[i], .to_port = ANOTHER
		};
		struct test_frame f = frame_build(&spec);
		struct run run = run_octets(&interface, f.data, f.len, ROOM, 0);

		assert_int_equal(run.verdict, RDL_NET_DROP_udp_port);
		assert_false(rdl_net_unreachable(&interface, &run.frame));
		run_end(&run);
	}
}

/* Nobody is told anything of a datagram that is damaged; what the port says of it counts. */
static void damaged(void **state)
{
	static const struct {
		const char *from, *to;
		bool none; /* instead of a wrong one */
		uint8_t flags;
		bool told;
	} cases[] = {
		{ PEER_IPV4, OUR_IPV4, false, 0, false },
		{ PEER_IPV6, OUR_IPV6, false, 0, false },
		{ PEER_IPV4, OUR_IPV4, true, 0, true },
		{ PEER_IPV6, OUR_IPV6, true, 0, false },
		{ PEER_IPV4, OUR_IPV4, false, RDL_FRAME_L4_CHECKSUM_GOOD, true },
		{ PEER_IPV6, OUR_IPV6, false, RDL_FRAME_L4_CHECKSUM_BAD, false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = { .from = cases[i].from,
			.to = cases[i].to,
			.to_port = ANOTHER,
			.options = cases[i].to[1] == '9' ? "94040000" : NULL,
			.payload = octets,
			.payload_len = 5 };
		struct test_frame f = frame_build(&spec);

		if (cases[i].none)
			f.data[f.l4 + 6] = f.data[f.l4 + 7] = 0;
		else
			f.data[f.l4 + 8] ^= 1;
		struct run run = run_octets(&interface, f.data, f.len, ROOM, cases[i].flags);
		assert_int_equal(run.verdict, RDL_NET_DROP_udp_port);
		assert_int_equal(rdl_net_unreachable(&interface, &run.frame), cases[i].told);
		if (!cases[i].told)
			assert_memory_equal(run.frame.data, f.data, f.len);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(padded),
		cmocka_unit_test(groups),
		cmocka_unit_test(damaged),
	};
	return RUN_TESTS(tests);
}
