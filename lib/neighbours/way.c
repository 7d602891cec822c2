/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways out, and what is heard of those at their other ends. */
#include "internal.h"

/* Written so seldom that the line stays with all who read it. */
#define USED_MS 1000

static enum rdl_reach reach_of(uint64_t word, uint8_t mac[6])
{
	switch (phase_of(word)) {
	case PHASE_REACHABLE:
	case PHASE_PROBE:
		put_mac(mac, word);
		return RDL_REACH_READY;
	case PHASE_UNREACHABLE:
		return RDL_REACH_NONE;
	case PHASE_EMPTY:
	case PHASE_BUSY:
	case PHASE_INCOMPLETE:
		break;
	}
	return RDL_REACH_ASKING;
}

enum rdl_reach rdl_neighbours_way(struct rdl_neighbours *neighbours, const struct rdl_local *local,
	const struct rdl_peer *peer, uint64_t now_ms, struct rdl_way *way)
{
	const struct rdl_interface *interface = &neighbours->interfaces[local->port];
	uint8_t hop[16];
	uint64_t word;

	if ((local->stacked && interface->vlan == 0) ||
		!rdl_net_next_hop(interface, local, peer, hop))
		return RDL_REACH_NONE;
	struct name name = rdl_neighbour_name(local, hop);
	struct place *place = rdl_neighbour_find_place(neighbours, &name, &word);
	if (place == NULL) {
		(void)rdl_neighbour_take_place(neighbours, &name, now_ms);
		return RDL_REACH_ASKING;
	}
	if (is_over(&place->used_ms, now_ms, USED_MS))
		store(&place->used_ms, now_ms);
	way->peer = *peer;
	way->local = *local;
	return reach_of(word, way->mac);
}

/* Of a question that may have an answer now. */
static bool is_asked(const struct place *place, uint64_t word, uint64_t now_ms)
{
	return phase_of(word) != PHASE_REACHABLE && load(&place->asked_ms) != 0 &&
	       !is_over(&place->asked_ms, now_ms, ANSWER_MS);
}

static enum rdl_heard hear_answer(
	struct place *place, uint64_t word, const struct rdl_news *news, uint64_t now_ms)
{
	uint64_t known = (word & GIVEN_MASK) | mac_bits(news->mac) | PHASE_REACHABLE;

	/* The first answer is the one. */
	if (!is_asked(place, word, now_ms) || !change_word(place, word, known))
		return RDL_HEARD_UNASKED;
	store(&place->due_ms, now_ms + REACHABLE_MS);
	store(&place->answered_ms, now_ms);
	return RDL_HEARD_LEARNED;
}

/*
 * A neighbour in use seems to have moved, as the address of two gateways does: it is asked for, of
 * all, and until it has answered nothing changes.
 */
static enum rdl_heard hear_announcement(
	struct place *place, uint64_t word, const struct rdl_news *news, uint64_t now_ms)
{
	uint64_t mac = word & ~((UINT64_C(1) << MAC_SHIFT) - 1);

	if (phase_of(word) != PHASE_REACHABLE || mac == mac_bits(news->mac))
		return RDL_HEARD_UNASKED;
	/* Once a second at most: one that was asked just now is asked again then. */
	if (!is_over(&place->asked_ms, now_ms, ASK_MS)) {
		store(&place->due_ms, load(&place->asked_ms) + ASK_MS);
		return RDL_HEARD_DOUBTED;
	}
	if (!change_word(place, word, in_phase(word, PHASE_PROBE, 1)))
		return RDL_HEARD_UNASKED;
	store(&place->due_ms, now_ms);
	return RDL_HEARD_DOUBTED;
}

static enum rdl_heard hear_claim(struct rdl_neighbours *neighbours, const struct rdl_news *news)
{
	bool ipv6 = is_ipv6(news->address);
	uint64_t *claim = &neighbours->claims[news->local.port][ipv6][news->local.address];
	uint64_t count = (load(claim) + 1) & 0xffff;

	store(claim, mac_bits(news->mac) | (count != 0 ? count : 1));
	return RDL_HEARD_CLAIM;
}

enum rdl_heard rdl_neighbours_hear(
	struct rdl_neighbours *neighbours, const struct rdl_news *news, uint64_t now_ms)
{
	struct name name = rdl_neighbour_name(&news->local, news->address);
	uint64_t word;

	if (news->kind == RDL_NEWS_CLAIM)
		return hear_claim(neighbours, news);
	struct place *place = rdl_neighbour_find_place(neighbours, &name, &word);
	if (place == NULL)
		return RDL_HEARD_UNASKED;
	return news->kind == RDL_NEWS_ANSWER ? hear_answer(place, word, news, now_ms)
					     : hear_announcement(place, word, news, now_ms);
}

struct rdl_claim rdl_neighbours_claim(
	const struct rdl_neighbours *neighbours, unsigned port, bool ipv6, unsigned address)
{
	uint64_t word = load(&neighbours->claims[port][ipv6][address]);
	struct rdl_claim claim = { .count = word & 0xffff };

	put_mac(claim.mac, word);
	return claim;
}
