/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neighbours: who is where on the links of all ports, for frames that answer none. They are asked
 * for (RFC 826, RFC 4861 section 7.2, RFC 5227), and what nobody has asked for is not believed. And
 * what neighbours are told: which addresses are ours; and who else says so.
 *
 * One for all workers, of a fixed size, without a lock: each place changes by one atomic word.
 * Whoever finds it changed lets it be, and a question is asked again. One worker sends what is due.
 * Pure: time is an argument.
 */
#ifndef RDL_NEIGHBOURS_H
#define RDL_NEIGHBOURS_H

#include "net.h"

#define RDL_NEIGHBOURS_PORTS 16

struct rdl_neighbours;

/* Octets of memory for so many neighbours at a time. */
size_t rdl_neighbours_memory(unsigned places);
/*
 * `memory` is the caller's: zero, aligned to a cache line. Interfaces outlive it. `key` is random:
 * nobody outside can aim at a place.
 */
struct rdl_neighbours *rdl_neighbours_init(void *memory, unsigned places,
	const struct rdl_interface *interfaces, unsigned ports, const struct rdl_key *key);

/* ---- ways: by any worker ---- */

enum rdl_reach {
	RDL_REACH_READY, /* rdl_net_compose() may have the way */
	RDL_REACH_ASKING, /* whoever has the address is being asked: a second or two */
	RDL_REACH_NONE, /* nobody answers, no tag leads there, or there is no router */
};
/*
 * The way from an address of ours to a peer, that address, UDP port and tags being `local`: fills
 * *way by the next hop's MAC, or has that asked for.
 */
RDL_MUST_CHECK enum rdl_reach rdl_neighbours_way(struct rdl_neighbours *neighbours,
	const struct rdl_local *local, const struct rdl_peer *peer, uint64_t now_ms,
	struct rdl_way *way);

/* ---- what frames tell: by any worker ---- */

enum rdl_heard {
	RDL_HEARD_LEARNED, /* an answer to a question of ours */
	RDL_HEARD_DOUBTED, /* of a neighbour in use, that it has moved: it is asked for */
	RDL_HEARD_UNASKED, /* nothing that anybody wants to know */
	RDL_HEARD_CLAIM, /* of an address of ours */
};
/* Of news that are no RDL_NEWS_TOO_BIG. */
enum rdl_heard rdl_neighbours_hear(
	struct rdl_neighbours *neighbours, const struct rdl_news *news, uint64_t now_ms);

/* ---- what is to be sent: by one worker ---- */

enum rdl_errand_kind {
	RDL_ERRAND_NONE,
	RDL_ERRAND_ASK, /* who has `hop` */
	RDL_ERRAND_PROBE, /* whether another has local.address */
	RDL_ERRAND_ANNOUNCE, /* that we have it */
};
struct rdl_errand {
	enum rdl_errand_kind kind;
	bool ipv6;
	bool known; /* `mac` is asked whether it still has it, not all */
	struct rdl_local local; /* the port to send by, and the tags */
	uint8_t hop[16];
	uint8_t mac[6];
};
/*
 * The next frame that is due, of RDL_ERRAND_NONE when there is none; to be asked until then, every
 * few milliseconds. Looks at some of the places at a time, and sees that routers are known.
 */
struct rdl_errand rdl_neighbours_due(struct rdl_neighbours *neighbours, uint64_t now_ms);
/* Makes an empty frame of the errand's port what is to be sent. False: it cannot be. */
RDL_MUST_CHECK bool rdl_errand_fill(const struct rdl_neighbours *neighbours,
	const struct rdl_errand *errand, struct rdl_frame *frame);

/* ---- for those who look on: by any thread ---- */

/*
 * A port's link has come up: its addresses are announced again, once a second at most, however
 * often it does.
 */
void rdl_neighbours_link_up(struct rdl_neighbours *neighbours, unsigned port);

/* Who else was last heard to claim an address of ours. Zero: nobody was. */
struct rdl_claim {
	unsigned count; /* modulo 65536, and never 0 again */
	uint8_t mac[6];
};
struct rdl_claim rdl_neighbours_claim(
	const struct rdl_neighbours *neighbours, unsigned port, bool ipv6, unsigned address);

/* RFC 4861 section 7.3.2. */
enum rdl_neighbour_state {
	RDL_NEIGHBOUR_INCOMPLETE, /* asked for the first time */
	RDL_NEIGHBOUR_REACHABLE,
	RDL_NEIGHBOUR_PROBE, /* was, and is asked again */
	RDL_NEIGHBOUR_UNREACHABLE, /* does not answer; asked from time to time */
};
struct rdl_neighbour {
	enum rdl_neighbour_state state;
	struct rdl_local local; /* port and tags */
	uint8_t address[16];
	uint8_t mac[6]; /* zero where none is known */
	uint64_t answered_ms; /* when it was last heard of; 0: never */
};
/* False: there is nobody in this place, of rdl_neighbours_places(). */
RDL_MUST_CHECK bool rdl_neighbours_read(
	const struct rdl_neighbours *neighbours, unsigned place, struct rdl_neighbour *neighbour);
unsigned rdl_neighbours_places(const struct rdl_neighbours *neighbours);
/* The neighbour that has an address on a port's own network; false: it is not in use. */
RDL_MUST_CHECK bool rdl_neighbours_find(const struct rdl_neighbours *neighbours, unsigned port,
	const uint8_t address[16], struct rdl_neighbour *neighbour);

#endif
