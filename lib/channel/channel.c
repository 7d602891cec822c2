/* SPDX-License-Identifier: BSD-3-Clause */
#include "channel.h"

#include <rte_ring.h>

static unsigned most_of(const struct rdl_channel_credit *credit)
{
	unsigned most = 0;

	for (unsigned kind = 0; kind < RDL_CHANNEL_KINDS; kind++)
		if (credit->limit[kind] > most)
			most = credit->limit[kind];
	return most;
}

/* DPDK's rings are powers of two, and hold one less. */
static unsigned slots_of(
	const struct rdl_channel_credit *one, const struct rdl_channel_credit *other)
{
	return rte_align32pow2(most_of(one) + most_of(other) + 1);
}

static size_t ring_memory(unsigned slots)
{
	return RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(slots), RTE_CACHE_LINE_SIZE);
}

size_t rdl_channel_memory(
	const struct rdl_channel_credit *one, const struct rdl_channel_credit *other)
{
	return 2 * ring_memory(slots_of(one, other));
}

static struct rte_ring *ring_at(void *memory, unsigned slots)
{
	int ret = rte_ring_init(memory, "channel", slots, RING_F_SP_ENQ | RING_F_SC_DEQ);

	RTE_VERIFY(ret == 0);
	return memory;
}

void rdl_channel_join(struct rdl_channel *one, const struct rdl_channel_credit *credit_of_one,
	struct rdl_channel *other, const struct rdl_channel_credit *credit_of_other, void *memory)
{
	unsigned slots = slots_of(credit_of_one, credit_of_other);

	*one = (struct rdl_channel){ .credit = *credit_of_one, .out = ring_at(memory, slots) };
	*other = (struct rdl_channel){ .credit = *credit_of_other,
		.out = ring_at((char *)memory + ring_memory(slots), slots) };
	one->in = other->out;
	other->in = one->out;
}

static void put(struct rdl_channel *channel, void *const messages[], unsigned count)
{
	unsigned queued = rte_ring_sp_enqueue_bulk(channel->out, messages, count, NULL);

	/* Within both ends' credit there is always room. */
	RTE_VERIFY(queued == count);
}

void rdl_channel_send(struct rdl_channel *channel, void *const messages[], unsigned count)
{
	put(channel, messages, count);
	channel->under_way += count;
}

void rdl_channel_give_back(struct rdl_channel *channel, void *const messages[], unsigned count)
{
	put(channel, messages, count);
}

unsigned rdl_channel_take(struct rdl_channel *channel, void *messages[], unsigned most)
{
	return rte_ring_sc_dequeue_burst(channel->in, messages, most, NULL);
}

unsigned rdl_channel_waiting(const struct rdl_channel *channel)
{
	return rte_ring_count(channel->in);
}
