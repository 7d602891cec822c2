/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refused: what workers refused, for the subscribers who asked for it.
 * Used by the feed's thread.
 */
#ifndef RDL_FEED_REFUSED_H
#define RDL_FEED_REFUSED_H

#include "feed.h"

/* A second tells no more; of the rest it tells how many. */
#define REFUSED_PER_S 100

struct refused {
	bool told; /* somebody wants them */
	uint64_t next[WORKERS_MAX]; /* numbers of the first that have not been looked at */
	uint64_t second_ms; /* when this second began */
	unsigned left; /* in it */
	uint64_t suppressed; /* in it */
};

/* A subscription has come, or gone: refusals from now on are told as long as anybody wants them. */
void refused_follow(struct feed *feed, uint64_t now_ms);
/* Once a round. */
void refused_tell(struct feed *feed, uint64_t now_ms);

#endif
