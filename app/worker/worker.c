/* SPDX-License-Identifier: BSD-3-Clause */
/* One round of a worker: receive, decide, hand over, take replies back, send. */
#include "internal.h"

#include <assert.h>

#include "clock.h"

static_assert(RDL_BURST_MAX <= RDL_PKTIO_BURST, "a port gives a burst at once");

static struct rdl_packet *packet_of(struct rdl_request *request)
{
	return (struct rdl_packet *)((uintptr_t)request - offsetof(struct rdl_packet, request));
}

static void flush(struct worker *worker, unsigned port)
{
	struct tx_batch *batch = &worker->tx[port];
	unsigned sent = 0, n = batch->count;

	if (n == 0)
		return;
	sent = rdl_pktio_tx(worker->pktio, port, worker->index, batch->frames, n);
	if (RDL_UNLIKELY(worker->probe.frame != NULL))
		worker_probe_sent(worker, batch->frames, sent);
	if (sent < n) {
		/* A client that misses its reply asks again. */
		worker_free(worker, 0, batch->frames + sent, n - sent);
		rdl_stats_add(&worker->pipeline.stats,
			rdl_pktio_is_gone(worker->pktio, port, worker->index)
				? RDL_STAT_drop_tx_gone
				: RDL_STAT_drop_tx_full,
			n - sent);
	}
	batch->count = 0;
}

void worker_send_later(struct worker *worker, struct rdl_frame *frame)
{
	struct tx_batch *batch = &worker->tx[frame->port];

	if (batch->count == RDL_ARRAY_LEN(batch->frames))
		flush(worker, frame->port);
	batch->frames[batch->count++] = frame;
}

/*
 * A queue that is nearly full is about to lose packets whatever they are. From then until it is
 * nearly empty Registers are shed at a glance: they come again, and an Update that is lost makes
 * one Register more.
 */
#define BACKLOG_HIGH 75 /* percent */
#define BACKLOG_LOW 25
#define FULL_BURSTS 4 /* between two looks at the backlog */
/* Of a port that has more to give; some drivers give no more than so many at a time. */
#define FULL_BURST 32

static bool is_pressed(struct worker *worker, unsigned port, unsigned received)
{
	if (RDL_LIKELY(received < FULL_BURST)) {
		worker->full_bursts[port] = 0;
		worker->pressed[port] = false;
	} else if (++worker->full_bursts[port] % FULL_BURSTS == 0) {
		int backlog = rdl_pktio_backlog(worker->pktio, port, worker->index);

		worker->pressed[port] =
			backlog > (worker->pressed[port] ? BACKLOG_LOW : BACKLOG_HIGH);
	}
	return worker->pressed[port];
}

/* Frees what looks like a Register; returns how many frames are left. */
static unsigned triage(struct worker *worker, struct rdl_frame *frames[], unsigned n)
{
	struct rdl_packet *packets[RDL_BURST_MAX];
	struct rdl_frame *shed[RDL_BURST_MAX];
	unsigned kept = 0, freed = 0;

	for (unsigned i = 0; i < n; i++)
		packets[i] = (struct rdl_packet *)frames[i];
	rdl_packet_set mask = rdl_pipeline_triage(&worker->pipeline, packets, n);
	for (unsigned i = 0; i < n; i++) {
		if (rdl_packet_is_in(mask, i))
			shed[freed++] = frames[i];
		else
			frames[kept++] = frames[i];
	}
	rdl_pktio_free(worker->pktio, worker->index, shed, freed);
	return kept;
}

static bool receive(struct worker *worker, unsigned port)
{
	struct rdl_frame *frames[RDL_BURST_MAX];
	unsigned segmented = 0;
	unsigned n =
		rdl_pktio_rx(worker->pktio, port, worker->index, frames, RDL_BURST_MAX, &segmented);

	if (segmented > 0)
		rdl_stats_add(&worker->pipeline.stats, RDL_STAT_drop_segmented, segmented);
	if (n == 0)
		return segmented > 0;
	if (RDL_UNLIKELY(is_pressed(worker, port, n)))
		n = triage(worker, frames, n);
	/* Milliseconds matter to nothing here: what waits for blocks waits for minutes. */
	worker->pipeline.now_ms = rdl_clock_coarse_ms();
	/* By the clock of the rounds, which need not be read for this. */
	if (RDL_UNLIKELY(worker->load.last >= worker->probe.next))
		worker_probe_begin(worker);
	worker_process(worker, 0, frames, n);
	return true;
}

void worker_finish(
	struct worker *worker, struct rdl_packet *packets[], unsigned count, rdl_packet_set send)
{
	struct rdl_frame *freed[RDL_BURST_MAX];
	unsigned freed_count = 0;

	if (RDL_UNLIKELY(worker->guests > 0))
		count = worker_see_guests_off(worker, packets, count, &send);
	for (unsigned i = 0; i < count; i++) {
		if (rdl_packet_is_in(send, i))
			worker_send_later(worker, &packets[i]->frame);
		else
			freed[freed_count++] = &packets[i]->frame;
	}
	worker_free(worker, 0, freed, freed_count);
}

