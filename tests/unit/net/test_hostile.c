/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames cut, flipped and made up:
 * nothing is read or written outside, no damaged payload comes out.
 */
#include "fixture.h"

static const char payload[] = "POST /rd?ep=urn:imei:350000000000001&lt=300&lwm2m=1.1 </1/0>,</3/0>";

static const uint8_t echo_v4[] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1, 1, 2, 3 };
static const uint8_t echo_v6[] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1, 1, 2, 3 };
static const uint8_t solicitation[] = { 135, [8] = 0x20, 0x01, 0x0d, 0xb8, [23] = 1, 1, 1, 2, 0, 0,
	0, 0, 0x99 };

static const struct frame_spec specs[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = payload, .payload_len = sizeof(payload) },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = payload, .payload_len = 4, .padding = 14 },
	{ .from = PEER_IPV4,
		.to = OUR_IPV4,
		.tags = "88a8 0064 8100 0065",
		.options = "94040000 01010101",
		.payload = payload,
		.payload_len = 33 },
	{ .from = PEER_IPV6, .to = OUR_IPV6, .payload = payload, .payload_len = sizeof(payload) },
	{ .from = PEER_IPV6,
		.to = OUR_IPV6,
		.tags = "8100 0064",
		.options = "3c00 0104 00000000 2b00 0104 00000000 1100 0000 00000000",
		.payload = payload,
		.payload_len = 33,
		.padding = 3 },
	{ .from = PEER_IPV4,
		.to = OUR_IPV4,
		.protocol = 1,
		.options = "94040000",
		.payload = echo_v4,
		.payload_len = sizeof(echo_v4) },
	{ .from = PEER_IPV6,
		.to = OUR_IPV6,
		.protocol = 58,
		.options = "3a00 0104 00000000",
		.payload = echo_v6,
		.payload_len = sizeof(echo_v6) },
	{ .from = PEER_IPV6,
		.to = OUR_IPV6,
		.protocol = 58,
		.hop_limit = 255,
		.payload = solicitation,
		.payload_len = sizeof(solicitation) },
};

/* Whatever came out is inside the buffer, and a datagram can be replied to. */
static void expect_sane(struct run *run)
{
	const struct rdl_frame *frame = &run->frame;

	assert_in_range(run->verdict, 0, RDL_NET_VERDICTS - 1);
	if (run->verdict > RDL_NET_ANSWERED)
		return;
	assert_ptr_equal(frame->data + frame->room, run->buffer + run->room);
	assert_true(frame->len <= frame->room);
	if (run->verdict != RDL_NET_DATAGRAM)
		return;
	size_t headers = (size_t)(run->datagram.data - frame->data);
	assert_int_equal(headers, frame->l2_len + frame->l3_len + 8u);
	assert_true(headers + run->datagram.len <= frame->len);
	if (!run->datagram.multicast)
		rdl_net_reply(&run->frame, (uint16_t)(frame->room - headers));
}

static void cut_at_any_octet(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(specs); i++) {
		struct test_frame f = frame_build(&specs[i]);
		for (f.len = 0; f.len < f.end; f.len++) {
			struct run run = run_frame(&f);
			assert_true(run.verdict == RDL_NET_DROP_frame_short ||
				    run.verdict == RDL_NET_DROP_ip_header);
			run_end(&run);
		}
	}
}

static void any_bit_flipped(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(specs); i++) {
		struct test_frame f = frame_build(&specs[i]);
		for (size_t bit = 0; bit < f.len * 8; bit++) {
			f.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			struct run run = run_frame(&f);
			bool inside_l4 = bit / 8 >= f.l4 && bit / 8 < f.end;
			assert_false(inside_l4 && run.verdict <= RDL_NET_ANSWERED);
			if (run.verdict == RDL_NET_DATAGRAM)
				expect_payload(&run, specs[i].payload, specs[i].payload_len);
			expect_sane(&run);
			run_end(&run);
			f.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/*
 * A few octets of a good frame overwritten,
 * the port vouching for its checksums, so that all the rest is reached.
 */
static void random_octets_in_good_frames(void **state)
{
	uint64_t random = 3;

	for (size_t n = 0; n < 40000; n++) {
		struct test_frame f = frame_build(&specs[n % RDL_ARRAY_LEN(specs)]);
		for (uint64_t changes = 1 + test_random(&random) % 4; changes > 0; changes--)
			f.data[12 + test_random(&random) % (f.len - 12)] =
				(uint8_t)test_random(&random);
		if (test_random(&random) % 2 == 0)
			f.len = test_random(&random) % (f.len + 1);
		struct run run = run_octets(&interface, f.data, f.len, test_random(&random) % 64,
			RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD);
		expect_sane(&run);
		run_end(&run);
	}
}

static void random_octets_behind_an_ethertype(void **state)
{
	static const uint16_t ethertypes[] = { 0x0800, 0x0806, 0x8100, 0x86dd };
	uint64_t random = 4;

	for (size_t n = 0; n < 40000; n++) {
		const struct frame_spec spec = { 0 };
		struct test_frame f = { 0 };
		frame_ethernet(&f, &spec, ethertypes[n % RDL_ARRAY_LEN(ethertypes)]);
		for (uint64_t left = test_random(&random) % 100; left > 0; left--)
			f.data[f.len++] = (uint8_t)test_random(&random);
		struct run run = run_octets(&interface, f.data, f.len, 0,
			RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD);
		expect_sane(&run);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_any_octet),
		cmocka_unit_test(any_bit_flipped),
		cmocka_unit_test(random_octets_in_good_frames),
		cmocka_unit_test(random_octets_behind_an_ethertype),
	};
	return RUN_TESTS(tests);
}
