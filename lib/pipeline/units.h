/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * units: what the memory of transfers is divided into,
 * and bodies that lie in several. Private to transfers.
 */
#ifndef RDL_PIPELINE_UNITS_H
#define RDL_PIPELINE_UNITS_H

#include "transfers.h"

#define NONE UINT32_MAX

struct rdl_unit {
	uint32_t next; /* the one that the body goes on in, or the next free one; NONE */
	uint8_t data[RDL_TRANSFER_NEXT];
};
_Static_assert(sizeof(struct rdl_transfer) == RDL_UNIT_LEN, "a transfer begins in a unit");
_Static_assert(sizeof(struct rdl_unit) == RDL_UNIT_LEN, "and goes on in others");

/* How many a body of `len` octets fills. */
static inline uint32_t rdl_units_of(uint32_t len)
{
	if (len <= RDL_TRANSFER_FIRST)
		return 1;
	return 1 + (len - RDL_TRANSFER_FIRST + RDL_TRANSFER_NEXT - 1) / RDL_TRANSFER_NEXT;
}

static inline struct rdl_unit *rdl_unit_at(const struct rdl_transfers *transfers, uint32_t place)
{
	return (struct rdl_unit *)(void *)(transfers->units + (size_t)place * RDL_UNIT_LEN);
}

static inline struct rdl_transfer *rdl_transfer_at(
	const struct rdl_transfers *transfers, uint32_t place)
{
	return (struct rdl_transfer *)(void *)(transfers->units + (size_t)place * RDL_UNIT_LEN);
}

static inline uint32_t rdl_transfer_place(
	const struct rdl_transfers *transfers, const struct rdl_transfer *t)
{
	return (uint32_t)((size_t)((const uint8_t *)t - transfers->units) / RDL_UNIT_LEN);
}

/* There must be one that is not used. */
uint32_t rdl_unit_take(struct rdl_transfers *transfers);
void rdl_unit_free(struct rdl_transfers *transfers, uint32_t place);

/* Adds octets to a body, in units of its holder's; there must be as many as it takes. */
void rdl_transfer_write(
	struct rdl_transfers *transfers, struct rdl_transfer *transfer, struct rdl_span octets);
/* Forgets the body, and frees all units but the first. */
void rdl_transfer_shrink(struct rdl_transfers *transfers, struct rdl_transfer *transfer);

#endif
