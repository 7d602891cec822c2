/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waiting: answers that must not leave before what they say is safe, oldest first. What they say is
 * how a registration is or that it has ended, so they wait for its last change: their own, or that
 * of a copy's original. Positions number a shard's changes, in ascending order from 1.
 *
 * Each worker has so many requests under way and no more, so what waits takes them from what does
 * not: some of them are kept for requests that change nothing, and may be answered at once.
 */
#ifndef RDL_SHARD_WAITING_H
#define RDL_SHARD_WAITING_H

#include "change.h"
#include "request.h"

struct rdl_waiting_answer;

/* All zero: nothing ever waits. */
struct rdl_waiting {
	uint64_t released; /* changes up to here are safe */
	/* Nothing that is not yet safe ever will be: what waits may leave, and is to be shed. */
	bool given_up;
	struct rdl_waiting_answer *answers; /* a ring */
	uint32_t mask;
	uint32_t first, end; /* they count on for ever */
	/*
	 * Position of a registration's last change, by its handle. Several may share a place: then
	 * one waits longer than it must, and no longer than the other.
	 */
	uint64_t *last;
	unsigned last_shift;
	/* Of each worker, how many wait; and how many requests it may have under way. */
	uint32_t *counts;
	uint32_t under_way;
};

/* Octets for what so many workers may have under way, each so many requests. */
size_t rdl_waiting_memory(unsigned workers, unsigned requests);
/* `memory` is zero, aligned to 8, and the caller's. */
void rdl_waiting_init(
	struct rdl_waiting *waiting, void *memory, unsigned workers, unsigned requests);

static inline bool rdl_waiting_is_used(const struct rdl_waiting *waiting)
{
	return waiting->last != NULL;
}

/* How many sixteenths of what a worker may have under way wait when nothing more may join them: */
#define RDL_WAITING_REGISTERS 8
#define RDL_WAITING_CHANGES 10
/* What only tells of changes. */
#define RDL_WAITING_READS 11

/* Whether so many sixteenths of what a worker may have under way wait already. */
static inline bool rdl_waiting_fills(
	const struct rdl_waiting *waiting, unsigned worker, unsigned sixteenths)
{
	return waiting->counts[worker] >= waiting->under_way * sixteenths / 16;
}

/* The registration's last change has this position. */
void rdl_waiting_note(struct rdl_waiting *waiting, rdl_handle handle, uint64_t position);

/* Of the registration's last change, or a later one's; 0: there was none. */
uint64_t rdl_waiting_last(const struct rdl_waiting *waiting, rdl_handle handle);

/* Of a request whose answer is in it: the position that must be safe before; 0: it may leave. */
uint64_t rdl_waiting_for(const struct rdl_waiting *waiting, const struct rdl_request *request);
/* Puts it behind the others. Of its worker no more are under way than there is memory for. */
void rdl_waiting_put(struct rdl_waiting *waiting, struct rdl_request *request, uint64_t position,
	unsigned worker);
/*
 * The oldest answers, as far as they may leave and are one worker's: as many as it returns, no more
 * than `most`.
 */
unsigned rdl_waiting_take(struct rdl_waiting *waiting, unsigned *worker,
	struct rdl_request *requests[], unsigned most);
/* All answers to changes up to here have been taken. */
uint64_t rdl_waiting_taken(const struct rdl_waiting *waiting);

#endif
