/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours on the links, and routers farther off: what they tell, and what is sent to them. */
#include "internal.h"

static enum rdl_stat hear(struct worker *worker, const struct rdl_frame *frame)
{
	static const enum rdl_stat stats[] = {
		[RDL_HEARD_LEARNED] = RDL_STAT_net_learned,
		[RDL_HEARD_DOUBTED] = RDL_STAT_drop_neighbour_unasked,
		[RDL_HEARD_UNASKED] = RDL_STAT_drop_neighbour_unasked,
		[RDL_HEARD_CLAIM] = RDL_STAT_drop_address_claimed,
	};
	struct rdl_news news;

	rdl_net_read_news(&worker->pipeline.config.interfaces[frame->port], frame, &news);
	if (news.kind == RDL_NEWS_TOO_BIG) {
		rdl_paths_learn(worker->pipeline.config.paths, news.address, news.mtu,
			worker->pipeline.now_ms);
		return RDL_STAT_net_too_big;
	}
	return stats[rdl_neighbours_hear(worker->neighbours, &news, worker->pipeline.now_ms)];
}

void worker_hear(struct worker *worker, const struct rdl_burst *burst)
{
	for (rdl_packet_set left = burst->news; left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		enum rdl_stat stat = hear(worker, &burst->packets[i]->frame);

		if (stat != RDL_STAT_drop_neighbour_unasked || !rdl_packet_is_in(burst->foreign, i))
			rdl_stats_add(&worker->pipeline.stats, stat, 1);
		if (!rdl_packet_is_in(burst->foreign, i))
			worker_capture(worker, &burst->packets[i]->frame, RDL_FATE_HEARD, stat);
	}
}

static void send_errand(struct worker *worker, const struct rdl_errand *errand)
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	struct rdl_frame *frame;

	if (rdl_pktio_make(worker->pktio, errand->local.port, worker->index, &frame, 1) == 0) {
		rdl_stats_add(stats, RDL_STAT_drop_net_frame, 1);
		return;
	}
	if (!rdl_errand_fill(worker->neighbours, errand, frame)) {
		rdl_pktio_free(worker->pktio, worker->index, &frame, 1);
		rdl_stats_add(stats, RDL_STAT_drop_net_frame, 1);
		return;
	}
	rdl_stats_add(stats, RDL_STAT_tx_frames, 1);
	rdl_stats_add(stats,
		errand->kind == RDL_ERRAND_ASK ? RDL_STAT_net_asked : RDL_STAT_net_announced, 1);
	worker_send_later(worker, frame);
}

/* Between two looks, and what one of them sends at most. */
#define TEND_MS 5
#define ERRANDS 16

void worker_tend_neighbours(struct worker *worker)
{
	uint64_t now_ms = rdl_clock_coarse_ms();

	if (now_ms < worker->due_ms)
		return;
	worker->due_ms = now_ms + TEND_MS;
	for (unsigned n = 0; n < ERRANDS; n++) {
		struct rdl_errand errand = rdl_neighbours_due(worker->neighbours, now_ms);

		if (errand.kind == RDL_ERRAND_NONE)
			break;
		send_errand(worker, &errand);
	}
}
