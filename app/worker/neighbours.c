/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours on the links: what they tell. */
#include "internal.h"

void worker_hear(struct worker *worker, struct rdl_frame *const frames[], rdl_packet_set news)
{
	while (news != 0) {
		const struct rdl_frame *frame = frames[rdl_packet_pop(&news)];
		enum rdl_stat stat = RDL_STAT_drop_neighbour_unasked;
		struct rdl_news told;

		rdl_net_read_news(&worker->pipeline.config.interfaces[frame->port], frame, &told);
		if (told.kind == RDL_NEWS_TOO_BIG)
			stat = RDL_STAT_drop_icmp;
		else if (told.kind == RDL_NEWS_CLAIM)
			stat = RDL_STAT_drop_address_claimed;
		rdl_stats_add(&worker->pipeline.stats, stat, 1);
	}
}
