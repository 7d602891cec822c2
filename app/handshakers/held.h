/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * held: parcels of application data that wait until their session is established, or is over. One
 * thread's.
 */
#ifndef RDL_HANDSHAKERS_HELD_H
#define RDL_HANDSHAKERS_HELD_H

#include "waiting.h"

#define HELD_MAX 64

struct held {
	struct waiting of[HELD_MAX]; /* as they came */
	unsigned count;
};

/* False: its session has its share, or there is no room. */
RDL_MUST_CHECK bool held_add(struct held *held, struct waiting waiting);

/* Takes the first one of a session; of a session that had this one's slot before; of any. */
bool held_take(struct held *held, uint64_t session, struct waiting *waiting);
bool held_take_older(struct held *held, uint64_t session, struct waiting *waiting);
bool held_take_any(struct held *held, struct waiting *waiting);

#endif
