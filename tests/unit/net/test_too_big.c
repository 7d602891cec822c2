/* SPDX-License-Identifier: BSD-3-Clause */
/* Routers' word that a packet of ours was too long, believed where it can be true. */
#include "fixture.h"

#define UDP4 "16331388 05140000" /* from port 5683, as far as it is quoted */
#define FROM "c0000201"
#define TO "cb007107" /* 203.0.113.7 */
#define UDP6 "1633 1388 05dc 0000"
#define FROM6 "20010db8000000000000000000000001"
#define TO6 "20010db8000100000000000000000007"

struct row {
	const char *message;
	unsigned mtu; /* 0: it is not believed */
};

static struct run told(const struct row *row, bool ipv6, const char *to, uint16_t own_mtu)
{
	uint8_t octets[256];
	struct frame_spec spec = { .from = ipv6 ? "2001:db8:ff::1" : "198.18.0.1",
		.to = to,
		.protocol = ipv6 ? 58 : 1,
		.tags = "8100 0064",
		.payload = octets };
	struct rdl_interface in = interface;

	in.mtu = own_mtu;
	in.ipv4_prefix[0] = 24;
	in.ipv4_hosts[0] = 0xff;
	spec.payload_len = unhex(row->message, octets, sizeof(octets));
	struct test_frame f = frame_build(&spec);
	struct run run = run_octets(&in, f.data, f.len, 0, 0);
	assert_int_equal(run.verdict, row->mtu != 0 ? RDL_NET_NEWS : RDL_NET_DROP_icmp);
	return run;
}

static void check(const struct row *row, bool ipv6, const char *to, uint16_t own_mtu)
{
	struct run run = told(row, ipv6, to, own_mtu);
	struct rdl_peer peer = { .port = 0 };
	struct rdl_news news;
	char text[RDL_ADDRESS_TEXT];

	if (row->mtu != 0) {
		run.frame.port = 9;
		rdl_net_read_news(&interface, &run.frame, &news);
		assert_int_equal(news.kind, RDL_NEWS_TOO_BIG);
		assert_int_equal(news.mtu, row->mtu);
		assert_int_equal(news.local.port, 9);
		assert_int_equal(news.local.vlan, 100);
		assert_int_equal(news.local.address, 0);
		memcpy(peer.address, news.address, 16);
		rdl_peer_address_text(&peer, text);
		assert_string_equal(text, ipv6 ? "2001:db8:1::7" : "203.0.113.7");
	}
	run_end(&run);
}

static void ipv4(void **state)
{
	static const struct row rows[] = {
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 576 },
		{ "0304 0000 ffff 04e7 4500 04ec 0000 4000 0111 0000" FROM TO UDP4 "abcd", 1255 },
		/* From before RFC 1191: no longer packet goes. */
		{ "0304 0000 0000 0000 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0x4eb },
		{ "0304 0000 0000 0044 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 68 },
		/* An echo reply. */
		{ "0304 0000 0000 0240 4500 05dc 0000 4000 3f01 0000" FROM TO "00001234 00010001",
			576 },
		/* Less than any link takes; nothing that was too long. */
		{ "0304 0000 0000 0043 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		{ "0304 0000 0000 04ec 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		{ "0304 0000 0000 0000 4500 0044 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		/* Longer than what we can have sent. */
		{ "0304 0000 0000 0240 4500 05dd 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		/* Might be fragmented; has options; of another version. */
		{ "0304 0000 0000 0240 4500 04ec 0000 0000 3f11 0000" FROM TO UDP4, 0 },
		{ "0304 0000 0000 0240 4600 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		{ "0304 0000 0000 0240 6500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		/* From another address, of ours too; to one of ours; to a group; to nobody. */
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000 c0000202" TO UDP4, 0 },
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000 c6336401" TO UDP4, 0 },
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM FROM UDP4, 0 },
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM "e0000001" UDP4, 0 },
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM "00000000" UDP4, 0 },
		/* From another port; another protocol; an echo request. */
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM TO "16341388 05140000",
			0 },
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f06 0000" FROM TO UDP4, 0 },
		{ "0304 0000 0000 0240 4500 05dc 0000 4000 3f01 0000" FROM TO "08001234 00010001",
			0 },
		/* Too little of it; unreachable for other reasons; another message. */
		{ "0304 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM TO "16331388 051400",
			0 },
		{ "0303 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
		{ "0b04 0000 0000 0240 4500 04ec 0000 4000 3f11 0000" FROM TO UDP4, 0 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		check(&rows[i], false, OUR_IPV4, 1500);
	check(&(struct row){ rows[8].message, 576 }, false, OUR_IPV4, 0);
	check(&(struct row){ rows[0].message, 0 }, false, "224.0.0.1", 1500);
}

static void ipv6(void **state)
{
#define V6(mtu, len) "0200 0000" mtu "60000000" len
	static const struct row rows[] = {
		{ V6("00000500", "05b4 11 3f") FROM6 TO6 UDP6, 1280 },
		{ V6("000005db", "05b4 11 3f") FROM6 TO6 UDP6 "00112233", 1499 },
		{ V6("00000500", "05b4 3a 3f") FROM6 TO6 "81001234 00010001", 1280 },
		/* Less than any link has to take; nothing that was too long; no MTU of any link. */
		{ V6("000004ff", "05b4 11 3f") FROM6 TO6 UDP6, 0 },
		{ V6("000005dc", "05b4 11 3f") FROM6 TO6 UDP6, 0 },
		{ V6("00010500", "05b4 11 3f") FROM6 TO6 UDP6, 0 },
		{ V6("00000500", "05b5 11 3f") FROM6 TO6 UDP6, 0 },
		/* From another address; to us; to a group. */
		{ V6("00000500", "05b4 11 3f") TO6 TO6 UDP6, 0 },
		{ V6("00000500", "05b4 11 3f") FROM6 FROM6 UDP6, 0 },
		{ V6("00000500", "05b4 11 3f") FROM6 "ff020000000000000000000000000001" UDP6, 0 },
		/* From another port; another protocol; an echo request; too little of it. */
		{ V6("00000500", "05b4 11 3f") FROM6 TO6 "1634 1388 05dc 0000", 0 },
		{ V6("00000500", "05b4 06 3f") FROM6 TO6 UDP6, 0 },
		{ V6("00000500", "05b4 3a 3f") FROM6 TO6 "80001234 00010001", 0 },
		{ V6("00000500", "05b4 11 3f") FROM6 TO6 "1633 1388 05dc 00", 0 },
		{ "0201 0000 00000500 60000000 05b4 11 3f" FROM6 TO6 UDP6, 0 },
		{ "0200 0000 00000500 40000000 05b4 11 3f" FROM6 TO6 UDP6, 0 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		check(&rows[i], true, OUR_IPV6, 1500);
	check(&(struct row){ rows[0].message, 0 }, true, "ff02::1", 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv6),
	};
	return RUN_TESTS(tests);
}
