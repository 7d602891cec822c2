/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shard: one control core's step: decided requests in, commits, answers out. Used by its core
 * alone.
 */
#ifndef RDL_SHARD_H
#define RDL_SHARD_H

#include "admission.h"
#include "events.h"
#include "policy.h"
#include "stats.h"
#include "waiting.h"

/*
 * An Update to a registration with an alternate path, which its payload does not name, brings that
 * unread: room for reading the longest.
 */
#define RDL_SHARD_SCRATCH (2 * 65536 + 512)

/* All registrations as they are, told one after the other in the order of their handles. */
struct rdl_walk {
	bool under_way;
	uint64_t number; /* of the last one begun */
	uint64_t cursor; /* of rdl_registry_next(): what lies before it has been told */
};

struct rdl_shard {
	struct rdl_registry *registry; /* owned by the caller */
	struct rdl_events *events; /* the same; NULL: nobody can listen */
	struct rdl_walk walk;
	struct rdl_admission admission;
	struct rdl_stats stats;
	struct rdl_change change; /* what the request at hand has changed */
	uint64_t position; /* of the last change */
	struct rdl_waiting waiting;
	int64_t may_read; /* octets of such payloads; below 0: what was read beyond */
	uint64_t may_read_ms; /* as of then */
	uint64_t scratch[RDL_SHARD_SCRATCH / sizeof(uint64_t)];
};

/* No limits at first. `key` and `memory` are those of rdl_admission_init(). */
void rdl_shard_init(struct rdl_shard *shard, struct rdl_registry *registry,
	const struct rdl_key *key, void *memory);

/* Enforces these limits from the next burst on. */
void rdl_shard_limit(
	struct rdl_shard *shard, const struct rdl_admission_limits *limits, uint64_t now_ms);

/*
 * For a shard whose changes are to be safe before answers tell of them: from now on these wait, as
 * many at once as workers may have under way at this shard. `memory`, zero, aligned to 8 and the
 * caller's, has rdl_shard_waiting_memory() octets.
 */
void rdl_shard_wait(struct rdl_shard *shard, void *memory, unsigned answers);
static inline size_t rdl_shard_waiting_memory(unsigned answers)
{
	return rdl_waiting_memory(answers);
}

/*
 * Commits `count` <= RDL_REGISTRY_BURST requests of one worker in their order under one policy, and
 * leaves each one's answer in it: request->code, 0 where it is shed in silence (no room, or over a
 * limit of admission) and counted; request->location of a Register. Those whose answers may leave
 * at once come first in `requests`, in their order: it returns how many they are. The others wait.
 */
unsigned rdl_shard_burst(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *requests[], unsigned count, unsigned worker, uint64_t now_ms);

/* All changes up to this position are safe, of which no call takes any back. */
void rdl_shard_release(struct rdl_shard *shard, uint64_t position);

/*
 * Answers that have waited and may leave now, in their order, as far as the next ones are the same
 * worker's: as many as it returns, no more than `most`.
 */
unsigned rdl_shard_take_answers(
	struct rdl_shard *shard, unsigned *worker, struct rdl_request *requests[], unsigned most);

/* Reclaims what has expired, a slice at a time: true when a registration ended. */
bool rdl_shard_expire(struct rdl_shard *shard, uint64_t now_ms);

/* Ends a registration that is live at `now_ms`: its location is dead at once. */
void rdl_shard_remove(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms);

/*
 * Once a round, after all else: goes on with a walk, and shows the reader what this round has told.
 * True when the walk went on.
 */
bool rdl_shard_publish(struct rdl_shard *shard, uint64_t now_ms);

/* Once a round that may have changed what there is: sets the gauges among its stats. */
void rdl_shard_gauge(struct rdl_shard *shard);

#endif
