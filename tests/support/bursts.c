/* SPDX-License-Identifier: BSD-3-Clause */
#include "bursts.h"

bool burst_is_split(const struct rdl_burst *burst, unsigned count)
{
	rdl_packet_set all = count < 64 ? rdl_packet_bit(count) - 1 : UINT64_MAX;

	const rdl_packet_set sets[] = { burst->reply, burst->hand_over, burst->fragment,
		burst->news, burst->drop };
	rdl_packet_set of_any = 0;
	unsigned total = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(sets); i++) {
		of_any |= sets[i];
		total += rdl_packet_count(sets[i]);
	}
	return of_any == all && total == count;
}
