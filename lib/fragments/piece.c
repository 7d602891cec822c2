/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames to pieces of datagrams, and a whole datagram to a frame. */
#include "fragments_internal.h"

#include <assert.h>

#define ETHERNET_LEN 14
#define TAG_LEN 4
#define IPV4_LEN 20
#define IPV6_LEN 40
#define FRAGMENT_HEADER_LEN 8
#define HOP_LIMIT 64

#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION_OPTIONS 60

/*
 * VLAN IDs without their priorities, which fragments of one datagram need not share: a tag that has
 * nothing else is none.
 */
static uint32_t tags_of(const struct rdl_frame *frame)
{
	uint32_t tags = 0;

	for (unsigned at = ETHERNET_LEN; at < frame->l2_len; at += TAG_LEN)
		tags = tags << 16 | (rdl_get_be16(frame->data + at) & 0x0fffu);
	return tags;
}

static void read_ipv4(const uint8_t *ip, size_t header_len, struct rdl_piece *piece)
{
	uint16_t field = rdl_get_be16(ip + 6);

	memcpy(piece->key.from, ip + 12, 4);
	memcpy(piece->key.to, ip + 16, 4);
	piece->key.id = rdl_get_be16(ip + 4);
	piece->key.protocol = piece->protocol = ip[9];
	piece->octets = ip + header_len;
	piece->len = (uint16_t)(rdl_get_be16(ip + 2) - header_len);
	piece->offset = (uint16_t)((field & 0x1fffu) * 8);
	piece->more = (field & 0x2000u) != 0;
}

static void read_ipv6(const uint8_t *ip, size_t header_len, struct rdl_piece *piece)
{
	const uint8_t *fragment = ip + header_len;
	uint16_t field = rdl_get_be16(fragment + 2);

	memcpy(piece->key.from, ip + 8, 16);
	memcpy(piece->key.to, ip + 24, 16);
	piece->key.id = rdl_get_be32(fragment + 4);
	piece->protocol = fragment[0];
	piece->octets = fragment + FRAGMENT_HEADER_LEN;
	piece->len = (uint16_t)(IPV6_LEN + rdl_get_be16(ip + 4) - header_len - FRAGMENT_HEADER_LEN);
	piece->offset = field & 0xfff8u;
	piece->more = (field & 1u) != 0;
}

/*
 * The first fragment of IPv6 holds all headers up to the upper layer's, or nobody on its way could
 * tell what it is (RFC 7112 section 5). Where one of those begins there are 8 octets, which is all
 * of UDP's and ICMPv6's.
 */
static bool has_all_headers(const struct rdl_piece *piece)
{
	uint8_t protocol = piece->protocol;
	size_t at = 0;

	while (at < piece->len &&
		(protocol == ROUTING || protocol == FRAGMENT || protocol == DESTINATION_OPTIONS)) {
		const uint8_t *extension = piece->octets + at;

		at += protocol == FRAGMENT ? FRAGMENT_HEADER_LEN : (extension[1] + 1u) * 8;
		protocol = extension[0];
	}
	return at < piece->len;
}

bool rdl_piece_read(const struct rdl_frame *frame, struct rdl_piece *piece)
{
	const uint8_t *ip = frame->data + frame->l2_len;

	*piece = (struct rdl_piece){
		.key = { .tags = tags_of(frame), .version = ip[0] >> 4, .port = frame->port },
	};
	if (piece->key.version == 4)
		read_ipv4(ip, frame->l3_len, piece);
	else
		read_ipv6(ip, frame->l3_len, piece);
	assert(piece->octets + piece->len <= frame->data + frame->len);
	if (piece->len == 0 || (piece->more && piece->len % 8 != 0))
		return false;
	return piece->key.version == 4 || piece->offset > 0 || has_all_headers(piece);
}

