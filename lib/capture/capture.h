/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture: copies of a worker's packets, with what became of each, for one reader outside the
 * packet path, and for as long as it wants any. A ring of octets per worker, one writer, one
 * reader; neither ever waits for the other: what does not fit is lost, and counted.
 *
 * Packets are worked on in place: the worker keeps those of a burst aside as they came, and copies
 * those that are wanted into the ring once it knows what became of them.
 */
#ifndef RDL_CAPTURE_H
#define RDL_CAPTURE_H

#include "captured.h"

#define RDL_CAPTURE_RING (512u << 10)
/* Of the packets of one burst. What it does not take is lost, if it was wanted. */
#define RDL_CAPTURE_ASIDE (192u << 10)
#define RDL_CAPTURE_BURST 64

/*
 * Which packets are wanted: all, unless by address, or endpoint, or both; then those of which
 * either is true. A reply is wanted with its request.
 */
struct rdl_capture_wish {
	uint32_t every; /* one of so many of those; 1: all */
	bool by_address, by_endpoint;
	uint8_t bits; /* of the address: what comes from there, a way it is */
	uint8_t address[16]; /* as in struct rdl_peer */
	bool located; /* by endpoint: the registration that it has */
	struct rdl_location location;
	uint8_t endpoint_len; /* by endpoint: what a Register calls itself */
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	uint64_t capture; /* set by rdl_capture_want(): the same until nobody wants any */
};
union rdl_capture_wish_words {
	struct rdl_capture_wish wish;
	uint64_t word[(sizeof(struct rdl_capture_wish) + 7) / 8];
};

/* A packet that is kept aside, and what is known of it. */
struct rdl_capture_aside {
	bool wanted;
	bool fits; /* its octets are there */
	uint32_t at;
	/* The message of its reply before that was sealed; none: 0. */
	uint32_t message_at;
	uint16_t message_len;
	struct rdl_captured captured;
};

/* Every line is written by one side alone. All zero at first. */
struct rdl_capture {
	/* Reader: the number of the wish, in one of two places; 0: nobody wants anything. */
	uint64_t number __attribute__((aligned(RDL_CACHE_LINE)));
	union rdl_capture_wish_words wishes[2];
	/* Reader: what it has done with. */
	uint64_t tail __attribute__((aligned(RDL_CACHE_LINE)));
	/* Writer: what there is to read; packets lost, ever. */
	uint64_t head __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t lost;
	/* Writer's own. */
	uint64_t adopted __attribute__((aligned(RDL_CACHE_LINE))); /* the number of `wish` */
	uint64_t time_ns, tail_seen;
	uint64_t writing; /* where what is not yet to be read begins */
	uint32_t matched; /* since the last one of `every` */
	uint32_t aside_len;
	struct rdl_capture_wish wish;
	struct rdl_capture_aside packets[RDL_CAPTURE_BURST];
	uint8_t aside[RDL_CAPTURE_ASIDE];
	/* Reader's own. */
	uint64_t last __attribute__((aligned(RDL_CACHE_LINE))); /* number ever used */
	uint64_t capture; /* the first of this capture's */
	uint64_t lost_before;
	/* The writer's up to the reader's, and the other way round. */
	uint64_t ring[RDL_CAPTURE_RING / sizeof(uint64_t)];
};

/* ---- the writer: the worker's core ---- */

/* One load: all that a round costs while nobody captures. */
static inline bool rdl_capture_is_wanted(const struct rdl_capture *capture)
{
	return __atomic_load_n(&capture->number, __ATOMIC_RELAXED) != 0;
}
/*
 * Begins a round of the worker's, at this time. False: it captures nothing in it; else all that
 * follows may be called.
 */
RDL_MUST_CHECK bool rdl_capture_begin(struct rdl_capture *capture, uint64_t time_ns);

/* Forgets what was kept aside: packets 0 to RDL_CAPTURE_BURST - 1 are the next burst's. */
void rdl_capture_clear(struct rdl_capture *capture);
/* Keeps a frame aside as it came. */
void rdl_capture_keep(struct rdl_capture *capture, unsigned i, const struct rdl_frame *frame);
/*
 * Keeps aside, in its place, the message that came in its record: `frame` is a datagram's, with its
 * headers as they came.
 */
void rdl_capture_keep_opened(struct rdl_capture *capture, unsigned i, const struct rdl_frame *frame,
	struct rdl_span message, uint32_t identity);
/* It is a Register of this endpoint, or a request to this location: then it may be wanted. */
void rdl_capture_by_endpoint(struct rdl_capture *capture, unsigned i, struct rdl_span endpoint);
void rdl_capture_by_location(
	struct rdl_capture *capture, unsigned i, const struct rdl_location *location);
/* Why it is refused; where it is registered. */
void rdl_capture_refused(
	struct rdl_capture *capture, unsigned i, const struct rdl_refusal *refusal);
void rdl_capture_located(
	struct rdl_capture *capture, unsigned i, const struct rdl_location *location);
/* Keeps its reply aside, before it is sealed. */
void rdl_capture_keep_reply(struct rdl_capture *capture, unsigned i, struct rdl_span message);
/* It cannot be sent, counted by `why`; 0: it goes by a handshaker. */
void rdl_capture_unsent(struct rdl_capture *capture, unsigned i, uint8_t why);
/* RDL_COAP_EMPTY: of a Reset, or none is kept. */
uint8_t rdl_capture_reply_code(const struct rdl_capture *capture, unsigned i);

/*
 * What became of it is known: into the ring, if it is wanted, and its reply behind it, as it
 * leaves; NULL: it has none.
 */
struct rdl_capture_end {
	enum rdl_fate fate;
	uint8_t code, stat; /* as in struct rdl_captured */
};
void rdl_capture_end(struct rdl_capture *capture, unsigned i, const struct rdl_capture_end *end,
	const struct rdl_frame *reply);

/* All of that at once, of a frame that is still as it came, or as it leaves. */
void rdl_capture_frame(
	struct rdl_capture *capture, const struct rdl_frame *frame, struct rdl_capture_end end);

/*
 * The same of a request of ours to whoever is registered there, as it leaves. `message` is what it
 * has in its record; empty: it is in clear text.
 */
void rdl_capture_asked(struct rdl_capture *capture, const struct rdl_frame *frame,
	const struct rdl_location *location, struct rdl_span message);

/* ---- the reader: one thread ---- */

/*
 * From now on these packets are wanted. Where none were before, what the ring still holds is
 * forgotten, and what was lost.
 */
void rdl_capture_want(struct rdl_capture *capture, const struct rdl_capture_wish *wish);
void rdl_capture_stop(struct rdl_capture *capture);

/* The next packet, or NULL. It lasts, and comes again, until rdl_capture_done(). */
struct rdl_captured *rdl_capture_read(struct rdl_capture *capture);
void rdl_capture_done(struct rdl_capture *capture, const struct rdl_captured *captured);
/* Packets that were lost since they are wanted. */
uint64_t rdl_capture_lost(const struct rdl_capture *capture);

#endif
