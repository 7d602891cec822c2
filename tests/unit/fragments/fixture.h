/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments as frames, from hosts known by number, through net and into one table. */
#ifndef RDL_TEST_FRAGMENTS_FIXTURE_H
#define RDL_TEST_FRAGMENTS_FIXTURE_H

#include "support.h"

#include "frame.h"

#include <stdlib.h>

#include "fragments.h"
#include "fragments_internal.h"

#define ROOM 4694 /* of a frame's buffer */
#define ETHERNET 14

static const struct rdl_interface interface = {
	.mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port_count = 1,
	.udp_ports = { 5683 },
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 },
	.ipv6_count = 1,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

static const struct rdl_key key = { 0x0123456789abcdef, 0xfedcba9876543210 };

struct table {
	struct rdl_fragments *fragments;
	struct rdl_fragments_lost lost;
	uint64_t now_ms;
	unsigned given; /* fragments */
	unsigned used; /* of datagrams that became whole */
	/* The last frame given. */
	struct rdl_frame frame;
	uint8_t buffer[ROOM];
};

static inline struct table *table_new(unsigned datagrams)
{
	size_t len = (rdl_fragments_memory(datagrams) + 63) & ~(size_t)63;
	struct table *t = calloc(1, sizeof(*t));
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(t);
	assert_non_null(memory);
	memset(memory, 0, len);
	t->fragments = rdl_fragments_init(memory, datagrams, &key);
	t->now_ms = 1000000;
	return t;
}

static inline unsigned lost_of(const struct table *t)
{
	return t->lost.late + t->lost.crowded + t->lost.bad + t->lost.copies;
}

/* Every fragment has one end, and none is left when the time is over. */
static inline void table_end(struct table *t)
{
	unsigned rounds = t->fragments->room;

	t->now_ms += RDL_FRAGMENTS_MORE_MS;
	while (rounds-- > 0)
		rdl_fragments_forget(t->fragments, t->now_ms, &t->lost);
	assert_int_equal(t->given, t->used + lost_of(t));
	assert_int_equal(t->fragments->most, 0);
	free(t->fragments);
	free(t);
}

struct piece_spec {
	bool ipv6;
	/*
	 * The host's number: of IPv4 its address;
	 * of IPv6 what is above its last octet is the /64.
	 */
	uint32_t from;
	uint32_t id;
	unsigned offset, len;
	bool more;
	const uint8_t *body; /* the whole datagram behind the IP header */
	uint8_t protocol; /* [17] */
	unsigned port; /* it comes by */
	unsigned tag; /* VLAN [none] */
	/* Hex: in front of the fragment's header, the chain's end included. [none] */
	const char *extensions;
	uint8_t first_extension;
};

static inline void put_source(const struct piece_spec *spec, uint8_t *at)
{
	if (!spec->ipv6) {
		rdl_put_be32(at, spec->from);
		return;
	}
	memset(at, 0, 16);
	rdl_put_be32(at, 0x20010db9);
	rdl_put_be32(at + 4, spec->from >> 8);
	at[15] = (uint8_t)spec->from;
}

static inline uint8_t *put_ip(const struct piece_spec *spec, uint8_t *ip)
{
	uint8_t protocol = spec->protocol != 0 ? spec->protocol : 17;
	uint8_t *fragment = ip + 40;

	if (!spec->ipv6) {
		memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\xc0\0\2\1", 20);
		rdl_put_be16(ip + 2, (uint16_t)(20 + spec->len));
		rdl_put_be16(ip + 4, (uint16_t)spec->id);
		rdl_put_be16(ip + 6, (uint16_t)(spec->offset / 8 | (spec->more ? 0x2000 : 0)));
		ip[9] = protocol;
		put_source(spec, ip + 12);
		rdl_put_be16(ip + 10, (uint16_t)~frame_sum(ip, 20, 0));
		return ip + 20;
	}
	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[6] = 44;
	ip[7] = 64;
	put_source(spec, ip + 8);
	memcpy(ip + 24, interface.ipv6[0], 16);
	if (spec->extensions != NULL) {
		ip[6] = spec->first_extension;
		fragment += unhex(spec->extensions, fragment, 64);
	}
	fragment[0] = protocol;
	fragment[1] = 0;
	rdl_put_be16(fragment + 2, (uint16_t)(spec->offset | spec->more));
	rdl_put_be32(fragment + 4, spec->id);
	rdl_put_be16(ip + 4, (uint16_t)(fragment + 8 - ip - 40 + (ptrdiff_t)spec->len));
	return fragment + 8;
}

