/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define ARP_LEN 28
#define ARP_REQUEST 1
#define ARP_REPLY 2

/* Offsets: the addresses of who asks or tells, then of who is asked for or told. */
#define OPERATION 6
#define SENDER_MAC 8
#define SENDER_IP 14
#define TARGET_MAC 18
#define TARGET_IP 24

/* Ethernet, IPv4, address lengths 6 and 4. */
static const uint8_t head[OPERATION] = { 0, 1, 0x08, 0x00, 6, 4 };

/*
 * Whoever answers us is believed or not elsewhere; here it is enough that it might be one that was
 * asked. What announces our own address is news whatever else it is, but our own frame come back
 * is none.
 */
bool rdl_net_arp_news(
	const struct rdl_interface *interface, const struct rdl_frame *frame, struct rdl_news *news)
{
	const uint8_t *arp = frame->data + frame->l2_len;
	uint32_t sender = rdl_get_be32(arp + SENDER_IP), target = rdl_get_be32(arp + TARGET_IP);
	bool reply = rdl_get_be16(arp + OPERATION) == ARP_REPLY;
	int ours = rdl_net_find_ipv4(interface, sender);

	if (rdl_net_mac_is_no_host(arp + SENDER_MAC) ||
		rdl_net_mac_is_ours(interface, arp + SENDER_MAC))
		return false;
	*news = (struct rdl_news){ .local = rdl_net_local(interface, frame) };
	memcpy(news->mac, arp + SENDER_MAC, MAC_LEN);
	rdl_net_put_mapped(news->address, sender);
	if (ours >= 0) {
		news->kind = RDL_NEWS_CLAIM;
		news->local.address = (unsigned)ours & 15u;
		return true;
	}
	if (!rdl_net_ipv4_is_answerable(interface, sender))
		return false;
	news->kind = target == sender ? RDL_NEWS_ANNOUNCEMENT : RDL_NEWS_ANSWER;
	return target == sender || (reply && rdl_net_mac_is_ours(interface, frame->data) &&
					   rdl_net_mac_is_ours(interface, arp + TARGET_MAC) &&
					   rdl_net_ipv4_is_ours(interface, target));
}

/* A sender address of 0.0.0.0 is a probe (RFC 5227) and answered like any other. */
static bool sender_good(const struct rdl_interface *interface, const uint8_t *arp)
{
	uint32_t sender = rdl_get_be32(arp + SENDER_IP);

	return !rdl_net_mac_is_group(arp + SENDER_MAC) &&
	       (sender == 0 || rdl_net_ipv4_is_answerable(interface, sender));
}

enum rdl_net_verdict rdl_net_arp_input(
	const struct rdl_interface *interface, struct rdl_frame *frame)
{
	uint8_t *arp = frame->data + frame->l2_len;
	struct rdl_news news;

	if (frame->len - frame->l2_len < ARP_LEN)
		return RDL_NET_DROP_frame_short;
	uint16_t operation = rdl_get_be16(arp + OPERATION);
	if (memcmp(arp, head, sizeof(head)) != 0 ||
		(operation != ARP_REQUEST && operation != ARP_REPLY))
		return RDL_NET_DROP_arp;
	if (rdl_net_arp_news(interface, frame, &news))
		return RDL_NET_NEWS;
	if (operation != ARP_REQUEST ||
		!rdl_net_ipv4_is_ours(interface, rdl_get_be32(arp + TARGET_IP)) ||
		!sender_good(interface, arp))
		return RDL_NET_DROP_arp;

	uint8_t asked[4];
	memcpy(asked, arp + TARGET_IP, sizeof(asked));
	rdl_put_be16(arp + OPERATION, ARP_REPLY);
	memcpy(arp + TARGET_MAC, arp + SENDER_MAC, MAC_LEN + sizeof(asked));
	memcpy(arp + SENDER_MAC, interface->mac, MAC_LEN);
	memcpy(arp + SENDER_IP, asked, sizeof(asked));

	memcpy(frame->data, frame->data + MAC_LEN, MAC_LEN);
	memcpy(frame->data + MAC_LEN, interface->mac, MAC_LEN);
	frame->len = (uint16_t)(frame->l2_len + ARP_LEN);
	frame->l3_len = 0;
	return RDL_NET_ANSWERED;
}

bool rdl_net_put_arp(const struct rdl_interface *interface, const struct rdl_net_question *question,
	struct rdl_frame *frame)
{
	static const uint8_t broadcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *to = question->mac != NULL ? question->mac : broadcast;

	if (frame->room < ETHERNET_LEN + TAGS_MAX * TAG_LEN + ARP_LEN)
		return false;
	frame->l2_len =
		rdl_net_put_ethernet(interface, question->local, to, ETHERTYPE_ARP, frame->data);
	uint8_t *arp = frame->data + frame->l2_len;
	memcpy(arp, head, sizeof(head));
	rdl_put_be16(arp + OPERATION, ARP_REQUEST);
	memcpy(arp + SENDER_MAC, interface->mac, MAC_LEN);
	memcpy(arp + SENDER_IP, question->from + 12, 4);
	memset(arp + TARGET_MAC, 0, MAC_LEN);
	memcpy(arp + TARGET_IP, question->about + 12, 4);
	frame->l3_len = 0;
	frame->len = (uint16_t)(frame->l2_len + ARP_LEN);
	return true;
}
