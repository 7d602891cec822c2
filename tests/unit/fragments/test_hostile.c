/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments that no sender means, each counted once. */
#include "fixture.h"

static uint8_t udp[65536 + 1400];

static const struct piece_spec host4 = { .from = 0xc0000202, .id = 1 };
static const struct piece_spec host6 = { .ipv6 = true, .from = 0x0202, .id = 1 };

static bool give_part(
	struct table *t, struct piece_spec spec, unsigned from, unsigned len, bool more)
{
	if (spec.body == NULL)
		spec.body = udp;
	spec.offset = from;
	spec.len = len;
	spec.more = more;
	return give(t, &spec);
}

/*
 * After an overlap nothing comes of the datagram, whatever else is sent; a new one of the same
 * identification does when its time is over.
 */
static void test_overlaps(void **state)
{
	static const struct {
		unsigned from, len;
		bool more;
	} bad[] = { { 0, 1000, true }, { 8, 992, true }, { 992, 8, true }, { 0, 1008, true },
		{ 992, 16, true }, { 16, 16, false }, { 2000, 8, true }, { 8, 2992, false } };

	for (unsigned i = 0; i < 2 * RDL_ARRAY_LEN(bad); i++) {
		struct piece_spec spec = i % 2 == 0 ? host4 : host6;
		struct table *t = table_new(4);

		make_datagram(&spec, udp, 3000);
		assert_false(give_part(t, spec, 0, 1000, true));
		assert_false(give_part(t, spec, 2000, 1000, false));
		/* Where it is a copy but for an octet. */
		udp[999] ^= 1;
		udp[2007] ^= 1;
		assert_false(give_part(t, spec, bad[i / 2].from, bad[i / 2].len, bad[i / 2].more));
		expect_lost(t, 0, 0, 3, 0);
		udp[999] ^= 1;
		udp[2007] ^= 1;
		assert_false(give_part(t, spec, 0, 1000, true));
		assert_false(give_part(t, spec, 1000, 1000, true));
		assert_false(give_part(t, spec, 2000, 1000, false));
		expect_lost(t, 0, 0, 6, 0);
		t->now_ms += RDL_FRAGMENTS_LONE_MS;
		assert_false(give_part(t, spec, 0, 1000, true));
		assert_false(give_part(t, spec, 1000, 1000, true));
		assert_true(give_part(t, spec, 2000, 1000, false));
		expect_whole(t, udp, 3000, 3);
		table_end(t);
	}
}

/* One end, and nothing behind it. */
static void test_ends(void **state)
{
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		struct piece_spec spec = ipv6 ? host6 : host4;
		struct table *t = table_new(4);

		assert_false(give_part(t, spec, 1000, 96, false));
		assert_false(give_part(t, spec, 2000, 96, false));
		expect_lost(t, 0, 0, 2, 0);
		spec.id++;
		assert_false(give_part(t, spec, 1000, 96, false));
		assert_false(give_part(t, spec, 2000, 96, true));
		expect_lost(t, 0, 0, 4, 0);
		spec.id++;
		assert_false(give_part(t, spec, 2000, 96, true));
		assert_false(give_part(t, spec, 1000, 96, false));
		expect_lost(t, 0, 0, 6, 0);
		/* The same octets, once as the end and once not. */
		spec.id++;
		assert_false(give_part(t, spec, 1000, 96, false));
		assert_false(give_part(t, spec, 1000, 96, true));
		expect_lost(t, 0, 0, 8, 0);
		table_end(t);
	}
}

static void test_malformed(void **state)
{
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		struct piece_spec spec = ipv6 ? host6 : host4;
		struct table *t = table_new(4);

		make_datagram(&spec, udp, 2000);
		assert_false(give_part(t, spec, 0, 1000, true));
		/*
		 * Of no octets, and of some that are no multiple of 8 where others follow: they
		 * harm nobody.
		 */
		assert_false(give_part(t, spec, 1000, 0, true));
		assert_false(give_part(t, spec, 1000, 0, false));
		for (unsigned len = 1; len < 8; len++)
			assert_false(give_part(t, spec, 1000, 992 + len, true));
		expect_lost(t, 0, 0, 9, 0);
		assert_true(give_part(t, spec, 1000, 1000, false));
		expect_whole(t, udp, 2000, 2);
		table_end(t);
	}
}

