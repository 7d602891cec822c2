/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entries: what becomes of a registry, as octets for a log, from which another registry can be made
 * what this one was (recovery.h). An entry says what a slot is now, whatever made it so: what was
 * not logged yet does not matter to those that come later. They go to one log, in the order of the
 * calls that made them; it begins with a sweep. A registration that expires has none, its end is
 * known; unless what happens is to be told from the log, too (told.h): then each change is logged
 * as an event, which has all that there is to say of it.
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
/* An entry begins with its kind: these are of other logs than registries'. */
#define RDL_ENTRY_OTHERS 0x40
#define RDL_ENTRY_OTHERS_END 0x50

/* Octets of room that a change's entry needs: some more than it will have. */
size_t rdl_entry_room(const struct rdl_registry *registry, const struct rdl_change *change);
/*
 * The entry of the last change, before any other call changes the registry: its octets, 0 where
 * none is needed.
 */
size_t rdl_entry_of_change(
	struct rdl_registry *registry, const struct rdl_change *change, uint8_t octets[]);

/*
 * The same as an event, also of a registration that has expired, and no shorter than a
 * registration's: what is told of the change, besides its entry. A kind of change that is no news
 * has no event.
 */
size_t rdl_entry_event_room(const struct rdl_registry *registry, const struct rdl_change *change);
size_t rdl_entry_of_event(struct rdl_registry *registry, const struct rdl_change *change,
	uint64_t now_ms, uint8_t octets[]);
/* What an entry says of how its registry is: itself, or what an event has of that; empty: none. */
struct rdl_span rdl_entry_state(struct rdl_span entry);

/*
 * The secure session that a registration lives by, or has lived by until it ended: beside the entry
 * that made it so, and in sweeps beside the registration's.
 */
struct rdl_entry_session {
	rdl_handle handle;
	uint32_t generation;
	uint64_t session;
	uint64_t read_sequence; /* the first number of its records that was not read by then */
	uint32_t
		seconds; /* that the registration lives on; 0: it has ended; UINT32_MAX: for ever */
};
#define RDL_ENTRY_SESSION_LEN 30
/* Its RDL_ENTRY_SESSION_LEN octets; the generation is the slot's. */
void rdl_entry_put_session(const struct rdl_registry *registry,
	const struct rdl_entry_session *session, uint8_t octets[RDL_ENTRY_SESSION_LEN]);
/* False: it is another entry. */
bool rdl_entry_is_session(struct rdl_span octets, struct rdl_entry_session *session);

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
/* The registration that an entry of a sweep's tells of, or RDL_HANDLE_NONE. */
rdl_handle rdl_sweep_told(struct rdl_span entry);
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
