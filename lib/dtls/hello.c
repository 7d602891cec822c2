/* SPDX-License-Identifier: BSD-3-Clause */
/* A ClientHello read. Mbed TLS 2.28 begins with a record of version FE00, others with FEFF. */
#include "hello.h"

#define TYPE_HANDSHAKE 22
#define TYPE_CLIENT_HELLO 1
#define RANDOM_LEN 32
#define SESSION_ID_MAX 32

static bool take(struct rdl_span *input, size_t len, struct rdl_span *taken)
{
	if (input->len < len)
		return false;
	*taken = (struct rdl_span){ input->data, len };
	input->data += len;
	input->len -= len;
	return true;
}

/* Octets behind a length of one or of two octets. */
static bool take_vector(struct rdl_span *input, size_t length_len, struct rdl_span *taken)
{
	struct rdl_span length;

	if (!take(input, length_len, &length))
		return false;
	return take(input,
		length_len == 1 ? (size_t)length.data[0] : (size_t)rdl_get_be16(length.data),
		taken);
}

static uint32_t get_be24(const uint8_t *p)
{
	return rdl_get_be32(p) >> 8;
}

/* What the only record's only message holds. */
static bool open_message(struct rdl_span datagram, struct rdl_span *body, uint16_t *sequence)
{
	struct rdl_span record, message;

	if (!take(&datagram, RDL_DTLS_RECORD_HEADER, &record) ||
		!take(&datagram, rdl_get_be16(record.data + 11), body))
		return false;
	uint16_t version = rdl_get_be16(record.data + 1);
	if (record.data[0] != TYPE_HANDSHAKE || rdl_get_be16(record.data + 3) != 0 ||
		(version != 0xfe00 && version != 0xfeff && version != 0xfefd))
		return false;
	if (!take(body, RDL_DTLS_HANDSHAKE_HEADER, &message))
		return false;
	*sequence = rdl_get_be16(message.data + 4);
	return message.data[0] == TYPE_CLIENT_HELLO && get_be24(message.data + 1) == body->len &&
	       get_be24(message.data + 6) == 0 && get_be24(message.data + 9) == body->len;
}

enum rdl_status rdl_dtls_hello_read(struct rdl_span datagram, struct rdl_dtls_hello *hello)
{
	struct rdl_span body, fixed, id, suites, compression;

	*hello = (struct rdl_dtls_hello){ 0 };
	if (!open_message(datagram, &body, &hello->sequence) ||
		!take(&body, 2 + RANDOM_LEN, &fixed) || !take_vector(&body, 1, &id) ||
		!take_vector(&body, 1, &hello->cookie) || !take_vector(&body, 2, &suites) ||
		!take_vector(&body, 1, &compression))
		return RDL_MALFORMED;
	if (fixed.data[0] != 0xfe || id.len > SESSION_ID_MAX || suites.len < 2 ||
		suites.len % 2 != 0 || compression.len < 1)
		return RDL_MALFORMED;
	if (body.len > 0 && (!take_vector(&body, 2, &hello->extensions) || body.len > 0))
		return RDL_MALFORMED;
	hello->who = fixed;
	hello->what = (struct rdl_span){ suites.data - 2, 2 + suites.len + 1 + compression.len };
	return RDL_OK;
}

uint64_t rdl_dtls_hello_digest(const struct rdl_dtls_hello *hello, const struct rdl_key *key)
{
	uint64_t who = rdl_siphash(key, hello->who.data, hello->who.len);

	return (uint64_t)hello->sequence << (64 - RDL_DTLS_HELLO_SEQUENCE_BITS) |
	       who >> RDL_DTLS_HELLO_SEQUENCE_BITS;
}
