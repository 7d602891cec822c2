/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks for a port that nobody listens at is told so. */
#include "net_internal.h"

#define UNREACHABLE 3
#define PORT 3 /* code */
#define V6_UNREACHABLE 1
#define V6_PORT 4 /* code */
#define V6_LONGEST 1280 /* whatever the path (RFC 4443 section 2.4) */

/* A damaged datagram may be another's, and is nobody's to answer (RFC 1122 section 4.1.3.4). */
static bool is_whole(const struct rdl_frame *frame)
{
	uint8_t *ip = frame->data + frame->l2_len;
	bool ipv4 = ip[0] >> 4 == 4;
	const struct rdl_net_packet packet = { .addresses = ip + (ipv4 ? 12 : 8),
		.addresses_len = ipv4 ? 8 : 32,
		.payload = ip + frame->l3_len };

	return rdl_net_udp_checksum_good(frame, &packet, rdl_get_be16(packet.payload + 4));
}

/* The message whose quotation is there already. */
static void put_message(uint8_t *icmp, uint8_t type, uint8_t code, uint16_t len, uint16_t pseudo)
{
	icmp[0] = type;
	icmp[1] = code;
	rdl_put_be16(icmp + 2, 0);
	rdl_put_be32(icmp + 4, 0);
	rdl_put_be16(icmp + 2, (uint16_t)~rdl_net_sum(icmp, len, pseudo));
}

/* Moves what is quoted of the packet behind the headers that follow; false: there is no room. */
static bool quote(struct rdl_frame *frame, unsigned headers, unsigned len)
{
	uint8_t *ip = frame->data + frame->l2_len;

	if (frame->room < frame->l2_len + headers + len)
		return false;
	memmove(ip + headers, ip, len);
	frame->len = (uint16_t)(frame->l2_len + headers + len);
	return true;
}

/* RFC 792: of the packet its header and eight octets. */
static bool ipv4_unreachable(const struct rdl_interface *interface, struct rdl_frame *frame)
{
	uint8_t *ip = frame->data + frame->l2_len, *quoted = ip + IPV4_LEN + ICMP_LEN;
	unsigned len = frame->l3_len + 8u;

	if (!rdl_net_ipv4_is_ours(interface, rdl_get_be32(ip + 16)) ||
		!quote(frame, IPV4_LEN + ICMP_LEN, len))
		return false;
	rdl_put_be32(ip, UINT32_C(0x45000000) | (IPV4_LEN + ICMP_LEN + len));
	rdl_put_be32(ip + 4, 0x4000); /* DF */
	ip[8] = HOP_LIMIT;
	ip[9] = PROTOCOL_ICMP;
	rdl_put_be16(ip + 10, 0);
	memcpy(ip + 12, quoted + 16, 4);
	memcpy(ip + 16, quoted + 12, 4);
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, IPV4_LEN, 0));
	put_message(ip + IPV4_LEN, UNREACHABLE, PORT, (uint16_t)(ICMP_LEN + len), 0);
	frame->l3_len = IPV4_LEN;
	return true;
}

/* RFC 4443 section 3.1: as much of the packet as goes into the shortest MTU. */
static bool ipv6_unreachable(const struct rdl_interface *interface, struct rdl_frame *frame)
{
	uint8_t *ip = frame->data + frame->l2_len, addresses[32];
	unsigned len = IPV6_LEN + rdl_get_be16(ip + 4);

	if (len > V6_LONGEST - IPV6_LEN - ICMP_LEN)
		len = V6_LONGEST - IPV6_LEN - ICMP_LEN;
	if (!rdl_net_ipv6_is_ours(interface, ip + 24))
		return false;
	memcpy(addresses, ip + 24, 16);
	memcpy(addresses + 16, ip + 8, 16);
	if (!quote(frame, IPV6_LEN + ICMP_LEN, len))
		return false;
	uint16_t message_len = (uint16_t)(ICMP_LEN + len);
	rdl_net_put_ipv6(ip, PROTOCOL_ICMPV6, message_len, HOP_LIMIT, addresses);
	put_message(ip + IPV6_LEN, V6_UNREACHABLE, V6_PORT, message_len,
		rdl_net_pseudo_sum(addresses, 32, PROTOCOL_ICMPV6, message_len));
	frame->l3_len = IPV6_LEN;
	return true;
}

bool rdl_net_unreachable(const struct rdl_interface *interface, struct rdl_frame *frame)
{
	uint8_t *ethernet = frame->data;

	if (!is_whole(frame))
		return false;
	if (ethernet[frame->l2_len] >> 4 == 4 ? !ipv4_unreachable(interface, frame)
					      : !ipv6_unreachable(interface, frame))
		return false;
	memcpy(ethernet, ethernet + MAC_LEN, MAC_LEN);
	memcpy(ethernet + MAC_LEN, interface->mac, MAC_LEN);
	return true;
}
