/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"
#include "sum.h"

#define LIMITED_BROADCAST 0xffffffffu
#define FRAGMENT_BITS 0x3fff /* more fragments, offset */

static bool is_group(uint32_t address)
{
	return address >> 28 == 0xe || address == LIMITED_BROADCAST;
}

static bool checksum_good(const struct rdl_frame *frame, const uint8_t *ip, size_t header_len)
{
	if (frame->flags & RDL_FRAME_IP_CHECKSUM_BAD)
		return false;
	return (frame->flags & RDL_FRAME_IP_CHECKSUM_GOOD) ||
	       rdl_net_fold(rdl_net_unfolded(ip, header_len)) == 0xffff;
}

#define OPTION_END 0
#define OPTION_NO_OPERATION 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137

/*
 * None of them changes anything here (RFC 1122 section 3.2.1.8), but one with a route: its packet
 * is on its way to another host, or has come by one that its answer would not take (RFC 7126
 * sections 4.3 and 4.4).
 */
static enum rdl_net_verdict check_options(const uint8_t *options, size_t len)
{
	while (len > 0 && options[0] != OPTION_END) {
		size_t option_len = 1;

		if (options[0] != OPTION_NO_OPERATION) {
			if (len < 2 || options[1] < 2 || options[1] > len)
				return RDL_NET_DROP_ip_header;
			if (options[0] == OPTION_LOOSE_ROUTE || options[0] == OPTION_STRICT_ROUTE)
				return RDL_NET_DROP_ip_protocol;
			option_len = options[1];
		}
		options += option_len;
		len -= option_len;
	}
	return RDL_NET_DATAGRAM;
}

/* Worth to be put together: what the whole would be dropped for needs no room until then. */
static enum rdl_net_verdict fragment_input(uint8_t protocol, bool multicast)
{
	if (multicast)
		return RDL_NET_DROP_not_for_us;
	return protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP ? RDL_NET_DROP_fragment
								     : RDL_NET_DROP_ip_protocol;
}

enum rdl_net_verdict rdl_net_ipv4_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram)
{
	uint8_t *ip = frame->data + frame->l2_len;
	unsigned available = (unsigned)frame->len - frame->l2_len;

	if (RDL_UNLIKELY(available < IPV4_LEN))
		return RDL_NET_DROP_frame_short;
	unsigned header_len = (ip[0] & 0x0fu) * 4;
	unsigned total_len = rdl_get_be16(ip + 2);
	if (RDL_UNLIKELY(ip[0] >> 4 != 4 || header_len < IPV4_LEN || total_len < header_len ||
			 total_len > available))
		return RDL_NET_DROP_ip_header;
	if (RDL_UNLIKELY(!checksum_good(frame, ip, header_len)))
		return RDL_NET_DROP_ip_checksum;

	/* A host's address inside a group's frame is nobody's business (RFC 1122 section 3.3.6). */
	uint32_t to = rdl_get_be32(ip + 16);
	bool multicast = is_group(to);
	int ours = rdl_net_find_ipv4(interface, to);
	if (RDL_UNLIKELY(!multicast && (rdl_net_mac_is_group(frame->data) || ours < 0)))
		return RDL_NET_DROP_not_for_us;
	if (RDL_UNLIKELY(!rdl_net_ipv4_is_answerable(interface, rdl_get_be32(ip + 12))))
		return RDL_NET_DROP_ip_source;
	enum rdl_net_verdict drop = check_options(ip + IPV4_LEN, header_len - IPV4_LEN);
	if (RDL_UNLIKELY(drop != RDL_NET_DATAGRAM))
		return drop;
	frame->l3_len = (uint8_t)header_len;
	if (RDL_UNLIKELY(rdl_get_be16(ip + 6) & FRAGMENT_BITS))
		return fragment_input(ip[9], multicast);

	struct rdl_net_packet packet = {
		.addresses = ip + 12,
		.addresses_len = 8,
		.payload = ip + header_len,
		.payload_len = (uint16_t)(total_len - header_len),
		.multicast = multicast,
		.local_address = (uint8_t)(multicast ? 0 : ours),
	};
	if (RDL_LIKELY(ip[9] == PROTOCOL_UDP)) {
		memcpy(datagram->peer.address, rdl_net_mapped_prefix,
			sizeof(rdl_net_mapped_prefix));
		memcpy(datagram->peer.address + 12, ip + 12, 4);
		return rdl_net_udp_input(interface, frame, &packet, datagram);
	}
	if (ip[9] == PROTOCOL_ICMP)
		return rdl_net_icmp_input(interface, frame, &packet);
	return RDL_NET_DROP_ip_protocol;
}
