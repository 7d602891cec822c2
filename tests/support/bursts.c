/* SPDX-License-Identifier: BSD-3-Clause */
#include "bursts.h"

bool burst_is_split(const struct rdl_burst *burst, unsigned count)
{
	rdl_packet_set all = count < 64 ? rdl_packet_bit(count) - 1 : UINT64_MAX;

	return (burst->reply | burst->hand_over | burst->answer | burst->fragment | burst->foreign |
		       burst->drop) == all &&
	       rdl_packet_count(burst->reply) + rdl_packet_count(burst->hand_over) +
			       rdl_packet_count(burst->answer) + rdl_packet_count(burst->fragment) +
			       rdl_packet_count(burst->foreign) + rdl_packet_count(burst->drop) ==
		       count;
}
