/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign.h"
#include "net_internal.h"

/* By why it would be dropped: nobody's here, rather than nothing that anybody could use. */
static bool may_be_foreign(enum rdl_net_verdict verdict)
{
	switch (verdict) {
	case RDL_NET_NEWS: /* of which some are about what the kernel has asked */
	case RDL_NET_DROP_not_for_us:
	case RDL_NET_DROP_vlan:
	case RDL_NET_DROP_ethertype:
	case RDL_NET_DROP_arp:
	case RDL_NET_DROP_ip_protocol:
	case RDL_NET_DROP_icmp:
	case RDL_NET_DROP_udp_port:
		return true;
	case RDL_NET_DATAGRAM:
	case RDL_NET_ANSWERED:
	case RDL_NET_DROP_frame_short:
	case RDL_NET_DROP_ip_header:
	case RDL_NET_DROP_ip_checksum:
	case RDL_NET_DROP_ip_source:
	case RDL_NET_DROP_fragment:
	case RDL_NET_DROP_echo_mtu:
	case RDL_NET_DROP_udp_header:
	case RDL_NET_DROP_udp_checksum:
	case RDL_NET_VERDICTS:
		break;
	}
	return false;
}

bool rdl_net_is_foreign(const struct rdl_interface *interface, const struct rdl_frame *frame,
	enum rdl_net_verdict verdict)
{
	/* Where the port lets all in, other hosts' frames are among them. */
	return may_be_foreign(verdict) &&
	       (rdl_net_mac_is_ours(interface, frame->data) || rdl_net_mac_is_group(frame->data));
}

/* What its IP header says, if it has one. */
static bool find_packet(const struct rdl_frame *frame, uint8_t *protocol, unsigned *l4)
{
	const uint8_t *ethernet = frame->data;
	unsigned l3 = ETHERNET_LEN;

	while (frame->len >= l3 + IPV4_LEN && l3 < ETHERNET_LEN + 2 * TAG_LEN &&
		(rdl_get_be16(ethernet + l3 - 2) == ETHERTYPE_TAG ||
			rdl_get_be16(ethernet + l3 - 2) == ETHERTYPE_SERVICE_TAG))
		l3 += TAG_LEN;
	const uint8_t *ip = ethernet + l3;
	switch (frame->len >= l3 + IPV4_LEN ? rdl_get_be16(ip - 2) : 0) {
	case ETHERTYPE_IPV4:
		*protocol = ip[9];
		*l4 = l3 + (ip[0] & 0x0fu) * 4;
		return true;
	case ETHERTYPE_IPV6:
		*protocol = ip[6];
		*l4 = l3 + IPV6_LEN;
		return true;
	default:
		return false;
	}
}

bool rdl_net_find_checksum(const struct rdl_frame *frame, uint16_t *start, uint16_t *offset)
{
	uint8_t protocol = 0;
	unsigned l4 = 0;

	if (!find_packet(frame, &protocol, &l4))
		return false;
	*start = (uint16_t)l4;
	*offset = protocol == PROTOCOL_TCP ? 16 : 6;
	return (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) &&
	       frame->len >= l4 + *offset + 2;
}
