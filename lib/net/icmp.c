/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define ECHO_REPLY 0
#define ECHO_REQUEST 8
#define V6_ECHO_REQUEST 128
#define V6_ECHO_REPLY 129
#define UNREACHABLE 3
#define FRAGMENTATION_NEEDED 4 /* code */
#define V6_TOO_BIG 2

/* Type, code, checksum; the rest of the message goes back as it came. */
static void put_reply(uint8_t *icmp, uint8_t type, uint16_t len, uint16_t pseudo)
{
	icmp[0] = type;
	rdl_put_be16(icmp + 2, 0);
	rdl_put_be16(icmp + 2, (uint16_t)~rdl_net_sum(icmp, len, pseudo));
}

/*
 * A reply is as long as its request, which may have come in fragments, and what is longer than the
 * MTU could only leave in fragments again. We send none: no device asks for it, and a reply that is
 * cut (RFC 1122 section 3.2.2.6) tells less than one that is missing.
 */
static bool fits(const struct rdl_interface *interface, unsigned packet_len)
{
	return interface->mtu == 0 || packet_len <= interface->mtu;
}

enum rdl_net_verdict rdl_net_icmp_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	uint8_t *icmp = packet->payload;
	uint16_t len = packet->payload_len;
	struct rdl_news news;

	if (len < ICMP_LEN || packet->multicast || rdl_net_sum(icmp, len, 0) != 0xffff)
		return RDL_NET_DROP_icmp;
	if (icmp[0] == UNREACHABLE && icmp[1] == FRAGMENTATION_NEEDED)
		return rdl_net_too_big_news(interface, frame, &news) ? RDL_NET_NEWS
								     : RDL_NET_DROP_icmp;
	if (icmp[0] != ECHO_REQUEST || icmp[1] != 0)
		return RDL_NET_DROP_icmp;
	if (!fits(interface, IPV4_LEN + len))
		return RDL_NET_DROP_echo_mtu;
	put_reply(icmp, ECHO_REPLY, len, 0);
	rdl_net_turn_ipv4(frame, PROTOCOL_ICMP, len);
	return RDL_NET_ANSWERED;
}

enum rdl_net_verdict rdl_net_icmpv6_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	uint8_t *icmp = packet->payload;
	uint16_t len = packet->payload_len;
	uint16_t pseudo =
		rdl_net_pseudo_sum(packet->addresses, packet->addresses_len, PROTOCOL_ICMPV6, len);
	struct rdl_news news;

	if (len < ICMP_LEN || icmp[1] != 0 || rdl_net_sum(icmp, len, pseudo) != 0xffff)
		return RDL_NET_DROP_icmp;
	if (icmp[0] == ICMPV6_NEIGHBOUR_ADVERTISEMENT)
		return rdl_net_neighbour_advertisement(interface, frame, packet);
	if (packet->from_us)
		return RDL_NET_DROP_ip_source;
	if (icmp[0] == ICMPV6_NEIGHBOUR_SOLICITATION)
		return rdl_net_neighbour_solicitation(interface, frame, packet);
	if (rdl_net_ipv6_is_unspecified(packet->addresses))
		return RDL_NET_DROP_ip_source;
	if (packet->multicast)
		return RDL_NET_DROP_icmp;
	if (icmp[0] == V6_TOO_BIG)
		return rdl_net_too_big_news(interface, frame, &news) ? RDL_NET_NEWS
								     : RDL_NET_DROP_icmp;
	if (icmp[0] != V6_ECHO_REQUEST)
		return RDL_NET_DROP_icmp;
	if (!fits(interface, IPV6_LEN + len))
		return RDL_NET_DROP_echo_mtu;
	/* Addresses swapped sum up to the same. */
	put_reply(icmp, V6_ECHO_REPLY, len, pseudo);
	rdl_net_turn_ipv6(frame, PROTOCOL_ICMPV6, len);
	return RDL_NET_ANSWERED;
}