static bool is_copy(const struct rdl_fragmented *datagram, unsigned at, const uint8_t *octets,
	const struct rdl_piece *piece)
{
	bool last = datagram->pieces[at].end == datagram->total;

	return datagram->pieces[at].start == piece->offset &&
	       datagram->pieces[at].end == piece->offset + piece->len && last == !piece->more &&
	       memcmp(octets + piece->offset, piece->octets, piece->len) == 0;
}

enum rdl_piece_fate rdl_fragmented_add(
	struct rdl_fragmented *datagram, uint8_t *octets, const struct rdl_piece *piece)
{
	unsigned start = piece->offset, end = start + piece->len;

	if (datagram->ended || end > RDL_FRAGMENTS_OCTETS)
		return RDL_PIECE_BAD;
	for (unsigned i = 0; i < datagram->count; i++)
		if (start < datagram->pieces[i].end && end > datagram->pieces[i].start)
			return is_copy(datagram, i, octets, piece) ? RDL_PIECE_COPY : RDL_PIECE_BAD;
	/* One end, and nothing behind it. */
	if (datagram->total != 0 ? !piece->more || end > datagram->total
				 : !piece->more && datagram->reach > end)
		return RDL_PIECE_BAD;
	if (datagram->count == RDL_FRAGMENTS_PIECES)
		return RDL_PIECE_BAD;

	memcpy(octets + start, piece->octets, piece->len);
	datagram->pieces[datagram->count].start = (uint16_t)start;
	datagram->pieces[datagram->count++].end = (uint16_t)end;
	datagram->received = (uint16_t)(datagram->received + piece->len);
	if (end > datagram->reach)
		datagram->reach = (uint16_t)end;
	if (!piece->more)
		datagram->total = (uint16_t)end;
	if (start == 0)
		datagram->protocol = piece->protocol;
	return datagram->received == datagram->total ? RDL_PIECE_LAST : RDL_PIECE_KEPT;
}

static void write_ipv4(const struct rdl_fragmented *datagram, uint8_t *ip)
{
	rdl_put_be16(ip, 0x4500);
	rdl_put_be16(ip + 2, (uint16_t)(IPV4_LEN + datagram->total));
	rdl_put_be16(ip + 4, (uint16_t)datagram->key.id);
	rdl_put_be16(ip + 6, 0);
	ip[8] = HOP_LIMIT;
	ip[9] = datagram->protocol;
	rdl_put_be16(ip + 10, 0);
	memcpy(ip + 12, datagram->key.from, 4);
	memcpy(ip + 16, datagram->key.to, 4);
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, IPV4_LEN, 0));
}

/*
 * Not with the hop limit of neighbour discovery, which must not come in fragments (RFC 6980 section
 * 5).
 */
static void write_ipv6(const struct rdl_fragmented *datagram, uint8_t *ip)
{
	rdl_put_be32(ip, 0x60000000);
	rdl_put_be16(ip + 4, datagram->total);
	ip[6] = datagram->protocol;
	ip[7] = HOP_LIMIT;
	memcpy(ip + 8, datagram->key.from, 16);
	memcpy(ip + 24, datagram->key.to, 16);
}

bool rdl_fragmented_write(
	const struct rdl_fragmented *datagram, const uint8_t *octets, struct rdl_frame *frame)
{
	uint8_t *ip = frame->data + frame->l2_len;
	unsigned header_len = datagram->key.version == 4 ? IPV4_LEN : IPV6_LEN;
	unsigned len = frame->l2_len + header_len + datagram->total;

	if (len > frame->room)
		return false;
	if (datagram->key.version == 4)
		write_ipv4(datagram, ip);
	else
		write_ipv6(datagram, ip);
	memcpy(ip + header_len, octets, datagram->total);
	frame->len = (uint16_t)len;
	frame->l3_len = (uint8_t)header_len;
	/* What the port said of one fragment's checksums is no verdict on the whole. */
	frame->flags &= (uint8_t) ~(
		RDL_FRAME_IP_CHECKSUM_BAD | RDL_FRAME_L4_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_BAD);
	frame->flags |= RDL_FRAME_IP_CHECKSUM_GOOD;
	return true;
}
