/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define ND_HOP_LIMIT 255 /* no router has touched it */
#define TARGET 8 /* offset */
#define SOLICITATION_LEN 24
#define ADVERTISEMENT_LEN 32
#define NEIGHBOUR_ADVERTISEMENT 136
#define SOLICITED 0x40000000u
#define OVERRIDE 0x20000000u
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2

/*
 * Walks the options. A host without an address has no
 * neighbours to tell its MAC to (RFC 4861 section 7.1.1).
 */
static bool options_good(const uint8_t *options, size_t len, bool source_mac_allowed)
{
	while (len > 0) {
		if (len < 8 || options[1] == 0 || options[1] * 8u > len)
			return false;
		if (options[0] == OPTION_SOURCE_MAC && !source_mac_allowed)
			return false;
		len -= options[1] * 8u;
		options += options[1] * 8u;
	}
	return true;
}

static bool is_solicited_node(const uint8_t *group, const uint8_t *target)
{
	static const uint8_t prefix[13] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };

	return memcmp(group, prefix, sizeof(prefix)) == 0 &&
	       memcmp(group + 13, target + 13, 3) == 0;
}

/* RFC 4861 section 7.1.1; RFC 6980 section 5: not with a Fragment header, whatever it says. */
static bool is_valid(const struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	const uint8_t *ip = frame->data + frame->l2_len;
	const uint8_t *nd = packet->payload;
	bool unspecified = rdl_net_ipv6_is_unspecified(packet->addresses);

	if (packet->payload_len < SOLICITATION_LEN || ip[7] != ND_HOP_LIMIT ||
		packet->fragment_header)
		return false;
	if (unspecified && !is_solicited_node(packet->addresses + 16, nd + TARGET))
		return false;
	return options_good(nd + SOLICITATION_LEN, (size_t)packet->payload_len - SOLICITATION_LEN,
		!unspecified);
}

/*
 * RFC 4861 section 7.2.4.
 * A host that checks an address for duplicates is answered by way of all nodes.
 */
enum rdl_net_verdict rdl_net_neighbour_solicitation(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 0x01 };
	static const uint8_t all_nodes_mac[MAC_LEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	const uint8_t *target = packet->payload + TARGET;
	uint16_t len = (uint16_t)(frame->l2_len + IPV6_LEN + ADVERTISEMENT_LEN);

	if (!is_valid(frame, packet) || !rdl_net_ipv6_is_ours(interface, target) ||
		frame->room < len)
		return RDL_NET_DROP_icmp;

	bool unspecified = rdl_net_ipv6_is_unspecified(packet->addresses);
	uint8_t addresses[32];
	memcpy(addresses, target, 16);
	memcpy(addresses + 16, unspecified ? all_nodes : packet->addresses, 16);

	uint8_t *ethernet = frame->data;
	memcpy(ethernet, unspecified ? all_nodes_mac : ethernet + MAC_LEN, MAC_LEN);
	memcpy(ethernet + MAC_LEN, interface->mac, MAC_LEN);
	uint8_t *ip = ethernet + frame->l2_len;
	rdl_net_put_ipv6(ip, PROTOCOL_ICMPV6, ADVERTISEMENT_LEN, ND_HOP_LIMIT, addresses);
	uint8_t *nd = ip + IPV6_LEN;
	nd[0] = NEIGHBOUR_ADVERTISEMENT;
	nd[1] = 0;
	rdl_put_be16(nd + 2, 0);
	rdl_put_be32(nd + 4, unspecified ? OVERRIDE : SOLICITED | OVERRIDE);
	memcpy(nd + TARGET, addresses, 16);
	nd[24] = OPTION_TARGET_MAC;
	nd[25] = 1; /* units of 8 octets */
	memcpy(nd + 26, interface->mac, MAC_LEN);
	uint16_t pseudo = rdl_net_pseudo_sum(addresses, 32, PROTOCOL_ICMPV6, ADVERTISEMENT_LEN);
	rdl_put_be16(nd + 2, (uint16_t)~rdl_net_sum(nd, ADVERTISEMENT_LEN, pseudo));
	frame->len = len;
	frame->l3_len = IPV6_LEN;
	return RDL_NET_ANSWERED;
}
