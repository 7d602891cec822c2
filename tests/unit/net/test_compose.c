/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that nobody asked for, octet by octet. */
#include <arpa/inet.h>

#include "fixture.h"

static const uint8_t payload[1500] = { 1, 2, 3, [1200] = 7 };

/* An empty frame before a guard page. */
struct born {
	struct rdl_frame frame;
	uint8_t *buffer;
	size_t room;
};

static struct born born_begin(size_t room, uint8_t port, uint8_t flags)
{
	struct born born = { .buffer = guard_alloc(room), .room = room };

	memset(born.buffer, 0xaa, room);
	memset(&born.frame, 0xaa, sizeof(born.frame));
	born.frame.data = born.buffer;
	born.frame.room = (uint16_t)room;
	born.frame.port = port;
	born.frame.flags = flags;
	return born;
}

static struct rdl_way way_of(const char *address, uint16_t port, const struct rdl_local *local)
{
	struct rdl_way way = { .peer = { .address = { [10] = 0xff, 0xff }, .port = port },
		.local = *local };
	bool ipv6 = strchr(address, ':') != NULL;

	memcpy(way.mac, frame_peer_mac, sizeof(way.mac));
	assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, address,
				 ipv6 ? way.peer.address : way.peer.address + 12),
		1);
	return way;
}

static const struct family {
	const char *peer, *ours[2];
} families[] = {
	{ PEER_IPV4, { OUR_IPV4, OUR_IPV4_TOO } },
	{ PEER_IPV6, { OUR_IPV6, OUR_IPV6_TOO } },
};

static const struct tagging {
	uint16_t vlan; /* the interface's */
	struct rdl_local local;
	const char *tags;
} taggings[] = {
	{ 0, { 0 }, NULL },
	{ 0, { .vlan = 100 }, "8100 0064" },
	{ 0, { .vlan = 0xfff, .service = 1 }, "88a8 0fff" },
	{ 7, { 0 }, "8100 0007" },
	{ 7, { .service = 1 }, "88a8 0007" },
	{ 7, { .vlan = 100, .stacked = 1 }, "8100 0007 8100 0064" },
	{ 7, { .vlan = 100, .service = 1, .stacked = 1 }, "88a8 0007 8100 0064" },
	{ 7, { .stacked = 1 }, "8100 0007 8100 0000" },
};

static struct rdl_interface interface_of(uint16_t vlan)
{
	struct rdl_interface in = interface;

	in.vlan = vlan;
	rdl_net_add_udp_port(&in, 5684);
	return in;
}

static struct frame_spec spec_of(const struct family *family, const struct tagging *tagging,
	unsigned address, uint16_t udp_port, size_t len)
{
	return (struct frame_spec){ .mac_to = frame_peer_mac,
		.mac_from = frame_our_mac,
		.tags = tagging->tags,
		.from = family->ours[address],
		.to = family->peer,
		.from_port = udp_port,
		.to_port = 40000,
		.payload = payload,
		.payload_len = len };
}

/* Makes the frame and compares it; its room holds it exactly. */
static void check(const struct family *family, const struct tagging *tagging, unsigned address,
	unsigned udp_port, size_t len, uint8_t flags)
{
	struct rdl_interface in = interface_of(tagging->vlan);
	struct rdl_local local = tagging->local;
	struct frame_spec spec = spec_of(family, tagging, address, in.udp_ports[udp_port], len);
	struct test_frame want = frame_build(&spec);
	size_t least = 14 + 8 + 40 + 8;

	local.port = 3;
	local.address = address & 15u;
	local.udp_port = udp_port & 3u;
	struct rdl_way way = way_of(family->peer, 40000, &local);
	struct born born = born_begin(want.len > least ? want.len : least, 3, flags);
	struct rdl_cursor out = rdl_net_compose(&in, &way, &born.frame);

	assert_false(out.failed);
	assert_int_equal(out.end - out.pos, born.room - want.l4 - 8);
	rdl_cursor_bytes(&out, payload, len);
	rdl_net_reply(&born.frame, (uint16_t)len);
	/* Behind one tag at most. */
	if ((flags & RDL_FRAME_TX_OFFLOAD) != 0 && want.l3 <= 14 + 4) {
		if (!want.ipv6)
			rdl_put_be16(want.data + want.l3 + 10, 0);
		rdl_put_be16(want.data + want.l4 + 6, frame_pseudo_sum(&want));
		flags |= RDL_FRAME_TX_CHECKSUMS;
	}
	assert_int_equal(born.frame.flags, flags);
	assert_int_equal(born.frame.port, 3);
	assert_int_equal(born.frame.len, want.len);
	assert_memory_equal(born.frame.data, want.data, want.len);
	assert_int_equal(born.frame.l2_len, want.l3);
	assert_int_equal(born.frame.l3_len, want.l4 - want.l3);
	guard_free(born.buffer, born.room);
}

