/* SPDX-License-Identifier: BSD-3-Clause */
/* The ClientHello, as far as we must read it ourselves. */
#include "handshake_internal.h"

/* RFC 6066 section 3, RFC 8449, RFC 6066 section 4, RFC 7627, RFC 7250. */
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_RECORD_SIZE_LIMIT 28
#define EXTENSION_MAX_FRAGMENT_LENGTH 1
#define EXTENSION_EXTENDED_MASTER_SECRET 23
#define EXTENSION_CLIENT_CERTIFICATE_TYPE 19

#define CERTIFICATE_TYPE_RAW_KEY 2

/* In it: behind version and random octets. */
#define SESSION_ID_AT 34

/* What is read, and what of. */
struct reading {
	struct rdl_handshake_hello *hello;
	struct rdl_span body;
};

static int read_extension(void *context, unsigned type, const uint8_t *data, unsigned len)
{
	const struct reading *reading = context;
	struct rdl_handshake_hello *hello = reading->hello;

	switch (type) {
	case EXTENSION_SERVER_NAME:
		/* Its type and its length are before it. */
		if (!rdl_handshake_names_host(data, len))
			hello->odd_name = (uint16_t)(data - 4 - reading->body.data);
		break;
	case EXTENSION_RECORD_SIZE_LIMIT:
		if (len == 2)
			hello->record_size_limit = rdl_get_be16(data);
		break;
	case EXTENSION_MAX_FRAGMENT_LENGTH:
		if (len == 1 && *data >= 1 && *data <= 4)
			hello->max_fragment_length = (uint16_t)(256 << *data);
		break;
	case EXTENSION_EXTENDED_MASTER_SECRET:
		hello->extended_master_secret = true;
		break;
	case EXTENSION_CLIENT_CERTIFICATE_TYPE:
		/* The client's order decides. */
		hello->raw_key = len >= 2 && data[1] == CERTIFICATE_TYPE_RAW_KEY;
		break;
	default:
		break;
	}
	return 0;
}

/* What GnuTLS is about to grant. It reads the same octets, and refuses those that are malformed. */
static void read_extensions(struct rdl_span body, struct rdl_handshake_hello *hello)
{
	gnutls_datum_t datum = { (uint8_t *)(uintptr_t)body.data, (unsigned)body.len };
	struct reading reading = { hello, body };

	(void)gnutls_ext_raw_parse(
		&reading, read_extension, &datum, GNUTLS_EXT_RAW_FLAG_DTLS_CLIENT_HELLO);
}

/* Past a field that begins with its length. */
static bool skip(struct rdl_span *rest)
{
	if (rest->len < 1 || rest->len < 1u + rest->data[0])
		return false;
	rest->len -= 1u + rest->data[0];
	rest->data += 1 + rest->data[0];
	return true;
}

/* Behind version, random octets, session ID and cookie. */
static bool read_suites(struct rdl_span body, struct rdl_span *suites)
{
	if (body.len < SESSION_ID_AT)
		return false;
	body.data += SESSION_ID_AT;
	body.len -= SESSION_ID_AT;
	if (!skip(&body) || !skip(&body) || body.len < 2)
		return false;
	*suites = (struct rdl_span){ body.data + 2, rdl_get_be16(body.data) };
	return suites->len <= body.len - 2;
}

/* What the message holds, which is whole; empty: it is no ClientHello. */
static struct rdl_span body_of(struct rdl_span record)
{
	struct rdl_handshake_fragment fragment;
	struct rdl_span rest = { record.data + RDL_DTLS_RECORD_HEADER,
		record.len - RDL_DTLS_RECORD_HEADER };

	if (record.len < RDL_DTLS_RECORD_HEADER || record.data[0] != RDL_CONTENT_HANDSHAKE ||
		rdl_record_epoch(record.data) != 0 ||
		!rdl_handshake_fragment_read(&rest, &fragment) ||
		fragment.type != RDL_HANDSHAKE_CLIENT_HELLO ||
		fragment.octets.len != fragment.length)
		return (struct rdl_span){ NULL, 0 };
	return fragment.octets;
}

bool rdl_handshake_hello_suites(struct rdl_span record, struct rdl_span *suites)
{
	return read_suites(body_of(record), suites);
}

bool rdl_handshake_hello_read(struct rdl_span record, struct rdl_handshake_hello *hello)
{
	const uint8_t *message = record.data + RDL_DTLS_RECORD_HEADER;
	struct rdl_span body = body_of(record);

	*hello = (struct rdl_handshake_hello){ 0 };
	if (!read_suites(body, &hello->suites))
		return false;
	/*
	 * The worker's HelloVerifyRequest had the numbers of the Hello before; RFC 6347 section
	 * 4.2.1 goes on from the Hello's own. What we write is one above what was written.
	 */
	hello->prestate = (gnutls_dtls_prestate_st){
		.record_seq = rdl_get_be32(record.data + 7),
		.hsk_read_seq = rdl_get_be16(message + 4),
		.hsk_write_seq = rdl_get_be16(message + 4) - 1u,
	};
	read_extensions(body, hello);
	return true;
}

bool rdl_handshake_hello_is_said_again(
	const struct rdl_handshake *handshake, struct rdl_span record)
{
	/* Its epoch may be over. */
	if (handshake->changed || body_of(record).data == NULL)
		return false;
	unsigned sequence = rdl_get_be16(record.data + RDL_DTLS_RECORD_HEADER + 4);
	return (uint16_t)(sequence + 1) == handshake->messages.next;
}
