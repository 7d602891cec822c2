/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held: events that are not to be read before the changes that they tell of are safe. One that was
 * read, and of a change that is lost, would be a lie.
 */
#ifndef RDL_SHARD_HELD_H
#define RDL_SHARD_HELD_H

#include "events.h"

/* Where there are more, the newest are held as one. */
#define RDL_HELD_MAX 64

struct rdl_held {
	/* What the rounds have written to the events' ring, oldest first. */
	struct {
		uint64_t octets; /* ever, when the round ended */
		uint64_t position; /* of the shard's last change then */
	} rounds[RDL_HELD_MAX];
	unsigned first, count;
	uint64_t newest; /* octets of the last round that wrote any */
};

/* A round has ended, with its shard at `position`: shows what is safe up to `released`. */
void rdl_held_publish(
	struct rdl_held *held, struct rdl_events *events, uint64_t position, uint64_t released);

#endif
