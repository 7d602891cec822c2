/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shard: one control core's step: decided requests in, commits, answers out. Used by its core
 * alone.
 */
#ifndef RDL_SHARD_H
#define RDL_SHARD_H

#include "admission.h"
#include "held.h"
#include "orders.h"
#include "policy.h"
#include "ring.h"
#include "stats.h"
#include "sweeps.h"
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

/* Places for the workers by which endpoints' requests come: several endpoints may share one. */
#define RDL_SHARD_WAYS 4096

struct rdl_shard {
	struct rdl_registry *registry; /* owned by the caller */
	struct rdl_events *events; /* the same; NULL: nobody can listen */
	struct rdl_walk walk;
	bool keeps; /* rdl_shard_keep() or rdl_shard_wait(): not every change may be made */
	struct rdl_journal_ring *journal; /* owned by the caller; NULL: nothing is kept */
	bool logs_events; /* rdl_shard_log_events() */
	/* The workers' sessions; NULL: those are not kept. */
	const struct rdl_dtls *const *sessions;
	unsigned session_tables;
	struct rdl_orders *orders; /* owned by the caller; NULL: devices are asked nothing */
	struct rdl_admission admission;
	struct rdl_stats stats;
	struct rdl_change change; /* what the request at hand has changed */
	uint64_t position; /* of the last change, or the journal's of the last entry */
	unsigned worker; /* whose burst is at hand */
	struct rdl_waiting waiting;
	int64_t may_read; /* octets of such payloads; below 0: what was read beyond */
	uint64_t may_read_ms; /* as of then */
	struct rdl_sweeps sweeps;
	struct rdl_held held;
	uint8_t ways[RDL_SHARD_WAYS]; /* of endpoints that requests go to: worker and one, or 0 */
	uint64_t scratch[RDL_SHARD_SCRATCH / sizeof(uint64_t)];
};

/* No limits at first. `key` and `memory` are those of rdl_admission_init(). */
void rdl_shard_init(struct rdl_shard *shard, struct rdl_registry *registry,
	const struct rdl_key *key, void *memory);

/* Enforces these limits from the next burst on. */
void rdl_shard_limit(
	struct rdl_shard *shard, const struct rdl_admission_limits *limits, uint64_t now_ms);

/*
 * For a shard whose changes are kept by a journal: from now on each is put into `ring`, which is
 * the caller's and fresh, and all that the shard holds in sweeps, the first of which begins here.
 * What the ring has no room for is shed, and counted: Registers when it is half full, Updates that
 * may bring much while some room is left, those that bring a lifetime at most, and De-registers,
 * last. What changes nothing goes on: 4.04, other refusals, and retransmissions of what was
 * performed.
 */
void rdl_shard_keep(struct rdl_shard *shard, struct rdl_journal_ring *ring,
	const struct rdl_sweeps_config *sweeps, uint64_t now_ms);

/*
 * With a journal, before anything else: changes that are news, also that a registration has
 * expired, are logged as events, so that they can be told from the log. They are longer, and what
 * needs room for them is shed as Updates are that may bring much.
 */
void rdl_shard_log_events(struct rdl_shard *shard);

/*
 * With a journal: beside each change that a record of a session has asked for is put how far that
 * session was, as the table of worker p of `count` says. Tables outlive the shard.
 */
void rdl_shard_keep_sessions(
	struct rdl_shard *shard, const struct rdl_dtls *const tables[], unsigned count);

/*
 * For a shard whose changes are to be safe before answers and events tell of them: from now on
 * these wait. So many workers have so many requests each under way at this shard at most. Shed is
 * what would wait when many do: Registers at 8 sixteenths of these, other changes at 10, what only
 * tells of changes at 11; so the rest may be answered at once. `memory`, zero, aligned to 8 and the
 * caller's, has rdl_shard_waiting_memory() octets.
 */
void rdl_shard_wait(struct rdl_shard *shard, void *memory, unsigned workers, unsigned requests);
static inline size_t rdl_shard_waiting_memory(unsigned workers, unsigned requests)
{
	return rdl_waiting_memory(workers, requests);
}

/*
 * Commits `count` <= RDL_REGISTRY_BURST requests of one worker in their order under one policy, and
 * leaves each one's answer in it: request->code, 0 where it is shed in silence (no room here or in
 * the journal, or over a limit of admission) and counted; request->location of a Register. Those
 * whose answers may leave at once come first in `requests`, in their order: it returns how many
 * they are. The others wait.
 */
unsigned rdl_shard_burst(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *requests[], unsigned count, unsigned worker, uint64_t now_ms);

/* All changes up to this position are safe, of which no call takes any back. */
void rdl_shard_release(struct rdl_shard *shard, uint64_t position);
/*
 * Once a round, before bursts: what the journal's writer has said meanwhile is released, or given
 * up.
 */
void rdl_shard_confirm(struct rdl_shard *shard);
/*
 * What is not safe never will be: answers that wait may leave, as what is shed. From now on nothing
 * is changed, and nothing acknowledged that is not safe.
 */
void rdl_shard_give_up(struct rdl_shard *shard);

/*
 * Answers that have waited and may leave now, in their order, as far as the next ones are the same
 * worker's: as many as it returns, no more than `most`.
 */
unsigned rdl_shard_take_answers(
	struct rdl_shard *shard, unsigned *worker, struct rdl_request *requests[], unsigned most);

/*
 * The worker, of so many, that an endpoint's last request came by, as far as is known: what it is
 * sent goes the same way, and so behind the reply.
 */
unsigned rdl_shard_way(const struct rdl_shard *shard, rdl_handle handle, unsigned workers);

/* Reclaims what has expired, a slice at a time: true when a registration ended. */
bool rdl_shard_expire(struct rdl_shard *shard, uint64_t now_ms);

/*
 * Ends a registration that is live at `now_ms`: its location is dead at once. False: the journal
 * has no room for that, and nothing was done.
 */
RDL_MUST_CHECK bool rdl_shard_remove(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms);

/*
 * Once a round, after all else: goes on with a sweep and a walk, and shows their readers what this
 * round has told. True when there is more to do at once.
 */
bool rdl_shard_publish(struct rdl_shard *shard, uint64_t now_ms);

/* Once a round that may have changed what there is: sets the gauges among its stats. */
void rdl_shard_gauge(struct rdl_shard *shard);

#endif
