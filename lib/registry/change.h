/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * change: what a call has made of a registration, for whoever keeps or tells it. With the
 * registration's description it says all that there is to know.
 */
#ifndef RDL_REGISTRY_CHANGE_H
#define RDL_REGISTRY_CHANGE_H

#include "location.h"
#include "net.h"

/*
 * Names a record: partition << 24 | slot in the partition. Stays an endpoint's as long as it is
 * registered, unless the generations of its slot are used up.
 */
typedef uint32_t rdl_handle;
#define RDL_HANDLE_NONE UINT32_MAX
#define RDL_HANDLE_UNKNOWN (UINT32_MAX - 1) /* a hint that says nothing */

/* Logs have their numbers. */
enum rdl_change_kind {
	RDL_CHANGE_NONE,
	RDL_CHANGE_REGISTERED,
	RDL_CHANGE_REPLACED, /* registered, in the place of one that lived */
	RDL_CHANGE_UPDATED,
	/* A copy of its Register or of an Update began the lifetime anew. */
	RDL_CHANGE_RENEWED,
	/* It has ended: */
	RDL_CHANGE_DEREGISTERED,
	RDL_CHANGE_EXPIRED,
	RDL_CHANGE_REMOVED, /* for reasons of the server's own */
};

/* What an Update can change of a registration. X(name) */
#define RDL_MEMBERS(X) X(lifetime) X(binding) X(sms) X(objects) X(address) X(parameters) X(queue)
enum rdl_member {
#define X(name) RDL_MEMBER_##name,
	RDL_MEMBERS(X)
#undef X
		RDL_MEMBER_COUNT
};

struct rdl_change {
	uint64_t position; /* among its shard's changes, which gives it: ascending */
	rdl_handle handle;
	uint8_t kind; /* enum rdl_change_kind; where it is RDL_CHANGE_NONE, all else says nothing */
	/*
	 * 1 << enum rdl_member: what is not as before, of RDL_CHANGE_UPDATED;
	 * the lifetime, where it is longer now, of RDL_CHANGE_RENEWED.
	 */
	uint8_t members;
	/* Of RDL_CHANGE_RENEWED: the copy came no later than retransmissions do. */
	bool retransmission;
	struct rdl_location old_location; /* of RDL_CHANGE_REPLACED: dead now */
	/* Of RDL_CHANGE_REPLACED and RDL_CHANGE_UPDATED: where it was before. */
	struct rdl_peer old_peer;
};

#endif
