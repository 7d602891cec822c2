/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal_internal.h"

void rdl_journal_ring_init(struct rdl_journal_ring *ring, void *octets, uint64_t len)
{
	assert(len >= RDL_JOURNAL_RING_MIN && (len & (len - 1)) == 0);
	memset(ring, 0, sizeof(*ring));
	ring->octets = octets;
	ring->mask = len - 1;
}
