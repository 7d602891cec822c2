/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * messages: what a client says in epoch 0, made whole and in order before GnuTLS sees it (RFC 6347
 * section 4.2.3): its messages come in fragments that the network turns over, repeats and loses.
 * Nothing of epoch 0 is authenticated, so what is kept of it is bounded, of each handshake and of
 * all.
 */
#ifndef RDL_HANDSHAKE_MESSAGES_H
#define RDL_HANDSHAKE_MESSAGES_H

#include "base.h"

/* With its header: what fits a record (RFC 5246 section 6.2.1). */
#define RDL_HANDSHAKE_MESSAGE_MAX 16384
/* Octets of memory that one handshake may hold: a long chain, and what comes behind it. */
#define RDL_HANDSHAKE_HELD_MAX 24576

enum {
	RDL_HANDSHAKE_CLIENT_HELLO = 1,
	RDL_HANDSHAKE_CERTIFICATE = 11,
	RDL_HANDSHAKE_CERTIFICATE_VERIFY = 15,
	RDL_HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
};

/* As it came. */
struct rdl_handshake_fragment {
	uint8_t type;
	uint16_t sequence;
	/* Of the whole message; of which this is what begins at `start`. */
	uint32_t length, start;
	struct rdl_span octets;
};

/* One that is kept. */
struct rdl_handshake_piece {
	struct rdl_handshake_piece *next;
	uint8_t type;
	uint16_t sequence;
	uint32_t length, start, len;
	uint8_t octets[];
};

struct rdl_handshake_messages {
	/* The number of the one that GnuTLS is to see next. */
	uint16_t next;
	/* Octets of memory that pieces take. */
	uint32_t held;
	/* By number, and by where they begin. */
	struct rdl_handshake_piece *pieces;
};

/* The first fragment of so many octets, which begin behind it then. False: there is none. */
bool rdl_handshake_fragment_read(struct rdl_span *octets, struct rdl_handshake_fragment *fragment);

/* It may be of use, and is no nonsense. */
bool rdl_handshake_messages_want(const struct rdl_handshake_messages *messages,
	const struct rdl_handshake_fragment *fragment);
/* Octets of memory that keeping it takes. */
uint32_t rdl_handshake_messages_cost(const struct rdl_handshake_fragment *fragment);
/* Keeps one that is wanted, unless others have all of it, or there is no memory. */
void rdl_handshake_messages_put(
	struct rdl_handshake_messages *messages, const struct rdl_handshake_fragment *fragment);
/*
 * The next message with its header, of one fragment, into `whole`, of RDL_HANDSHAKE_MESSAGE_MAX
 * octets: its length. 0: not all of it is there.
 */
size_t rdl_handshake_messages_take(struct rdl_handshake_messages *messages, uint8_t *whole);
void rdl_handshake_messages_forget(struct rdl_handshake_messages *messages);

#endif
