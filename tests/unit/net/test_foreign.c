/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames that are not ours may be the kernel's. */
#include "fixture.h"

#include "foreign.h"

static const uint8_t other_mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
static const uint8_t group_mac[6] = { 0x01, 0, 0x5e, 0, 0, 0x05 };
static const uint8_t router_mac[6] = { 0x33, 0x33, 0, 0, 0, 0x01 };

static bool is_foreign(
	const struct rdl_interface *in, const struct test_frame *f, enum rdl_net_verdict verdict)
{
	struct run run = run_octets(in, f->data, f->len, 64, 0);
	bool foreign = rdl_net_is_foreign(in, &run.frame, run.verdict);

	assert_int_equal(run.verdict, verdict);
	run_end(&run);
	return foreign;
}

#define NOBODYS "192.0.2.10"
#define NOBODYS_IPV6 "2001:db8::10"

/* Of these frames the kernel gets a copy, or not. */
static void packets(void **state)
{
	static const struct {
		struct frame_spec spec;
		enum rdl_net_verdict verdict;
		bool foreign;
	} cases[] = {
		{ { .from = PEER_IPV4, .to = OUR_IPV4 }, RDL_NET_DATAGRAM, false },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .to_port = 53 }, RDL_NET_DROP_udp_port,
			true },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .protocol = 6 }, RDL_NET_DROP_ip_protocol,
			true },
		{ { .from = PEER_IPV4, .to = NOBODYS }, RDL_NET_DROP_not_for_us, true },
		{ { .from = PEER_IPV6, .to = NOBODYS_IPV6 }, RDL_NET_DROP_not_for_us, true },
		/* Another host's, where the port lets all in. */
		{ { .from = PEER_IPV4, .to = NOBODYS, .mac_to = other_mac },
			RDL_NET_DROP_not_for_us, false },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .protocol = 6, .mac_to = other_mac },
			RDL_NET_DROP_not_for_us, false },
		/* DHCP's, OSPF's, a group's of CoAP's. */
		{ { .from = "0.0.0.0",
			  .to = "255.255.255.255",
			  .to_port = 68,
			  .mac_to = frame_broadcast_mac },
			RDL_NET_DROP_not_for_us, true },
		{ { .from = PEER_IPV4, .to = "224.0.0.5", .protocol = 89, .mac_to = group_mac },
			RDL_NET_DROP_ip_protocol, true },
		{ { .from = PEER_IPV4, .to = "224.0.1.187", .mac_to = group_mac }, RDL_NET_DATAGRAM,
			false },
		/* From nobody that could be answered. */
		{ { .from = "127.0.0.1", .to = OUR_IPV4, .protocol = 6 }, RDL_NET_DROP_ip_source,
			false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = frame_build(&cases[i].spec);

		assert_int_equal(is_foreign(&interface, &f, cases[i].verdict), cases[i].foreign);
	}
}

/* Malformed ones are nobody's. */
static void malformed(void **state)
{
	const struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .payload = "0123", .payload_len = 4
	};
	struct test_frame f = frame_build(&spec);

	f.data[f.l3 + 10] ^= 1;
	assert_false(is_foreign(&interface, &f, RDL_NET_DROP_ip_checksum));
	f = frame_build(&spec);
	f.data[f.l4 + 6] ^= 1;
	assert_false(is_foreign(&interface, &f, RDL_NET_DROP_udp_checksum));
	f = frame_build(&spec);
	f.len = f.l4 + 3;
	assert_false(is_foreign(&interface, &f, RDL_NET_DROP_ip_header));
	f.len = 13;
	assert_false(is_foreign(&interface, &f, RDL_NET_DROP_frame_short));
}

/* The kernel's VLAN beside ours, and protocols that are none of IP. */
static void links(void **state)
{
	const struct frame_spec spec = { .from = PEER_IPV4, .to = OUR_IPV4, .tags = "8100 0065" };
	struct rdl_interface tagged = interface;
	struct test_frame f = frame_build(&spec);

	tagged.vlan = 100;
	assert_true(is_foreign(&tagged, &f, RDL_NET_DROP_vlan));
	frame_ethernet(&f, &(const struct frame_spec){ .mac_to = group_mac }, 0x88cc);
	frame_append_hex(&f, "0207 04");
	assert_true(is_foreign(&interface, &f, RDL_NET_DROP_ethertype));
	frame_ethernet(&f, &(const struct frame_spec){ .mac_to = other_mac }, 0x88cc);
	frame_append_hex(&f, "0207 04");
	assert_false(is_foreign(&interface, &f, RDL_NET_DROP_not_for_us));
}

