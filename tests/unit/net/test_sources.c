/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources that are no other host, of networks of any size: not answered, whatever they ask. */
#include "fixture.h"

#include <arpa/inet.h>

#define OURS4 "192.0.2.1"
#define OURS6 "2001:db8::1"

struct row {
	unsigned prefix;
	const char *source;
	bool good;
};

static const struct row rows4[] = {
	{ 24, "192.0.2.0", false },
	{ 24, "192.0.2.255", false },
	{ 24, "192.0.2.2", true },
	{ 24, "192.0.2.128", true },
	{ 24, "192.0.3.0", true }, /* of another's network we do not know the size */
	{ 24, "192.0.3.255", true },
	{ 30, "192.0.2.0", false },
	{ 30, "192.0.2.3", false },
	{ 30, "192.0.2.2", true },
	{ 30, "192.0.2.255", true },
	{ 16, "192.0.0.0", false },
	{ 16, "192.0.255.255", false },
	{ 16, "192.0.2.255", true },
	{ 8, "192.255.255.255", false },
	/* Two hosts and nothing else: RFC 3021. */
	{ 31, "192.0.2.0", true },
	{ 31, "192.0.2.1", false },
	{ 32, "192.0.2.0", true },
	{ 32, "192.0.2.1", false },
	/* Anywhere. */
	{ 24, "192.0.2.1", false },
	{ 24, "0.0.0.0", false },
	{ 24, "0.1.2.3", false },
	{ 24, "127.0.0.1", false },
	{ 24, "127.255.255.255", false },
	{ 24, "224.0.0.1", false },
	{ 24, "239.255.255.255", false },
	{ 24, "240.0.0.1", false },
	{ 24, "255.255.255.255", false },
	{ 24, "10.255.255.255", true },
};

static const struct row rows6[] = {
	{ 64, "2001:db8::", false }, /* the routers of the network: RFC 4291 section 2.6.1 */
	{ 64, "2001:db8::2", true },
	{ 64, "2001:db8:0:1::", true },
	{ 48, "2001:db8::", false },
	{ 48, "2001:db8:0:1::", true },
	{ 126, "2001:db8::", false },
	{ 126, "2001:db8::4", true },
	{ 125, "2001:db8::", false },
	{ 127, "2001:db8::", true }, /* RFC 6164 */
	{ 128, "2001:db8::", true },
	{ 64, "2001:db8::1", false },
	{ 64, "::", false },
	{ 64, "::1", false },
	{ 64, "ff02::1", false },
	{ 64, "ff0e::1", false },
	{ 64, "::ffff:192.0.2.7", false },
	{ 64, "fe80::", true },
};

static struct rdl_interface interface_of(bool ipv6, unsigned prefix)
{
	struct rdl_interface one = {
		.mac = { 0x02, 0, 0, 0, 0, 0x01 }, .udp_port_count = 1, .udp_ports = { 5683 }
	};
	uint8_t address[16];

	inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? OURS6 : OURS4, address);
	if (ipv6)
		rdl_net_add_ipv6(&one, address, prefix);
	else
		rdl_net_add_ipv4(&one, rdl_get_be32(address), prefix);
	return one;
}

static enum rdl_net_verdict verdict_at(const struct rdl_interface *in, const struct test_frame *f)
{
	struct run run = run_octets(in, f->data, f->len, 0, 0);

	run_end(&run);
	return run.verdict;
}

