/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fleet of the benchmark: devices that register, register again, update and de-register through
 * the rings of a port. One step of it is a role like a worker's. Every reply is checked.
 */
#ifndef RDL_BENCH_GENERATOR_H
#define RDL_BENCH_GENERATOR_H

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "daemon.h"
#include "latencies.h"
#include "packets.h"
#include "secure.h"

#define FLIGHTS 65536 /* Message IDs */

enum phase { REGISTER, REREGISTER, UPDATE, DEREGISTER, PHASES };
extern const char *const phase_names[PHASES];

/* One request under way, found again by its Message ID. */
struct flight {
	uint32_t endpoint; /* and one; 0: none */
	uint8_t phase;
	uint64_t sent; /* TSC; with an open loop when it was to be sent */
};

/* What a run is asked for, by the main thread while the generator rests. */
struct run {
	enum phase phase;
	uint64_t requests;
	uint64_t first, endpoints; /* names first .. first + endpoints - 1 */
	double rate; /* a second; 0: as fast as replies come */
	bool secured; /* in DTLS sessions */
	unsigned updates_percent; /* of an overload: the rest are Registers of names behind these */
};

struct generator {
	struct load load;
	struct rte_mempool *pool;
	struct rte_ring *to[WORKERS_MAX], *from[WORKERS_MAX];
	unsigned workers, window;
	bool mixed, offload;
	uint64_t endpoints; /* with a location of their own */
	uint8_t (*locations)[RDL_LOCATION_LEN];
	struct packets packets;
	struct secure secure;

	uint64_t clock; /* what to take for the TSC; 0: the TSC */
	int running; /* set by the main thread, cleared at the end of a run */
	struct run run;
	uint64_t order, order_mask; /* a full cycle over the endpoints, in no order */
	uint64_t turn; /* which worker's queue is next */
	uint16_t message_id;
	unsigned in_flight;
	double due, interval; /* TSC */
	uint64_t quiet_since;

	/* What came of it. */
	uint64_t sent, answered, wrong, lost, not_taken;
	uint64_t sent_of[PHASES], answered_of[PHASES];
	uint64_t begin, end; /* TSC */
	struct latencies *latencies; /* of a run with a rate */
	struct flight flights[FLIGHTS];
};

/* Rings in place; takes memory for `endpoints` locations. False: there is none. */
bool generator_init(struct generator *generator, uint64_t endpoints);
/* Starts a run and waits for its end. */
void generator_run(struct generator *generator, const struct run *run);
/*
 * The same in the calling thread, one worker and one shard, on a clock that only they drive: what
 * the fleet takes to send and check does not count, so that more can be offered than a core could
 * send.
 */
void generator_run_uncounted(struct generator *generator, const struct run *run,
	struct worker *worker, struct shard_core *core);
/* A role's step. */
bool generator_step(void *self);

#endif
