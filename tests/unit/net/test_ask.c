/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions and announcements of our own, octet by octet. */
#include <arpa/inet.h>

#include "fixture.h"

#define NOBODY "000000000000"
#define OURS "020000000001"
#define LONGEST (14 + 8 + 40 + 32)

static const uint8_t solicited_mac[6] = { 0x33, 0x33, 0xff, 0, 0, 0x01 };
static const uint8_t asked_mac[6] = { 0x33, 0x33, 0xff, 0x04, 0xd0, 0x0d };
static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 0x01 };

/* What is made, and how: a tag of 7 is the interface's. */
static const struct row {
	enum { ASK, PROBE, ANNOUNCE } what;
	bool ipv6;
	const char *hop; /* of ASK */
	const uint8_t *mac; /* who is asked; NULL: everybody */
	struct rdl_local local;
	struct frame_spec spec; /* the frame */
	const char *octets; /* of ARP, or of the ICMPv6 message */
} rows[] = {
	/* From the address that is in the network of who is asked for. */
	{ ASK, false, "192.0.2.254", NULL, { 0 }, { .mac_to = frame_broadcast_mac },
		"0001 0800 06 04 0001" OURS "c0000201" NOBODY "c00002fe" },
	{ ASK, false, "198.51.100.9", frame_peer_mac, { .vlan = 100, .service = 1 },
		{ .mac_to = frame_peer_mac, .tags = "88a8 0064" },
		"0001 0800 06 04 0001" OURS "c6336401" NOBODY "c6336409" },
	{ ASK, true, PEER_IPV6, NULL, { 0 },
		{ .mac_to = asked_mac, .from = OUR_IPV6, .to = "ff02::1:ff04:d00d" },
		"87 00 0000 00000000 20010db80000000000000000 0004d00d 0101" OURS },
	{ ASK, true, "fe80::9", frame_peer_mac, { 0 },
		{ .mac_to = frame_peer_mac, .from = OUR_IPV6_TOO, .to = "fe80::9" },
		"87 00 0000 00000000 fe800000000000000000000000000009 0101" OURS },
	{ PROBE, false, NULL, NULL, { .address = 1 }, { .mac_to = frame_broadcast_mac },
		"0001 0800 06 04 0001" OURS "00000000" NOBODY "c6336401" },
	{ PROBE, true, NULL, NULL, { 0 },
		{ .mac_to = solicited_mac, .from = "::", .to = "ff02::1:ff00:1" },
		"87 00 0000 00000000 20010db8000000000000000000000001" },
	{ ANNOUNCE, false, NULL, NULL, { 0 }, { .mac_to = frame_broadcast_mac },
		"0001 0800 06 04 0001" OURS "c0000201" NOBODY "c0000201" },
	{ ANNOUNCE, true, NULL, NULL, { .address = 1 },
		{ .mac_to = all_nodes_mac, .from = OUR_IPV6_TOO, .to = "ff02::1" },
		"88 00 0000 20000000 fe800000000000000000000000000001 0201" OURS },
};

static struct rdl_interface interface_of(uint16_t vlan)
{
	struct rdl_interface in = interface;

	in.vlan = vlan;
	in.ipv4_prefix[0] = in.ipv4_prefix[1] = 24;
	in.ipv6_prefix[0] = in.ipv6_prefix[1] = 64;
	return in;
}

static struct test_frame frame_of(const struct row *row, uint16_t vlan)
{
	struct frame_spec spec = row->spec;
	struct test_frame f = { 0 };
	uint8_t octets[64];

	spec.mac_from = frame_our_mac;
	if (vlan != 0)
		spec.tags = "8100 0007";
	if (!row->ipv6) {
		frame_ethernet(&f, &spec, 0x0806);
		frame_append_hex(&f, row->octets);
		return f;
	}
	spec.protocol = 58;
	spec.hop_limit = 255;
	spec.payload = octets;
	spec.payload_len = unhex(row->octets, octets, sizeof(octets));
	return frame_build(&spec);
}

static bool make(const struct rdl_interface *in, const struct row *row, struct rdl_frame *frame)
{
	uint8_t hop[16] = { [10] = 0xff, 0xff };

	if (row->what == PROBE)
		return rdl_net_probe(in, &row->local, row->ipv6, frame);
	if (row->what == ANNOUNCE)
		return rdl_net_announce(in, &row->local, row->ipv6, frame);
	assert_int_equal(
		inet_pton(row->ipv6 ? AF_INET6 : AF_INET, row->hop, row->ipv6 ? hop : hop + 12), 1);
	return rdl_net_ask(in, &row->local, hop, row->mac, frame);
}

static void every_one(void **state)
{
	for (size_t i = 0; i < 2 * RDL_ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i / 2];
		uint16_t vlan = row->spec.tags == NULL && i % 2 == 1 ? 7 : 0;
		struct rdl_interface in = interface_of(vlan);
		struct test_frame want = frame_of(row, vlan);
		uint8_t *buffer = guard_alloc(LONGEST);
		struct rdl_frame frame = { .data = buffer,
			.room = LONGEST,
			.flags = RDL_FRAME_BORN | RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_CHECKSUMS };

		memset(buffer, 0xaa, LONGEST);
		assert_true(make(&in, row, &frame));
		assert_int_equal(frame.len, want.len);
		assert_memory_equal(frame.data, want.data, want.len);
		assert_int_equal(frame.l2_len, want.l3);
		assert_int_equal(frame.flags, RDL_FRAME_BORN | RDL_FRAME_TX_OFFLOAD);
		guard_free(buffer, LONGEST);
	}
}

/* No room, tags that cannot be made, an address of a family that we have none of. */
static void impossible(void **state)
{
	uint8_t buffer[LONGEST];

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_interface in = interface_of(0), bare = in;
		struct row row = rows[i];
		unsigned least = row.ipv6 ? LONGEST : 14 + 8 + 28;
		struct rdl_frame frame = { .data = buffer, .room = (uint16_t)(least - 1) };

		assert_false(make(&in, &row, &frame));
		frame.room = (uint16_t)least;
		assert_true(make(&in, &row, &frame));
		row.local.stacked = 1;
		assert_false(make(&in, &row, &frame));
		in.vlan = 7;
		assert_true(make(&in, &row, &frame));
		bare.ipv4_count = bare.ipv6_count = 0;
		row.local.stacked = 0;
		if (row.what == ASK)
			assert_false(make(&bare, &row, &frame));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_one),
		cmocka_unit_test(impossible),
	};
	return RUN_TESTS(tests);
}
