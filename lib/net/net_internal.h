/* SPDX-License-Identifier: BSD-3-Clause */
/* What the layers of net share: the wire's constants, and the way from one layer to the next. */
#ifndef RDL_NET_INTERNAL_H
#define RDL_NET_INTERNAL_H

#include "net.h"

#define MAC_LEN 6
#define ETHERNET_LEN 14
#define TAG_LEN 4
#define TAGS 12 /* offset: each an EtherType, priority and VLAN ID; the packet's EtherType last */
#define VLAN_MASK 0x0fffu
#define IPV4_LEN 20
#define IPV6_LEN 40
#define UDP_LEN 8
#define ICMP_LEN 8

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_TAG 0x8100 /* 802.1Q */
#define ETHERTYPE_SERVICE_TAG 0x88a8 /* 802.1ad */
#define ETHERTYPE_IPV6 0x86dd

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58

#define ICMPV6_NEIGHBOUR_SOLICITATION 135
#define ICMPV6_NEIGHBOUR_ADVERTISEMENT 136

#define HOP_LIMIT 64

/* An IP packet that is for us, as the layer above sees it. */
struct rdl_net_packet {
	const uint8_t *addresses; /* source, destination: one behind the other in either header */
	size_t addresses_len; /* of both */
	uint8_t *payload;
	uint16_t payload_len;
	bool multicast;
	uint8_t local_address; /* which of ours it came to; 0 when to a group */
	bool from_us; /* its source is an address of ours; of IPv6 only, others end before */
	bool fragment_header; /* of IPv6: it has one, though it is whole (RFC 6946) */
};

/* ::ffff:a.b.c.d: an IPv4 address among IPv6 ones (RFC 4291 section 2.5.5.2). */
static const uint8_t rdl_net_mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* An address of which the group bit is set: multicast or broadcast. */
static inline bool rdl_net_mac_is_group(const uint8_t *mac)
{
	return (mac[0] & 0x01) != 0;
}

/* Which of our UDP ports it is, or -1. */
static inline int rdl_net_find_udp_port(const struct rdl_interface *interface, uint16_t port)
{
	for (unsigned i = 0; i < interface->udp_port_count; i++)
		if (interface->udp_ports[i] == port)
			return (int)i;
	return -1;
}

/* Which of our addresses it is, or -1. */
static inline int rdl_net_find_ipv4(const struct rdl_interface *interface, uint32_t address)
{
	for (unsigned i = 0; i < interface->ipv4_count; i++)
		if (interface->ipv4[i] == address)
			return (int)i;
	return -1;
}

static inline bool rdl_net_ipv4_is_ours(const struct rdl_interface *interface, uint32_t address)
{
	return rdl_net_find_ipv4(interface, address) >= 0;
}

/*
 * Not this network, loopback, multicast and what is reserved above it (RFC 1122 section 3.2.1.3),
 * nor, of the networks that we are in, the network itself, all of its hosts, or us.
 */
static inline bool rdl_net_ipv4_is_answerable(
	const struct rdl_interface *interface, uint32_t source)
{
	uint32_t network = source >> 24;

	for (unsigned i = 0; i < interface->ipv4_count; i++) {
		uint32_t differs = source ^ interface->ipv4[i], hosts = interface->ipv4_hosts[i];
		uint32_t host = source & hosts;

		if (differs <= hosts && (differs == 0 || host == 0 || host == hosts))
			return false;
	}
	return network != 0 && network != 127 && network < 224;
}

static inline int rdl_net_find_ipv6(const struct rdl_interface *interface, const uint8_t *address)
{
	for (unsigned i = 0; i < interface->ipv6_count; i++)
		if (memcmp(interface->ipv6[i], address, sizeof(interface->ipv6[i])) == 0)
			return (int)i;
	return -1;
}

static inline bool rdl_net_ipv6_is_ours(
	const struct rdl_interface *interface, const uint8_t *address)
{
	return rdl_net_find_ipv6(interface, address) >= 0;
}

static inline bool rdl_net_mac_is_ours(const struct rdl_interface *interface, const uint8_t *mac)
{
	return memcmp(mac, interface->mac, MAC_LEN) == 0;
}

/* A group's, or none. */
static inline bool rdl_net_mac_is_no_host(const uint8_t *mac)
{
	static const uint8_t zeros[MAC_LEN];

	return rdl_net_mac_is_group(mac) || memcmp(mac, zeros, MAC_LEN) == 0;
}

/* An IPv4 address as struct rdl_peer has it. */
static inline void rdl_net_put_mapped(uint8_t address[16], uint32_t ipv4)
{
	memcpy(address, rdl_net_mapped_prefix, sizeof(rdl_net_mapped_prefix));
	rdl_put_be32(address + 12, ipv4);
}

