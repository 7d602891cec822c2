/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

static bool is_tag(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_TAG || ethertype == ETHERTYPE_SERVICE_TAG;
}

static bool is_broadcast(const uint8_t *mac)
{
	static const uint8_t broadcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return memcmp(mac, broadcast, MAC_LEN) == 0;
}

enum rdl_net_verdict rdl_net_input_layers(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram)
{
	const uint8_t *ethernet = frame->data;

	if (RDL_UNLIKELY(frame->len < ETHERNET_LEN))
		return RDL_NET_DROP_frame_short;
	const uint8_t *to = ethernet;
	const uint8_t *from = ethernet + MAC_LEN;
	uint16_t ethertype = rdl_get_be16(ethernet + TAGS);
	if (RDL_UNLIKELY(memcmp(to, interface->mac, MAC_LEN) != 0 && !rdl_net_mac_is_group(to)))
		return RDL_NET_DROP_not_for_us;
	if (RDL_UNLIKELY(rdl_net_mac_is_group(from)))
		return RDL_NET_DROP_ip_source;

	uint8_t l2_len = ETHERNET_LEN;
	unsigned vlan = 0; /* of the outer tag */
	while (RDL_UNLIKELY(is_tag(ethertype)) && l2_len < ETHERNET_LEN + 2 * TAG_LEN) {
		if (frame->len - l2_len < TAG_LEN)
			return RDL_NET_DROP_frame_short;
		if (l2_len == ETHERNET_LEN)
			vlan = rdl_get_be16(ethernet + l2_len) & VLAN_MASK;
		ethertype = rdl_get_be16(ethernet + l2_len + 2);
		l2_len += TAG_LEN;
	}
	if (RDL_UNLIKELY(interface->vlan != 0 && interface->vlan != vlan))
		return RDL_NET_DROP_vlan;
	frame->l2_len = l2_len;

	if (ethertype == ETHERTYPE_ARP)
		return rdl_net_arp_input(interface, frame);
	if (RDL_UNLIKELY(is_broadcast(to)))
		return RDL_NET_DROP_not_for_us;
	if (RDL_LIKELY(ethertype == ETHERTYPE_IPV4))
		return rdl_net_ipv4_input(interface, frame, datagram);
	if (ethertype == ETHERTYPE_IPV6)
		return rdl_net_ipv6_input(interface, frame, datagram);
	return RDL_NET_DROP_ethertype;
}