/* The frame, before net has seen it. */
static inline void make_piece(struct table *t, const struct piece_spec *spec)
{
	uint8_t *at = t->buffer + 12;

	memcpy(t->buffer, frame_our_mac, 6);
	memcpy(t->buffer + 6, frame_peer_mac, 6);
	if (spec->tag != 0) {
		rdl_put_be16(at, 0x8100);
		rdl_put_be16(at + 2, (uint16_t)spec->tag);
		at += 4;
	}
	rdl_put_be16(at, spec->ipv6 ? 0x86dd : 0x0800);
	at = put_ip(spec, at + 2);
	if (spec->len > 0)
		memcpy(at, spec->body + spec->offset, spec->len);
	at += spec->len;
	t->frame = (struct rdl_frame){ .data = t->buffer,
		.len = (uint16_t)(at - t->buffer),
		.room = ROOM,
		.port = (uint8_t)spec->port };
}

/* True: the datagram is whole. */
static inline bool take(struct table *t)
{
	struct rdl_datagram datagram;

	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DROP_fragment);
	t->given++;
	return rdl_fragments_add(t->fragments, &t->frame, t->now_ms, &t->lost);
}

static inline bool give(struct table *t, const struct piece_spec *spec)
{
	make_piece(t, spec);
	return take(t);
}

/* A UDP datagram of `len` octets, checksum right, ready to be cut. */
static inline void make_datagram(const struct piece_spec *spec, uint8_t *udp, size_t len)
{
	uint8_t pseudo[40] = { 0 };

	rdl_put_be16(udp, 40000);
	rdl_put_be16(udp + 2, 5683);
	rdl_put_be16(udp + 4, (uint16_t)len);
	rdl_put_be16(udp + 6, 0);
	for (size_t i = 8; i < len; i++)
		udp[i] = (uint8_t)(i * 7 + i / 256);
	put_source(spec, pseudo);
	if (spec->ipv6)
		memcpy(pseudo + 16, interface.ipv6[0], 16);
	else
		rdl_put_be32(pseudo + 4, interface.ipv4[0]);
	uint16_t sum = frame_sum(pseudo, sizeof(pseudo), 17 + (uint32_t)len);
	rdl_put_be16(udp + 6, (uint16_t)~frame_sum(udp, len, sum));
}

/* What the table gave back is the datagram. `pieces` of it have been given. */
static inline void expect_whole(struct table *t, const uint8_t *udp, size_t len, unsigned pieces)
{
	struct rdl_datagram datagram;

	t->used += pieces;
	assert_int_equal(rdl_net_input(&interface, &t->frame, &datagram), RDL_NET_DATAGRAM);
	assert_int_equal(datagram.len, len - 8);
	assert_memory_equal(datagram.data, udp + 8, len - 8);
	assert_int_equal(datagram.peer.port, 40000);
}

static inline void expect_lost(
	const struct table *t, unsigned late, unsigned crowded, unsigned bad, unsigned copies)
{
	assert_int_equal(t->lost.late, late);
	assert_int_equal(t->lost.crowded, crowded);
	assert_int_equal(t->lost.bad, bad);
	assert_int_equal(t->lost.copies, copies);
}

#endif
