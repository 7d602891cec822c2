/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialogues: what there is of an endpoint that is spoken to: the order under way (NSTART is 1),
 * those that wait, those that observe, and what is remembered so that Message IDs and answers are
 * told apart. An endpoint that nothing is wanted of has none, or an idle one, whose room is taken
 * when it is wanted.
 */
#ifndef RDL_ORDERS_DIALOGUES_H
#define RDL_ORDERS_DIALOGUES_H

#include "linked.h"
#include "orders.h"

#define RDL_DIALOGUE_NONE UINT32_MAX
#define RDL_DIALOGUE_RECENT 4

/* The one message that is under way, or about to be. */
struct rdl_exchange {
	struct rdl_order *order; /* NULL: none is */
	uint64_t awaited; /* the hash of what would acknowledge it; 0: none is awaited */
	uint64_t due_ms; /* to be sent again, or given up */
	uint64_t sent_ms; /* the last time */
	uint32_t number; /* of its token */
	uint32_t timeout_ms; /* for the first time; doubled each time */
	uint16_t message_id;
	uint8_t sends; /* how often it was sent; 0: not yet */
	uint8_t puts_off; /* how often the worker could not, at once */
	bool to_send; /* as soon as there is a transmission */
	bool numbered; /* message_id and number are set */
	bool acknowledged;
	bool whole; /* no shorter message can take its place */
};

struct rdl_dialogue_queue {
	struct rdl_order *first, *last;
	uint32_t count;
};

/* Where it waits for its turn. */
enum rdl_turn {
	RDL_TURN_NONE,
	RDL_TURN_READY, /* it may be spoken to */
	RDL_TURN_HELD, /* when a position is released */
	RDL_TURN_IDLE, /* its room may be taken */
	RDL_TURN_FREE, /* it is nobody's */
	RDL_TURNS
};

struct rdl_dialogue {
	rdl_handle handle;
	uint32_t next_of_handle, next_of_awaited; /* in the chain of its bucket */
	uint8_t turn; /* enum rdl_turn */
	bool asleep; /* something waits until it wakes up */
	bool silent; /* it did not answer, and sleeps although its time is not over */
	uint8_t next_recent;
	uint16_t salt;
	struct rdl_exchange exchange;
	struct rdl_dialogue_queue waiting, observing;
	uint32_t rests; /* of those that observe, have more of a value to ask for */
	uint64_t heard_ms; /* when it last answered or notified; 0: it has not */
	uint64_t hold; /* the position that must be released first */
	uint64_t next_id; /* Message IDs below were used, by rdl_orders_ids() */
	uint64_t expires_ms; /* none that waits does so before */
	/*
	 * Numbers of tokens that are over, and whether an answer ended them: number << 1 | answered
	 */
	uint32_t recent[RDL_DIALOGUE_RECENT];
};

struct rdl_dialogues {
	struct rdl_dialogue *all;
	struct rdl_list_links *turns; /* heads first: enum rdl_turn */
	uint32_t *by_handle, *by_awaited; /* heads of chains */
	uint64_t *some; /* a bit for each chain of by_handle: it is not empty */
	uint32_t count;
	unsigned shift; /* of a hash of 32 bits to a bucket */
};

uint32_t rdl_dialogues_for(const struct rdl_orders_config *config);
/* Lays its parts behind *end; `memory` NULL: only counts. */
void rdl_dialogues_lay(struct rdl_dialogues *dialogues, uint32_t count, void *memory, size_t *end);
void rdl_dialogues_init(struct rdl_dialogues *dialogues);

static inline uint32_t rdl_dialogue_index(
	const struct rdl_dialogues *dialogues, const struct rdl_dialogue *dialogue)
{
	return (uint32_t)(dialogue - dialogues->all);
}

struct rdl_dialogue *rdl_dialogues_find(const struct rdl_dialogues *dialogues, rdl_handle handle);
static inline uint32_t rdl_dialogues_bucket(
	const struct rdl_dialogues *dialogues, rdl_handle handle)
{
	return handle * UINT32_C(0x9e3779b1) >> dialogues->shift;
}
static inline bool rdl_dialogues_has(const struct rdl_dialogues *dialogues, uint32_t bucket)
{
	return (dialogues->some[bucket / 64] >> bucket % 64 & 1) != 0;
}
/*
 * One for a handle that has none, emptied and in no turn: a free one, or the longest idle one, if
 * its Message IDs lie before `id`. NULL: there is none.
 */
struct rdl_dialogue *rdl_dialogues_add(
	struct rdl_dialogues *dialogues, rdl_handle handle, uint64_t id);
/* It becomes another handle's, which has none. */
void rdl_dialogues_move(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, rdl_handle handle);
/* Nothing is left of it. */
void rdl_dialogues_remove(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue);

/* By the hash of what its exchange awaits. */
struct rdl_dialogue *rdl_dialogues_awaiting(
	const struct rdl_dialogues *dialogues, uint64_t awaited);
/* Starts to fetch what rdl_dialogues_await() will touch. */
static inline void rdl_dialogues_fetch_awaiting(
	const struct rdl_dialogues *dialogues, uint64_t awaited)
{
	RDL_PREFETCH_WRITE(&dialogues->by_awaited[(uint32_t)awaited >> dialogues->shift]);
}
void rdl_dialogues_await(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, uint64_t awaited);
void rdl_dialogues_await_nothing(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue);

void rdl_dialogues_set_turn(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, enum rdl_turn turn);
/* The first in a turn, or NULL. */
struct rdl_dialogue *rdl_dialogues_first(const struct rdl_dialogues *dialogues, enum rdl_turn turn);

/* Queues of orders, which are linked by their courses. */
void rdl_queue_append(struct rdl_dialogue_queue *queue, struct rdl_order *order);
void rdl_queue_prepend(struct rdl_dialogue_queue *queue, struct rdl_order *order);
void rdl_queue_remove(struct rdl_dialogue_queue *queue, struct rdl_order *order);

#endif
