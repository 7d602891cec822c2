/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel: what joins two roles: a ring each way, and credit. A role sends messages of its own,
 * within its credit, and gives back those of the other's when it has done with them. What it gives
 * back always has its place: each ring holds all that one end may have under way, and all that the
 * other may. So nobody ever waits for a ring, and an answer may take its time.
 *
 * A message is a pointer to something that begins with an octet, its kind. Who holds it owns it.
 * Each end is one core's or one thread's alone; memory is shared by the rings only.
 */
#ifndef RDL_CHANNEL_H
#define RDL_CHANNEL_H

#include "base.h"

struct rte_ring;

#define RDL_CHANNEL_KINDS 8

/* What one end may have under way. */
struct rdl_channel_credit {
	/*
	 * Of each kind: one more is sent only while fewer than so many messages of this end, of
	 * whatever kind, are under way. 0: none is ever sent.
	 */
	unsigned limit[RDL_CHANNEL_KINDS];
};

/* One end. Its owner's, but for the rings. */
struct rdl_channel {
	struct rte_ring *out, *in;
	struct rdl_channel_credit credit;
	unsigned under_way; /* sent, and not come back */
};

/* Octets of memory for both rings, to be aligned to a cache line. */
size_t rdl_channel_memory(
	const struct rdl_channel_credit *one, const struct rdl_channel_credit *other);
/* Joins two ends; `memory` is the caller's, and lasts as long as they do. */
void rdl_channel_join(struct rdl_channel *one, const struct rdl_channel_credit *credit_of_one,
	struct rdl_channel *other, const struct rdl_channel_credit *credit_of_other, void *memory);

/* How many more messages of a kind may be sent now. */
static inline unsigned rdl_channel_left(const struct rdl_channel *channel, unsigned kind)
{
	unsigned limit = channel->credit.limit[kind];

	return limit > channel->under_way ? limit - channel->under_way : 0;
}

/* Sends messages of the own, no more than are left of their kinds. */
void rdl_channel_send(struct rdl_channel *channel, void *const messages[], unsigned count);
/* Gives the other end's messages back. */
void rdl_channel_give_back(struct rdl_channel *channel, void *const messages[], unsigned count);
/*
 * Takes what has come, no more than `most`. Of those that the caller once sent it says so by
 * rdl_channel_came_back().
 */
RDL_MUST_CHECK unsigned rdl_channel_take(
	struct rdl_channel *channel, void *messages[], unsigned most);
static inline void rdl_channel_came_back(struct rdl_channel *channel, unsigned count)
{
	channel->under_way -= count;
}

/* Messages that wait to be taken by this end. By anybody: as of some moment. */
unsigned rdl_channel_waiting(const struct rdl_channel *channel);

#endif
