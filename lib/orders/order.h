/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * order: a request to a device, from the moment a caller gives it until it is over: what the caller
 * wants, and what shards tell of it.
 */
#ifndef RDL_ORDERS_ORDER_H
#define RDL_ORDERS_ORDER_H

#include "lwm2m.h"
#include "token.h"

/* How an order stands. X(name): the word is what callers are told. */
#define RDL_ORDER_STATES(X)                                                                    \
	/* It waits: for its turn, or until the endpoint is awake. */                          \
	X(queued)                                                                              \
	X(sent)                                                                                \
	X(acknowledged) /* by an empty ACK: the answer comes later */                          \
	/* It has its answer, whose code says what that is. It is over, unless it observes. */ \
	X(answered)                                                                            \
	/* It is over: */                                                                      \
	X(timeout) /* not answered, or not even sent, in time */                               \
	X(reset) /* the device answered by a Reset */                                          \
	X(gone) /* the registration has ended, or another has taken its place */               \
	X(refused) /* nothing was sent; the reason says why */

enum rdl_order_state {
#define X(name) RDL_ORDER_##name,
	RDL_ORDER_STATES(X)
#undef X
		RDL_ORDER_STATE_COUNT
};
const char *rdl_order_state_text(enum rdl_order_state state);

/* Why one is over, where its state does not say it. X(name, text): the text is for people. */
#define RDL_ORDER_REASONS(X)                                                       \
	X(none, "")                                                                \
	X(unknown, "no such endpoint is registered")                               \
	X(crowded, "too many requests wait for this endpoint")                     \
	X(full, "too many requests are under way")                                 \
	X(observations, "too many observations")                                   \
	X(no_server_object, "the endpoint lists no instance of the Server Object") \
	X(no_way, "no way to the endpoint's address")                              \
	X(no_session, "the endpoint's secure session is over")                     \
	X(too_long, "path and queries are too long for a message")                 \
	X(asleep, "the endpoint did not wake up in time")                          \
	X(payload, "the answer is longer than max_payload")                        \
	X(blocks, "the blocks of the answer do not fit together")                  \
	X(unread, "the answer could not be read")                                  \
	X(not_observed, "nothing is observed there")                               \
	X(cancelled, "the observation was cancelled")                              \
	X(unheard, "nobody listened to the observation")                           \
	X(replaced, "the endpoint registered anew")                                \
	X(ended, "the registration ended")                                         \
	X(stopping, "the gateway stops")

enum rdl_order_reason {
#define X(name, text) RDL_ORDER_REASON_##name,
	RDL_ORDER_REASONS(X)
#undef X
		RDL_ORDER_REASON_COUNT
};
const char *rdl_order_reason_text(enum rdl_order_reason reason);

enum rdl_order_observe {
	RDL_ORDER_NO_OBSERVE,
	RDL_ORDER_OBSERVE, /* GET or FETCH: and hear of each change from then on */
	RDL_ORDER_CANCEL, /* end the observation of the same path */
};

/* FETCH and iPATCH: RFC 8132. */
#define RDL_COAP_FETCH 5
#define RDL_COAP_IPATCH 7

#define RDL_ORDER_PATH_MAX 128 /* octets of path and of queries, as options, together */
#define RDL_ORDER_ID_MAX 64

/* The shard's own part of an order, while it holds it; callers leave it zero. */
struct rdl_order_course {
	struct rdl_order *next, *previous;
	uint64_t sent_ms; /* the first time; 0: not yet */
	uint64_t expires_ms; /* not sent by then, it never is */
	uint64_t heard_ms; /* when the newest notification came */
	uint32_t sequence; /* of that */
	uint32_t number; /* of the observation's token */
	/* Octets of the payload that have arrived there, and then of the answer that have here. */
	uint32_t offset;
	uint16_t content_format; /* of the answer */
	uint8_t szx; /* of its blocks */
	uint8_t cut; /* SZX of the longest blocks that the payload goes in */
	uint8_t etag_len; /* of all of them; 0: they have none */
	uint8_t etag[RDL_ETAG_MAX];
	bool reads; /* the first block of the answer has come */
	bool observes;
	bool rest; /* there is more to ask for of the value that was notified */
};

/*
 * The caller's memory, one piece with all that it points to, which the caller frees when it has it
 * back. A message to the shard that has the endpoint, and from then on the shard's, which reads and
 * changes it, and gives it back when the order is over: an observation, when that has ended.
 */
struct rdl_order {
	uint8_t kind; /* RDL_ORDER; a message begins with its kind */
	/* What is wanted. */
	uint8_t method; /* RDL_COAP_GET and so on */
	uint8_t observe; /* enum rdl_order_observe */
	/*
	 * Registration Update Trigger: POST to /1/I/8, I being an instance of the Server Object
	 * that the endpoint lists. `path` is empty.
	 */
	bool trigger;
	/* Of an endpoint that is not awake when its turn comes it is refused, and does not wait. */
	bool awake_only;
	uint8_t endpoint_len;
	uint8_t id_len;
	uint16_t content_format, accept; /* RDL_FORMAT_NONE: not said */
	uint32_t timeout_ms; /* from the first transmission to the answer; 0: as RFC 7252 has it */
	uint32_t expires_ms; /* from now until it is sent, at the latest; 0: as long as it takes */
	const uint8_t *endpoint;
	const uint8_t *id; /* what the caller calls it; also in events of its observation */
	struct rdl_endpoint_digest digest; /* of the endpoint */
	/*
	 * Options as they go into the message behind the alternate path: each one octet of length
	 * and the segment, or query. Read and checked by the caller.
	 */
	struct rdl_span path, query;
	struct rdl_span payload;
	void *context; /* the caller's */
	/* Once it is back: */
	uint8_t state; /* enum rdl_order_state */
	uint8_t reason; /* enum rdl_order_reason */
	uint8_t code; /* of the answer, when it is `answered` */
	uint32_t rtt_ms; /* of the answer: since it was sent, the last time */
	struct rdl_order_course course;
};

/* What a shard tells of an order that goes on. The shard's own message, out of a pool. */
struct rdl_report {
	uint8_t kind; /* RDL_REPORT */
	uint8_t state; /* enum rdl_order_state; `answered`: octets of the answer */
	uint8_t reason; /* enum rdl_order_reason: `queued`, and asleep: until it wakes up */
	uint8_t code; /* `answered` */
	bool more; /* `answered`: more octets of it come in further reports, in their order */
	uint16_t content_format; /* `answered` */
	uint16_t len; /* `answered`: octets below */
	uint32_t rtt_ms; /* `answered`: since it was sent, the last time */
	struct rdl_order *order;
	uint8_t octets[RDL_TRANSMISSION_MAX];
};

/* In the rings between callers and shards. */
enum rdl_order_message { RDL_ORDER, RDL_REPORT };

#endif
