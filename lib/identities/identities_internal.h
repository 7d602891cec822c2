/* SPDX-License-Identifier: BSD-3-Clause */
/* An identity's record; and octets that are longer than it holds, in cells. */
#ifndef RDL_IDENTITIES_INTERNAL_H
#define RDL_IDENTITIES_INTERNAL_H

#include <pthread.h>

#include "identities.h"

#define RDL_IDENTITY_INLINE 24

/*
 * A chain of cells is what does not fit a record: the names' length in two octets, the rest of the
 * identity's octets, the names. It never changes. Another one takes its place, and it goes when
 * nobody can be reading it any more.
 */
#define RDL_CELL_OCTETS 36
struct rdl_cell {
	uint32_t next; /* in its chain, or of those that are free; 0: none */
	/* Of the first one of a chain that has been replaced: */
	uint32_t next_old;
	uint32_t since_s;
	uint8_t octets[RDL_CELL_OCTETS];
};
_Static_assert(sizeof(struct rdl_cell) == 48, "as it is told");

/* Of a record's state: how often it is held; it is on the list of those that nobody holds; and it
 * has been held since it came there. */
#define RDL_STATE_ONCE 1u
#define RDL_STATE_HELD 0x3fffffffu
#define RDL_STATE_LISTED 0x40000000u
#define RDL_STATE_TOUCHED 0x80000000u

struct rdl_identity_record {
	uint32_t state; /* atomic: any core's */
	uint32_t next; /* of those that nobody holds, or of those that are free */
	uint32_t since_s; /* so long, at least, has nobody held it */
	uint32_t beside; /* in its bucket */
	uint32_t chain; /* or 0; atomic: the lock's holder replaces it, any core reads */
	uint8_t mode; /* RDL_IDENTITY_NONE: free */
	uint8_t len;
	uint8_t octets[RDL_IDENTITY_INLINE];
};
_Static_assert(sizeof(struct rdl_identity_record) == 48, "as it is told");

/* Numbers, the oldest first; 0: none. */
struct rdl_queue {
	uint32_t first, last;
};

/* Records and cells are numbered from 1. None is used again before all have been used once. */
struct rdl_identities {
	/* Read by all. */
	uint32_t room, cell_room;
	struct rdl_key key;
	struct rdl_identity_record *records;
	struct rdl_cell *cells;
	uint8_t *incarnations; /* atomic */
	uint32_t *buckets; /* as many as records */
	/* Those that nobody holds, the last one first; atomic: any core adds. */
	uint32_t unheld __attribute__((aligned(RDL_CACHE_LINE)));
	/* Under the lock. */
	pthread_mutex_t lock __attribute__((aligned(RDL_CACHE_LINE)));
	uint32_t drained; /* some of those, taken over */
	struct rdl_queue lingering;
	uint32_t lingering_count;
	uint32_t records_begun, records_free, record_count;
	uint32_t replaced; /* chains, the last one first */
	struct rdl_queue old_chains;
	uint32_t cells_begun, cells_free, cell_count;
};

/* Under the lock: the head of the bucket that an interned number is in. */
uint32_t *rdl_identity_bucket(const struct rdl_identities *identities, uint32_t number);

/* Under the lock: a new chain, or 0 when there is no room. */
uint32_t rdl_chain_make(
	struct rdl_identities *identities, struct rdl_span rest, struct rdl_span names);
/* 0 is none. */
void rdl_chain_free(struct rdl_identities *identities, uint32_t chain);
/* Nobody begins to read it from now on. 0 is none. */
void rdl_chain_retire(struct rdl_identities *identities, uint32_t chain);
/* What was retired long ago is freed: true when there is more to do after `budget` of them. */
bool rdl_chain_reclaim(struct rdl_identities *identities, uint32_t now_s, unsigned budget);

/* Reads the octets of a chain one after the other. */
struct rdl_chain_reader {
	const struct rdl_identities *identities;
	uint32_t cell;
	uint32_t at;
};
/* No more than there are. */
void rdl_chain_read(struct rdl_chain_reader *reader, uint8_t *to, size_t len);

/* An identity as one moment has it. */
struct rdl_identity_view {
	const struct rdl_identity_record *record;
	size_t names_len;
	struct rdl_chain_reader reader; /* at the rest of its octets */
};
/* By any core: of a number that is not 0. */
struct rdl_identity_view rdl_identity_view(
	const struct rdl_identities *identities, uint32_t number);
/* Reads the rest, so that the reader is at the names. Returns the length. */
size_t rdl_identity_view_octets(struct rdl_identity_view *view, uint8_t octets[RDL_IDENTITY_MAX]);

#endif
