/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * needs: what a request needs of the store. It is taken beside what its record has, before anything
 * is changed; where there is no room for that, and the record's own blocks are big enough, they are
 * written over: whoever needs no more than they have never waits for room.
 */
#ifndef RDL_REGISTRY_NEEDS_H
#define RDL_REGISTRY_NEEDS_H

#include "state.h"

enum rdl_need {
	RDL_NEED_NOTHING, /* what the record has stays */
	RDL_NEED_BLOCK, /* another block, or none, in the place of the record's */
	RDL_NEED_OVER, /* the record's own, written over */
};

struct rdl_needs {
	const struct rdl_object_list *list; /* NULL: the request names none */
	uint64_t digest; /* of the list */
	bool has_extras;
	struct rdl_extras_want extras;
	const struct rdl_peer *peer; /* whose network pays */
	bool live; /* the record is of a registration that is there */
	/* What rdl_needs_reserve() has found. */
	enum rdl_need objects_need, extras_need;
	uint32_t objects_block, extras_block;
};

/*
 * The needs of a request, nothing taken yet. `parameters`:
 * all that are to be kept, when it names any.
 */
struct rdl_needs rdl_needs_of(const struct rdl_registry *registry,
	const struct rdl_request *request, struct rdl_span parameters);
/* `record`: the endpoint's, or NULL. False when there is no room: nothing was changed. */
bool rdl_needs_reserve(
	struct rdl_registry *registry, const struct rdl_record *record, struct rdl_needs *needs);
/* Gives back what was taken. */
void rdl_needs_return(struct rdl_registry *registry, const struct rdl_needs *needs);
/* Gives a record what was taken for it, and lets go of what it had. */
void rdl_needs_settle(
	struct rdl_registry *registry, struct rdl_record *record, const struct rdl_needs *needs);

#endif