/* A question for one of our addresses is ours alone, other questions and all answers are not. */
static bool arp_is_foreign(const char *operation, const char *target, enum rdl_net_verdict verdict)
{
	struct test_frame f;

	frame_ethernet(&f, &(const struct frame_spec){ .from = PEER_IPV4 }, 0x0806);
	frame_append_hex(&f, "0001 0800 06 04");
	frame_append_hex(&f, operation);
	frame_append(&f, frame_peer_mac, 6);
	frame_append_address(&f, PEER_IPV4);
	frame_append(&f, frame_our_mac, 6);
	frame_append_address(&f, target);
	return is_foreign(&interface, &f, verdict);
}

static void neighbours(void **state)
{
	assert_false(arp_is_foreign("0001", OUR_IPV4, RDL_NET_ANSWERED));
	assert_true(arp_is_foreign("0001", NOBODYS, RDL_NET_DROP_arp));
	assert_true(arp_is_foreign("0002", OUR_IPV4, RDL_NET_NEWS));
	assert_true(arp_is_foreign("0002", NOBODYS, RDL_NET_DROP_arp));
}

/* An echo request is answered here, its answer goes to whoever asked. */
static void icmp(void **state)
{
	static const uint8_t request[8] = { 8, 0, 0xf7, 0xff }, answer[8] = { 0, 0, 0xff, 0xff };
	struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .protocol = 1, .payload_len = 8
	};
	struct test_frame f;

	spec.payload = request;
	f = frame_build(&spec);
	assert_false(is_foreign(&interface, &f, RDL_NET_ANSWERED));
	spec.payload = answer;
	f = frame_build(&spec);
	assert_true(is_foreign(&interface, &f, RDL_NET_DROP_icmp));
	/* A router's advertisement. */
	static const uint8_t advertisement[16] = { 134 };
	spec = (struct frame_spec){ .mac_to = router_mac,
		.from = "fe80::2",
		.to = "ff02::1",
		.protocol = 58,
		.hop_limit = 255,
		.payload = advertisement,
		.payload_len = sizeof(advertisement) };
	f = frame_build(&spec);
	frame_fix(&f);
	assert_true(is_foreign(&interface, &f, RDL_NET_DROP_icmp));
}

/* Of what is left of a frame when it is cut anywhere, too. */
static void checksums(void **state)
{
	static const struct {
		struct frame_spec spec;
		uint16_t offset; /* 0: there is no checksum */
	} cases[] = {
		{ { .from = PEER_IPV4, .to = OUR_IPV4 }, 6 },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .tags = "8100 0001" }, 6 },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .tags = "88a8 0001 8100 0002" }, 6 },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .options = "01010101" }, 6 },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, 6 },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .protocol = 6 }, 16 },
		{ { .from = PEER_IPV6, .to = OUR_IPV6, .protocol = 6 }, 16 },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .protocol = 1 }, 0 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		static const uint8_t payload[20];
		struct frame_spec spec = cases[i].spec;

		spec.payload = payload;
		spec.payload_len = sizeof(payload);
		struct test_frame f = frame_build(&spec);
		for (size_t len = 0; len <= f.len; len++) {
			uint8_t *cut = guard_alloc(len);
			struct rdl_frame frame = { .data = cut, .len = (uint16_t)len };
			uint16_t start = 0, offset = 0;
			bool there = cases[i].offset != 0 && len >= f.l4 + cases[i].offset + 2;

			if (len > 0)
				memcpy(cut, f.data, len);
			assert_int_equal(rdl_net_find_checksum(&frame, &start, &offset), there);
			if (there)
				assert_int_equal(start, f.l4);
			if (there)
				assert_int_equal(offset, cases[i].offset);
			guard_free(cut, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets),
		cmocka_unit_test(malformed),
		cmocka_unit_test(links),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(icmp),
		cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
