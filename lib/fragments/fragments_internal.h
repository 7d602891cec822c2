/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_FRAGMENTS_INTERNAL_H
#define RDL_FRAGMENTS_INTERNAL_H

#include "fragments.h"
#include "linked.h"

/*
 * What fragments of one datagram have in common, and the way they came: networks may use the same
 * addresses twice.
 */
struct rdl_fragments_key {
	uint8_t from[16], to[16]; /* of IPv4 the first four octets */
	uint32_t id;
	uint32_t tags; /* VLAN IDs, of two */
	uint8_t protocol; /* of IPv4; of IPv6 only the first fragment's says it */
	uint8_t version;
	uint8_t port;
	uint8_t reserved; /* 0: keys compare as octets */
};
_Static_assert(sizeof(struct rdl_fragments_key) == 44, "no padding");

/* A fragment as it came. */
struct rdl_piece {
	struct rdl_fragments_key key;
	const uint8_t *octets;
	uint16_t offset, len;
	bool more;
	uint8_t protocol;
};

struct rdl_fragmented {
	struct rdl_fragments_key key;
	uint32_t next; /* in its bucket */
	uint32_t source;
	uint64_t since_ms; /* it came, or its second piece, or it ended */
	uint16_t total; /* octets in all; 0: not known yet */
	uint16_t received, reach; /* octets, and the end of the farthest piece */
	uint8_t protocol;
	uint8_t count;
	/* Of it nothing more is taken; it has no pieces. */
	bool ended;
	struct {
		uint16_t start, end;
	} pieces[RDL_FRAGMENTS_PIECES];
};

/* A network that has datagrams in the table: known by a keyed digest of its prefix. */
struct rdl_fragments_source {
	uint64_t digest;
	uint32_t next; /* in its bucket */
	uint32_t count;
};

struct rdl_fragments {
	struct rdl_key key;
	/*
	 * Datagrams: in all, of a source at most,
	 * and that a source may have while others are older.
	 */
	uint32_t room, share, many;
	uint32_t most; /* that any source has */
	uint32_t bucket_mask;
	uint32_t *datagram_buckets, *source_buckets;
	struct rdl_fragmented *datagrams;
	struct rdl_fragments_source *sources;
	/* Behind the entries of each: the lists' heads. */
	struct rdl_list_links *by_age; /* of datagrams: RDL_FRAGMENTS_LONE and so on */
	struct rdl_list_links *by_source; /* of datagrams: a head for each source; oldest first */
	struct rdl_list_links *by_count; /* of sources: a head for each count up to the share */
	uint8_t *octets; /* RDL_FRAGMENTS_OCTETS of each datagram */
};

#define RDL_FRAGMENTS_NONE UINT32_MAX

/* Heads in by_age, from `room` on. */
enum rdl_fragments_age {
	RDL_FRAGMENTS_FREE,
	RDL_FRAGMENTS_LONE,
	RDL_FRAGMENTS_MORE,
	RDL_FRAGMENTS_AGES
};

/* False when the fragment is malformed in itself. */
bool rdl_piece_read(const struct rdl_frame *frame, struct rdl_piece *piece);

enum rdl_piece_fate {
	RDL_PIECE_KEPT,
	RDL_PIECE_LAST, /* kept, and the datagram is whole */
	RDL_PIECE_COPY, /* of one that is there */
	RDL_PIECE_BAD, /* its datagram must not become whole */
};

/* `octets` are the datagram's. */
enum rdl_piece_fate rdl_fragmented_add(
	struct rdl_fragmented *datagram, uint8_t *octets, const struct rdl_piece *piece);

/*
 * Writes the whole datagram behind the frame's Ethernet header; false when there is no room for it.
 */
bool rdl_fragmented_write(
	const struct rdl_fragmented *datagram, const uint8_t *octets, struct rdl_frame *frame);

/* Keyed digest of the network that a datagram is from. */
uint64_t rdl_fragments_network(
	const struct rdl_fragments *fragments, const struct rdl_fragments_key *key);
/* RDL_FRAGMENTS_NONE when it has nothing in the table. */
uint32_t rdl_fragments_source_find(const struct rdl_fragments *fragments, uint64_t digest);
/* Puts a datagram at the end of what its source has; there must be room. Sets datagram->source. */
void rdl_fragments_source_put(struct rdl_fragments *fragments, uint64_t digest, uint32_t datagram);
void rdl_fragments_source_take(struct rdl_fragments *fragments, uint32_t datagram);
/* The oldest datagram of one of the sources that have most. */
uint32_t rdl_fragments_source_of_most(const struct rdl_fragments *fragments);

#endif
