/* SPDX-License-Identifier: BSD-3-Clause */
/* The Hellos, as far as we must read them ourselves. */
#include "handshake_internal.h"

/* RFC 8449, RFC 6066 section 4. */
#define EXTENSION_RECORD_SIZE_LIMIT 28
#define EXTENSION_MAX_FRAGMENT_LENGTH 1

#define CLIENT_HELLO 1

struct limits {
	uint16_t record, fragment;
};

static int read_extension(void *context, unsigned type, const uint8_t *data, unsigned len)
{
	struct limits *limits = context;

	if (type == EXTENSION_RECORD_SIZE_LIMIT && len == 2)
		limits->record = rdl_get_be16(data);
	if (type == EXTENSION_MAX_FRAGMENT_LENGTH && len == 1 && *data >= 1 && *data <= 4)
		limits->fragment = (uint16_t)(256 << *data);
	return 0;
}

/* What GnuTLS is about to grant. It reads the same octets, and refuses those that are malformed. */
static uint16_t plaintext_max(struct rdl_span body)
{
	gnutls_datum_t datum = { (uint8_t *)(uintptr_t)body.data, (unsigned)body.len };
	struct limits limits = { 0 };

	(void)gnutls_ext_raw_parse(
		&limits, read_extension, &datum, GNUTLS_EXT_RAW_FLAG_DTLS_CLIENT_HELLO);
	return limits.record > 0 ? limits.record : limits.fragment;
}

bool rdl_handshake_hello(
	struct rdl_span record, gnutls_dtls_prestate_st *prestate, struct rdl_dtls_keys *keys)
{
	const uint8_t *message = record.data + RDL_DTLS_RECORD_HEADER;

	if (record.len < RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER ||
		record.data[0] != RDL_CONTENT_HANDSHAKE || rdl_record_epoch(record.data) != 0 ||
		message[0] != CLIENT_HELLO)
		return false;
	/*
	 * The worker's HelloVerifyRequest had the numbers of the Hello before; RFC 6347 section
	 * 4.2.1 goes on from the Hello's own. What we write is one above what was written.
	 */
	*prestate = (gnutls_dtls_prestate_st){
		.record_seq = rdl_get_be32(record.data + 7),
		.hsk_read_seq = rdl_get_be16(message + 4),
		.hsk_write_seq = rdl_get_be16(message + 4) - 1u,
	};
	keys->plaintext_max = plaintext_max((struct rdl_span){ message + RDL_DTLS_HANDSHAKE_HEADER,
		record.len - RDL_DTLS_RECORD_HEADER - RDL_DTLS_HANDSHAKE_HEADER });
	return true;
}

/* Before it: the version, random octets, and the session's own name. */
#define SESSION_ID_AT 34

enum rdl_dtls_suite rdl_handshake_suite(struct rdl_span hello)
{
	size_t at = SESSION_ID_AT;

	if (at < hello.len)
		at += 1u + hello.data[at];
	if (at + 2 > hello.len)
		return RDL_DTLS_SUITES;
	/* With PSK, and with ECDHE_ECDSA. */
	switch (rdl_get_be16(hello.data + at)) {
	case 0xc0a8:
	case 0xc0ae:
		return RDL_DTLS_AES_128_CCM_8;
	case 0xc0a4:
	case 0xc0ac:
		return RDL_DTLS_AES_128_CCM;
	case 0x00a8:
	case 0xc02b:
		return RDL_DTLS_AES_128_GCM;
	case 0x00a9:
	case 0xc02c:
		return RDL_DTLS_AES_256_GCM;
	default:
		return RDL_DTLS_SUITES;
	}
}