static void every_way(void **state)
{
	static const size_t lengths[] = { 0, 1, 7, 8, 33, 1200 };

	for (size_t f = 0; f < RDL_ARRAY_LEN(families); f++)
		for (size_t t = 0; t < RDL_ARRAY_LEN(taggings); t++)
			for (unsigned i = 0; i < 4; i++)
				for (size_t n = 0; n < RDL_ARRAY_LEN(lengths); n++) {
					check(&families[f], &taggings[t], i & 1, i >> 1, lengths[n],
						0);
					check(&families[f], &taggings[t], i & 1, i >> 1, lengths[n],
						RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4);
				}
}

/* What is remembered of a datagram leads back to who sent it: as its reply would. */
static void as_a_reply(void **state)
{
	for (size_t f = 0; f < RDL_ARRAY_LEN(families); f++)
		for (size_t t = 0; t < RDL_ARRAY_LEN(taggings); t++) {
			struct rdl_interface in = interface_of(taggings[t].vlan);
			const struct frame_spec spec = { .tags = taggings[t].tags,
				.from = families[f].peer,
				.to = families[f].ours[1],
				.to_port = 5684,
				.payload = "request",
				.payload_len = 7 };
			struct test_frame sent = frame_build(&spec);
			struct run run = run_octets(&in, sent.data, sent.len, 0, 0);

			assert_int_equal(run.verdict, RDL_NET_DATAGRAM);
			struct rdl_way way = { run.datagram.peer, run.datagram.local, { 0 } };
			memcpy(way.mac, frame_peer_mac, sizeof(way.mac));
			way.local.port = 0;
			struct born born = born_begin(200, 0, 0);
			struct rdl_cursor out = rdl_net_compose(&in, &way, &born.frame);
			rdl_cursor_bytes(&out, "answer", 6);
			memcpy(run.datagram.data, "answer", 6);
			rdl_net_reply(&born.frame, 6);
			rdl_net_reply(&run.frame, 6);
			assert_int_equal(born.frame.len, run.frame.len);
			assert_memory_equal(born.frame.data, run.frame.data, run.frame.len);
			guard_free(born.buffer, born.room);
			run_end(&run);
		}
}

static void no_way(void **state)
{
	static const struct {
		uint16_t vlan;
		struct rdl_local local;
		bool failed[2];
	} rows[] = {
		{ 0, { .address = 1, .udp_port = 1 }, { false, false } },
		{ 0, { .address = 2 }, { true, false } },
		{ 0, { .address = 3 }, { true, true } },
		{ 0, { .udp_port = 2 }, { true, true } },
		{ 0, { .vlan = 100, .stacked = 1 }, { true, true } },
		{ 7, { .vlan = 100, .stacked = 1 }, { false, false } },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		for (size_t f = 0; f < RDL_ARRAY_LEN(families); f++) {
			struct rdl_interface in = interface_of(rows[i].vlan);
			struct rdl_way way = way_of(families[f].peer, 1, &rows[i].local);
			struct born born = born_begin(200, 0, 0);

			rdl_net_add_ipv6(&in, way.peer.address, 64);
			assert_int_equal(
				rdl_net_compose(&in, &way, &born.frame).failed, rows[i].failed[f]);
			guard_free(born.buffer, born.room);
		}
}

/* The MTU is the IP packet's, tags apart. */
static void room(void **state)
{
	static const struct {
		uint16_t mtu, vlan;
		size_t room;
		int ipv4, ipv6; /* -1: failed */
	} rows[] = {
		{ 0, 0, 2000, 2000 - 42, 2000 - 62 },
		{ 0, 7, 2000, 2000 - 46, 2000 - 66 },
		{ 1500, 0, 2000, 1500 - 28, 1500 - 48 },
		{ 1500, 7, 2000, 1500 - 28, 1500 - 48 },
		{ 1280, 0, 1000, 1000 - 42, 1000 - 62 },
		{ 28, 0, 1000, 0, -1 },
		{ 27, 0, 1000, -1, -1 },
		{ 1500, 0, 70, 70 - 42, 70 - 62 },
		{ 1500, 0, 69, -1, -1 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		for (size_t f = 0; f < RDL_ARRAY_LEN(families); f++) {
			struct rdl_interface in = interface_of(rows[i].vlan);
			const struct rdl_local local = { 0 };
			struct rdl_way way = way_of(families[f].peer, 1, &local);
			struct born born = born_begin(rows[i].room, 0, 0);
			int want = f == 0 ? rows[i].ipv4 : rows[i].ipv6;

			in.mtu = rows[i].mtu;
			struct rdl_cursor out = rdl_net_compose(&in, &way, &born.frame);
			assert_int_equal(out.failed ? -1 : (int)(out.end - out.pos), want);
			guard_free(born.buffer, born.room);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way),
		cmocka_unit_test(as_a_reply),
		cmocka_unit_test(no_way),
		cmocka_unit_test(room),
	};
	return RUN_TESTS(tests);
}
