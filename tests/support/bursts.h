/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of every burst. */
#ifndef RDL_TEST_BURSTS_H
#define RDL_TEST_BURSTS_H

#include "pipeline.h"

/* The first `count` packets. */
static inline rdl_packet_set burst_all(unsigned count)
{
	return count < 64 ? rdl_packet_bit(count) - 1 : UINT64_MAX;
}

/* Each of `count` packets is in exactly one set, and none other in any. */
static inline bool burst_is_split(const struct rdl_burst *burst, unsigned count)
{
	return (burst->reply | burst->hand_over | burst->fragment | burst->drop) ==
		       burst_all(count) &&
	       rdl_packet_count(burst->reply) + rdl_packet_count(burst->hand_over) +
			       rdl_packet_count(burst->fragment) + rdl_packet_count(burst->drop) ==
		       count;
}

#endif
