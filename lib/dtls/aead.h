/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aead: what protects a record, for many records at once: their keys are all different, and Intel's
 * IPsec-MB works on several side by side. In place; the tag stands behind the text. Each worker has
 * its own.
 */
#ifndef RDL_DTLS_AEAD_H
#define RDL_DTLS_AEAD_H

#include "suite.h"

#define RDL_AEAD_BURST 64
#define RDL_AEAD_NONCE_LEN (RDL_DTLS_SALT_LEN + RDL_DTLS_EXPLICIT_LEN)
/* What IPsec-MB takes of additional data for CCM. */
#define RDL_AEAD_ADDITIONAL_MAX 46
#define RDL_AEAD_TAG_MAX 16

struct rdl_aead_job {
	const uint8_t *key; /* as long as the suite has it */
	uint8_t *text; /* and behind it room for the tag */
	uint16_t len; /* of the text, at least one octet */
	uint8_t suite; /* enum rdl_dtls_suite */
	uint8_t additional_len;
	bool good; /* afterwards: it is sealed, or the tag is the right one */
	uint8_t nonce[RDL_AEAD_NONCE_LEN];
	uint8_t additional[RDL_AEAD_ADDITIONAL_MAX];
};

struct rdl_aead;

size_t rdl_aead_memory(void);
/*
 * In memory of the caller's, aligned to a cache line and kept out of core dumps. NULL: the CPU
 * lacks AES-NI, PCLMULQDQ or SSE4.2, or IPsec-MB's own test of itself fails. AVX is not needed.
 */
struct rdl_aead *rdl_aead_init(void *memory);

/* Of `count` <= RDL_AEAD_BURST. A text that could not be opened is octets at random. */
void rdl_aead_seal(struct rdl_aead *aead, struct rdl_aead_job jobs[], unsigned count);
void rdl_aead_open(struct rdl_aead *aead, struct rdl_aead_job jobs[], unsigned count);

#endif
