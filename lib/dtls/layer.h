/* SPDX-License-Identifier: BSD-3-Clause */
/* layer: a record's header, and what its protection covers. Private to dtls. */
#ifndef RDL_DTLS_LAYER_H
#define RDL_DTLS_LAYER_H

#include "aead.h"
#include "cid.h"
#include "sessions.h"

enum {
	RDL_CONTENT_CHANGE_CIPHER_SPEC = 20,
	RDL_CONTENT_ALERT = 21,
	RDL_CONTENT_HANDSHAKE = 22,
	RDL_CONTENT_APPLICATION = 23,
	RDL_CONTENT_CID = 25, /* the content is inside */
};

#define RDL_RECORD_VERSION 0xfefd
#define RDL_RECORD_HEADER 13 /* without a Connection ID */

/* One that was read; views into the datagram. */
struct rdl_dtls_record {
	uint8_t content;
	uint16_t epoch;
	uint64_t sequence;
	const uint8_t *cid; /* RDL_DTLS_CID_LEN octets; NULL: it has none */
	uint8_t *body;
	uint16_t body_len;
};

/* The first record of so many octets. */
RDL_MUST_CHECK enum rdl_status rdl_dtls_record_read(
	uint8_t *octets, uint16_t len, struct rdl_dtls_record *record);

/* What a record's tag covers beside its text (RFC 5246 section 6.2.3.3, RFC 9146 section 5.3). */
struct rdl_dtls_covered {
	uint8_t content;
	uint64_t number; /* epoch << 48 | sequence */
	const uint8_t *cid;
	uint8_t cid_len; /* 0: the plain form */
	uint16_t text_len;
};
void rdl_dtls_cover(struct rdl_aead_job *job, const struct rdl_dtls_covered *covered);
/* Writes the header and the explicit part of the nonce. */
void rdl_dtls_record_write(uint8_t *to, const struct rdl_dtls_covered *covered, uint16_t body_len);

#endif
