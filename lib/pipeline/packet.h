/* SPDX-License-Identifier: BSD-3-Clause */
/* packet: a frame and what is made of it; and some of a burst's packets, as a set. */
#ifndef RDL_PIPELINE_PACKET_H
#define RDL_PIPELINE_PACKET_H

#include "foreign.h"
#include "lwm2m.h"
#include "net.h"
#include "parcel.h"
#include "token.h"

/*
 * One packet: its frame, and the request decoded from it. frame.room must leave, behind the frame,
 * twice its length and 128 octets for what is decoded; RDL_PACKET_ROOM() says it for a frame size.
 */
struct rdl_packet {
	struct rdl_frame frame;
	struct rdl_reply reply;
	/* What the request points into, beside its packet: place and one, or 0. */
	/* a body that came in blocks, and what was decoded, where that did not fit the packet */
	uint16_t scratch;
	uint16_t list; /* in the policy's memo */
	/*
	 * Of a packet whose reply has a head, and of a parcel: 1 + the worker whose frame it is; 0:
	 * it is of whoever has it.
	 */
	uint8_t home;
	uint64_t session; /* in whose record it came; of a packet whose reply has a head */
	/*
	 * What goes from core to core is no line more than it fills, and all that does. Each
	 * begins with its kind.
	 */
	union {
		uint8_t kind; /* of what one worker gives to another, which is the packet itself */
		struct rdl_request request;
		struct rdl_answer answer; /* to a request of ours */
		struct rdl_dtls_parcel parcel; /* of those for a handshaker */
		struct rdl_foreign_frame foreign; /* of those for the kernel */
	} __attribute__((aligned(RDL_CACHE_LINE)));
};
_Static_assert(offsetof(struct rdl_packet, request) == RDL_CACHE_LINE, "behind a line");
#define RDL_PACKET_ROOM(frame_len) (3 * (frame_len) + 128)

#define RDL_BURST_MAX 64

/* Some of a burst's packets: bit i is packets[i]. */
typedef uint64_t rdl_packet_set;
_Static_assert(RDL_BURST_MAX <= 64, "a bit for each");

static inline rdl_packet_set rdl_packet_bit(unsigned i)
{
	return UINT64_C(1) << i;
}

static inline bool rdl_packet_is_in(rdl_packet_set set, unsigned i)
{
	return (set >> i & 1) != 0;
}

static inline unsigned rdl_packet_count(rdl_packet_set set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* The first one of a set that is not empty. */
static inline unsigned rdl_packet_first(rdl_packet_set set)
{
	return (unsigned)__builtin_ctzll(set);
}

/* The same, and takes it out. */
static inline unsigned rdl_packet_pop(rdl_packet_set *set)
{
	unsigned i = rdl_packet_first(*set);

	*set &= *set - 1;
	return i;
}

#endif
