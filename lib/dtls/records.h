/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * records: datagrams of DTLS 1.2 (RFC 6347 section 4.1; with Connection IDs RFC 9146 section 4)
 * opened and messages sealed, in bursts and in place.
 */
#ifndef RDL_DTLS_RECORDS_H
#define RDL_DTLS_RECORDS_H

#include "dtls.h"

#define RDL_DTLS_BURST 64

/* Why a datagram went no further. X(name, help). */
#define RDL_DTLS_DROPS(X)                                                            \
	X(record, "DTLS record malformed, or longer than its datagram")              \
	X(hello, "ClientHello malformed or in pieces")                               \
	X(hello_shed, "handshake for which there is no place")                       \
	X(session, "DTLS record of a session that nobody knows")                     \
	X(epoch, "DTLS record of an epoch or a form that its session does not have") \
	X(replay, "DTLS record that was read before, or is too old to tell")         \
	X(authentication, "DTLS record that does not open with its session's key")   \
	X(content, "DTLS record of a content that means nothing here: warnings, renegotiation")

enum rdl_dtls_verdict {
	/* A message: the datagram is its text, with session and identity. */
	RDL_DTLS_MESSAGE,
	/* The datagram is an answer, to be sent back. */
	RDL_DTLS_ANSWER,
	/* To a handshaker, as the parcels of these kinds; the session is in the datagram. */
	RDL_DTLS_BEGIN,
	RDL_DTLS_MORE,
	/* The same; the datagram is one record. */
	RDL_DTLS_RECORD,
	/* To another worker, as it is. */
	RDL_DTLS_ELSEWHERE,
	/* Its session has ended by it: nothing is left to do. */
	RDL_DTLS_CLOSED,
#define X(name, help) RDL_DTLS_DROP_##name,
	RDL_DTLS_DROPS(X)
#undef X
		RDL_DTLS_VERDICTS
};

struct rdl_dtls_item {
	struct rdl_datagram *datagram;
	uint8_t verdict; /* enum rdl_dtls_verdict */
	/*
	 * Of a MESSAGE: octets of the record before it, and of one that answers it, before and
	 * behind the text.
	 */
	uint8_t request_head, head, tail;
	uint8_t to; /* BEGIN, MORE, RECORD: the handshaker; ELSEWHERE: the worker */
	uint64_t evicted; /* BEGIN: a handshake that gave way; 0: none did */
	/* MESSAGE, RECORD: what stands behind the first record: more of them; empty: nothing. */
	uint8_t *rest;
	uint16_t rest_len;
};

/* Opens `count` <= RDL_DTLS_BURST datagrams, which items[i].datagram says; fills in the rest. */
void rdl_dtls_open(
	struct rdl_dtls *dtls, struct rdl_dtls_item items[], unsigned count, uint32_t now_s);

/*
 * One datagram that came as a RECORD, and whose handshaker has put the text of so many octets into
 * it: fills in the item as rdl_dtls_open() does.
 */
void rdl_dtls_opened(struct rdl_dtls *dtls, struct rdl_dtls_item *item, uint64_t session,
	uint16_t text_len, uint32_t now_s);

/* Of a record whose text answers none: octets before and behind that, and how many it may have. */
struct rdl_dtls_around {
	uint8_t head, tail;
	uint16_t text_max;
};
/* False: the session is over, or another worker's. */
RDL_MUST_CHECK bool rdl_dtls_around(
	struct rdl_dtls *dtls, uint64_t session, uint32_t now_s, struct rdl_dtls_around *around);

/*
 * A message for the peer of a session, with room around it: as rdl_dtls_around() says, or of one
 * that answers as its request's item said.
 */
struct rdl_dtls_seal {
	uint64_t session;
	uint8_t *text;
	uint16_t len; /* at least one octet */
	/*
	 * Afterwards. False: the session is over, takes no text as long as that, or has no numbers
	 * left, which ends it; or it is deferred.
	 */
	bool sealed;
	/* Its handshaker, which is this one, is to seal it, and to send it. */
	bool deferred;
	uint8_t to;
	bool registered; /* deferred: the session has a registration */
};
void rdl_dtls_seal(struct rdl_dtls *dtls, struct rdl_dtls_seal seals[], unsigned count);

#endif
