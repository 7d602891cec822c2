/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define ND_HOP_LIMIT 255 /* no router has touched it */
#define TARGET 8 /* offset */
#define MESSAGE_LEN 24 /* without options */
#define MAC_OPTION_LEN 8
#define ADVERTISEMENT_LEN (MESSAGE_LEN + MAC_OPTION_LEN)
#define FLAGS 4 /* offset */
#define SOLICITED 0x40000000u
#define OVERRIDE 0x20000000u
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2
#define ND_ROOM (ETHERNET_LEN + TAGS_MAX * TAG_LEN + IPV6_LEN + ADVERTISEMENT_LEN)

/* Of the groups that hosts are asked for their MACs at; the address's last three octets follow. */
static const uint8_t solicited_node[13] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };

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
	return memcmp(group, solicited_node, sizeof(solicited_node)) == 0 &&
	       memcmp(group + 13, target + 13, 3) == 0;
}

/* RFC 4861 section 7.1.1; RFC 6980 section 5: not with a Fragment header, whatever it says. */
static bool is_valid(const struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	const uint8_t *ip = frame->data + frame->l2_len;
	const uint8_t *nd = packet->payload;
	bool unspecified = rdl_net_ipv6_is_unspecified(packet->addresses);

	if (packet->payload_len < MESSAGE_LEN || ip[7] != ND_HOP_LIMIT || packet->fragment_header)
		return false;
	if (unspecified && !is_solicited_node(packet->addresses + 16, nd + TARGET))
		return false;
	return options_good(
		nd + MESSAGE_LEN, (size_t)packet->payload_len - MESSAGE_LEN, !unspecified);
}

static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 0x01 };

/* RFC 2464 section 7. */
static void put_group_mac(uint8_t mac[MAC_LEN], const uint8_t *group)
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

/*
 * The rest of a message whose flags and target are there: headers, and our MAC as an option of this
 * type; 0: none. The frame has its Ethernet header, and room.
 */
static void put_message(const struct rdl_interface *interface, struct rdl_frame *frame,
	const uint8_t addresses[32], uint8_t type, uint8_t option)
{
	uint16_t len = option != 0 ? MESSAGE_LEN + MAC_OPTION_LEN : MESSAGE_LEN;
	uint8_t *ip = frame->data + frame->l2_len, *nd = ip + IPV6_LEN;

	rdl_net_put_ipv6(ip, PROTOCOL_ICMPV6, len, ND_HOP_LIMIT, addresses);
	nd[0] = type;
	nd[1] = 0;
	rdl_put_be16(nd + 2, 0);
	if (option != 0) {
		nd[MESSAGE_LEN] = option;
		nd[MESSAGE_LEN + 1] = MAC_OPTION_LEN / 8;
		memcpy(nd + MESSAGE_LEN + 2, interface->mac, MAC_LEN);
	}
	uint16_t pseudo = rdl_net_pseudo_sum(addresses, 32, PROTOCOL_ICMPV6, len);
	rdl_put_be16(nd + 2, (uint16_t)~rdl_net_sum(nd, len, pseudo));
	frame->len = (uint16_t)(frame->l2_len + IPV6_LEN + len);
	frame->l3_len = IPV6_LEN;
}

/*
 * RFC 4861 section 7.2.4.
 * A host that checks an address for duplicates is answered by way of all nodes.
 */
enum rdl_net_verdict rdl_net_neighbour_solicitation(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	const uint8_t *target = packet->payload + TARGET;

	if (!is_valid(frame, packet) || !rdl_net_ipv6_is_ours(interface, target) ||
		frame->room < frame->l2_len + IPV6_LEN + ADVERTISEMENT_LEN)
		return RDL_NET_DROP_icmp;

	bool unspecified = rdl_net_ipv6_is_unspecified(packet->addresses);
	uint8_t addresses[32];
	memcpy(addresses, target, 16);
	memcpy(addresses + 16, unspecified ? all_nodes : packet->addresses, 16);

	uint8_t *ethernet = frame->data;
	if (unspecified)
		put_group_mac(ethernet, all_nodes);
	else
		memcpy(ethernet, ethernet + MAC_LEN, MAC_LEN);
	memcpy(ethernet + MAC_LEN, interface->mac, MAC_LEN);
	uint8_t *nd = ethernet + frame->l2_len + IPV6_LEN;
	rdl_put_be32(nd + FLAGS, unspecified ? OVERRIDE : SOLICITED | OVERRIDE);
	memcpy(nd + TARGET, addresses, 16);
	put_message(interface, frame, addresses, ICMPV6_NEIGHBOUR_ADVERTISEMENT, OPTION_TARGET_MAC);
	return RDL_NET_ANSWERED;
}

