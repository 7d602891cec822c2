/* SPDX-License-Identifier: BSD-3-Clause */
/* What is to be sent: questions that are due, and what our own addresses are told in. */
#include "internal.h"

/* Places that one call looks at: some microseconds. */
#define SCAN 64

/* A place whose time has come, in the phase that it then is in. False: it has no question. */
static bool next_phase(const struct place *place, uint64_t word, uint64_t now_ms, uint64_t *next)
{
	unsigned tries = tries_of(word);
	bool used = !is_over(&place->used_ms, now_ms, IDLE_MS);

	if (!used) {
		*next = word & GIVEN_MASK; /* PHASE_EMPTY */
		return false;
	}
	switch (phase_of(word)) {
	case PHASE_REACHABLE:
		*next = in_phase(word, PHASE_PROBE, 1);
		return true;
	case PHASE_INCOMPLETE:
	case PHASE_PROBE:
		*next = in_phase(word, phase_of(word), tries + 1);
		if (tries < TRIES)
			return true;
		*next = (word & GIVEN_MASK) | PHASE_UNREACHABLE;
		return false;
	case PHASE_UNREACHABLE:
	case PHASE_EMPTY:
	case PHASE_BUSY:
		break;
	}
	*next = word;
	return true;
}

/* Its question, if it has one now. */
static bool look(struct place *place, uint64_t now_ms, struct rdl_errand *errand)
{
	struct name name;
	uint64_t word, next;

	if (!rdl_neighbour_read_place(place, &name, &word) || now_ms < load(&place->due_ms))
		return false;
	bool asked = next_phase(place, word, now_ms, &next);
	if (!change_word(place, word, next))
		return false;
	store(&place->due_ms,
		now_ms + (phase_of(next) == PHASE_UNREACHABLE ? UNREACHABLE_MS : ASK_MS));
	if (!asked)
		return false;
	store(&place->asked_ms, now_ms);
	/* Who was reachable is asked alone at first. */
	*errand = (struct rdl_errand){ .kind = RDL_ERRAND_ASK,
		.known = phase_of(word) == PHASE_REACHABLE,
		.local = rdl_neighbour_local(name.way) };
	memcpy(errand->hop, name.address, sizeof(errand->hop));
	errand->ipv6 = is_ipv6(errand->hop);
	put_mac(errand->mac, word);
	return true;
}

/* A router is in use as long as it is configured: it is known before it is needed. */
static void use_routers(struct rdl_neighbours *neighbours, uint64_t now_ms)
{
	for (unsigned p = 0; p < neighbours->ports; p++) {
		const struct rdl_interface *interface = &neighbours->interfaces[p];
		const struct rdl_local local = { .port = p & 15u };
		struct rdl_peer router = { .address = { [10] = 0xff, [11] = 0xff } };
		struct rdl_way way;

		for (unsigned i = 0; i < interface->ipv4_router_count; i++) {
			rdl_put_be32(router.address + 12, interface->ipv4_routers[i]);
			(void)!rdl_neighbours_way(neighbours, &local, &router, now_ms, &way);
		}
		for (unsigned i = 0; i < interface->ipv6_router_count; i++) {
			memcpy(router.address, interface->ipv6_routers[i], 16);
			(void)!rdl_neighbours_way(neighbours, &local, &router, now_ms, &way);
		}
	}
}

struct rdl_errand rdl_neighbours_due(struct rdl_neighbours *neighbours, uint64_t now_ms)
{
	struct rdl_errand errand = { .kind = RDL_ERRAND_NONE };
	unsigned places = rdl_neighbours_places(neighbours);

	if (now_ms >= neighbours->routers_ms) {
		neighbours->routers_ms = now_ms + ROUTERS_MS;
		use_routers(neighbours, now_ms);
	}
	for (unsigned p = 0; p < neighbours->ports; p++) {
		errand = rdl_neighbours_announce(neighbours, p, now_ms);
		if (errand.kind != RDL_ERRAND_NONE)
			return errand;
	}
	for (unsigned n = 0; n < SCAN && n < places; n++) {
		struct place *place = &neighbours->places[neighbours->scanned];

		neighbours->scanned = (neighbours->scanned + 1) % places;
		if (look(place, now_ms, &errand))
			break;
	}
	return errand;
}

bool rdl_errand_fill(const struct rdl_neighbours *neighbours, const struct rdl_errand *errand,
	struct rdl_frame *frame)
{
	const struct rdl_interface *interface = &neighbours->interfaces[errand->local.port];

	switch (errand->kind) {
	case RDL_ERRAND_ASK:
		return rdl_net_ask(interface, &errand->local, errand->hop,
			errand->known ? errand->mac : NULL, frame);
	case RDL_ERRAND_PROBE:
		return rdl_net_probe(interface, &errand->local, errand->ipv6, frame);
	case RDL_ERRAND_ANNOUNCE:
		return rdl_net_announce(interface, &errand->local, errand->ipv6, frame);
	case RDL_ERRAND_NONE:
		break;
	}
	return false;
}
