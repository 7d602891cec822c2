/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One round of a shard's core: what the journal has confirmed, requests of every worker, replies
 * back, expiry, a question now and then; and what is for the journal's writer and for whoever
 * listens, at last.
 */
#include "shard_core.h"

#include "clock.h"

/* Idle rounds between two looks at the clock. */
#define CLOCK_ROUNDS 64
/* Between two looks at the wall's. */
#define WALL_MS 1000
/* When the end is asked for, the disk has so long for what waits. */
#define END_WAIT_MS 1000

static void read_clock(struct shard_core *core)
{
	core->now_ms = rdl_clock_ms();
	core->rounds = 0;
	if (RDL_UNLIKELY(core->now_ms >= core->wall_next_ms)) {
		rdl_registry_set_wall(core->registry, rdl_clock_wall_ms());
		core->wall_next_ms = core->now_ms + WALL_MS;
	}
}

/* Limits that are new are the shard's before it performs anything in this round. */
static void read_rules(struct shard_core *core)
{
	uint64_t before = core->rules_seen;

	core->rules = rdl_rulebook_read(core->rulebook, &core->rules_seen);
	if (RDL_LIKELY(core->rules_seen == before))
		return;
	read_clock(core);
	rdl_shard_limit(&core->shard, &core->rules->limits, core->now_ms);
}

static void give_back(struct shard_core *core, unsigned worker,
	struct rdl_request *const requests[], unsigned count)
{
	void *batch[RDL_REGISTRY_BURST];

	for (unsigned i = 0; i < count; i++)
		batch[i] = requests[i];
	rdl_channel_give_back(&core->workers[worker], batch, count);
}

static bool serve(struct shard_core *core, unsigned worker)
{
	struct rdl_request *requests[RDL_REGISTRY_BURST];
	void *batch[RDL_REGISTRY_BURST];
	unsigned n = rdl_channel_take(&core->workers[worker], batch, RDL_REGISTRY_BURST);

	if (n == 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		requests[i] = batch[i];
	read_clock(core);
	n = rdl_shard_burst(&core->shard, core->rules->policy, requests, n, worker, core->now_ms);
	give_back(core, worker, requests, n);
	return true;
}

/*
 * Answers that have waited until what they say was safe: each round no more of them than is enough
 * for what a round may bring, however few are one worker's.
 */
static bool answer_waiting(struct shard_core *core)
{
	struct rdl_request *requests[RDL_REGISTRY_BURST];
	unsigned worker = 0, n, left = 2 * core->worker_count * RDL_REGISTRY_BURST;

	while ((n = rdl_shard_take_answers(&core->shard, &worker, requests, RDL_REGISTRY_BURST)) >
		0) {
		give_back(core, worker, requests, n);
		if (n >= left)
			return true;
		left -= n;
	}
	return left < 2 * core->worker_count * RDL_REGISTRY_BURST;
}

/* A disk that stands still must not keep workers from ending, who wait for answers. */
static void see_to_end(struct shard_core *core)
{
	if (core->ending == NULL || !ending_is_asked(core->ending))
		return;
	if (core->end_ms == 0)
		core->end_ms = core->now_ms + END_WAIT_MS;
	else if (core->now_ms >= core->end_ms)
		rdl_shard_give_up(&core->shard);
}

/* A question that is new, or one whose answer waits. */
static bool answer_question(struct shard_core *core)
{
	struct question *question = &core->question;

	if (RDL_UNLIKELY(rdl_mailbox_pending(&question->mailbox))) {
		read_clock(core);
		question_answer(question, &core->shard, core->now_ms);
		return true;
	}
	if (RDL_UNLIKELY(question_waits(question)))
		question_settle(question, &core->shard, core->now_ms);
	return false;
}

bool shard_core_step(void *self)
{
	struct shard_core *core = self;
	bool worked = false;

	read_rules(core);
	rdl_shard_confirm(&core->shard);
	if (RDL_UNLIKELY(rdl_waiting_is_used(&core->shard.waiting)))
		see_to_end(core);
	for (unsigned w = 0; w < core->worker_count; w++)
		worked |= serve(core, w);
	worked |= answer_waiting(core);
	/* A core that sleeps between rounds has the time for it, and needs it. */
	if (!worked && (++core->rounds >= CLOCK_ROUNDS || core->sleeps))
		read_clock(core);
	if (core->dialogues.engine != NULL)
		worked |= dialogues_step(core);
	worked |= rdl_shard_expire(&core->shard, core->now_ms);
	worked |= answer_question(core);
	worked |= rdl_shard_publish(&core->shard, core->now_ms);
	/* Also what ended in silence: a tombstone is no work, and changes the counts. */
	if (worked || core->rounds == 0)
		rdl_shard_gauge(&core->shard);
	return worked;
}
