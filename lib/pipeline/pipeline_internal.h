/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_PIPELINE_INTERNAL_H
#define RDL_PIPELINE_INTERNAL_H

#include "pipeline.h"

static inline void rdl_pipeline_drop(struct rdl_pipeline *pipeline, unsigned i, enum rdl_stat why)
{
	rdl_stats_add(&pipeline->stats, why, 1);
	pipeline->burst.why[i] = (uint8_t)why;
	pipeline->burst.drop |= rdl_packet_bit(i);
}

/* Digest of a request's source and datagram, never 0. */
uint64_t rdl_exchange_digest(const struct rdl_packet *packet, uint64_t seed);
/*
 * The same of a request that came in a record: of its session, wherever that sends from, and the
 * message (RFC 7252 section 9.1.1).
 */
uint64_t rdl_secure_exchange_digest(const struct rdl_packet *packet, uint64_t seed);

/*
 * Opens what came to the secure port: puts each datagram that is no message into one of the burst's
 * sets. Returns those that are one, in clear text, too.
 */
rdl_packet_set rdl_pipeline_open(struct rdl_pipeline *pipeline, rdl_packet_set datagrams);
/*
 * Records that stand behind the first of a datagram's, `whole` still being as it came: a few of
 * them become frames of the burst's, the others are counted.
 */
void rdl_pipeline_take_rest(
	struct rdl_pipeline *pipeline, const struct rdl_frame *whole, uint8_t *rest, uint16_t len);
/* Says of packets of the burst that came in records where their replies go. */
void rdl_pipeline_enclose(struct rdl_pipeline *pipeline, rdl_packet_set packets);
/*
 * Seals replies that are written, and puts them into their frames. Returns those that cannot be
 * sent any more, counted.
 */
rdl_packet_set rdl_pipeline_seal(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], rdl_packet_set replies);

/*
 * Notes the refusal of packet `i`, where that is wanted, before the reply is written over it.
 * `input` is NULL when a shard has refused.
 */
void rdl_pipeline_note(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_request *request,
	const struct rdl_input *input);
/* The same of one that was shed, by its shard or before it came there. */
RDL_APART void rdl_pipeline_note_shed(
	struct rdl_pipeline *pipeline, const struct rdl_request *request, enum rdl_stat stat);

enum rdl_body {
	/* input->payload is all of it; *scratch, aligned to 8, takes what is decoded */
	RDL_BODY_WHOLE,
	RDL_BODY_PART, /* a block that is not the last */
	RDL_BODY_REFUSED, /* request->reason says why */
	RDL_BODY_SHED, /* dropped */
};

/*
 * Finds a POST's whole payload, which may have come in blocks, and memory to decode it into. What
 * it takes is given back by rdl_pipeline_let_go().
 */
enum rdl_body rdl_pipeline_body(
	struct rdl_pipeline *pipeline, unsigned i, struct rdl_cursor *scratch);

/*
 * The reply will name the block that its request brought,
 * but for a size exponent that nobody may send (RFC 7959 section 2.2).
 */
void rdl_pipeline_echo_block(struct rdl_packet *packet, const struct rdl_input *input);

/* Lets go of what a packet's request was decoded from and into, once nobody reads it any more. */
void rdl_pipeline_let_go(struct rdl_pipeline *pipeline, struct rdl_packet *packet);

/* What a reply needs, whatever it says, and nothing kept for the packet. */
void rdl_pipeline_begin_reply(struct rdl_pipeline *pipeline, unsigned i);
/* Whether a message that is no request may answer one of ours. */
bool rdl_pipeline_may_answer(const struct rdl_coap_message *message);
/*
 * Of the messages in the burst's set of answers, reads those that somebody waits for, and says
 * which shard. Returns the others, which are in the set no more.
 */
rdl_packet_set rdl_pipeline_hear(struct rdl_pipeline *pipeline);
/*
 * Whether a request to /dp is one that is taken: a POST in the session of a registration. Then,
 * once its payload is whole, it is no more a request, but an answer that nobody asked for.
 */
bool rdl_pipeline_may_send(const struct rdl_pipeline *pipeline, unsigned i);
void rdl_pipeline_take_send(struct rdl_pipeline *pipeline, unsigned i);

/*
 * Policy and route of requests: puts each into one of the burst's sets, its reply written where it
 * has one.
 */
void rdl_pipeline_decide(struct rdl_pipeline *pipeline, rdl_packet_set requests);

/* Writes the refusal that its request names over a packet's datagram. */
void rdl_pipeline_refuse(const struct rdl_policy *policy, struct rdl_packet *packet);

/*
 * Where packets are captured: the burst's as they came; the messages that were in records; the
 * requests that are wanted for whose they are; and what has become of all whose fate is known.
 * `answered` are those that were answered before they were read, `lost` those whose reply is not
 * sent.
 */
RDL_APART void rdl_pipeline_capture_frames(struct rdl_pipeline *pipeline, unsigned count);
RDL_APART void rdl_pipeline_capture_opened(struct rdl_pipeline *pipeline);
RDL_APART void rdl_pipeline_capture_requests(
	struct rdl_pipeline *pipeline, rdl_packet_set requests);
RDL_APART void rdl_pipeline_capture_fates(
	struct rdl_pipeline *pipeline, rdl_packet_set answered, rdl_packet_set lost);
/*
 * The same of requests that shards have answered: packet `i`, before its reply is written; and all
 * of them, of which `send` have one. And of one that is shed before it has reached its shard.
 */
RDL_APART void rdl_pipeline_capture_request(
	struct rdl_pipeline *pipeline, unsigned i, const struct rdl_packet *packet);
RDL_APART void rdl_pipeline_capture_replies(struct rdl_pipeline *pipeline,
	struct rdl_packet *const packets[], unsigned count, rdl_packet_set send);
RDL_APART void rdl_pipeline_capture_shed(
	struct rdl_pipeline *pipeline, const struct rdl_packet *packet, enum rdl_stat why);
/* The same of answers, of which `send` have something that goes back. */
RDL_APART void rdl_pipeline_capture_answer(
	struct rdl_pipeline *pipeline, unsigned i, const struct rdl_packet *packet);
RDL_APART void rdl_pipeline_capture_backs(struct rdl_pipeline *pipeline,
	struct rdl_packet *const packets[], unsigned count, rdl_packet_set send);
RDL_APART void rdl_pipeline_capture_shed_answer(
	struct rdl_pipeline *pipeline, const struct rdl_packet *packet, enum rdl_stat why);

/* Puts a reply that is written into its frame, and counts it by its code. */
void rdl_pipeline_frame(struct rdl_pipeline *pipeline, struct rdl_packet *packet);

#endif
