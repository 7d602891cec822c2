/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tally: how many live records there are of each kind, and how many end in each minute: kept up
 * with every change, so that nobody needs to go through all of them.
 */
#ifndef RDL_REGISTRY_TALLY_H
#define RDL_REGISTRY_TALLY_H

#include "record.h"

#define RDL_TALLY_MINORS 8 /* the last one is of all that are later, too */
#define RDL_TALLY_MODES 4 /* enum rdl_identity_mode */
#define RDL_TALLY_BINDINGS 128 /* a bit for each letter */
#define RDL_TALLY_KINDS (RDL_TALLY_MINORS * RDL_TALLY_MODES * RDL_TALLY_BINDINGS)
/*
 * 45 days: lifetimes that are longer, with the grace, are in no minute. How long a record may live
 * is in the record, so that what was counted in is counted out.
 */
#define RDL_TALLY_MINUTES 65536u
#define RDL_TALLY_SPAN_S ((RDL_TALLY_MINUTES - 2) * 60)

/* Written by the registry's owner, read by anybody (relaxed). */
struct rdl_tally {
	uint32_t kinds[RDL_TALLY_KINDS];
	uint32_t minutes[RDL_TALLY_MINUTES]; /* since the registry's epoch, modulo their number */
};

struct rdl_registry;

/* `by` is 1 or -1: of a record as it is, before it changes and afterwards. */
void rdl_tally_kind(struct rdl_registry *registry, const struct rdl_record *record, int by);
void rdl_tally_end(struct rdl_registry *registry, const struct rdl_record *record, int by);
/* Both. */
static inline void rdl_tally(struct rdl_registry *registry, const struct rdl_record *record, int by)
{
	rdl_tally_kind(registry, record, by);
	rdl_tally_end(registry, record, by);
}

#endif
