/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shard_core: one control core's share: a shard and its registry, a channel to each worker, and a
 * question now and then from threads that own no registrations.
 */
#ifndef RDL_SHARD_CORE_H
#define RDL_SHARD_CORE_H

#include "channel.h"
#include "dialogues.h"
#include "lcores.h"
#include "question.h"
#include "rules.h"
#include "shard.h"

struct shard_core {
	/* Set by who makes it, zero otherwise; not changed once it runs. */
	unsigned index;
	unsigned worker_count;
	bool sleeps; /* its core does, between rounds that found nothing */
	const struct rdl_rulebook *rulebook; /* read once for each round */
	struct ending *ending; /* anybody's, by its functions; NULL: none */
	struct rdl_registry *registry; /* its core's alone to touch */
	/* Written by its core; the statistics in the shard, and the load, are read by anybody. */
	struct rdl_shard shard;
	struct load load;
	uint64_t rules_seen; /* the number of its last round's (release) */
	/* Of any thread that asks, by its mailbox. */
	struct question question;
	/* Its core writes; whoever feeds subscribers reads. */
	struct rdl_events events;
	/* The same; whoever writes its log takes. */
	struct rdl_journal_ring journal;
	/* memory of answers that wait, and of dialogues; who made it gives it back */
	void *waiting, *dialogues_memory;
	/* Its core's alone. */
	const struct rdl_rules *rules; /* of this round */
	struct rdl_channel workers[WORKERS_MAX];
	struct dialogues dialogues; /* its counts are anybody's to read */
	uint64_t now_ms;
	uint64_t wall_next_ms; /* when to look at the wall's clock */
	unsigned rounds; /* since the clock was read */
	uint64_t end_ms; /* when no answer waits any more; 0: the end was not asked for */
};

/*
 * One round: requests of every worker, answers back, requests to devices, expiry, a question. True:
 * found work.
 */
bool shard_core_step(void *self);

/* ---- questions to the owners of registrations, from any thread but theirs ---- */

struct owners {
	unsigned count;
	struct shard_core *cores[SHARDS_MAX];
	struct rdl_key endpoint_key; /* of the digests that say whose an endpoint is */
};

/* On top of `sum`, what they count and have. Asks nobody. */
void owners_stats(const struct owners *owners, struct rdl_stats *sum);

/*
 * Asks the endpoint's owner. The answer is the caller's until ask_done(). NULL: the owner did not
 * answer in time, and nothing was done. `endpoint` has 1 to RDL_ENDPOINT_MAX octets.
 */
struct question *ask_endpoint(
	const struct owners *owners, enum question_kind kind, struct rdl_span endpoint);

/*
 * A page of endpoint names from *cursor on; it may hold none. Moves *cursor behind the page. 0
 * begins, and a cursor that is 0 again has come to the end.
 */
struct question *ask_page(const struct owners *owners, enum question_kind kind, uint64_t *cursor);

void ask_done(struct question *question);

#endif
