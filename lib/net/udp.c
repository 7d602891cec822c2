/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"
#include "sum.h"

/*
 * A checksum of 0 is none: legal over IPv4 only. It is looked at before the port's opinion, since
 * some ports call such a datagram bad, others good.
 */
bool rdl_net_udp_checksum_good(
	const struct rdl_frame *frame, const struct rdl_net_packet *packet, uint16_t udp_len)
{
	const uint8_t *udp = packet->payload;

	if (RDL_UNLIKELY(rdl_get_be16(udp + 6) == 0))
		return packet->addresses_len == 8;
	if (frame->flags & RDL_FRAME_L4_CHECKSUM_BAD)
		return false;
	if (frame->flags & RDL_FRAME_L4_CHECKSUM_GOOD)
		return true;
	uint64_t sum = rdl_net_wire(PROTOCOL_UDP) + rdl_net_wire(udp_len);
	/* Without options in between, addresses and datagram are one run of octets. */
	if (RDL_LIKELY(packet->addresses + packet->addresses_len == udp))
		sum += rdl_net_unfolded(packet->addresses, packet->addresses_len + udp_len);
	else
		sum += rdl_net_unfolded(packet->addresses, packet->addresses_len) +
		       rdl_net_unfolded(udp, udp_len);
	return rdl_net_fold(sum) == 0xffff;
}

/* The numbers fit: there are no more ports and addresses. */
static struct rdl_local local_of(const struct rdl_interface *interface,
	const struct rdl_frame *frame, const struct rdl_net_packet *packet, unsigned udp_port)
{
	struct rdl_local local = rdl_net_local(interface, frame);

	local.address = packet->local_address & 15u;
	local.udp_port = udp_port & 3u;
	return local;
}

enum rdl_net_verdict rdl_net_udp_input(const struct rdl_interface *interface,
	const struct rdl_frame *frame, const struct rdl_net_packet *packet,
	struct rdl_datagram *datagram)
{
	uint8_t *udp = packet->payload;

	if (RDL_UNLIKELY(packet->payload_len < UDP_LEN))
		return RDL_NET_DROP_udp_header;
	uint16_t source_port = rdl_get_be16(udp);
	uint16_t udp_len = rdl_get_be16(udp + 4);
	if (RDL_UNLIKELY(udp_len < UDP_LEN || udp_len > packet->payload_len || source_port == 0))
		return RDL_NET_DROP_udp_header;
	int udp_port = rdl_net_find_udp_port(interface, rdl_get_be16(udp + 2));
	if (RDL_UNLIKELY(udp_port < 0))
		return RDL_NET_DROP_udp_port;
	if (RDL_UNLIKELY(!rdl_net_udp_checksum_good(frame, packet, udp_len)))
		return RDL_NET_DROP_udp_checksum;

	datagram->peer.port = source_port;
	datagram->local = local_of(interface, frame, packet, (unsigned)udp_port);
	datagram->identity = 0;
	datagram->session = 0;
	datagram->data = udp + UDP_LEN;
	datagram->len = (uint16_t)(udp_len - UDP_LEN);
	datagram->multicast = packet->multicast;
	return RDL_NET_DATAGRAM;
}
