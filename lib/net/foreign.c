/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign.h"
#include "net_internal.h"

/* By why it would be dropped: nobody's here, rather than nothing that anybody could use. */
static bool may_be_foreign(enum rdl_net_verdict verdict)
{
	switch (verdict) {
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
	return may_be_foreign(verdict) && (memcmp(frame->data, interface->mac, MAC_LEN) == 0 ||
						  rdl_net_mac_is_group(frame->data));
}
