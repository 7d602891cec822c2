/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames through the pipeline, and to wherever it says. */
#include "internal.h"

#include <assert.h>

/* Hands over as far as the shard's credit goes; the rest is shed before it has left any trace. */
static void hand_over(struct worker *worker, const struct rdl_burst *burst,
	struct rdl_frame *freed[], unsigned *freed_count)
{
	void *batch[RDL_BURST_MAX];

	for (rdl_packet_set left = burst->hand_over; left != 0;) {
		unsigned shard = burst->shard[rdl_packet_first(left)];
		struct rdl_channel *channel = &worker->shards[shard];
		unsigned n = 0;

		for (rdl_packet_set scan = left; scan != 0;) {
			unsigned i = rdl_packet_pop(&scan);

			if (burst->shard[i] != shard)
				continue;
			left &= ~rdl_packet_bit(i);
			if (n < rdl_channel_left(channel, burst->packets[i]->request.operation)) {
				batch[n++] = &burst->packets[i]->request;
			} else {
				rdl_pipeline_shed(&worker->pipeline, burst->packets[i]);
				freed[(*freed_count)++] = &burst->packets[i]->frame;
			}
		}
		rdl_channel_send(channel, batch, n);
	}
}

void worker_count_lost(struct worker *worker, const struct rdl_fragments_lost *lost)
{
	struct rdl_stats *stats = &worker->pipeline.stats;

	rdl_stats_add(stats, RDL_STAT_drop_fragment, lost->late);
	rdl_stats_add(stats, RDL_STAT_drop_fragment_crowded, lost->crowded);
	rdl_stats_add(stats, RDL_STAT_drop_fragment_bad, lost->bad);
	rdl_stats_add(stats, RDL_STAT_drop_fragment_copy, lost->copies);
}

/*
 * Fragments that complete a datagram come to the front of `frames`, the others are freed. Returns
 * how many are whole.
 */
static unsigned put_together(
	struct worker *worker, struct rdl_frame *frames[], rdl_packet_set fragments)
{
	struct rdl_fragments_lost lost = { 0 };
	struct rdl_frame *freed[RDL_BURST_MAX];
	unsigned whole = 0, freed_count = 0;

	while (fragments != 0) {
		struct rdl_frame *frame = frames[rdl_packet_pop(&fragments)];

		if (rdl_fragments_add(worker->fragments, frame, worker->pipeline.now_ms, &lost))
			frames[whole++] = frame;
		else
			freed[freed_count++] = frame;
	}
	worker_free(worker, worker->pipeline.home, freed, freed_count);
	worker_count_lost(worker, &lost);
	rdl_stats_add(&worker->pipeline.stats, RDL_STAT_reassembled, whole);
	return whole;
}

struct rdl_frame *worker_make(void *self, unsigned port, unsigned len)
{
	struct worker *worker = self;
	struct rdl_frame *frame;

	if (rdl_pktio_make(worker->pktio, port, worker->index, &frame, 1) == 0)
		return NULL;
	if (frame->room >= len)
		return frame;
	rdl_pktio_free(worker->pktio, worker->index, &frame, 1);
	return NULL;
}

/* Fragments that complete a datagram come back in `frames`: returns how many. */
static unsigned process(struct worker *worker, struct rdl_frame *frames[], unsigned n)
{
	struct rdl_packet *packets[RDL_BURST_MAX];
	struct rdl_frame *replies[RDL_BURST_MAX], *freed[RDL_BURST_MAX];
	unsigned reply_count = 0, freed_count = 0, home = worker->pipeline.home;

	for (unsigned i = 0; i < n; i++)
		packets[i] = (struct rdl_packet *)frames[i];
	const struct rdl_burst *burst =
		rdl_pipeline_burst(&worker->pipeline, worker->rules->policy, packets, n);
	if (RDL_UNLIKELY(worker->probe.chooses))
		worker_probe_choose(worker, burst);
	for (rdl_packet_set left = burst->reply; left != 0;)
		replies[reply_count++] = frames[rdl_packet_pop(&left)];
	worker_send(worker, home, replies, reply_count);
	if (RDL_UNLIKELY(burst->news != 0))
		worker_hear(worker, burst);
	for (rdl_packet_set left = burst->drop; left != 0;)
		freed[freed_count++] = frames[rdl_packet_pop(&left)];
	hand_over(worker, burst, freed, &freed_count);
	if (RDL_UNLIKELY(burst->answer != 0))
		freed_count += worker_hand_answers(worker, burst, freed + freed_count);
	if (RDL_UNLIKELY(burst->parcel != 0))
		freed_count += worker_send_parcels(worker, burst, freed + freed_count);
	if (RDL_UNLIKELY(burst->elsewhere != 0))
		freed_count += worker_pass_on(worker, burst, freed + freed_count);
	if (RDL_UNLIKELY(burst->foreign != 0))
		freed_count += worker_give_foreign(worker, burst, freed + freed_count);
	worker_free(worker, home, freed, freed_count);
	return RDL_LIKELY(burst->fragment == 0) ? 0 : put_together(worker, frames, burst->fragment);
}

/* They were made here, whoever's the datagrams were. Nothing stands behind them. */
static void process_rest(struct worker *worker)
{
	const struct rdl_burst *burst = &worker->pipeline.burst;
	struct rdl_frame *rest[RDL_REST_MAX];
	unsigned n = burst->rest_count;

	memcpy(rest, burst->rest, n * sizeof(rest[0]));
	worker->pipeline.home = 0;
	n = process(worker, rest, n);
	assert(n == 0);
}

void worker_process(
	struct worker *worker, unsigned home, struct rdl_frame *frames[], unsigned count)
{
	while (count > 0) {
		worker->pipeline.home = (uint8_t)home;
		count = process(worker, frames, count);
		if (RDL_UNLIKELY(worker->pipeline.burst.rest_count > 0))
			process_rest(worker);
	}
}
