/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours over the telemetry socket, a page at a time. */
#include "telemetry_internal.h"

#include "clock.h"

/* A reply holds 16 KiB. */
#define PAGE 64

static void put_neighbour(
	struct rte_tel_data *d, unsigned place, const struct rdl_neighbour *neighbour)
{
	static const char *const states[] = { "incomplete", "reachable", "probe", "unreachable" };
	struct rte_tel_data *one = rte_tel_data_alloc();
	struct rdl_peer peer = { .port = 0 };
	char text[RDL_ADDRESS_TEXT], name[16];

	if (one == NULL)
		return;
	rte_tel_data_start_dict(one);
	memcpy(peer.address, neighbour->address, sizeof(peer.address));
	rdl_peer_address_text(&peer, text);
	tel_u64(one, "port", neighbour->local.port);
	rte_tel_data_add_dict_string(one, "address", text);
	rte_tel_data_add_dict_string(one, "state", states[neighbour->state]);
	tel_mac(one, neighbour->mac);
	if (neighbour->answered_ms != 0)
		tel_u64(one, "answered_ms_ago", rdl_clock_ms() - neighbour->answered_ms);
	if (neighbour->local.vlan != 0)
		tel_u64(one, "vlan", neighbour->local.vlan);
	snprintf(name, sizeof(name), "%u", place);
	rte_tel_data_add_dict_container(d, name, one, 0);
}

int telemetry_neighbours(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	unsigned shown = 0;

	(void)cmd;
	if (from == NULL)
		return -ENODEV;
	const struct rdl_neighbours *neighbours = from->watched.neighbours;
	unsigned places = rdl_neighbours_places(neighbours);
	int first = params == NULL ? 0 : tel_index(params, places);
	unsigned place = first >= 0 ? (unsigned)first : places;
	rte_tel_data_start_dict(d);
	for (; place < places && shown < PAGE; place++) {
		struct rdl_neighbour neighbour;

		if (!rdl_neighbours_read(neighbours, place, &neighbour))
			continue;
		put_neighbour(d, place, &neighbour);
		shown++;
	}
	tel_u64(d, "next", place < places ? place : 0);
	telemetry_let_go();
	return 0;
}
