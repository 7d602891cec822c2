/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#include <assert.h>

void rdl_net_add_udp_port(struct rdl_interface *interface, uint16_t port)
{
	assert(interface->udp_port_count < RDL_NET_UDP_PORTS_MAX && port != 0);
	interface->udp_ports[interface->udp_port_count++] = port;
}

void rdl_net_add_ipv4(struct rdl_interface *interface, uint32_t address, unsigned prefix)
{
	unsigned i = interface->ipv4_count++;

	assert(i < RDL_NET_ADDRESSES_MAX && prefix <= 32);
	interface->ipv4[i] = address;
	interface->ipv4_prefix[i] = (uint8_t)prefix;
	interface->ipv4_hosts[i] = prefix < 31 ? UINT32_MAX >> prefix : 0;
}

void rdl_net_add_ipv6(struct rdl_interface *interface, const uint8_t address[16], unsigned prefix)
{
	unsigned i = interface->ipv6_count++;

	assert(i < RDL_NET_ADDRESSES_MAX && prefix <= 128);
	memcpy(interface->ipv6[i], address, sizeof(interface->ipv6[i]));
	interface->ipv6_prefix[i] = (uint8_t)prefix;
}

void rdl_net_add_ipv4_router(struct rdl_interface *interface, uint32_t address)
{
	assert(interface->ipv4_router_count < RDL_NET_ADDRESSES_MAX);
	interface->ipv4_routers[interface->ipv4_router_count++] = address;
}

void rdl_net_add_ipv6_router(struct rdl_interface *interface, const uint8_t address[16])
{
	uint8_t *router = interface->ipv6_routers[interface->ipv6_router_count];

	assert(interface->ipv6_router_count < RDL_NET_ADDRESSES_MAX);
	memcpy(router, address, sizeof(interface->ipv6_routers[0]));
	interface->ipv6_router_count++;
}

struct rdl_local rdl_net_local(const struct rdl_interface *interface, const struct rdl_frame *frame)
{
	const uint8_t *tag = frame->data + TAGS;
	struct rdl_local local = { .port = frame->port & 15u };

	if (RDL_LIKELY(frame->l2_len == ETHERNET_LEN))
		return local;
	local.service = rdl_get_be16(tag) == ETHERTYPE_SERVICE_TAG;
	local.stacked = frame->l2_len == ETHERNET_LEN + 2 * TAG_LEN;
	if (interface->vlan == 0)
		local.vlan = rdl_get_be16(tag + 2) & VLAN_MASK;
	else if (local.stacked)
		local.vlan = rdl_get_be16(tag + TAG_LEN + 2) & VLAN_MASK;
	return local;
}