/* The MAC that an advertisement tells, or NULL. Its options are good. */
static const uint8_t *told_mac(const uint8_t *options, size_t len)
{
	while (len > 0) {
		if (options[0] == OPTION_TARGET_MAC && options[1] == MAC_OPTION_LEN / 8)
			return options + 2;
		len -= options[1] * 8u;
		options += options[1] * 8u;
	}
	return NULL;
}

bool rdl_net_advertisement_news(
	const struct rdl_interface *interface, const struct rdl_frame *frame, struct rdl_news *news)
{
	const uint8_t *ip = frame->data + frame->l2_len, *nd = ip + frame->l3_len;
	size_t len = IPV6_LEN + (size_t)rdl_get_be16(ip + 4) - frame->l3_len;
	const uint8_t *target = nd + TARGET, *mac = told_mac(nd + MESSAGE_LEN, len - MESSAGE_LEN);
	bool solicited = (rdl_get_be32(nd + FLAGS) & SOLICITED) != 0;
	int ours = rdl_net_find_ipv6(interface, target);

	/* Of who answers without telling it, it is the frame's. */
	if (mac == NULL && (solicited || ours >= 0))
		mac = frame->data + MAC_LEN;
	if (mac == NULL || rdl_net_mac_is_no_host(mac) || rdl_net_mac_is_ours(interface, mac))
		return false;
	*news = (struct rdl_news){ .kind = solicited ? RDL_NEWS_ANSWER : RDL_NEWS_ANNOUNCEMENT,
		.local = rdl_net_local(interface, frame) };
	memcpy(news->mac, mac, MAC_LEN);
	memcpy(news->address, target, 16);
	if (ours >= 0) {
		news->kind = RDL_NEWS_CLAIM;
		news->local.address = (unsigned)ours & 15u;
	}
	return true;
}

/* RFC 4861 section 7.1.2; RFC 6980 section 5. */
enum rdl_net_verdict rdl_net_neighbour_advertisement(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet)
{
	const uint8_t *nd = packet->payload;
	struct rdl_news news;

	if (packet->payload_len < MESSAGE_LEN || frame->data[frame->l2_len + 7] != ND_HOP_LIMIT ||
		packet->fragment_header || nd[TARGET] == 0xff ||
		rdl_net_ipv6_is_unspecified(packet->addresses) ||
		(packet->multicast && (rdl_get_be32(nd + FLAGS) & SOLICITED) != 0) ||
		!options_good(nd + MESSAGE_LEN, (size_t)packet->payload_len - MESSAGE_LEN, true))
		return RDL_NET_DROP_icmp;
	return rdl_net_advertisement_news(interface, frame, &news) ? RDL_NET_NEWS
								   : RDL_NET_DROP_icmp;
}

/* The group that an address is asked for at (RFC 4291 section 2.7.1). */
static void put_solicited_node(uint8_t group[16], const uint8_t *address)
{
	memcpy(group, solicited_node, sizeof(solicited_node));
	memcpy(group + 13, address + 13, 3);
}

bool rdl_net_put_solicitation(const struct rdl_interface *interface,
	const struct rdl_net_question *question, struct rdl_frame *frame)
{
	uint8_t addresses[32], mac[MAC_LEN];
	bool probe = rdl_net_ipv6_is_unspecified(question->from);

	if (frame->room < ND_ROOM)
		return false;
	memcpy(addresses, question->from, 16);
	if (question->mac != NULL) {
		memcpy(addresses + 16, question->about, 16);
		memcpy(mac, question->mac, MAC_LEN);
	} else {
		put_solicited_node(addresses + 16, question->about);
		put_group_mac(mac, addresses + 16);
	}
	frame->l2_len =
		rdl_net_put_ethernet(interface, question->local, mac, ETHERTYPE_IPV6, frame->data);
	uint8_t *nd = frame->data + frame->l2_len + IPV6_LEN;
	rdl_put_be32(nd + FLAGS, 0);
	memcpy(nd + TARGET, question->about, 16);
	put_message(interface, frame, addresses, ICMPV6_NEIGHBOUR_SOLICITATION,
		probe ? 0 : OPTION_SOURCE_MAC);
	return true;
}

bool rdl_net_put_advertisement(const struct rdl_interface *interface, const struct rdl_local *local,
	const uint8_t address[16], struct rdl_frame *frame)
{
	uint8_t addresses[32], mac[MAC_LEN];

	if (frame->room < ND_ROOM)
		return false;
	memcpy(addresses, address, 16);
	memcpy(addresses + 16, all_nodes, 16);
	put_group_mac(mac, all_nodes);
	frame->l2_len = rdl_net_put_ethernet(interface, local, mac, ETHERTYPE_IPV6, frame->data);
	uint8_t *nd = frame->data + frame->l2_len + IPV6_LEN;
	rdl_put_be32(nd + FLAGS, OVERRIDE);
	memcpy(nd + TARGET, address, 16);
	put_message(interface, frame, addresses, ICMPV6_NEIGHBOUR_ADVERTISEMENT, OPTION_TARGET_MAC);
	return true;
}
