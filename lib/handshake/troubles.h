/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * troubles: handshakes that failed lately, with who the client said that it is, for people who ask
 * why: a place for each identity, or for each address of a client that said none, which the next
 * one of that place takes. Written by an engine's thread, read by any; both may wait for the other.
 */
#ifndef RDL_HANDSHAKE_TROUBLES_H
#define RDL_HANDSHAKE_TROUBLES_H

#include <pthread.h>

#include "handshake.h"

#define RDL_TROUBLES 256

struct rdl_trouble {
	uint64_t time_ms; /* 0: there is none */
	struct rdl_peer peer;
	enum rdl_handshake_failure failure;
	/* RDL_IDENTITY_NONE, or without octets: it had not come so far as to say. */
	enum rdl_identity_mode mode;
	uint8_t who_len;
	uint8_t who[RDL_IDENTITY_MAX];
};

struct rdl_troubles {
	pthread_mutex_t lock;
	struct rdl_trouble all[RDL_TROUBLES];
};

void rdl_troubles_init(struct rdl_troubles *troubles);
void rdl_troubles_destroy(struct rdl_troubles *troubles);
void rdl_troubles_add(struct rdl_troubles *troubles, const struct rdl_trouble *trouble);
/* The one of this place, below RDL_TROUBLES; false: there is none. */
RDL_MUST_CHECK bool rdl_troubles_get(
	struct rdl_troubles *troubles, unsigned place, struct rdl_trouble *trouble);

#endif
