/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * told: what one shard's log tells of registrations, without a registry: changes, of events, and
 * registrations as they are, of sweeps. All that is kept meanwhile is object lists, which entries
 * name by numbers: those told since a sweep began, and no more octets of them than are allowed, for
 * one log and for all that are read.
 */
#ifndef RDL_REGISTRY_TOLD_H
#define RDL_REGISTRY_TOLD_H

#include "entries.h"

struct rdl_told;

/*
 * `octets_left`, the caller's: what it takes for lists is taken from there, and given back, and
 * never more than `octets_max`. `expiry_grace_s`: registrations are kept so much longer than their
 * lifetime. NULL: no memory.
 */
RDL_MUST_CHECK struct rdl_told *rdl_told_create(
	size_t octets_max, size_t *octets_left, uint32_t expiry_grace_s);
/* Octets that it takes beside. */
size_t rdl_told_memory(void);
void rdl_told_destroy(struct rdl_told *told);

enum rdl_told_kind {
	RDL_TOLD_NOTHING, /* or it is not wanted */
	RDL_TOLD_CHANGE,
	RDL_TOLD_ROW, /* a registration as it is */
	/* It names a list that has not come, or had no room. */
	RDL_TOLD_UNKNOWN,
	RDL_TOLD_BAD, /* no such entry can be */
};
/* What is wanted, of an entry. */
#define RDL_TOLD_CHANGES 1u
#define RDL_TOLD_ROWS 2u

struct rdl_told_fact {
	enum rdl_told_kind kind;
	enum rdl_change_kind change; /* of CHANGE; RDL_CHANGE_RENEWED tells as an Update does */
	uint8_t members; /* 1 << enum rdl_member */
	uint64_t time_ms; /* since 1970 */
	/* As it is now; when it ended, as it was. It has no number of an identity, but this: */
	struct rdl_registration registration;
	struct rdl_identity identity;
	/* Of RDL_CHANGE_REPLACED; the peer also of an Update from elsewhere. */
	struct rdl_location old_location;
	struct rdl_peer old_peer;
};

/*
 * Reads the log's next entry, which was written at `run_ms` of the run's clock and `wall_ms` since
 * 1970. Views of *fact last until the next call, and as long as the entry. What is not wanted is
 * only looked at for lists.
 */
enum rdl_told_kind rdl_told_read(struct rdl_told *told, struct rdl_span entry, uint64_t run_ms,
	uint64_t wall_ms, unsigned wanted, struct rdl_told_fact *fact);

#endif
