/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is fragments, eight octets each: host and family, identification, offset and length in
 * units of eight, what is odd about it, how long after the one before. An octet of a datagram
 * follows from where it stands: whatever becomes whole must be made of such octets, and what is
 * given must be found again, whole or lost.
 */
#include "fuzz.h"

#include "fragments.h"
#include "fragments_internal.h"

#define TABLE 12
#define ROOM 4694

enum { MORE = 1, ODD_LENGTH = 2, OTHER_OCTETS = 4, TAGGED = 8, OTHER_PORT = 16, SMALL_ROOM = 32 };

static struct rdl_fragments *fragments;
static struct rdl_fragments_lost lost;
static uint64_t now_ms;
static unsigned given;

static const struct rdl_interface interface = {
	.mac = { 2, 0, 0, 0, 0, 1 },
	.udp_port_count = 1,
	.udp_ports = { 5683 },
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 },
	.ipv6_count = 1,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

static uint8_t octet_at(size_t at, bool other)
{
	return (uint8_t)(at * 31 + at / 256 + other);
}

static uint8_t *put_ipv4(uint8_t *ip, const uint8_t *op, unsigned offset, unsigned len)
{
	memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\x11\0\0\x0a\0\0\0\xc0\0\2\1", 20);
	rdl_put_be16(ip + 2, (uint16_t)(20 + len));
	ip[5] = op[1];
	rdl_put_be16(ip + 6, (uint16_t)(offset / 8 | ((op[4] & MORE) != 0 ? 0x2000 : 0)));
	ip[14] = op[0] >> 1 & 7;
	ip[15] = op[0] >> 4;
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, 20, 0));
	return ip + 20;
}

static uint8_t *put_ipv6(uint8_t *ip, const uint8_t *op, unsigned offset, unsigned len)
{
	memset(ip, 0, 48);
	ip[0] = 0x60;
	rdl_put_be16(ip + 4, (uint16_t)(8 + len));
	ip[6] = 44;
	memcpy(ip + 8, "\x20\1\x0d\xb9", 4);
	ip[15] = op[0] >> 1 & 7;
	ip[23] = op[0] >> 4;
	memcpy(ip + 24, interface.ipv6[0], 16);
	ip[40] = 17;
	rdl_put_be16(ip + 42, (uint16_t)(offset | ((op[4] & MORE) != 0)));
	ip[47] = op[1];
	return ip + 48;
}

static void make_frame(const uint8_t *op, struct rdl_frame *frame)
{
	unsigned offset = (op[2] | (op[7] & 0x1fu) << 8) * 8u, len = op[3] * 8u;
	uint8_t *at = frame->data;

	if ((op[4] & ODD_LENGTH) != 0)
		len += 3;
	memcpy(at, "\2\0\0\0\0\1\2\0\0\0\0\x99", 12);
	at += 12;
	if ((op[4] & TAGGED) != 0) {
		memcpy(at, "\x81\0\0\7", 4);
		at += 4;
	}
	rdl_put_be16(at, (op[0] & 1) != 0 ? 0x86dd : 0x0800);
	at = (op[0] & 1) != 0 ? put_ipv6(at + 2, op, offset, len)
			      : put_ipv4(at + 2, op, offset, len);
	for (unsigned i = 0; i < len; i++)
		at[i] = octet_at(offset + i, (op[4] & OTHER_OCTETS) != 0);
	frame->len = (uint16_t)(at + len - frame->data);
	frame->room = (op[4] & SMALL_ROOM) != 0 ? frame->len : ROOM;
	frame->port = (op[4] & OTHER_PORT) != 0;
}

static void check_whole(const struct rdl_frame *frame)
{
	const uint8_t *ip = frame->data + frame->l2_len;
	struct rdl_frame again = *frame;
	struct rdl_datagram datagram;
	size_t len = (size_t)(frame->len - frame->l2_len - frame->l3_len);

	CHECK(frame->len <= frame->room && len > 8 && len <= RDL_FRAGMENTS_OCTETS);
	for (size_t i = 0; i < len; i++)
		CHECK(ip[frame->l3_len + i] == octet_at(i, false) ||
			ip[frame->l3_len + i] == octet_at(i, true));
	enum rdl_net_verdict verdict = rdl_net_input(&interface, &again, &datagram);
	CHECK(verdict == RDL_NET_DROP_udp_header || verdict == RDL_NET_DROP_udp_port ||
		verdict == RDL_NET_DROP_udp_checksum);
}

static void give(const uint8_t *op)
{
	struct rdl_datagram datagram;
	struct rdl_frame frame = { .data = fuzz_alloc(ROOM) };

	now_ms += op[5] * 8u + (op[6] & 1u) * 1500u;
	make_frame(op, &frame);
	if (rdl_net_input(&interface, &frame, &datagram) == RDL_NET_DROP_fragment) {
		given++;
		if (rdl_fragments_add(fragments, &frame, now_ms, &lost))
			check_whole(&frame);
	}
	free(frame.data);
}

/* What is in the table, counted by lists, and by what their entries say. */
static unsigned held(void)
{
	uint32_t room = fragments->room, datagrams = 0, by_source = 0;
	unsigned pieces = 0;

	for (uint32_t age = RDL_FRAGMENTS_LONE; age < RDL_FRAGMENTS_AGES; age++) {
		uint64_t before = 0;

		for (uint32_t i = fragments->by_age[room + age].next; i < room;
			i = fragments->by_age[i].next) {
			const struct rdl_fragmented *datagram = &fragments->datagrams[i];

			CHECK(datagram->since_ms >= before);
			CHECK((datagram->count > 1) == (age == RDL_FRAGMENTS_MORE));
			before = datagram->since_ms;
			pieces += datagram->count;
			datagrams++;
		}
	}
	for (uint32_t source = 0; source < room; source++) {
		CHECK(fragments->sources[source].count <= fragments->share &&
			fragments->sources[source].count <= fragments->most);
		by_source += fragments->sources[source].count;
	}
	CHECK(datagrams == by_source && datagrams <= room);
	CHECK(fragments->most == 0 || fragments->by_count[room + fragments->most].next < room);
	return pieces;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rdl_key key = { 1, 2 };
	struct rdl_span input = { data, size };
	size_t len = (rdl_fragments_memory(TABLE) + 63) & ~(size_t)63;
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	CHECK(memory != NULL);
	memset(memory, 0, len);
	fragments = rdl_fragments_init(memory, TABLE, &key);
	lost = (struct rdl_fragments_lost){ 0 };
	given = 0;
	now_ms = 1000;
	while (input.len >= 8) {
		unsigned before = held(), gone = lost.late + lost.crowded + lost.bad + lost.copies;

		given = 0;
		give(fuzz_take(&input, 8).data);
		gone = lost.late + lost.crowded + lost.bad + lost.copies - gone;
		unsigned after = held();
		/* The rest has become whole, two or more at once. */
		CHECK(before + given >= after + gone && before + given != after + gone + 1);
	}
	for (unsigned i = 0; i < TABLE; i++)
		rdl_fragments_forget(fragments, now_ms + RDL_FRAGMENTS_MORE_MS, &lost);
	CHECK(held() == 0 && fragments->most == 0);
	free(memory);
	return 0;
}