bool worker_reply(struct worker *worker, unsigned shard)
{
	struct rdl_packet *packets[RDL_BURST_MAX];
	void *batch[RDL_BURST_MAX];
	unsigned n = rdl_channel_take(&worker->shards[shard], batch, RDL_BURST_MAX);

	if (n == 0)
		return false;
	rdl_channel_came_back(&worker->shards[shard], n);
	for (unsigned i = 0; i < n; i++)
		packets[i] = packet_of(batch[i]);
	rdl_packet_set send =
		rdl_pipeline_replies(&worker->pipeline, worker->rules->policy, packets, n);
	worker_finish(worker, packets, n, send);
	return true;
}

/* A port's turn. Answers are taken in each, as fast as requests are handed over. */
static bool serve(struct worker *worker, unsigned port, bool stopping)
{
	bool worked = !stopping && receive(worker, port);

	for (unsigned s = 0; s < worker->shard_count; s++)
		worked |= worker_reply(worker, s);
	for (unsigned h = 0; h < worker->handshaker_count; h++)
		worked |= worker_take_letters(worker, h);
	return worked;
}

/*
 * For each port's turn a fellow may have sent a burst of datagrams, and given back as many: all
 * of that is taken, so that nothing piles up.
 */
static bool meet(struct worker *worker, unsigned fellow)
{
	unsigned bursts = 0;

	while (bursts < 2 * worker->port_count && worker_take_from_fellow(worker, fellow))
		bursts++;
	return bursts > 0;
}

/*
 * Nothing more comes in, and every request has its reply: this worker need not hold up the shards.
 * Those of other workers' frames that are here hold up these.
 */
static void drain(struct worker *worker)
{
	if (worker->drained)
		return;
	for (unsigned s = 0; s < worker->shard_count; s++)
		if (worker->shards[s].under_way > 0)
			return;
	for (unsigned h = 0; h < worker->handshaker_count; h++)
		if (worker->handshakers[h].under_way > 0)
			return;
	for (unsigned w = 0; w < worker->worker_count; w++)
		if (worker->fellows[w].under_way > 0)
			return;
	for (unsigned s = 0; s < worker->shard_count; s++)
		if (worker->dialogues[s].under_way > 0)
			return;
	if (worker->kernel.under_way > 0)
		return;
	worker->drained = true;
	ending_come_back(worker->ending);
}

/* Rounds between two looks: milliseconds, or a second where rounds sleep. */
#define FRAGMENT_ROUNDS 16384

/* The same for neighbours: below a millisecond where they do not sleep. */
#define TEND_ROUNDS 32

static void forget_fragments(struct worker *worker)
{
	if (++worker->rounds < FRAGMENT_ROUNDS)
		return;
	struct rdl_fragments_lost lost = { 0 };

	worker->rounds = 0;
	rdl_fragments_forget(worker->fragments, rdl_clock_coarse_ms(), &lost);
	worker_count_lost(worker, &lost);
}

struct rdl_channel_credit worker_credit(unsigned requests)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_OPERATION_REGISTER] =
							       requests - (requests + 1) / 4,
						    [RDL_OPERATION_UPDATE] = requests,
						    [RDL_OPERATION_DEREGISTER] = requests,
						    [RDL_OPERATION_OTHER] = requests } };
}

/* Copies of this round's packets go there; NULL: nobody wants any. */
static struct rdl_capture *wanted_capture(const struct worker *worker)
{
	struct rdl_capture *capture = worker->captures;

	if (RDL_LIKELY(capture == NULL || !rdl_capture_is_wanted(capture)))
		return NULL;
	return rdl_capture_begin(capture, rdl_clock_wall_ns()) ? capture : NULL;
}

/* They are shed as if there were no credit: their devices ask again, by then another process. */
static void close_to_registers(struct worker *worker)
{
	for (unsigned s = 0; s < worker->shard_count; s++)
		worker->shards[s].credit.limit[RDL_OPERATION_REGISTER] = 0;
}

bool worker_step(void *self)
{
	struct worker *worker = self;
	enum ending_stage ending = ending_stage(worker->ending);
	bool stopping = ending == ENDING_ASKED;
	bool worked = false;

	if (RDL_UNLIKELY(ending != ENDING_IS_FAR))
		close_to_registers(worker);
	worker->rules = rdl_rulebook_read(worker->rulebook, &worker->rules_seen);
	rdl_pktio_round(worker->pktio, worker->index);
	worker->pipeline.capture = wanted_capture(worker);
	for (unsigned p = 0; p < worker->port_count; p++)
		worked |= serve(worker, p, stopping);
	for (unsigned w = 0; w < worker->worker_count; w++)
		if (w != worker->index)
			worked |= meet(worker, w);
	if (RDL_UNLIKELY(worker->shares))
		worked |= worker_take_from_kernel(worker);
	if (worker->converses)
		for (unsigned s = 0; s < worker->shard_count; s++)
			worked |= worker_converse(worker, s);
	if (worker->index == 0 && worker->rounds % TEND_ROUNDS == 0 && !stopping)
		worker_tend_neighbours(worker);
	for (unsigned p = 0; p < worker->port_count; p++)
		flush(worker, p);
	forget_fragments(worker);
	if (worker->handshaker_count > 0)
		worked |= worker_sweep_sessions(worker);
	if (stopping)
		drain(worker);
	return worked;
}
