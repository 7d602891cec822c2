/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragments: IP fragments to datagrams (RFC 791 section 3.2, RFC 815, RFC 8200 section 4.5). A
 * table of its own octets: no fragment's frame is kept, and the one that completes a datagram comes
 * back holding all of it.
 *
 * Bounded in datagrams and in time, and no network takes more than a share. Pure: octets in, octets
 * out; time and randomness are arguments. One table per worker, used by its core alone.
 */
#ifndef RDL_FRAGMENTS_H
#define RDL_FRAGMENTS_H

#include "net.h"

/*
 * Of a datagram, without its IP header. A message with an object list of 4096 octets and its
 * options fits.
 */
#define RDL_FRAGMENTS_OCTETS 4608
/* Of a datagram: as many as an MTU of 296 makes of it. */
#define RDL_FRAGMENTS_PIECES 16

/*
 * A fragment that comes alone is kept as long as a sender may take for the second: it sends them
 * together, and a client whose datagram was lost asks anew after 2 to 3 seconds (RFC 7252 section
 * 4.2), under another identification. One whose second is there has a living sender behind it,
 * whose link may be slow: less than the 60 s of RFC 8200, as by then its client has long asked
 * again.
 */
#define RDL_FRAGMENTS_LONE_MS 2000
#define RDL_FRAGMENTS_MORE_MS 10000

struct rdl_fragments;

/* Octets of memory for a table of so many datagrams, at least one. */
size_t rdl_fragments_memory(unsigned datagrams);

/*
 * `memory` is the caller's: rdl_fragments_memory() octets, zero, aligned to a cache line; the table
 * lies at its start. `key` is random: nobody outside can aim at a bucket.
 */
struct rdl_fragments *rdl_fragments_init(
	void *memory, unsigned datagrams, const struct rdl_key *key);

/* Fragments that are gone for good, by what ended them. Each grows. */
struct rdl_fragments_lost {
	unsigned late; /* the rest did not come in time */
	unsigned crowded; /* gave way: the table was full, or its network had its share */
	unsigned bad; /* malformed, overlapping others, too many or too far */
	unsigned copies; /* there already, octet for octet */
};

/*
 * Takes a fragment: a frame for which rdl_net_input() said RDL_NET_DROP_fragment. True when it was
 * the last one missing: the frame then holds the whole datagram, in front of it a fresh IP header
 * without options, and may go to rdl_net_input() again. False: what it held is kept, or counted as
 * lost; the frame may be freed.
 *
 * A fragment that overlaps another ends its datagram, and what still comes of it (RFC 5722 section
 * 4; IPv4 alike). When there is no room the oldest gives way: of the network itself, a /24 of IPv4
 * or a /64 of IPv6, where that has its share; of one that has most, where that is many; else of
 * all.
 */
RDL_MUST_CHECK bool rdl_fragments_add(struct rdl_fragments *fragments, struct rdl_frame *frame,
	uint64_t now_ms, struct rdl_fragments_lost *lost);

/* Lets go of what waited too long, some at a time: for whenever there is time. */
void rdl_fragments_forget(
	struct rdl_fragments *fragments, uint64_t now_ms, struct rdl_fragments_lost *lost);

#endif