/* ::, where a host speaks from before it has an address. */
static inline bool rdl_net_ipv6_is_unspecified(const uint8_t *address)
{
	static const uint8_t unspecified[16];

	return memcmp(address, unspecified, sizeof(unspecified)) == 0;
}

/* The sum of the pseudo-header (RFC 768, RFC 8200 section 8.1); `len` of the upper layer. */
static inline uint16_t rdl_net_pseudo_sum(
	const uint8_t *addresses, size_t addresses_len, uint8_t protocol, uint16_t len)
{
	return rdl_net_sum(addresses, addresses_len, (uint32_t)protocol + len);
}

/* rdl_net_input() layer by layer, for whatever a frame may be. */
enum rdl_net_verdict rdl_net_input_layers(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram);

/* These expect l2_len set, and a frame that is for us as far as Ethernet can tell. */
enum rdl_net_verdict rdl_net_arp_input(
	const struct rdl_interface *interface, struct rdl_frame *frame);
enum rdl_net_verdict rdl_net_ipv4_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram);
enum rdl_net_verdict rdl_net_ipv6_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram);

/* Fills all of *datagram but the peer's address. These expect l3_len set too. */
enum rdl_net_verdict rdl_net_udp_input(const struct rdl_interface *interface,
	const struct rdl_frame *frame, const struct rdl_net_packet *packet,
	struct rdl_datagram *datagram);
/* Of the packet's addresses and payload, which is such a datagram. */
bool rdl_net_udp_checksum_good(
	const struct rdl_frame *frame, const struct rdl_net_packet *packet, uint16_t udp_len);
enum rdl_net_verdict rdl_net_icmp_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet);
enum rdl_net_verdict rdl_net_icmpv6_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet);
/* ICMPv6 messages of these types, their checksums good. */
enum rdl_net_verdict rdl_net_neighbour_solicitation(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet);
enum rdl_net_verdict rdl_net_neighbour_advertisement(const struct rdl_interface *interface,
	struct rdl_frame *frame, const struct rdl_net_packet *packet);

/* Who is asked, from which address of ours, and about which; all zero: to find a duplicate. */
struct rdl_net_question {
	const struct rdl_local *local; /* for its tags */
	uint8_t from[16], about[16];
	const uint8_t *mac; /* whom; NULL: everybody */
};
/* Fill an empty frame; false where it has no room. */
bool rdl_net_put_arp(const struct rdl_interface *interface, const struct rdl_net_question *question,
	struct rdl_frame *frame);
bool rdl_net_put_solicitation(const struct rdl_interface *interface,
	const struct rdl_net_question *question, struct rdl_frame *frame);
bool rdl_net_put_advertisement(const struct rdl_interface *interface, const struct rdl_local *local,
	const uint8_t address[16], struct rdl_frame *frame);

/* Fill *news; false when there are none. */
bool rdl_net_arp_news(const struct rdl_interface *interface, const struct rdl_frame *frame,
	struct rdl_news *news);
bool rdl_net_advertisement_news(const struct rdl_interface *interface,
	const struct rdl_frame *frame, struct rdl_news *news);
/* Of an ICMP or ICMPv6 message, its checksum good. */
bool rdl_net_too_big_news(const struct rdl_interface *interface, const struct rdl_frame *frame,
	struct rdl_news *news);

/* Which of our addresses is in a network with this one, or -1. */
int rdl_net_ipv4_near(const struct rdl_interface *interface, uint32_t address);
int rdl_net_ipv6_near(const struct rdl_interface *interface, const uint8_t *address);

/* The port and the tags that a frame came by. */
struct rdl_local rdl_net_local(
	const struct rdl_interface *interface, const struct rdl_frame *frame);

/* No frame can go out by these tags: the inner of two is not known. */
static inline bool rdl_net_is_no_way(
	const struct rdl_interface *interface, const struct rdl_local *local)
{
	return local->stacked && interface->vlan == 0;
}
#define TAGS_MAX 2
/* An Ethernet header of ours with the tags of `local`. Returns its length. */
uint8_t rdl_net_put_ethernet(const struct rdl_interface *interface, const struct rdl_local *local,
	const uint8_t *to, uint16_t ethertype, uint8_t *ethernet);

/* Writes a header; the addresses may not lie inside it. */
void rdl_net_put_ipv6(uint8_t *ip, uint8_t protocol, uint16_t payload_len, uint8_t hop_limit,
	const uint8_t addresses[32]);

/*
 * Turns a frame round: MAC and IP addresses swapped, a fresh IP header right before the payload,
 * which stays where it is, the Ethernet header and its tags right before that. Sets data, len, room
 * and l3_len. Makes the IPv4 checksum unless the port does. Returns the sum of the
 * addresses, unfolded (sum.h).
 */
uint64_t rdl_net_turn_ipv4(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len);
uint64_t rdl_net_turn_ipv6(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len);

#endif
