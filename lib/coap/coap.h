/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * coap: the CoAP message (RFC 7252 section 3) as a view, its options as an iterator, the block
 * option (RFC 7959 section 2.2) and the writing of replies. Pure; any core may call it.
 */
#ifndef RDL_COAP_H
#define RDL_COAP_H

#include "base.h"

enum rdl_coap_type {
	RDL_COAP_CON = 0,
	RDL_COAP_NON = 1,
	RDL_COAP_ACK = 2,
	RDL_COAP_RST = 3,
};

#define RDL_COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
#define RDL_COAP_CODE_CLASS(code) ((unsigned)(code) >> 5)

enum rdl_coap_code {
	RDL_COAP_EMPTY = 0,
	RDL_COAP_GET = 1,
	RDL_COAP_POST = 2,
	RDL_COAP_PUT = 3,
	RDL_COAP_DELETE = 4,
	RDL_COAP_CREATED = RDL_COAP_CODE(2, 1),
	RDL_COAP_DELETED = RDL_COAP_CODE(2, 2),
	RDL_COAP_CHANGED = RDL_COAP_CODE(2, 4),
	RDL_COAP_CONTENT = RDL_COAP_CODE(2, 5),
	RDL_COAP_CONTINUE = RDL_COAP_CODE(2, 31),
	RDL_COAP_BAD_REQUEST = RDL_COAP_CODE(4, 0),
	RDL_COAP_BAD_OPTION = RDL_COAP_CODE(4, 2),
	RDL_COAP_FORBIDDEN = RDL_COAP_CODE(4, 3),
	RDL_COAP_NOT_FOUND = RDL_COAP_CODE(4, 4),
	RDL_COAP_METHOD_NOT_ALLOWED = RDL_COAP_CODE(4, 5),
	RDL_COAP_REQUEST_ENTITY_INCOMPLETE = RDL_COAP_CODE(4, 8),
	RDL_COAP_PRECONDITION_FAILED = RDL_COAP_CODE(4, 12),
	RDL_COAP_REQUEST_ENTITY_TOO_LARGE = RDL_COAP_CODE(4, 13),
	RDL_COAP_PROXYING_NOT_SUPPORTED = RDL_COAP_CODE(5, 5),
};

/* Option numbers: RFC 7252 table 4, RFC 7641, RFC 7959, RFC 9175. */
enum rdl_coap_option_number {
	RDL_COAP_IF_MATCH = 1,
	RDL_COAP_URI_HOST = 3,
	RDL_COAP_ETAG = 4,
	RDL_COAP_IF_NONE_MATCH = 5,
	RDL_COAP_OBSERVE = 6,
	RDL_COAP_URI_PORT = 7,
	RDL_COAP_LOCATION_PATH = 8,
	RDL_COAP_URI_PATH = 11,
	RDL_COAP_CONTENT_FORMAT = 12,
	RDL_COAP_URI_QUERY = 15,
	RDL_COAP_ACCEPT = 17,
	RDL_COAP_BLOCK2 = 23,
	RDL_COAP_BLOCK1 = 27,
	RDL_COAP_PROXY_URI = 35,
	RDL_COAP_PROXY_SCHEME = 39,
	RDL_COAP_SIZE1 = 60,
	RDL_COAP_REQUEST_TAG = 292,
};

#define RDL_COAP_LINK_FORMAT 40 /* Content-Format application/link-format */
#define RDL_COAP_TEXT_PLAIN 0
#define RDL_COAP_HEADER_LEN 4
#define RDL_COAP_TOKEN_MAX 8

/* A message's fixed part; views into the datagram. */
struct rdl_coap_message {
	uint8_t type; /* enum rdl_coap_type */
	uint8_t code;
	uint8_t token_len;
	uint16_t message_id;
	const uint8_t *token;
	struct rdl_span rest; /* options, marker and payload: for rdl_coap_options() */
};

