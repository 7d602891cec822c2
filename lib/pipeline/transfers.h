/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transfers: bodies that come in blocks, in a memory of units of 112 octets. A transfer holds as
 * many as its octets fill.
 *
 * When all are held, somebody's next block takes those of another transfer: of one whose time is
 * over; else of one that has not got beyond its first block, before one that has, before one to a
 * registration. A holder (a network prefix; of an Update, its registration) may have a 64th of the
 * memory unasked. Of whoever has more, it goes first what came when it had most; where nobody has,
 * the one least lately used. A kind that others give way to may have a part of the memory only.
 * Every step takes a bounded time.
 */
#ifndef RDL_PIPELINE_TRANSFERS_H
#define RDL_PIPELINE_TRANSFERS_H

#include "evicted.h"
#include "holders.h"

/* Who gives way first. */
enum rdl_transfer_kind {
	RDL_TRANSFER_ONE_BLOCK, /* whoever sends it need not get an answer: sources can be forged */
	RDL_TRANSFER_GROWN, /* further blocks have come */
	RDL_TRANSFER_UPDATE, /* to a location: who made its id is known */
	RDL_TRANSFER_KINDS
};

/*
 * What a transfer is known by (RFC 9175 section 3.3):
 * not the token, which changes from block to block.
 */
struct rdl_block_key {
	uint64_t request[2]; /* of peer, method, path, query and Request-Tags */
	uint64_t holder; /* in whose name it is */
	bool is_update;
};

#define RDL_UNIT_LEN 112
#define RDL_TRANSFER_FIRST 40 /* octets of the body in the unit that it begins in */
#define RDL_TRANSFER_NEXT 108 /* in each that follows */

struct rdl_transfer {
	uint64_t request[2]; /* of its key */
	/* digests of the block that began it, and of the last */
	uint64_t first_exchange, last_exchange;
	uint64_t touched_ms;
	uint32_t len; /* octets of the body that are there */
	uint32_t next, last; /* units that it goes on in, and the one that is being filled */
	uint32_t bucket_next;
	uint32_t newer, older; /* of its list */
	uint32_t holder; /* place among the holders */
	uint8_t kind, rank; /* which list */
	bool listed, complete;
	uint8_t data[RDL_TRANSFER_FIRST];
};

#define RDL_TRANSFER_SHARES 64
/* What a holder has: its share at most; up to twice, four times ... that. */
#define RDL_TRANSFER_RANKS 7

struct rdl_transfer_list {
	uint32_t newest, oldest; /* UINT32_MAX: none */
};

struct rdl_transfers {
	uint32_t unit_count, bucket_mask;
	uint32_t unused; /* units */
	/* units from `fresh` on were never used; the first of those that were */
	uint32_t fresh, free;
	uint64_t lifetime_ms;
	uint64_t gave_way; /* transfers, ever */
	uint8_t *units;
	uint32_t *buckets;
	uint32_t of_kind[RDL_TRANSFER_KINDS]; /* units */
	struct rdl_transfer_list lists[RDL_TRANSFER_KINDS][RDL_TRANSFER_RANKS];
	struct rdl_holders holders;
	struct rdl_evicted evicted;
};

/*
 * Octets that rdl_transfers_init() needs, aligned to a cache line and zero:
 * for `count` whole bodies of `max_len`.
 */
size_t rdl_transfers_memory(uint32_t count, uint32_t max_len);
void rdl_transfers_init(struct rdl_transfers *transfers, uint32_t count, uint32_t max_len,
	uint64_t lifetime_ms, void *memory);

/* NULL: there is none, or its time is over. */
struct rdl_transfer *rdl_transfers_find(
	struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms);
/* True when it had to give way. */
bool rdl_transfers_evicted(
	const struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms);

/* A new one, of no octets, which is to be appended to at once; others may give way for it. */
struct rdl_transfer *rdl_transfers_begin(
	struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms);
/* The same of one that is there: what it holds is forgotten. */
void rdl_transfers_restart(struct rdl_transfers *transfers, struct rdl_transfer *transfer);
/* Adds octets, max_len in all at most; others may give way for them. */
void rdl_transfers_append(struct rdl_transfers *transfers, struct rdl_transfer *transfer,
	struct rdl_span octets, uint64_t now_ms);
void rdl_transfers_drop(struct rdl_transfers *transfers, struct rdl_transfer *transfer);

/* True when these octets are at this place of the body. */
bool rdl_transfers_holds(const struct rdl_transfers *transfers, const struct rdl_transfer *transfer,
	uint64_t offset, struct rdl_span octets);
/* The body, transfer->len octets. */
void rdl_transfers_copy(
	const struct rdl_transfers *transfers, const struct rdl_transfer *transfer, uint8_t *to);

#endif
