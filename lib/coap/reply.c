/* SPDX-License-Identifier: BSD-3-Clause */
#include "coap.h"

#include <assert.h>

#define PAYLOAD_MARKER 0xff

static void put_header(uint8_t *p, struct rdl_coap_header header)
{
	p[0] = (uint8_t)(1u << 6 | (unsigned)header.type << 4 | header.token_len);
	p[1] = header.code;
	rdl_put_be16(p + 2, header.message_id);
}

void rdl_coap_reply_begin(
	struct rdl_coap_reply *reply, uint8_t *buffer, size_t room, struct rdl_coap_header header)
{
	assert(header.type <= RDL_COAP_RST && header.token_len <= RDL_COAP_TOKEN_MAX);
	*reply = (struct rdl_coap_reply){ rdl_cursor(buffer, room), buffer, 0 };

	/* The token is taken without being written: it stands there since the request. */
	uint8_t *octets =
		rdl_cursor_take(&reply->cursor, RDL_COAP_HEADER_LEN + (size_t)header.token_len);
	if (octets != NULL)
		put_header(octets, header);
}

/* The nibble of a delta or length; what it cannot say goes to *pos (RFC 7252 section 3.1). */
static unsigned put_extended(uint8_t **pos, size_t value)
{
	if (value < 13)
		return (unsigned)value;
	if (value < 269) {
		*(*pos)++ = (uint8_t)(value - 13);
		return 13;
	}
	rdl_put_be16(*pos, (uint16_t)(value - 269));
	*pos += 2;
	return 14;
}

void rdl_coap_reply_option(
	struct rdl_coap_reply *reply, uint16_t number, const void *value, size_t len)
{
	uint8_t header[5];
	uint8_t *pos = header + 1;

	assert(number >= reply->number && len <= UINT16_MAX);
	unsigned delta_nibble = put_extended(&pos, (size_t)number - reply->number);
	unsigned len_nibble = put_extended(&pos, len);
	header[0] = (uint8_t)(delta_nibble << 4 | len_nibble);
	reply->number = number;

	rdl_cursor_bytes(&reply->cursor, header, (size_t)(pos - header));
	rdl_cursor_bytes(&reply->cursor, value, len);
}

void rdl_coap_reply_uint(struct rdl_coap_reply *reply, uint16_t number, uint32_t value)
{
	uint8_t octets[4];
	size_t zeros = 0;

	rdl_put_be32(octets, value);
	while (zeros < sizeof(octets) && octets[zeros] == 0)
		zeros++;
	rdl_coap_reply_option(reply, number, octets + zeros, sizeof(octets) - zeros);
}

void rdl_coap_reply_payload(struct rdl_coap_reply *reply, const void *data, size_t len)
{
	/* A marker with nothing behind it would be a format error. */
	if (len == 0)
		return;
	rdl_cursor_u8(&reply->cursor, PAYLOAD_MARKER);
	rdl_cursor_bytes(&reply->cursor, data, len);
}

size_t rdl_coap_reply_end(const struct rdl_coap_reply *reply)
{
	return reply->cursor.failed ? 0 : (size_t)(reply->cursor.pos - reply->start);
}

size_t rdl_coap_reset(uint8_t *buffer, uint16_t message_id)
{
	put_header(buffer, (struct rdl_coap_header){ RDL_COAP_RST, RDL_COAP_EMPTY, 0, message_id });
	return RDL_COAP_HEADER_LEN;
}

size_t rdl_coap_ack(uint8_t *buffer, uint16_t message_id)
{
	put_header(buffer, (struct rdl_coap_header){ RDL_COAP_ACK, RDL_COAP_EMPTY, 0, message_id });
	return RDL_COAP_HEADER_LEN;
}
