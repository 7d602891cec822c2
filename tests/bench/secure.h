/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secure: the fleet's side of its DTLS sessions: requests of the clear form sealed, replies opened
 * into it, in bursts. Keys and numbers follow from the endpoint, so that none are kept.
 */
#ifndef RDL_BENCH_SECURE_H
#define RDL_BENCH_SECURE_H

#include "aead.h"
#include "cid.h"
#include "identities.h"
#include "keys.h"
#include "packets.h"

/* Of one endpoint. */
struct secure_session {
	uint64_t name; /* as the gateway has it */
	uint32_t sent, received; /* the last number of a request, and of a reply */
};

struct secure {
	unsigned cid_percent; /* of sessions with a Connection ID, of GCM */
	unsigned gcm_percent;
	uint16_t port; /* the gateway's */
	struct rdl_speck cid;
	uint64_t count;
	struct secure_session *sessions; /* by endpoint */
	struct rdl_aead *aead;
};

/* Octets of memory for so many sessions. */
size_t secure_memory(uint64_t sessions);
/*
 * Rates and port are set. `memory` is zero and aligned to a cache line; `cid_key` is the gateway's.
 * False: the CPU has no AES.
 */
bool secure_init(
	struct secure *secure, void *memory, uint64_t sessions, const struct rdl_key *cid_key);

/* What the handshake of an endpoint left, as the gateway has it, but for the identity. */
void secure_keys(const struct secure *secure, uint32_t endpoint, struct rdl_dtls_keys *keys);

/* Who serves the fleet. */
struct secure_gateway {
	struct rdl_dtls *dtls;
	struct rdl_identities *identities;
	const struct rdl_interface *interface;
};
/*
 * A session of the endpoint's, as its handshake would have left it, of an identity that may
 * register it. False: there is no room.
 */
bool secure_establish(struct secure *secure, const struct secure_gateway *gateway,
	const struct packets *packets, uint32_t endpoint, uint32_t now_s);

struct secure_frame {
	uint8_t *octets; /* with room for what a record has more than its text */
	uint16_t len;
};
/* Frames of packets.h become records of their endpoints' sessions; at most RDL_AEAD_BURST. */
void secure_seal(struct secure *secure, struct secure_frame frames[], unsigned count);
/* And back: what is no good record is an empty frame afterwards. */
void secure_open(struct secure *secure, struct secure_frame frames[], unsigned count);

#endif
