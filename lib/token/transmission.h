/* SPDX-License-Identifier: BSD-3-Clause */
/* transmission: a message for a device, on its way from a shard to the worker that sends it. */
#ifndef RDL_TOKEN_TRANSMISSION_H
#define RDL_TOKEN_TRANSMISSION_H

#include "answer.h"

/* Octets of a CoAP message: a block of 1024 and what stands before it. */
#define RDL_TRANSMISSION_MAX 1280

enum rdl_transmission_kind {
	RDL_TRANSMISSION = RDL_ANSWER_KINDS, /* both lie in the same ring, at a worker */
};

/* What has become of it, as the worker says when it gives it back. */
enum rdl_transmission_result {
	RDL_TRANSMISSION_SENT,
	/* The next hop is being asked for, or there is no room: it may go a little later. */
	RDL_TRANSMISSION_LATER,
	/* Nobody knows a way to this address, or its path takes no packet as long as that. */
	RDL_TRANSMISSION_NO_WAY,
	/* Its secure session is over; in clear text it must not go. */
	RDL_TRANSMISSION_NO_SESSION,
	/*
	 * It is `divisible`, and longer than path, port or session take: that many octets are
	 * `room`. Others go as they are, in fragments if need be, or not at all.
	 */
	RDL_TRANSMISSION_TOO_LONG,
};

/* The shard's own, out of a pool that is its credit; between send and give-back the worker's. */
struct rdl_transmission {
	uint8_t kind; /* RDL_TRANSMISSION */
	uint8_t result; /* enum rdl_transmission_result */
	uint16_t len;
	uint8_t worker; /* whose it is to send: the shard's own to know */
	bool again; /* it was sent before */
	bool divisible; /* a shorter one can say a part of it */
	uint16_t room;
	struct rdl_local local; /* the address and port of ours that it leaves by */
	struct rdl_peer peer;
	uint64_t session; /* to be sealed in; 0: it goes in clear text */
	uint32_t handle, number; /* whose it is: as in its token */
	uint8_t octets[RDL_TRANSMISSION_MAX]; /* the message */
};

#endif
