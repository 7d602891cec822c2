/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tells of neighbours and paths, and asks for other ports, damaged at random with checksums
 * that are good: nothing is read or written outside, and whatever is believed is about others.
 */
#include "fixture.h"

static const uint8_t advertisement[] = { 136, 0, 0, 0, 0x60, 0, 0, 0, 0x20, 0x01, 0x0d,
	0xb8, [21] = 4, 0xd0, 0x0d, 2, 1, 2, 0, 0, 0, 0, 0x99 };
static const uint8_t claim[] = { 136, 0, 0, 0, 0x20, 0, 0, 0, 0xfe, 0x80, [23] = 1, 14, 1, 1, 2, 3,
	4, 5, 6, 2, 1, 2, 0, 0, 0, 0, 0x99 };
static const uint8_t too_big4[] = { 3, 4, 0, 0, 0, 0, 2, 0x40, 0x45, 0, 4, 0xec, 0, 0, 0x40, 0,
	0x3f, 17, 0, 0, 192, 0, 2, 1, 203, 0, 113, 7, 0x16, 0x33, 0x13, 0x88, 4, 0xd8, 0, 0 };
static const uint8_t too_big6[] = { 2, 0, 0, 0, 0, 0, 5, 0, 0x60, 0, 0, 0, 5, 0xb4, 17, 0x3f, 0x20,
	0x01, 0x0d, 0xb8, [31] = 1, 0x20, 0x01, 0x0d, 0xb8, [47] = 7, 0x16, 0x33, 0x13, 0x88, 5,
	0xb4, 0, 0 };

#define OF(octets) .payload = octets, .payload_len = sizeof(octets)
static const struct frame_spec specs[] = {
	{ .from = PEER_IPV6, .to = OUR_IPV6, .protocol = 58, .hop_limit = 255, OF(advertisement) },
	{ .from = OUR_IPV6_TOO,
		.to = "ff02::1",
		.mac_to = (const uint8_t *)"\x33\x33\0\0\0\1",
		.tags = "8100 0064",
		.protocol = 58,
		.hop_limit = 255,
		OF(claim) },
	{ .from = "203.0.113.1", .to = OUR_IPV4, .protocol = 1, OF(too_big4) },
	{ .from = "203.0.113.1",
		.to = OUR_IPV4,
		.tags = "88a8 0064 8100 0065",
		.options = "94040000",
		.protocol = 1,
		OF(too_big4) },
	{ .from = "2001:db8:7::1", .to = OUR_IPV6, .protocol = 58, OF(too_big6) },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .to_port = 53, OF(too_big4) },
	{ .from = PEER_IPV6,
		.to = OUR_IPV6,
		.to_port = 53,
		.first_extension = 60,
		.options = "1100 0104 00000000",
		OF(too_big6) },
};

static bool is_ours(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint32_t ipv4 = rdl_get_be32(address + 12);

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return ipv4 == interface.ipv4[0] || ipv4 == interface.ipv4[1];
	return memcmp(address, interface.ipv6[0], 16) == 0 ||
	       memcmp(address, interface.ipv6[1], 16) == 0;
}

static void expect_sane_news(const struct run *run)
{
	struct rdl_news news;

	rdl_net_read_news(&interface, &run->frame, &news);
	assert_int_equal(is_ours(news.address), news.kind == RDL_NEWS_CLAIM);
	if (news.kind == RDL_NEWS_TOO_BIG) {
		assert_true(news.mtu >= 68);
		return;
	}
	assert_int_equal(news.mac[0] & 1, 0);
	assert_memory_not_equal(news.mac, interface.mac, 6);
}

/* It holds what it says, in its buffer. */
static void expect_sane_refusal(struct run *run)
{
	uint16_t len = run->frame.len;

	if (!rdl_net_unreachable(&interface, &run->frame)) {
		assert_int_equal(run->frame.len, len);
		return;
	}
	assert_in_range(run->frame.len, 14 + 20 + 8 + 20 + 8, 14 + 8 + 1280);
	assert_true(run->frame.len <= run->frame.room);
	assert_ptr_equal(run->frame.data, run->buffer);
}

static void damaged(void **state)
{
	uint64_t random = 11;
	unsigned believed = 0, refused = 0;

	for (size_t n = 0; n < 100000; n++) {
		struct test_frame f = frame_build(&specs[n % RDL_ARRAY_LEN(specs)]);

		for (uint64_t changes = test_random(&random) % 4; changes > 0; changes--)
			f.data[test_random(&random) % f.len] = (uint8_t)test_random(&random);
		frame_fix(&f);
		if (test_random(&random) % 4 == 0)
			f.len = test_random(&random) % (f.len + 1);
		struct run run =
			run_octets(&interface, f.data, f.len, test_random(&random) % 128, 0);
		if (run.verdict == RDL_NET_NEWS) {
			expect_sane_news(&run);
			believed++;
		} else if (run.verdict == RDL_NET_DROP_udp_port) {
			expect_sane_refusal(&run);
			refused++;
		}
		run_end(&run);
	}
	assert_in_range(believed, 20000, 60000);
	assert_in_range(refused, 5000, 30000);
}

/* Each of them is believed, or answered, as it is; and never a part of it. */
static void cut_at_any_octet(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(specs); i++) {
		struct test_frame f = frame_build(&specs[i]);
		enum rdl_net_verdict whole = verdict_of(&f);

		assert_true(whole == RDL_NET_NEWS || whole == RDL_NET_DROP_udp_port);
		for (f.len = 0; f.len < f.end; f.len++)
			assert_int_not_equal(verdict_of(&f), whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged),
		cmocka_unit_test(cut_at_any_octet),
	};
	return RUN_TESTS(tests);
}