static void check(bool ipv6, const struct row *row)
{
	static const uint8_t echo4[] = { 8, 0, 0, 0, 0, 1, 0, 1 };
	static const uint8_t echo6[] = { 128, 0, 0, 0, 0, 1, 0, 1 };
	struct rdl_interface in = interface_of(ipv6, row->prefix);
	struct frame_spec spec = { .from = row->source, .to = ipv6 ? OURS6 : OURS4 };
	struct test_frame f = frame_build(&spec);

	assert_int_equal(
		verdict_at(&in, &f), row->good ? RDL_NET_DATAGRAM : RDL_NET_DROP_ip_source);
	/* Where the frame is not of the usual kind. */
	spec.tags = "8100 0007";
	f = frame_build(&spec);
	assert_int_equal(
		verdict_at(&in, &f), row->good ? RDL_NET_DATAGRAM : RDL_NET_DROP_ip_source);
	spec.tags = NULL;
	spec.protocol = ipv6 ? 58 : 1;
	spec.payload = ipv6 ? echo6 : echo4;
	spec.payload_len = 8;
	f = frame_build(&spec);
	assert_int_equal(
		verdict_at(&in, &f), row->good ? RDL_NET_ANSWERED : RDL_NET_DROP_ip_source);
}

static void test_ipv4(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows4); i++)
		check(false, &rows4[i]);
}

static void test_ipv6(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows6); i++)
		check(true, &rows6[i]);
}

/* The same of those who ask for our MAC; a host without an address may. */
static void test_arp(void **state)
{
	for (size_t i = 0; i <= RDL_ARRAY_LEN(rows4); i++) {
		const struct row *row = &rows4[i % RDL_ARRAY_LEN(rows4)];
		bool good = row->good || strcmp(row->source, "0.0.0.0") == 0;
		struct rdl_interface in = interface_of(false, row->prefix);
		struct test_frame f = { 0 };

		frame_ethernet(&f, &(struct frame_spec){ .mac_to = frame_broadcast_mac }, 0x0806);
		frame_append_hex(&f, "0001 0800 06 04 0001 020000000099");
		frame_append_address(&f, row->source);
		frame_append_hex(&f, "000000000000");
		frame_append_address(&f, OURS4);
		/* Once more, as a group. */
		if (i == RDL_ARRAY_LEN(rows4)) {
			f.data[14 + 8] = 0x03;
			good = false;
		}
		enum rdl_net_verdict bad = RDL_NET_DROP_arp;
		if (strcmp(row->source, OURS4) == 0 && i < RDL_ARRAY_LEN(rows4))
			bad = RDL_NET_NEWS; /* somebody else has our address */
		assert_int_equal(verdict_at(&in, &f), good ? RDL_NET_ANSWERED : bad);
	}
}

static void test_solicitations(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows6); i++) {
		bool good = rows6[i].good || strcmp(rows6[i].source, "::") == 0;
		struct rdl_interface in = interface_of(true, rows6[i].prefix);
		uint8_t solicitation[24] = { 135 };
		struct frame_spec spec = { .from = rows6[i].source,
			.to = "ff02::1:ff00:1",
			.mac_to = (const uint8_t *)"\x33\x33\xff\0\0\1",
			.protocol = 58,
			.hop_limit = 255,
			.payload = solicitation,
			.payload_len = sizeof(solicitation) };

		inet_pton(AF_INET6, OURS6, solicitation + 8);
		struct test_frame f = frame_build(&spec);
		struct run run = run_octets(&in, f.data, f.len, 8, 0);
		assert_int_equal(run.verdict, good ? RDL_NET_ANSWERED : RDL_NET_DROP_ip_source);
		run_end(&run);
	}
}

/* Networks of several addresses: each one's own. */
static void test_several(void **state)
{
	struct rdl_interface in = interface_of(false, 24);
	static const struct row rows[] = {
		{ 0, "192.0.2.255", false },
		{ 0, "198.51.100.64", false },
		{ 0, "198.51.100.127", false },
		{ 0, "198.51.100.65", false },
		{ 0, "198.51.100.66", true },
		{ 0, "198.51.100.255", true },
	};

	rdl_net_add_ipv4(&in, 0xc6336441, 26);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct test_frame f =
			frame_build(&(struct frame_spec){ .from = rows[i].source, .to = OURS4 });

		assert_int_equal(verdict_at(&in, &f),
			rows[i].good ? RDL_NET_DATAGRAM : RDL_NET_DROP_ip_source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_solicitations),
		cmocka_unit_test(test_several),
	};

	return RUN_TESTS(tests);
}
