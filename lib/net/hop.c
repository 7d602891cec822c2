/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops: by the networks of the port's addresses, and its routers. */
#include "net_internal.h"

static bool ipv4_is_in(const struct rdl_interface *interface, unsigned i, uint32_t address)
{
	unsigned prefix = interface->ipv4_prefix[i];

	return prefix != 0 && (address ^ interface->ipv4[i]) >> (32 - prefix) == 0;
}

static bool ipv6_is_in(const struct rdl_interface *interface, unsigned i, const uint8_t *address)
{
	unsigned prefix = interface->ipv6_prefix[i], whole = prefix / 8;
	unsigned bits = 0xff00u >> prefix % 8 & 0xff;
	const uint8_t *ours = interface->ipv6[i];

	return prefix != 0 && memcmp(address, ours, whole) == 0 &&
	       (bits == 0 || ((address[whole] ^ ours[whole]) & bits) == 0);
}

static bool ipv6_is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

int rdl_net_ipv4_near(const struct rdl_interface *interface, uint32_t address)
{
	for (unsigned i = 0; i < interface->ipv4_count; i++)
		if (ipv4_is_in(interface, i, address))
			return (int)i;
	return -1;
}

int rdl_net_ipv6_near(const struct rdl_interface *interface, const uint8_t *address)
{
	for (unsigned i = 0; i < interface->ipv6_count; i++)
		if (ipv6_is_in(interface, i, address))
			return (int)i;
	return -1;
}

static bool ipv4_hop(
	const struct rdl_interface *interface, unsigned from, uint32_t to, uint32_t *hop)
{
	*hop = to;
	if (rdl_net_ipv4_near(interface, to) >= 0)
		return true;
	if (interface->ipv4_router_count == 0)
		return false;
	*hop = interface->ipv4_routers[0];
	for (unsigned i = 0; i < interface->ipv4_router_count; i++)
		if (ipv4_is_in(interface, from, interface->ipv4_routers[i])) {
			*hop = interface->ipv4_routers[i];
			break;
		}
	return true;
}

static const uint8_t *ipv6_hop(
	const struct rdl_interface *interface, unsigned from, const uint8_t *to)
{
	if (ipv6_is_link_local(to) || rdl_net_ipv6_near(interface, to) >= 0)
		return to;
	if (interface->ipv6_router_count == 0)
		return NULL;
	for (unsigned i = 0; i < interface->ipv6_router_count; i++)
		if (ipv6_is_in(interface, from, interface->ipv6_routers[i]))
			return interface->ipv6_routers[i];
	return interface->ipv6_routers[0];
}

bool rdl_net_next_hop(const struct rdl_interface *interface, const struct rdl_local *local,
	const struct rdl_peer *peer, uint8_t hop[16])
{
	if (rdl_peer_is_ipv4(peer)) {
		uint32_t found;

		if (!ipv4_hop(interface, local->address, rdl_get_be32(peer->address + 12), &found))
			return false;
		memcpy(hop, rdl_net_mapped_prefix, sizeof(rdl_net_mapped_prefix));
		rdl_put_be32(hop + 12, found);
		return true;
	}
	const uint8_t *found = ipv6_hop(interface, local->address, peer->address);
	if (found != NULL)
		memcpy(hop, found, 16);
	return found != NULL;
}
