/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that nobody asked for. */
#include "net_internal.h"

#include <assert.h>

/* The tags that frames have this way: EtherTypes and VLAN IDs. Returns how many. */
static unsigned tags_of(const struct rdl_interface *interface, const struct rdl_local *local,
	uint16_t types[TAGS_MAX], uint16_t vlans[TAGS_MAX])
{
	unsigned n = 0;

	types[0] = local->service ? ETHERTYPE_SERVICE_TAG : ETHERTYPE_TAG;
	types[1] = ETHERTYPE_TAG;
	if (interface->vlan != 0)
		vlans[n++] = interface->vlan;
	if (local->vlan != 0 || local->stacked)
		vlans[n++] = local->vlan;
	return n;
}

uint8_t rdl_net_put_ethernet(const struct rdl_interface *interface, const struct rdl_local *local,
	const uint8_t *to, uint16_t ethertype, uint8_t *ethernet)
{
	uint16_t types[TAGS_MAX], vlans[TAGS_MAX];
	unsigned n = tags_of(interface, local, types, vlans);
	uint8_t *tag = ethernet + TAGS;

	memcpy(ethernet, to, MAC_LEN);
	memcpy(ethernet + MAC_LEN, interface->mac, MAC_LEN);
	for (unsigned i = 0; i < n; i++) {
		rdl_put_be16(tag, types[i]);
		rdl_put_be16(tag + 2, vlans[i]);
		tag += TAG_LEN;
	}
	rdl_put_be16(tag, ethertype);
	return (uint8_t)(ETHERNET_LEN + n * TAG_LEN);
}

/* As one that has come. */
static uint8_t put_ethernet(const struct rdl_interface *interface, const struct rdl_way *way,
	bool ipv4, uint8_t *ethernet)
{
	uint8_t len = rdl_net_put_ethernet(interface, &way->local, interface->mac,
		ipv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, ethernet);

	memcpy(ethernet + MAC_LEN, way->mac, MAC_LEN);
	return len;
}

/* What rdl_net_reply() reads of the header; it writes all of it. Returns its length. */
static uint8_t put_addresses(
	const struct rdl_interface *interface, const struct rdl_way *way, bool ipv4, uint8_t *ip)
{
	if (ipv4) {
		ip[0] = 4 << 4;
		memcpy(ip + 12, way->peer.address + 12, 4);
		rdl_put_be32(ip + 16, interface->ipv4[way->local.address]);
		return IPV4_LEN;
	}
	ip[0] = 6 << 4;
	memcpy(ip + 8, way->peer.address, 16);
	memcpy(ip + 24, interface->ipv6[way->local.address], 16);
	return IPV6_LEN;
}

/* An interface may have changed since the way was learned. */
static bool is_way(const struct rdl_interface *interface, const struct rdl_local *local, bool ipv4)
{
	return local->address < (ipv4 ? interface->ipv4_count : interface->ipv6_count) &&
	       local->udp_port < interface->udp_port_count && !rdl_net_is_no_way(interface, local);
}

struct rdl_cursor rdl_net_compose(
	const struct rdl_interface *interface, const struct rdl_way *way, struct rdl_frame *frame)
{
	struct rdl_cursor none = { .failed = true };
	bool ipv4 = rdl_peer_is_ipv4(&way->peer);
	unsigned longest = frame->room;

	assert(frame->port == way->local.port);
	if (!is_way(interface, &way->local, ipv4) ||
		frame->room < ETHERNET_LEN + TAGS_MAX * TAG_LEN + IPV6_LEN + UDP_LEN)
		return none;
	frame->l2_len = put_ethernet(interface, way, ipv4, frame->data);
	uint8_t *ip = frame->data + frame->l2_len;
	frame->l3_len = put_addresses(interface, way, ipv4, ip);
	uint8_t *udp = ip + frame->l3_len, *payload = udp + UDP_LEN;
	rdl_put_be16(udp, way->peer.port);
	rdl_put_be16(udp + 2, interface->udp_ports[way->local.udp_port]);
	if (interface->mtu != 0 && longest > frame->l2_len + interface->mtu)
		longest = frame->l2_len + interface->mtu;
	size_t headers = (size_t)(payload - frame->data);
	return longest < headers ? none : rdl_cursor(payload, longest - headers);
}
