/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The quick judgement of plain frames against the layers':
 * the same verdict, the same datagram, the same frame.
 */
#include "support.h"

#include "net_internal.h"

#include "fixture.h"

static const uint8_t flag_sets[] = { 0, RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD,
	RDL_FRAME_IP_CHECKSUM_GOOD, RDL_FRAME_L4_CHECKSUM_GOOD | RDL_FRAME_TX_CHECKSUMS,
	RDL_FRAME_IP_CHECKSUM_BAD, RDL_FRAME_L4_CHECKSUM_BAD | RDL_FRAME_IP_CHECKSUM_GOOD };

static unsigned plain; /* how many were datagrams */

static void check(const struct rdl_interface *in, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(flag_sets); i++) {
		struct run run = run_octets(in, data, len, 0, flag_sets[i]);
		uint8_t copy[FRAME_MAX];
		struct rdl_frame frame = run.frame;
		struct rdl_datagram datagram;

		memcpy(copy, data, len);
		frame.data = copy;
		frame.flags = flag_sets[i] & (uint8_t)~RDL_FRAME_TX_CHECKSUMS;
		frame.len = frame.room = (uint16_t)len;
		memset(&frame.l2_len, 0xaa, 2);
		memset(&datagram, 0xaa, sizeof(datagram));
		assert_int_equal(rdl_net_input_layers(in, &frame, &datagram), run.verdict);
		assert_int_equal(frame.flags, run.frame.flags);
		assert_int_equal(frame.len, run.frame.len);
		if (len > 0)
			assert_memory_equal(copy, run.buffer, len);
		if (run.verdict == RDL_NET_DATAGRAM) {
			assert_int_equal(frame.l2_len, run.frame.l2_len);
			assert_int_equal(frame.l3_len, run.frame.l3_len);
			assert_memory_equal(
				&datagram.peer, &run.datagram.peer, sizeof(datagram.peer));
			assert_int_equal(run.datagram.identity, datagram.identity);
			assert_memory_equal(
				&run.datagram.local, &datagram.local, sizeof(datagram.local));
			assert_int_equal(datagram.data - copy, run.datagram.data - run.buffer);
			assert_int_equal(datagram.len, run.datagram.len);
			assert_int_equal(datagram.multicast, run.datagram.multicast);
			plain++;
		}
		guard_free(run.buffer, run.room);
	}
}

static const struct frame_spec specs[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "0123456789abcdef", .payload_len = 16 },
	{ .from = PEER_IPV4,
		.to = OUR_IPV4_TOO,
		.payload = "01234",
		.payload_len = 5,
		.padding = 9 },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "", .payload_len = 0 },
	{ .from = PEER_IPV4,
		.to = OUR_IPV4,
		.payload = "0",
		.payload_len = 1,
		.tags = "8100 0064" },
	{ .from = OUR_IPV4_TOO, .to = OUR_IPV4, .payload = "0", .payload_len = 1 },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "", .payload_len = 0, .tags = "8100 e064" },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "", .payload_len = 0, .tags = "8100 0065" },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .payload = "", .payload_len = 0, .tags = "88a8 0064" },
	{ .from = PEER_IPV4,
		.to = OUR_IPV4,
		.payload = "",
		.payload_len = 0,
		.tags = "8100 0064 8100 0065" },
};

/* Every octet of every header with every value. */
static void test_changed(void **state)
{
	plain = 0;
	for (size_t s = 0; s < RDL_ARRAY_LEN(specs); s++) {
		struct test_frame f = frame_build(&specs[s]);

		for (size_t at = 0; at < f.l4 + 8; at++)
			for (unsigned value = 0; value < 256; value += s == 0 ? 1 : 5) {
				uint8_t good = f.data[at];

				f.data[at] = (uint8_t)value;
				check(&interface, f.data, f.len);
				f.data[at] = good;
			}
	}
	assert_in_range(plain, 3000, 60000);
}

static void test_cut(void **state)
{
	for (size_t s = 0; s < RDL_ARRAY_LEN(specs); s++) {
		struct test_frame f = frame_build(&specs[s]);

		for (size_t len = 0; len <= f.len; len++)
			check(&interface, f.data, len);
	}
}

static void test_interfaces(void **state)
{
	struct rdl_interface other[5] = { interface, interface, interface, interface, interface };

	other[0].vlan = 100;
	other[1].ipv4_count = 0;
	other[2].udp_ports[0] = 40000;
	other[3].mac[5] = 7;
	other[4].udp_ports[0] = 1;
	rdl_net_add_udp_port(&other[4], 5684);
	rdl_net_add_udp_port(&other[4], 5683);
	plain = 0;
	for (size_t i = 0; i < RDL_ARRAY_LEN(other); i++)
		for (size_t s = 0; s < RDL_ARRAY_LEN(specs); s++) {
			struct test_frame f = frame_build(&specs[s]);

			check(&other[i], f.data, f.len);
			f.data[40] = f.data[41] = 0;
			check(&interface, f.data, f.len);
			f.data[34] = f.data[35] = 0;
			check(&interface, f.data, f.len);
		}
	assert_in_range(plain, 10, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_interfaces),
	};

	return RUN_TESTS(tests);
}
