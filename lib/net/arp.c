/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define ARP_LEN 28
#define ARP_REPLY 2

/* Offsets: the addresses of who asks, then of who is asked for. */
#define OPERATION 6
#define SENDER_MAC 8
#define SENDER_IP 14
#define TARGET_MAC 18
#define TARGET_IP 24

/* Ethernet, IPv4, address lengths 6 and 4, request. */
static const uint8_t request_head[SENDER_MAC] = { 0, 1, 0x08, 0x00, 6, 4, 0, 1 };

/*
 * A sender address of 0.0.0.0 is a probe (RFC 5227) and answered like any other. One of ours is
 * somebody's announcement of an address conflict, or our own frame come back: it asks nothing.
 * Others that are no host's are nobody's.
 */
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

	if (frame->len - frame->l2_len < ARP_LEN)
		return RDL_NET_DROP_frame_short;
	if (memcmp(arp, request_head, sizeof(request_head)) != 0 ||
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
