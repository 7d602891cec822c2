/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sealed: sessions as entries of a log, which nobody reads or changes without a key: AES-256-GCM
 * (NIST SP 800-38D), whose key is derived for each log (RFC 5869) and whose nonce is the entry's
 * position in it. No position is ever used twice, and no log has another's key.
 *
 * By one thread. Randomness and time are arguments.
 */
#ifndef RDL_SEALED_H
#define RDL_SEALED_H

#include "identities.h"
#include "restore.h"

#define RDL_SEALED_KEY_LEN 32
/* Of a log's run, random: the salt. */
#define RDL_SEALED_RUN_LEN 16

enum rdl_sealed_kind {
	/* All of a session. No registry's entry is of any of these kinds. */
	RDL_SEALED_SESSION = 0x40,
	/* How far one is that was told before. */
	RDL_SEALED_COURSE,
	/* One that was told before has ended. */
	RDL_SEALED_GONE,
	/* A sweep, which tells all that there are, begins, or ends. */
	RDL_SEALED_BEGIN,
	RDL_SEALED_END,
	RDL_SEALED_KINDS
};

/* Readers refuse a higher one. */
#define RDL_SEALED_FORMAT 1

struct rdl_sealed {
	enum rdl_sealed_kind kind;
	uint8_t format; /* BEGIN, when it was read */
	/* BEGIN: above the generations of all sessions that there were. */
	uint32_t generation;
	/*
	 * Of SESSION all but deadlines and the identity's number; of COURSE the name and the
	 * course, of GONE the name.
	 */
	struct rdl_dtls_kept kept;
	/* Of SESSION and COURSE: it ends so much later; UINT32_MAX: never. */
	uint32_t left_s;
	/* SESSION. */
	uint8_t identity_len;
	uint8_t identity[RDL_IDENTITY_MAX];
};

/* No entry is longer. */
#define RDL_SEALED_MAX 480

struct rdl_sealer;

/* Of a log of that number in that run. NULL: no memory, or GnuTLS cannot. */
RDL_MUST_CHECK struct rdl_sealer *rdl_sealer_create(
	const uint8_t key[RDL_SEALED_KEY_LEN], const uint8_t run[RDL_SEALED_RUN_LEN], unsigned log);
/* NULL is fine. */
void rdl_sealer_destroy(struct rdl_sealer *sealer);

/* The octets of the entry at that position, to which no other is ever sealed. 0: GnuTLS cannot. */
RDL_MUST_CHECK size_t rdl_seal(struct rdl_sealer *sealer, uint64_t position,
	const struct rdl_sealed *entry, uint8_t octets[RDL_SEALED_MAX]);
/* False: it was not sealed so, with that key, for that log and position. *entry is to be wiped. */
RDL_MUST_CHECK bool rdl_unseal(struct rdl_sealer *sealer, uint64_t position, struct rdl_span octets,
	struct rdl_sealed *entry);

#endif
