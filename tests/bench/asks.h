/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * asks: the fleet asked by its server: orders that are made in the process, and devices that answer
 * each at once. One step of it is a role like a worker's. Every answer is checked.
 */
#ifndef RDL_BENCH_ASKS_H
#define RDL_BENCH_ASKS_H

#include "generator.h"
#include "options.h"

/* Whom the gateway is told to send by. */
#define ASKS_ROUTER "192.0.2.254"

struct asks {
	struct load load;
	struct generator *generator; /* whose rings it has while that rests */
	struct rdl_channel shards[SHARDS_MAX];
	void *memory[SHARDS_MAX]; /* of those */
	unsigned shard_count;
	struct rdl_key endpoint_key;
	struct ask *all; /* `window` of them */
	struct ask **idle;
	unsigned window, idle_count;

	int running; /* set by the main thread, cleared at the end */
	uint64_t orders, endpoints; /* to be given, in turn */
	uint64_t given, over, wrong;
	uint64_t quiet_since;
	uint64_t begin, end; /* TSC */
	struct latencies *latencies;
};

/* Joined to the shards, which are there. False: there is no memory. */
bool asks_init(struct asks *asks, struct daemon *daemon, struct generator *generator,
	const struct options *options);
void asks_free(struct asks *asks);
/* A role's step. */
bool asks_step(void *self);
/*
 * Gives so many orders to all registered endpoints in turn, waits until they are over, and tells
 * what they took. False when any answer was wrong or missing.
 */
bool asks_run(struct asks *asks, struct daemon *daemon, const struct options *options);

#endif
