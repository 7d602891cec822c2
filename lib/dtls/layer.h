/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * layer: what a record is, whoever opens or makes it: its header, and what its protection covers
 * (RFC 6347 section 4.1, RFC 9146 sections 4 and 5). For dtls, and for those who make handshakes.
 */
#ifndef RDL_DTLS_LAYER_H
#define RDL_DTLS_LAYER_H

#include "cid.h"

enum {
	RDL_CONTENT_CHANGE_CIPHER_SPEC = 20,
	RDL_CONTENT_ALERT = 21,
	RDL_CONTENT_HANDSHAKE = 22,
	RDL_CONTENT_APPLICATION = 23,
	RDL_CONTENT_CID = 25, /* the content is inside */
};

#define RDL_RECORD_VERSION 0xfefd
#define RDL_DTLS_RECORD_HEADER 13 /* without a Connection ID */
#define RDL_DTLS_HANDSHAKE_HEADER 12

/* Of a record with CBC, before its text: header and IV; and behind it at most: MAC and padding. */
#define RDL_DTLS_CBC_HEAD (RDL_DTLS_RECORD_HEADER + 16)
#define RDL_DTLS_CBC_TAIL (32 + 16)

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

/*
 * What its tag covers beside a text of so many octets (RFC 5246 section 6.2.3.3, RFC 9146 section
 * 5.3), of the record that begins so; its Connection ID, if it has one, is of cid_len octets.
 * Returns how many octets that are, at most RDL_DTLS_ADDITIONAL and cid_len.
 */
#define RDL_DTLS_ADDITIONAL 23
size_t rdl_dtls_additional(
	const uint8_t *record, size_t cid_len, size_t text_len, uint8_t *additional);

/*
 * A text with its content type inside, zeros behind that (RFC 9146 section 4): returns the type,
 * and *len is the text's. 0: there is none.
 */
uint8_t rdl_dtls_unwrap(const uint8_t *text, size_t *len);

/* One to be made. */
struct rdl_dtls_head {
	uint8_t content;
	uint64_t number; /* epoch << 48 | sequence */
	const uint8_t *cid;
	uint8_t cid_len; /* 0: the plain form */
	uint16_t body_len;
};
/* Writes the header and the explicit part of the nonce. */
void rdl_dtls_record_write(uint8_t *to, const struct rdl_dtls_head *head);

#endif
