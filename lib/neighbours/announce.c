/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own addresses: each is probed for and announced, three times, a second apart, whenever the
 * port's link has come up. Nothing waits for it: a gateway whose address somebody else has, too, is
 * to say so, and to serve whom it can.
 */
#include "internal.h"

#define ROUNDS 3
#define ROUND_MS 1000

void rdl_neighbours_link_up(struct rdl_neighbours *neighbours, unsigned port)
{
	(void)__atomic_add_fetch(&neighbours->links[port], 1, __ATOMIC_RELAXED);
}

/* A round under way goes on: it is begun no sooner for a link that comes and goes. */
static void look_at_link(struct rdl_neighbours *neighbours, unsigned port)
{
	struct announcer *announcer = &neighbours->announcers[port];
	uint32_t links = __atomic_load_n(&neighbours->links[port], __ATOMIC_RELAXED);

	if (links == announcer->links)
		return;
	announcer->links = links;
	announcer->rounds = ROUNDS;
}

struct rdl_errand rdl_neighbours_announce(
	struct rdl_neighbours *neighbours, unsigned port, uint64_t now_ms)
{
	const struct rdl_interface *interface = &neighbours->interfaces[port];
	struct announcer *announcer = &neighbours->announcers[port];
	unsigned count = interface->ipv4_count + interface->ipv6_count, index = announcer->at / 2;
	struct rdl_errand errand = { .kind = RDL_ERRAND_NONE };

	look_at_link(neighbours, port);
	if (announcer->rounds == 0 || count == 0 || now_ms < announcer->next_ms)
		return errand;
	errand.kind = announcer->at % 2 == 0 ? RDL_ERRAND_PROBE : RDL_ERRAND_ANNOUNCE;
	errand.ipv6 = index >= interface->ipv4_count;
	if (errand.ipv6)
		index -= interface->ipv4_count;
	errand.local.port = port & 15u;
	errand.local.address = index & 15u;
	announcer->at++;
	if (announcer->at >= 2 * count) {
		announcer->at = 0;
		announcer->rounds--;
		announcer->next_ms = now_ms + ROUND_MS;
	}
	return errand;
}
