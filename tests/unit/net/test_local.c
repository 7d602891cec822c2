/* SPDX-License-Identifier: BSD-3-Clause */
/* By which address, port and way of ours a datagram came. */
#include "fixture.h"

/* As `in`, with two UDP ports, and one VLAN or any. */
static struct rdl_interface interface_with(uint16_t vlan)
{
	struct rdl_interface in = interface;

	in.vlan = vlan;
	rdl_net_add_udp_port(&in, 5684);
	rdl_net_add_udp_port(&in, 65535);
	rdl_net_add_udp_port(&in, 1);
	return in;
}

static struct rdl_local local_of(
	const struct rdl_interface *in, const struct frame_spec *spec, uint8_t port)
{
	struct test_frame f = frame_build(spec);
	struct rdl_frame frame = {
		.data = f.data, .len = (uint16_t)f.len, .room = (uint16_t)f.len, .port = port
	};
	struct rdl_datagram datagram;

	memset(&datagram, 0xaa, sizeof(datagram));
	assert_int_equal(rdl_net_input(in, &frame, &datagram), RDL_NET_DATAGRAM);
	return datagram.local;
}

static void expect_local(const struct rdl_local *got, const struct rdl_local *want)
{
	assert_int_equal(got->port, want->port);
	assert_int_equal(got->address, want->address);
	assert_int_equal(got->udp_port, want->udp_port);
	assert_int_equal(got->vlan, want->vlan);
	assert_int_equal(got->service, want->service);
	assert_int_equal(got->stacked, want->stacked);
	/* As octets, too: a registration that is compared has no others. */
	assert_memory_equal(got, want, sizeof(*got));
}

static void addresses_and_ports(void **state)
{
	static const struct {
		const char *from, *to;
		unsigned address;
	} addresses[] = {
		{ PEER_IPV4, OUR_IPV4, 0 },
		{ PEER_IPV4, OUR_IPV4_TOO, 1 },
		{ PEER_IPV6, OUR_IPV6, 0 },
		{ PEER_IPV6, OUR_IPV6_TOO, 1 },
	};
	static const uint16_t to_ports[] = { 5683, 5684, 65535, 1 };
	static const uint8_t nics[] = { 0, 1, 15 };
	struct rdl_interface in = interface_with(0);

	for (unsigned i = 0; i < RDL_ARRAY_LEN(addresses); i++)
		for (unsigned p = 0; p < RDL_ARRAY_LEN(to_ports); p++)
			for (unsigned n = 0; n < RDL_ARRAY_LEN(nics); n++) {
				const struct frame_spec spec = { .from = addresses[i].from,
					.to = addresses[i].to,
					.to_port = to_ports[p] };
				const struct rdl_local want = { .port = nics[n] & 15u,
					.address = addresses[i].address & 15u,
					.udp_port = p & 3u };
				struct rdl_local got = local_of(&in, &spec, nics[n]);

				expect_local(&got, &want);
			}
}

/* The last of as many addresses as there may be. */
static void last_address(void **state)
{
	const struct frame_spec specs[] = { { .from = PEER_IPV4, .to = "198.51.100.15" },
		{ .from = PEER_IPV6, .to = "2001:db8:1::f" } };
	struct rdl_interface in = { .mac = { 0x02, 0, 0, 0, 0, 0x01 } };
	uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 };

	rdl_net_add_udp_port(&in, 5683);
	for (unsigned i = 0; i < RDL_NET_ADDRESSES_MAX; i++) {
		ipv6[15] = (uint8_t)i;
		rdl_net_add_ipv4(&in, 0xc6336400 + i, 24);
		rdl_net_add_ipv6(&in, ipv6, 64);
	}
	for (unsigned i = 0; i < RDL_ARRAY_LEN(specs); i++)
		assert_int_equal(local_of(&in, &specs[i], 0).address, 15);
}

static void groups(void **state)
{
	static const uint8_t mac[6] = { 0x01, 0, 0x5e, 0, 0x01, 0xbb };
	const struct frame_spec spec = { .mac_to = mac, .from = PEER_IPV4, .to = "224.0.1.187" };
	struct rdl_interface in = interface_with(0);
	struct rdl_local got = local_of(&in, &spec, 2);

	expect_local(&got, &(struct rdl_local){ .port = 2 });
}

static void tags(void **state)
{
	static const struct {
		uint16_t vlan;
		const char *tags;
		struct rdl_local want;
	} cases[] = {
		{ 0, NULL, { 0 } },
		{ 0, "8100 0064", { .vlan = 100 } },
		{ 0, "8100 ffff", { .vlan = 0xfff } },
		{ 0, "88a8 0064", { .vlan = 100, .service = 1 } },
		{ 0, "8100 e000", { 0 } }, /* priority only */
		{ 0, "88a8 0064 8100 0065", { .vlan = 100, .service = 1, .stacked = 1 } },
		{ 0, "8100 0064 8100 0065", { .vlan = 100, .stacked = 1 } },
		{ 100, "8100 f064", { 0 } },
		{ 100, "88a8 0064", { .service = 1 } },
		{ 100, "88a8 0064 8100 f065", { .vlan = 101, .service = 1, .stacked = 1 } },
		{ 100, "8100 0064 8100 0000", { .stacked = 1 } },
	};

	for (unsigned i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_interface in = interface_with(cases[i].vlan);
		struct frame_spec specs[] = { { .from = PEER_IPV4, .to = OUR_IPV4 },
			{ .from = PEER_IPV6, .to = OUR_IPV6 } };

		for (unsigned family = 0; family < RDL_ARRAY_LEN(specs); family++) {
			specs[family].tags = cases[i].tags;
			struct rdl_local got = local_of(&in, &specs[family], 0);

			expect_local(&got, &cases[i].want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_ports),
		cmocka_unit_test(last_address),
		cmocka_unit_test(groups),
		cmocka_unit_test(tags),
	};
	return RUN_TESTS(tests);
}
