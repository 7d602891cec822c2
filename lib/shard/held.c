/* SPDX-License-Identifier: BSD-3-Clause */
#include "held.h"

static void hold(struct rdl_held *held, uint64_t octets, uint64_t position)
{
	if (held->count < RDL_HELD_MAX)
		held->count++;
	unsigned last = (held->first + held->count - 1) % RDL_HELD_MAX;
	held->rounds[last].octets = octets;
	held->rounds[last].position = position;
}

void rdl_held_publish(
	struct rdl_held *held, struct rdl_events *events, uint64_t position, uint64_t released)
{
	uint64_t written = rdl_events_written(events);

	if (held->newest != written)
		hold(held, written, position);
	held->newest = written;
	while (held->count > 0 && held->rounds[held->first].position <= released) {
		rdl_events_publish_to(events, held->rounds[held->first].octets);
		held->first = (held->first + 1) % RDL_HELD_MAX;
		held->count--;
	}
}