enum rdl_coap_verdict {
	RDL_COAP_MESSAGE = 0, /* header and token are there; options not yet looked at */
	RDL_COAP_SHORT, /* less than a header: nothing to answer (RFC 7252 section 3) */
	RDL_COAP_VERSION, /* not version 1: silently ignored */
	RDL_COAP_FORMAT, /* TKL 9-15, token cut, Empty with octets; type and message_id are set */
};

/*
 * Reads header and token of a datagram of at most 65535 octets. Only RDL_COAP_MESSAGE fills
 * `message` whole; RDL_COAP_FORMAT fills type, code and message_id.
 */
RDL_MUST_CHECK enum rdl_coap_verdict rdl_coap_parse(
	struct rdl_span datagram, struct rdl_coap_message *message);

struct rdl_coap_option {
	uint16_t number;
	uint16_t len;
	const uint8_t *value;
};

/* Walks the options of one message, once, in order; ends at the payload marker or the end. */
struct rdl_coap_options {
	const uint8_t *pos;
	const uint8_t *end;
	uint32_t number;
};

static inline struct rdl_coap_options rdl_coap_options(const struct rdl_coap_message *message)
{
	return (struct rdl_coap_options){ message->rest.data,
		message->rest.data + message->rest.len, 0 };
}

/*
 * 1: *option is the next one. 0: no more; options->pos..end is the payload, empty or not.
 * RDL_MALFORMED: a value or an extended octet past the end, a nibble of 15, a number above 65535, a
 * marker with nothing behind it (RFC 7252 section 3).
 *
 * After 0 the walk is over: another call would take the payload for options, without leaving it.
 * After RDL_MALFORMED `options` stands at the broken option, and another call says the same.
 */
static inline int rdl_coap_option_next(
	struct rdl_coap_options *options, struct rdl_coap_option *option);

/* The value as an unsigned integer (RFC 7252 section 3.2), leading zeros included; len <= 4. */
uint32_t rdl_coap_uint(const struct rdl_coap_option *option);

/* Block1 or Block2 (RFC 7959 section 2.2). */
struct rdl_coap_block {
	uint32_t num;
	bool more;
	uint8_t szx; /* size is 2^(szx + 4); 7 is reserved */
};
/* False when longer than three octets. */
RDL_MUST_CHECK bool rdl_coap_block(
	const struct rdl_coap_option *option, struct rdl_coap_block *block);
uint32_t rdl_coap_block_value(struct rdl_coap_block block);

/*
 * A reply is written over its request, and a request of ours behind a token that was put there: the
 * token already stands where it belongs. Begins with the header: for a CON request an ACK with its
 * Message ID, for a NON a NON with `message_id` of ours. Options must then be added in rising
 * order.
 */
struct rdl_coap_reply {
	struct rdl_cursor cursor;
	const uint8_t *start;
	uint16_t number; /* of the last option written */
};

/* What the header of a message says. */
struct rdl_coap_header {
	uint8_t type; /* enum rdl_coap_type */
	uint8_t code;
	uint8_t token_len;
	uint16_t message_id;
};

/*
 * `buffer` holds the request, its token included; `room` octets may be written. Values and payload
 * added later must not lie in it.
 */
void rdl_coap_reply_begin(
	struct rdl_coap_reply *reply, uint8_t *buffer, size_t room, struct rdl_coap_header header);
void rdl_coap_reply_option(
	struct rdl_coap_reply *reply, uint16_t number, const void *value, size_t len);
/* In the fewest octets (RFC 7252 section 3.2). */
void rdl_coap_reply_uint(struct rdl_coap_reply *reply, uint16_t number, uint32_t value);
/* Comes last. Nothing is written for an empty payload, not even the marker. */
void rdl_coap_reply_payload(struct rdl_coap_reply *reply, const void *data, size_t len);
/* Octets written, or 0 when they did not fit. */
size_t rdl_coap_reply_end(const struct rdl_coap_reply *reply);

/* The four octets of a Reset, and of an ACK without a response. */
size_t rdl_coap_reset(uint8_t *buffer, uint16_t message_id);
size_t rdl_coap_ack(uint8_t *buffer, uint16_t message_id);

#include "options.h"

#endif
