/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipeline: a worker's passes over a burst: classify, CoAP, request, policy, route; and the
 * replies. Frames in, verdicts and frames out, all in place. Pure: time and randomness are
 * arguments. One pipeline per worker, used by its core alone.
 */
#ifndef RDL_PIPELINE_H
#define RDL_PIPELINE_H

#include "blocks.h"
#include "policy.h"
#include "refusals.h"
#include "stats.h"

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
static inline unsigned rdl_packet_take(rdl_packet_set *set)
{
	unsigned i = rdl_packet_first(*set);

	*set &= *set - 1;
	return i;
}

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
	/* What goes from core to core is no line more than it fills, and all that does. */
	struct rdl_request request __attribute__((aligned(RDL_CACHE_LINE)));
};
#define RDL_PACKET_ROOM(frame_len) (3 * (frame_len) + 128)

struct rdl_pipeline_config {
	const struct rdl_interface *interfaces; /* by rdl_frame.port; immutable */
	unsigned shards;
	struct rdl_speck location_key;
	uint32_t slots; /* of each partition, in every registry: no location names one beyond */
	/* the registries': of the digests that object lists are found by */
	struct rdl_key list_key;
	uint64_t exchange_seed; /* random: of the digests that copies of requests are known by */
	uint64_t memo_seed; /* random: the memo's */
	/*
	 * Random, and no secret, since it shows in every NON reply:
	 * our Message IDs for those are the requests', masked.
	 */
	uint16_t reply_salt;
	/* random: of the hashes that transfers, and who holds them, are found by */
	struct rdl_key block_key;
	/*
	 * Memory for bodies in blocks, as whole ones, 0:
	 * none; the longest; and how long an idle one is kept.
	 */
	uint32_t transfers, max_payload, transfer_lifetime_s;
	/* where they are noted, zero at first, the caller's; NULL: nowhere */
	struct rdl_refusals *refusals;
	/*
	 * rdl_pipeline_memory() octets, zero, aligned to a cache line;
	 * the caller's. NULL: nothing is kept of requests.
	 */
	void *memory;
};

/* Octets of config->memory that these figures take. */
size_t rdl_pipeline_memory(const struct rdl_pipeline_config *config);

/* A worker's working memory, reused by every burst. */
struct rdl_pipeline {
	struct rdl_pipeline_config config;
	struct rdl_stats stats;
	uint64_t now_ms; /* the caller's to set before each burst */
	struct rdl_blocks blocks;
	struct rdl_policy_memo *memo; /* NULL: there is none */
	rdl_packet_set located; /* requests to a location that may live, which is decoded */
	struct rdl_datagram datagrams[RDL_BURST_MAX];
	struct rdl_input inputs[RDL_BURST_MAX];
};

void rdl_pipeline_init(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config);

/* What is to become of each packet of a burst: each is in exactly one of the sets. */
struct rdl_burst {
	rdl_packet_set reply; /* framed, to be sent by the port it came by */
	rdl_packet_set hand_over; /* to shard[i] */
	/* of an IP packet: to be put together by the caller, and to come again whole */
	rdl_packet_set fragment;
	rdl_packet_set drop; /* counted, to be freed */
	uint8_t shard[RDL_BURST_MAX];
};

/*
 * Runs `count` <= RDL_BURST_MAX packets through all stages under one policy. The frame of each
 * packet is filled; its request is filled here, of those handed over.
 */
void rdl_pipeline_burst(struct rdl_pipeline *pipeline, const struct rdl_policy *policy,
	struct rdl_packet *const packets[], unsigned count, struct rdl_burst *burst);

/*
 * Writes and frames the replies to requests that shards have answered, refusals as `policy` has
 * them. Returns the packets to send; the others have none and are to be freed.
 */
rdl_packet_set rdl_pipeline_replies(struct rdl_pipeline *pipeline, const struct rdl_policy *policy,
	struct rdl_packet *const packets[], unsigned count);

/*
 * When more comes than a worker can read: the packets, of `count`, that look like Registers at a
 * glance, counted as shed, to be freed. Devices that are registered lose nothing by it, whose
 * Updates would be lost among them.
 */
rdl_packet_set rdl_pipeline_triage(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], unsigned count);

/* Counts requests that found no credit towards their shard and are freed unanswered. */
void rdl_pipeline_shed(struct rdl_pipeline *pipeline, struct rdl_packet *packet);

#endif
