/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a packet of ours is given to. */
#include "support.h"

#include <arpa/inet.h>

#include "net.h"

static struct rdl_peer peer_of(const char *text)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, [11] = 0xff }, .port = 5683 };
	bool ipv6 = strchr(text, ':') != NULL;

	assert_int_equal(
		inet_pton(ipv6 ? AF_INET6 : AF_INET, text, ipv6 ? peer.address : peer.address + 12),
		1);
	return peer;
}

static void add(struct rdl_interface *in, const char *text, unsigned prefix)
{
	struct rdl_peer address = peer_of(text);
	bool ipv4 = rdl_peer_is_ipv4(&address);

	if (prefix == 0 && ipv4)
		rdl_net_add_ipv4_router(in, rdl_get_be32(address.address + 12));
	else if (prefix == 0)
		rdl_net_add_ipv6_router(in, address.address);
	else if (ipv4)
		rdl_net_add_ipv4(in, rdl_get_be32(address.address + 12), prefix);
	else
		rdl_net_add_ipv6(in, address.address, prefix);
}

static void expect_hop(
	const struct rdl_interface *in, unsigned address, const char *to, const char *want)
{
	const struct rdl_local local = { .address = address & 15u };
	struct rdl_peer peer = peer_of(to), hop = { .port = 1 };
	char text[RDL_ADDRESS_TEXT] = "";

	if (rdl_net_next_hop(in, &local, &peer, hop.address))
		rdl_peer_address_text(&hop, text);
	assert_string_equal(text, want);
}

/* Networks of every length: the first and last address inside, the nearest outside. */
static void test_networks(void **state)
{
	static const struct {
		const char *ours;
		unsigned prefix;
		const char *inside[2], *outside[2];
	} rows[] = {
		{ "192.0.2.65", 1, { "128.0.0.0", "193.0.0.1" }, { "1.0.0.0", "127.0.0.0" } },
		{ "192.0.2.65", 24, { "192.0.2.0", "192.0.2.255" },
			{ "192.0.1.255", "192.0.3.0" } },
		{ "192.0.2.65", 26, { "192.0.2.64", "192.0.2.127" },
			{ "192.0.2.63", "192.0.2.128" } },
		{ "192.0.2.65", 31, { "192.0.2.64", "192.0.2.65" },
			{ "192.0.2.63", "192.0.2.66" } },
		{ "192.0.2.65", 32, { "192.0.2.65", "192.0.2.65" },
			{ "192.0.2.64", "192.0.2.66" } },
		{ "2001:db8::41", 64, { "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff" },
			{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:1::" } },
		{ "2001:db8::41", 61, { "2001:db8::", "2001:db8:0:7::1" },
			{ "2001:db8:0:8::", "2001:db7::" } },
		{ "2001:db8::41", 127, { "2001:db8::40", "2001:db8::41" },
			{ "2001:db8::42", "2001:db8::3f" } },
		{ "2001:db8::41", 128, { "2001:db8::41", "2001:db8::41" },
			{ "2001:db8::40", "2001:db8::42" } },
	};

	for (unsigned i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_interface in = { .mac = { 2 } };
		const char *router = strchr(rows[i].ours, ':') != NULL ? "fe80::7" : "10.0.0.7";

		add(&in, rows[i].ours, rows[i].prefix);
		for (unsigned n = 0; n < 2; n++) {
			expect_hop(&in, 0, rows[i].inside[n], rows[i].inside[n]);
			expect_hop(&in, 0, rows[i].outside[n], "");
		}
		add(&in, router, 0);
		for (unsigned n = 0; n < 2; n++) {
			expect_hop(&in, 0, rows[i].inside[n], rows[i].inside[n]);
			expect_hop(&in, 0, rows[i].outside[n], router);
		}
	}
}

/* A link-local address is on the link whatever networks there are; it has no router. */
static void test_link_local(void **state)
{
	struct rdl_interface in = { .mac = { 2 } };

	expect_hop(&in, 0, "fe80::9", "fe80::9");
	add(&in, "2001:db8::1", 64);
	add(&in, "2001:db8::fe", 0);
	expect_hop(&in, 0, "fe80::9", "fe80::9");
	expect_hop(&in, 0, "febf:ffff::9", "febf:ffff::9");
	expect_hop(&in, 0, "fec0::9", "2001:db8::fe");
	expect_hop(&in, 0, "fe7f::9", "2001:db8::fe");
}

/* Of several routers, the one in the network that we speak from; else the first. */
static void test_routers(void **state)
{
	struct rdl_interface in = { .mac = { 2 } };

	add(&in, "192.0.2.1", 24);
	add(&in, "198.51.100.1", 24);
	add(&in, "203.0.113.1", 24);
	add(&in, "2001:db8:1::1", 64);
	add(&in, "2001:db8:2::1", 64);
	expect_hop(&in, 0, "10.0.0.1", "");
	expect_hop(&in, 0, "2001:db8:9::1", "");
	add(&in, "192.0.2.254", 0);
	/* One family has none for the other. */
	expect_hop(&in, 0, "2001:db8:9::1", "");
	add(&in, "198.51.100.254", 0);
	add(&in, "198.51.100.253", 0);
	add(&in, "fe80::fe", 0);
	add(&in, "2001:db8:2::fe", 0);
	expect_hop(&in, 0, "10.0.0.1", "192.0.2.254");
	expect_hop(&in, 1, "10.0.0.1", "198.51.100.254");
	expect_hop(&in, 2, "10.0.0.1", "192.0.2.254");
	expect_hop(&in, 0, "2001:db8:9::1", "fe80::fe");
	expect_hop(&in, 1, "2001:db8:9::1", "2001:db8:2::fe");
	/* What is near needs none, from whatever address. */
	expect_hop(&in, 2, "192.0.2.77", "192.0.2.77");
	expect_hop(&in, 0, "2001:db8:2::77", "2001:db8:2::77");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_link_local),
		cmocka_unit_test(test_routers),
	};
	return RUN_TESTS(tests);
}
