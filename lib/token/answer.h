/* SPDX-License-Identifier: BSD-3-Clause */
/* answer: what a device sent that is no request of the registration interface, read by a worker. */
#ifndef RDL_TOKEN_ANSWER_H
#define RDL_TOKEN_ANSWER_H

#include "net.h"

enum rdl_answer_kind {
	/* A response with a token of ours (RFC 7252 section 5.3); a notification looks the same. */
	RDL_ANSWER_RESPONSE,
	/* An ACK or a Reset without one: what it is about, its Message ID and peer say. */
	RDL_ANSWER_EMPTY,
	/* The Send operation (LwM2M 1.1 section 6.4.6): a POST to /dp in a registered session. */
	RDL_ANSWER_SEND,
	RDL_ANSWER_KINDS
};

/* What the worker is to send back, of which the shard leaves its word in the answer. */
enum rdl_answer_back {
	RDL_BACK_NOTHING,
	RDL_BACK_ACK, /* the empty message that acknowledges a CON */
	RDL_BACK_RESET,
	RDL_BACK_CODE, /* of SEND: a response of this `back_code` */
};

#define RDL_FORMAT_NONE 0xffff /* no Content-Format */
#define RDL_OBSERVE_NONE UINT32_MAX /* no Observe option (RFC 7641), whose values take 24 bits */
#define RDL_BLOCK_NONE UINT32_MAX /* no block option (RFC 7959), whose values take 24 bits */

#define RDL_ETAG_MAX 8 /* octets */

/*
 * Lives beside its packet; views point into that. The worker that received it fills it; the shard
 * reads it before it gives it back, and leaves `back` in it. Never touched by two cores at once.
 */
struct rdl_answer {
	uint8_t kind; /* enum rdl_answer_kind; a message begins with its kind */
	uint8_t type; /* enum rdl_coap_type */
	/*
	 * RDL_COAP_EMPTY, of a RESPONSE: it is malformed, or has critical options that mean
	 * nothing.
	 */
	uint8_t code;
	uint8_t back, back_code;
	uint8_t etag_len; /* 0: there is no ETag */
	uint16_t message_id;
	uint16_t content_format;
	struct rdl_local local; /* where and how it reached us */
	struct rdl_peer peer;
	uint32_t identity; /* whose secure session it came in; 0: none's */
	/* RESPONSE: as its token says. SEND: the registration that its session lives by. */
	uint32_t handle, number;
	uint64_t session; /* the secure session that it came in; 0: none */
	uint32_t observe;
	uint32_t block1, block2; /* as they stand in the option */
	uint8_t etag[RDL_ETAG_MAX];
	struct rdl_span payload;
};
_Static_assert(sizeof(struct rdl_answer) <= 2 * RDL_CACHE_LINE, "what a request takes");

#endif
