/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_NEIGHBOURS_INTERNAL_H
#define RDL_NEIGHBOURS_INTERNAL_H

#include "neighbours.h"

/* Of a neighbour that was asked for, until it is asked again; so often, the first time apart. */
#define ASK_MS 1000
#define TRIES 3
/* Until one that has answered is asked again (RFC 4861: REACHABLE_TIME). */
#define REACHABLE_MS 30000
/* And one that has not. */
#define UNREACHABLE_MS 5000
/* Until one that nobody wants to know of is forgotten. */
#define IDLE_MS 60000
/* After its last question an answer is still one. */
#define ANSWER_MS 2000
/* Between two calls of routers into use. */
#define ROUTERS_MS 1000

/* Phases of a place. */
enum phase {
	PHASE_EMPTY,
	PHASE_BUSY, /* somebody is just about to give it to another neighbour */
	PHASE_INCOMPLETE,
	PHASE_REACHABLE,
	PHASE_PROBE,
	PHASE_UNREACHABLE,
};

/*
 * A neighbour's place. All that is known lies in one word, from the top: its MAC, how often the
 * place was given away, questions without an answer, phase. Whoever changes a word has read it, and
 * found that it still was so. Who the neighbour is changes while the place is busy only. The times
 * are nobody's to agree on: a wrong one is a question too many or too late.
 */
struct place {
	uint64_t word;
	uint64_t address[2];
	uint64_t way; /* port and tags */
	uint64_t due_ms; /* when to look at it */
	uint64_t asked_ms, used_ms, answered_ms;
} __attribute__((aligned(RDL_CACHE_LINE)));
_Static_assert(sizeof(struct place) == RDL_CACHE_LINE, "a line each");

/* Places that a neighbour may have: by its hash. */
#define BUCKET 8

/* What a port's own addresses are told in: rounds of a frame or two for each. By the one worker. */
struct announcer {
	unsigned rounds; /* that are left */
	unsigned at; /* of the round under way: two for each address */
	uint32_t links; /* as the worker knows them */
	uint64_t next_ms;
};

struct rdl_neighbours {
	const struct rdl_interface *interfaces;
	unsigned ports, buckets;
	struct rdl_key key;
	/* The one worker's. */
	unsigned scanned; /* the place that comes next */
	uint64_t routers_ms; /* when they are called into use */
	struct announcer announcers[RDL_NEIGHBOURS_PORTS];
	/* Written by the main thread. */
	uint32_t links[RDL_NEIGHBOURS_PORTS]; /* how often they came up */
	/* Written by any worker: a MAC, and a count in the lower 16 bits; IPv4's, then IPv6's. */
	uint64_t claims[RDL_NEIGHBOURS_PORTS][2][RDL_NET_ADDRESSES_MAX];
	struct place places[];
};

static inline uint64_t load(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static inline void store(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

/* So long ago; workers' clocks may be a little apart. */
static inline bool is_over(const uint64_t *since_ms, uint64_t now_ms, unsigned ms)
{
	return (int64_t)(now_ms - load(since_ms)) >= (int64_t)ms;
}

static inline bool is_ipv6(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) != 0;
}

static inline uint64_t load_word(const struct place *place)
{
	return __atomic_load_n(&place->word, __ATOMIC_ACQUIRE);
}

/* False: somebody else has. */
static inline bool change_word(struct place *place, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(
		&place->word, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

#define PHASE_BITS 3
#define TRIES_BITS 2
#define GIVEN_SHIFT (PHASE_BITS + TRIES_BITS)
#define MAC_SHIFT 16
#define GIVEN_MASK ((UINT64_C(1) << MAC_SHIFT) - (UINT64_C(1) << GIVEN_SHIFT))

static inline enum phase phase_of(uint64_t word)
{
	return (enum phase)(word & ((1u << PHASE_BITS) - 1));
}

static inline unsigned tries_of(uint64_t word)
{
	return (unsigned)(word >> PHASE_BITS & ((1u << TRIES_BITS) - 1));
}

static inline uint64_t mac_bits(const uint8_t mac[6])
{
	return (uint64_t)rdl_get_be16(mac) << 48 | (uint64_t)rdl_get_be32(mac + 2) << MAC_SHIFT;
}

static inline void put_mac(uint8_t mac[6], uint64_t word)
{
	rdl_put_be16(mac, (uint16_t)(word >> 48));
	rdl_put_be32(mac + 2, (uint32_t)(word >> MAC_SHIFT));
}

/* The same neighbour's, in another phase. */
static inline uint64_t in_phase(uint64_t word, enum phase phase, unsigned tries)
{
	uint64_t kept = ~UINT64_C(0) << GIVEN_SHIFT;

	return (word & kept) | (uint64_t)tries << PHASE_BITS | (uint64_t)phase;
}

/* Who a neighbour is. */
struct name {
	uint64_t address[2];
	uint64_t way;
};
struct name rdl_neighbour_name(const struct rdl_local *local, const uint8_t address[16]);
struct rdl_local rdl_neighbour_local(uint64_t way);

/*
 * The place of a neighbour, and its word as it was then; NULL: it has none. And one for it, the
 * least used of its bucket's; NULL: somebody is in the way.
 */
struct place *rdl_neighbour_find_place(
	const struct rdl_neighbours *neighbours, const struct name *name, uint64_t *word);
struct place *rdl_neighbour_take_place(
	struct rdl_neighbours *neighbours, const struct name *name, uint64_t now_ms);
/* Who has a place, and its word; false: nobody, or it is just given away. */
bool rdl_neighbour_read_place(const struct place *place, struct name *name, uint64_t *word);

/* The next of a port's own addresses to be told; of RDL_ERRAND_NONE when none is. */
struct rdl_errand rdl_neighbours_announce(
	struct rdl_neighbours *neighbours, unsigned port, uint64_t now_ms);

#endif