/* IPv6: of a chain of headers the first fragment has all, and 8 octets of what is behind. */
static void test_headers(void **state)
{
	static const struct {
		uint8_t protocol;
		unsigned len; /* of headers */
		uint8_t headers[40];
	} chains[] = {
		{ 17, 0, { 0 } },
		{ 60, 8, { 17, 0, 1, 4 } },
		{ 60, 24, { 17, 2, 1, 20 } },
		{ 60, 16, { 43, 0, 1, 4, [8] = 17 } },
		/* What is reserved of a Fragment header is no length. */
		{ 43, 32, { 44, 1, [16] = 60, 3, [24] = 17, 0, 1, 4 } },
	};
	static uint8_t body[40 + sizeof(udp)];

	for (size_t i = 0; i < RDL_ARRAY_LEN(chains); i++) {
		unsigned headers = chains[i].len, total = headers + 200;
		struct piece_spec spec = host6;
		struct table *t = table_new(8);

		spec.body = body;
		spec.protocol = chains[i].protocol;
		make_datagram(&spec, udp, 200);
		memcpy(body, chains[i].headers, headers);
		memcpy(body + headers, udp, 200);
		for (unsigned cut = 8; cut <= headers; cut += 8) {
			spec.id++;
			assert_false(give_part(t, spec, 0, cut, true));
			expect_lost(t, 0, 0, cut / 8, 0);
		}
		spec.id++;
		assert_false(give_part(t, spec, 0, headers + 8, true));
		assert_true(give_part(t, spec, headers + 8, total - headers - 8, false));
		expect_whole(t, udp, 200, 2);
		table_end(t);
	}
}

/*
 * More than a frame's buffer holds, up to more than IP knows, and more pieces than anybody makes.
 */
static void test_too_much(void **state)
{
	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		struct piece_spec spec = ipv6 ? host6 : host4;
		struct table *t = table_new(8);

		assert_false(give_part(t, spec, 0, 1400, true));
		assert_false(give_part(t, spec, 65528, 7, false));
		expect_lost(t, 0, 0, 2, 0);
		spec.id++;
		assert_false(give_part(t, spec, 0, 1400, true));
		assert_false(give_part(t, spec, 65528, 1400, false));
		expect_lost(t, 0, 0, 4, 0);
		spec.id++;
		assert_false(give_part(t, spec, RDL_FRAGMENTS_OCTETS - 8, 9, false));
		expect_lost(t, 0, 0, 5, 0);
		spec.id++;
		for (unsigned i = 0; i < RDL_FRAGMENTS_PIECES; i++)
			assert_false(give_part(t, spec, 8 * i, 8, true));
		expect_lost(t, 0, 0, 5, 0);
		assert_false(give_part(t, spec, 8 * RDL_FRAGMENTS_PIECES, 8, false));
		expect_lost(t, 0, 0, 6 + RDL_FRAGMENTS_PIECES, 0);
		table_end(t);
	}
}

/* The frame that completes a datagram has no room for it: a buffer of XDP's is a page. */
static void test_small_buffer(void **state)
{
	struct table *t = table_new(4);
	struct piece_spec spec = host4;

	for (unsigned short_of = 0; short_of <= 1; short_of++) {
		make_datagram(&spec, udp, 3000);
		assert_false(give_part(t, spec, 0, 1496, true));
		spec.body = udp;
		spec.offset = 1496;
		spec.len = 1504;
		make_piece(t, &spec);
		t->frame.room = (uint16_t)(ETHERNET + 20 + 3000 - short_of);
		assert_int_equal(take(t), short_of == 0);
		if (short_of == 0)
			expect_whole(t, udp, 3000, 2);
		expect_lost(t, 0, 0, 2 * short_of, 0);
	}
	table_end(t);
}

/* What the port said of one fragment's checksums says nothing of the whole. */
static void test_checksums(void **state)
{
	struct table *t = table_new(4);
	struct piece_spec spec = host4;
	struct rdl_datagram datagram;

	make_datagram(&spec, udp, 3000);
	udp[100] ^= 1;
	assert_false(give_part(t, spec, 0, 1496, true));
	spec.body = udp;
	spec.offset = 1496;
	spec.len = 1504;
	make_piece(t, &spec);
	t->frame.flags = RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD;
	assert_true(take(t));
	t->used += 2;
	assert_int_equal(
		rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_udp_checksum);
	table_end(t);
}

/* What is dropped before it needs any room. */
static void test_not_taken(void **state)
{
	struct table *t = table_new(4);
	struct piece_spec spec = { .from = 0xc0000202, .body = udp, .len = 1400, .more = true };
	struct rdl_datagram datagram;

	spec.protocol = 6;
	make_piece(t, &spec);
	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_ip_protocol);
	spec.protocol = 17;
	make_piece(t, &spec);
	memcpy(t->buffer, "\x01\0\x5e\0\x01\xbb", 6);
	memcpy(t->buffer + ETHERNET + 16, "\xe0\0\1\xbb", 4);
	rdl_put_be16(t->buffer + ETHERNET + 10, 0);
	rdl_put_be16(t->buffer + ETHERNET + 10, (uint16_t)~frame_sum(t->buffer + ETHERNET, 20, 0));
	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_not_for_us);
	spec.ipv6 = true;
	make_piece(t, &spec);
	memcpy(t->buffer, "\x33\x33\0\0\0\xfd", 6);
	memset(t->buffer + ETHERNET + 24, 0, 16);
	memcpy(t->buffer + ETHERNET + 24, "\xff\2", 2);
	t->buffer[ETHERNET + 39] = 0xfd;
	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_not_for_us);
	make_piece(t, &spec);
	memset(t->buffer + ETHERNET + 8, 0, 16);
	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_ip_source);
	table_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
