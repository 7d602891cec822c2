/* SPDX-License-Identifier: BSD-3-Clause */
#include "vicinity.h"

#include "clock.h"
#include "log.h"

static struct rdl_log_kind claims = { RDL_LOG_KIND(
	RDL_LOG_WARN, "port", "another host has an address of ours") };
static struct rdl_log_kind routers = { RDL_LOG_KIND(
	RDL_LOG_WARN, "port", "gateway answers or does not") };

/* As struct rdl_peer has it. */
static void put_ipv4(uint8_t address[16], uint32_t ipv4)
{
	memset(address, 0, 10);
	address[10] = address[11] = 0xff;
	rdl_put_be32(address + 12, ipv4);
}

static void look_at_claim(
	unsigned *said, const struct rdl_claim *claim, unsigned port, const uint8_t address[16])
{
	struct rdl_peer peer = { .port = 0 };
	char text[RDL_ADDRESS_TEXT];
	const uint8_t *mac = claim->mac;

	if (claim->count == *said)
		return;
	memcpy(peer.address, address, sizeof(peer.address));
	rdl_peer_address_text(&peer, text);
	rdl_log_some(&claims, rdl_clock_ms(),
		"another host has an address of ours port=%u address=%s "
		"mac=%02x:%02x:%02x:%02x:%02x:%02x",
		port, text, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	*said = claim->count;
}

static void look_at_router(bool *silent, const struct rdl_neighbours *neighbours, unsigned port,
	const uint8_t address[16])
{
	struct rdl_neighbour router;
	struct rdl_peer peer = { .port = 0 };
	char text[RDL_ADDRESS_TEXT];

	if (!rdl_neighbours_find(neighbours, port, address, &router) ||
		router.state == RDL_NEIGHBOUR_INCOMPLETE)
		return;
	if ((router.state == RDL_NEIGHBOUR_UNREACHABLE) == *silent)
		return;
	*silent = !*silent;
	memcpy(peer.address, address, sizeof(peer.address));
	rdl_peer_address_text(&peer, text);
	rdl_log_some(&routers, rdl_clock_ms(), "%s port=%u gateway=%s",
		*silent ? "gateway does not answer" : "gateway answers again", port, text);
}

void vicinity_look(struct vicinity *vicinity, const struct rdl_neighbours *neighbours,
	const struct rdl_interface *interface, unsigned port)
{
	uint8_t address[16];

	for (unsigned i = 0; i < interface->ipv4_count; i++) {
		struct rdl_claim claim = rdl_neighbours_claim(neighbours, port, false, i);

		put_ipv4(address, interface->ipv4[i]);
		look_at_claim(&vicinity->claims[0][i], &claim, port, address);
	}
	for (unsigned i = 0; i < interface->ipv6_count; i++) {
		struct rdl_claim claim = rdl_neighbours_claim(neighbours, port, true, i);

		look_at_claim(&vicinity->claims[1][i], &claim, port, interface->ipv6[i]);
	}
	for (unsigned i = 0; i < interface->ipv4_router_count; i++) {
		put_ipv4(address, interface->ipv4_routers[i]);
		look_at_router(&vicinity->silent[0][i], neighbours, port, address);
	}
	for (unsigned i = 0; i < interface->ipv6_router_count; i++)
		look_at_router(
			&vicinity->silent[1][i], neighbours, port, interface->ipv6_routers[i]);
}
