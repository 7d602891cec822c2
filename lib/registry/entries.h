/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries: what becomes of a registry, as octets for a log, from which another registry can be made
 * what this one was (recovery.h). An entry says what a slot is now, whatever made it so: what was
 * not logged yet does not matter to those that come later. They go to one log, in the order of the
 * calls that made them; it begins with a sweep. A registration that expires has none, its end is
 * known.
 *
 * Used by the registry's core alone. Numbers are little-endian; times are the registry's seconds,
 * and the sweep's beginning says when those began.
 */
#ifndef RDL_REGISTRY_ENTRIES_H
#define RDL_REGISTRY_ENTRIES_H

#include "registry.h"

/* An entry is never longer: the longest object list, name, identity and parameters. */
#define RDL_ENTRY_MAX (80 * 1024)
/* That of an Update which brings nothing but a lifetime, or of a De-register. */
#define RDL_ENTRY_SHORT_MAX 64

/* Octets of room that a change's entry needs: some more than it will have. */
size_t rdl_entry_room(const struct rdl_registry *registry, const struct rdl_change *change);
/*
 * The entry of the last change, before any other call changes the registry: its octets, 0 where
 * none is needed.
 */
size_t rdl_entry_of_change(
	struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[]);

/*
 * All that the registry holds, told once from beginning to end, among the changes: registrations,
 * what is remembered of others, and the generations of slots. Whatever a log has before the
 * beginning of a sweep that has ended is not needed any more.
 */
struct rdl_sweep {
	uint64_t cursor; /* a handle: what lies before it has been told */
};

/* Slots that a sweep of this registry looks at. */
uint64_t rdl_sweep_slots(const struct rdl_registry *registry);
/* Begins one: its first entry's octets, no more than RDL_ENTRY_SHORT_MAX. */
size_t rdl_sweep_begin(struct rdl_sweep *sweep, struct rdl_registry *registry, uint8_t octets[]);
/*
 * The sweep's next entry, its last one among them, after which the cursor is UINT64_MAX; takes each
 * slot that it looks at off *budget. 0: the budget is used up, or the entry is longer than `room`,
 * with which RDL_ENTRY_MAX always do.
 */
size_t rdl_sweep_next(struct rdl_sweep *sweep, struct rdl_registry *registry, unsigned *budget,
	size_t room, uint8_t octets[]);
static inline bool rdl_sweep_has_ended(const struct rdl_sweep *sweep)
{
	return sweep->cursor == UINT64_MAX;
}

#endif
