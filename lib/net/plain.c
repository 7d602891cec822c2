/* SPDX-License-Identifier: BSD-3-Clause */
/* What nearly every frame is, judged as a whole; the layers have the say on all others. */
#include "net_internal.h"
#include "sum.h"

#include <assert.h>

/* Behind Ethernet and its tags. */
#define HEADERS_LEN (IPV4_LEN + UDP_LEN)
/* Parts of the words below, as a little-endian machine has them. */
#define IPV4_WITHOUT_OPTIONS 0x450008u /* EtherType, version and length */
#define TAG 0x0081u /* the EtherType of 802.1Q */
#define FRAGMENT_BITS 0xff3fu
#define CHECKSUMS_BAD (RDL_FRAME_IP_CHECKSUM_BAD | RDL_FRAME_L4_CHECKSUM_BAD)

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline void put_word(uint8_t *p, uint64_t word)
{
	memcpy(p, &word, sizeof(word));
}

/* Both sums good, by the port's word or by ours. What has no UDP checksum is for the layers. */
static inline bool sums_good(const struct rdl_frame *frame, const uint8_t *ip, uint16_t udp_len)
{
	if ((frame->flags & CHECKSUMS_BAD) != 0)
		return false;
	if ((frame->flags & RDL_FRAME_IP_CHECKSUM_GOOD) == 0 &&
		rdl_net_fold(rdl_net_halves(word_at(ip)) + rdl_net_halves(word_at(ip + 8)) +
			     (uint32_t)word_at(ip + 16)) != 0xffff)
		return false;
	return (frame->flags & RDL_FRAME_L4_CHECKSUM_GOOD) != 0 ||
	       rdl_net_fold(rdl_net_unfolded(ip + 12, 8u + udp_len) + rdl_net_wire(PROTOCOL_UDP) +
			    rdl_net_wire(udp_len)) == 0xffff;
}

/*
 * An untagged frame, or one with a single tag of 802.1Q that is ours: its VLAN ID to *vlan, unless
 * the interface says it. It goes to our MAC, and IPv4 without options is in it.
 */
static inline bool plain_ethernet(
	const struct rdl_interface *interface, const uint8_t *ethernet, bool tagged, unsigned *vlan)
{
	uint64_t to_mac = word_at(ethernet), ours;
	_Static_assert(offsetof(struct rdl_interface, vlan) == MAC_LEN, "read with the MAC");

	memcpy(&ours, interface, sizeof(ours));
	/* The eighth octet is the sender's second, the seventh its first. */
	if ((to_mac ^ ours) << 16 != 0 || (to_mac >> 48 & 1) != 0)
		return false;
	*vlan = 0;
	if (!tagged)
		return ours >> 48 == 0 &&
		       (word_at(ethernet + 8) >> 32 & 0xffffff) == IPV4_WITHOUT_OPTIONS;
	uint64_t tag = word_at(ethernet + TAGS);
	unsigned of_frame = __builtin_bswap16((uint16_t)(tag >> 16)) & VLAN_MASK;
	if ((tag & 0xffff) != TAG || (tag >> 32 & 0xffffff) != IPV4_WITHOUT_OPTIONS)
		return false;
	if (ours >> 48 == 0)
		*vlan = of_frame;
	return ours >> 48 == 0 || ours >> 48 == of_frame;
}

/*
 * In such a frame a packet that is whole, to our first address, in it UDP to a port of ours. False:
 * anything else, or anything wrong.
 */
static inline __attribute__((always_inline)) bool plain_datagram(
	const struct rdl_interface *interface, struct rdl_frame *frame, bool tagged,
	struct rdl_datagram *datagram)
{
	const unsigned l2_len = tagged ? ETHERNET_LEN + TAG_LEN : ETHERNET_LEN;
	uint8_t *ip = frame->data + l2_len, *udp = ip + IPV4_LEN;
	unsigned vlan;

	if (frame->len < l2_len + HEADERS_LEN)
		return false;
	uint64_t head = word_at(ip + 2);
	if (!plain_ethernet(interface, frame->data, tagged, &vlan) ||
		(head >> 32 & FRAGMENT_BITS) != 0 || head >> 56 != PROTOCOL_UDP)
		return false;

	unsigned total_len = __builtin_bswap16((uint16_t)head);
	uint16_t udp_len = rdl_get_be16(udp + 4), port = rdl_get_be16(udp);
	uint32_t source = rdl_get_be32(ip + 12);
	if (total_len > (unsigned)frame->len - l2_len || total_len < IPV4_LEN + UDP_LEN ||
		udp_len < UDP_LEN || udp_len > total_len - IPV4_LEN || port == 0 ||
		interface->ipv4_count == 0 || rdl_get_be32(ip + 16) != interface->ipv4[0] ||
		!rdl_net_ipv4_is_answerable(interface, source) || !sums_good(frame, ip, udp_len))
		return false;

	uint16_t to = rdl_get_be16(udp + 2);
	int udp_port = 0;
	if (RDL_UNLIKELY(to != interface->udp_ports[0]) &&
		(udp_port = rdl_net_find_udp_port(interface, to)) < 0)
		return false;

	/*
	 * Word by word: put together in an array,
	 * they would be loaded wider than they were stored, which stalls.
	 */
	put_word(datagram->peer.address, 0);
	put_word(datagram->peer.address + 8,
		(uint64_t)__builtin_bswap32(source) << 32 | UINT64_C(0xffff0000));
	datagram->peer.port = port;
	datagram->local.port = frame->port & 15u;
	datagram->local.address = 0;
	datagram->local.udp_port = (unsigned)udp_port & 3u;
	datagram->local.vlan = vlan & VLAN_MASK;
	datagram->local.service = 0;
	datagram->local.stacked = 0;
	datagram->identity = 0;
	datagram->session = 0;
	datagram->data = udp + UDP_LEN;
	datagram->len = (uint16_t)(udp_len - UDP_LEN);
	datagram->multicast = false;
	frame->l2_len = (uint8_t)l2_len;
	frame->l3_len = IPV4_LEN;
	return true;
}

/* By itself: the way of untagged frames is no longer for it. */
static __attribute__((noinline)) enum rdl_net_verdict tagged_input(
	const struct rdl_interface *interface, struct rdl_frame *frame,
	struct rdl_datagram *datagram)
{
	if (plain_datagram(interface, frame, true, datagram))
		return RDL_NET_DATAGRAM;
	return rdl_net_input_layers(interface, frame, datagram);
}

enum rdl_net_verdict rdl_net_input(const struct rdl_interface *interface, struct rdl_frame *frame,
	struct rdl_datagram *datagram)
{
	assert(frame->len <= frame->room);
	frame->flags &= (uint8_t)~RDL_FRAME_TX_CHECKSUMS;
	if (RDL_LIKELY(plain_datagram(interface, frame, false, datagram)))
		return RDL_NET_DATAGRAM;
	return tagged_input(interface, frame, datagram);
}
