/* SPDX-License-Identifier: BSD-3-Clause */
/* One round of a control core: requests of every worker, replies back, expiry, a question now and then. */
#include "daemon.h"

#include <assert.h>

/* Idle rounds between two looks at the clock. */
#define CLOCK_ROUNDS 64
/* Between two looks at the wall's. */
#define WALL_MS 1000

static void read_clock(struct control *control)
{
	control->now_ms = rdl_clock_ms();
	control->rounds = 0;
	if (RDL_UNLIKELY(control->now_ms >= control->wall_next_ms)) {
		rdl_registry_set_wall(control->registry, rdl_clock_wall_ms());
		control->wall_next_ms = control->now_ms + WALL_MS;
	}
}

static_assert(
	RDL_BURST_MAX <= RDL_REGISTRY_BURST, "a shard takes what a worker hands over at once");

static bool serve(struct control *control, unsigned worker)
{
	struct daemon *daemon = control->daemon;
	struct rdl_request *requests[RDL_BURST_MAX];
	void *batch[RDL_BURST_MAX];
	unsigned n = rte_ring_sc_dequeue_burst(
		daemon->requests[worker][control->index], batch, RDL_BURST_MAX, NULL);

	if (n == 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		requests[i] = batch[i];
	read_clock(control);
	rdl_shard_burst(&control->shard, __atomic_load_n(&daemon->policy, __ATOMIC_ACQUIRE),
		requests, n, control->now_ms);
	unsigned queued =
		rte_ring_sp_enqueue_bulk(daemon->replies[worker][control->index], batch, n, NULL);
	/* The worker's credit never exceeds this ring. */
	RTE_VERIFY(queued == n);
	return true;
}

static void publish(struct control *control)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(control->registry, &counts);
	__atomic_store_n(&control->registrations, counts.registrations, __ATOMIC_RELAXED);
	__atomic_store_n(&control->tombstones, counts.tombstones, __ATOMIC_RELAXED);
	__atomic_store_n(&control->object_lists, counts.object_lists, __ATOMIC_RELAXED);
	__atomic_store_n(&control->store_octets, counts.store_octets, __ATOMIC_RELAXED);
}

bool control_step(void *self)
{
	struct control *control = self;
	bool worked = false;

	for (unsigned w = 0; w < control->daemon->conf->workers; w++)
		worked |= serve(control, w);
	/* A core that sleeps between rounds has the time for it, and needs it. */
	if (!worked &&
		(++control->rounds >= CLOCK_ROUNDS || control->daemon->conf->idle_sleep_us > 0))
		read_clock(control);
	worked |= rdl_shard_expire(&control->shard, control->now_ms);
	if (RDL_UNLIKELY(rdl_mailbox_pending(&control->question.mailbox))) {
		read_clock(control);
		question_answer(&control->question, &control->shard, control->now_ms);
		worked = true;
	}
	worked |= rdl_shard_publish(&control->shard, control->now_ms);
	/* Also what ended in silence: a tombstone is no work, and changes the counts. */
	if (worked || control->rounds == 0)
		publish(control);
	return worked;
}
