/* SPDX-License-Identifier: BSD-3-Clause */
/* parcel: what a worker gives to a handshaker. */
#ifndef RDL_DTLS_PARCEL_H
#define RDL_DTLS_PARCEL_H

#include "net.h"

enum rdl_dtls_parcel_kind {
	/* A ClientHello whose cookie was good, as the datagram that it came in. */
	RDL_PARCEL_BEGIN,
	/* One more datagram of a session that has begun. */
	RDL_PARCEL_MORE,
	/* A record of an open session with CBC, to be opened. */
	RDL_PARCEL_RECORD,
	/* A message for the peer of such a session, to be sealed and sent. */
	RDL_PARCEL_REPLY,
	RDL_PARCEL_KINDS
};

struct rdl_dtls_parcel {
	uint8_t kind; /* enum rdl_dtls_parcel_kind */
	/* Set by the handshaker: the session is open, and the datagram is for the worker anew. */
	bool again;
	uint8_t worker; /* whose session it is, and who gets the letters */
	bool registered; /* REPLY: its session has a registration */
	uint16_t len;
	/*
	 * Set by the handshaker, of a RECORD: octets of its text, which now stands in the datagram
	 * behind RDL_DTLS_CBC_HEAD octets; 0: there is none.
	 */
	uint16_t text_len;
	uint8_t *data; /* the datagram; REPLY: the message */
	uint64_t session;
	uint64_t evicted; /* a handshake that gave way and is over, any one; 0: none did */
	struct rdl_way way; /* back to whoever sent the datagram */
};

#endif
