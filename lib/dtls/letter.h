/* SPDX-License-Identifier: BSD-3-Clause */
/* letter: what a handshaker gives to a worker, in the order in which it happened. */
#ifndef RDL_DTLS_LETTER_H
#define RDL_DTLS_LETTER_H

#include "keys.h"
#include "parcel.h"

/* A worker finds its parcels, given back, in the ring that letters come by. */
enum rdl_dtls_letter_kind {
	/* A datagram for the peer. */
	RDL_LETTER_SEND = RDL_PARCEL_KINDS,
	/* The handshake is finished. It comes before the last flight's datagrams. */
	RDL_LETTER_ESTABLISHED,
	/* The handshake failed, or took too long. */
	RDL_LETTER_ENDED,
	/* An open session with CBC is over: its client said so, or it gave way to others. */
	RDL_LETTER_CLOSED,
};

/* UDP payload of a datagram. */
#define RDL_LETTER_OCTETS 1472

struct rdl_dtls_letter {
	uint8_t kind; /* enum rdl_dtls_letter_kind */
	uint64_t session;
	union {
		struct {
			struct rdl_way way;
			uint16_t len;
			uint8_t octets[RDL_LETTER_OCTETS];
		} flight; /* SEND */
		struct rdl_dtls_keys keys; /* ESTABLISHED; to be wiped by whoever has read them */
	};
};

#endif
