/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipeline: a worker's passes over a burst: classify, CoAP, request, policy, route; and the
 * replies. Frames in, verdicts and frames out, all in place. Pure: time and randomness are
 * arguments. One pipeline per worker, used by its core alone.
 */
#ifndef RDL_PIPELINE_H
#define RDL_PIPELINE_H

#include "blocks.h"
#include "burst.h"
#include "capture.h"
#include "owners.h"
#include "paths.h"
#include "policy.h"
#include "refusals.h"
#include "scratches.h"
#include "stats.h"

struct rdl_pipeline_config {
	const struct rdl_interface *interfaces; /* by rdl_frame.port; immutable */
	struct rdl_paths *paths; /* of all workers; NULL: none is known to be narrow */
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
	/* the worker's sessions, and at which of rdl_interface.udp_ports they are; NULL: none */
	struct rdl_dtls *dtls;
	unsigned dtls_udp_port;
	/*
	 * What devices answer to requests of ours goes to the shard that their token names, or that
	 * awaits an empty message: rdl_token_awaited() by this key. NULL: nobody asks them
	 * anything.
	 */
	const struct rdl_owners *awaited;
	struct rdl_key awaited_key;
	struct rdl_speck token_key;
	/* Told of another worker's session that a registration lives by no more; NULL: nobody. */
	void (*leave)(void *context, uint64_t session);
	/*
	 * With sessions: makes an empty frame of this port with room for so many octets. NULL:
	 * there is none.
	 */
	struct rdl_frame *(*make)(void *context, unsigned port, unsigned len);
	/*
	 * With sessions: gives a packet of this one's own, which is a parcel, to a handshaker, or
	 * sheds it.
	 */
	void (*give)(void *context, struct rdl_packet *packet, unsigned handshaker);
	void *context; /* of all three */
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
	/*
	 * So is this: 1 + the worker whose frames the burst is, which has given them to this one
	 * for their sessions; 0: they are this one's own.
	 */
	uint8_t home;
	/*
	 * And so is this: the burst is one frame, a handshaker has opened its record, which is of
	 * this session, and put a text of so many octets into it; 0: nobody has.
	 */
	uint64_t opened;
	uint16_t opened_len;
	/* And this: who is given copies of packets; NULL: nobody wants any. */
	struct rdl_capture *capture;
	struct rdl_blocks blocks;
	struct rdl_scratches scratches;
	struct rdl_policy_memo *memo; /* NULL: there is none */
	/* The second that runs, and how many were told in it that nobody listens at their port. */
	uint64_t unreachable_ms;
	unsigned unreachable;
	struct rdl_burst burst;
};

void rdl_pipeline_init(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config);

/*
 * Runs `count` <= RDL_BURST_MAX packets through all stages under one policy. The frame of each
 * packet is filled; its request is filled here, of those handed over. What is to become of them is
 * valid until the next burst.
 */
RDL_MUST_CHECK const struct rdl_burst *rdl_pipeline_burst(struct rdl_pipeline *pipeline,
	const struct rdl_policy *policy, struct rdl_packet *const packets[], unsigned count);

/*
 * Writes and frames the replies to requests that shards have answered, refusals as `policy` has
 * them. Returns the packets to send; the others have none and are to be freed.
 */
RDL_MUST_CHECK rdl_packet_set rdl_pipeline_replies(struct rdl_pipeline *pipeline,
	const struct rdl_policy *policy, struct rdl_packet *const packets[], unsigned count);

/*
 * Writes and frames what shards have said is to be sent back for answers: an ACK, a Reset, a code.
 * Returns the packets to send; the others are to be freed.
 */
RDL_MUST_CHECK rdl_packet_set rdl_pipeline_acknowledge(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], unsigned count);

/*
 * When more comes than a worker can read: the packets, of `count`, that look like Registers at a
 * glance, counted as shed, to be freed. Devices that are registered lose nothing by it, whose
 * Updates would be lost among them.
 */
RDL_MUST_CHECK rdl_packet_set rdl_pipeline_triage(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], unsigned count);

/*
 * Counts requests, and answers of devices, that found no credit towards their shard and are freed
 * unanswered.
 */
void rdl_pipeline_shed(struct rdl_pipeline *pipeline, struct rdl_packet *packet);
void rdl_pipeline_shed_answer(struct rdl_pipeline *pipeline, struct rdl_packet *packet);

#endif
