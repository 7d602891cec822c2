/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waiting: answers that must not leave before what they say is safe, oldest first. What they say is
 * how a registration is or that it has ended, so they wait for its last change: their own, or that
 * of a copy's original. Positions number a shard's changes, in ascending order from 1.
 */
#ifndef RDL_SHARD_WAITING_H
#define RDL_SHARD_WAITING_H

#include "change.h"
#include "request.h"

struct rdl_waiting_answer;

/* All zero: nothing ever waits. */
struct rdl_waiting {
	uint64_t released; /* changes up to here are safe */
	struct rdl_waiting_answer *answers; /* a ring */
	uint32_t mask;
	uint32_t first, end; /* they count on for ever */
	/*
	 * Position of a registration's last change, by its handle. Several may share a place: then
	 * one waits longer than it must, and no longer than the other.
	 */
	uint64_t *last;
	unsigned last_shift;
};

/* Octets for so many answers at once. */
size_t rdl_waiting_memory(unsigned answers);
/* `memory` is zero, aligned to 8, and the caller's. */
void rdl_waiting_init(struct rdl_waiting *waiting, void *memory, unsigned answers);

static inline bool rdl_waiting_is_used(const struct rdl_waiting *waiting)
{
	return waiting->last != NULL;
}

/* The registration's last change has this position. */
void rdl_waiting_note(struct rdl_waiting *waiting, rdl_handle handle, uint64_t position);

/*
 * Puts a request whose answer is in it behind the others, unless that may leave at once: false.
 * There is room, since no more are under way than there is memory for.
 */
bool rdl_waiting_put(struct rdl_waiting *waiting, struct rdl_request *request, unsigned worker);
/*
 * The oldest answers, as far as they are released and one worker's: as many as it returns, no more
 * than `most`.
 */
unsigned rdl_waiting_take(struct rdl_waiting *waiting, unsigned *worker,
	struct rdl_request *requests[], unsigned most);

#endif
