/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry: how entries lie in octets. All begin with kind, flags, handle and generation, but for
 * those of sweeps, which begin with the kind.
 */
#ifndef RDL_REGISTRY_ENTRY_H
#define RDL_REGISTRY_ENTRY_H

#include "entries.h"
#include "state.h"

/* Readers refuse a higher one. */
#define RDL_ENTRY_FORMAT 4

enum rdl_entry_kind {
	/*
	 * A registration as it is. The first that has an object list since a sweep began brings it,
	 * under a number; the others name the number, until another list has it.
	 */
	RDL_ENTRY_REGISTRATION = 1,
	/* A lifetime that began anew; by an Update, also what that always brings. */
	RDL_ENTRY_RENEWAL,
	/* A registration has ended, by a De-register or for the server's own reasons. */
	RDL_ENTRY_ENDED,
	RDL_ENTRY_TOMBSTONE,
	/* Free slots that lie one behind the other, with their generations. */
	RDL_ENTRY_GENERATIONS,
	RDL_ENTRY_SWEEP_BEGIN,
	RDL_ENTRY_SWEEP_END,
	/* The secure session that a registration lives by, behind the entry of what made it so. */
	RDL_ENTRY_SESSION,
	/*
	 * A change with all that may be told of it, where logs are read for that; in it is what the
	 * change's entry would be, so that it takes that one's place.
	 */
	RDL_ENTRY_EVENT,
	RDL_ENTRY_KINDS
};

/* Of registrations and tombstones: as in the record. */
#define RDL_ENTRY_QUEUE 0x01
#define RDL_ENTRY_UPDATED_PREVIOUS 0x02 /* and of renewals */
#define RDL_ENTRY_REGISTERED_NEXT 0x04
#define RDL_ENTRY_ROOTED 0x08
/* The peer's address has four octets. And of renewals. */
#define RDL_ENTRY_IPV4 0x10
#define RDL_ENTRY_LIST 0x20 /* the list itself comes last */
#define RDL_ENTRY_IDENTITY 0x40
/* It came out of another slot, where the endpoint was before: that is used up. */
#define RDL_ENTRY_MOVED 0x80

/* Of registrations, in the octet of the version: as in the record, since format 4. */
#define RDL_ENTRY_KEPT 0x80

/* Of renewals. */
#define RDL_ENTRY_UPDATE 0x20 /* exchange, its second, and how it reached us */
#define RDL_ENTRY_PEER 0x40
#define RDL_ENTRY_LIFETIME 0x80

/* Of the end of a registration: what it was asked for is forgotten. */
#define RDL_ENTRY_REMOVED 0x01

/* Which exchanges there are: the Register's, and the others from the second bit on. */
#define RDL_ENTRY_REGISTER_EXCHANGE 0x01
#define RDL_ENTRY_EXCHANGE(i) (1u << (1 + (i)))
/* In the same octet: how often generations are skipped. */
#define RDL_ENTRY_SKIPS_SHIFT 3

/* Of events: which of these follow. */
#define RDL_ENTRY_OLD_LOCATION 0x01
#define RDL_ENTRY_OLD_PEER 0x02
/* And RDL_ENTRY_IPV4. */

#define RDL_ENTRY_HEAD 10
#define RDL_ENTRY_ENDED_LEN (RDL_ENTRY_HEAD + 12)
/* Of an event, before the entries in it. */
#define RDL_ENTRY_EVENT_MAX (4 + 24 + 9 + 18)
#define RDL_ENTRY_GENERATIONS_MAX 256 /* slots of one entry */

/* Octets of a registration without name, parameters, list and identity, and of those two. */
#define RDL_ENTRY_FIXED_MAX 160
#define RDL_ENTRY_IDENTITY_HEAD 2

static inline uint8_t *rdl_entry_u8(uint8_t *at, uint8_t v)
{
	*at = v;
	return at + 1;
}
static inline uint8_t *rdl_entry_u16(uint8_t *at, uint16_t v)
{
	memcpy(at, &v, sizeof(v));
	return at + sizeof(v);
}
static inline uint8_t *rdl_entry_u32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
	return at + sizeof(v);
}
static inline uint8_t *rdl_entry_u64(uint8_t *at, uint64_t v)
{
	memcpy(at, &v, sizeof(v));
	return at + sizeof(v);
}

#endif
