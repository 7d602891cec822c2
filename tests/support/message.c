/* SPDX-License-Identifier: BSD-3-Clause */
#include "message.h"

#include "base.h"
#include "check.h"

#define URI_PATH 11
#define CONTENT_FORMAT 12
#define URI_QUERY 15

void message_append(struct message *m, const void *data, size_t len)
{
	CHECK(len <= sizeof(m->octets) - m->len);
	if (len > 0)
		memcpy(m->octets + m->len, data, len);
	m->len += len;
}

void message_start(struct message *m, unsigned type, unsigned code, unsigned id, const void *token,
	size_t token_len)
{
	uint8_t header[] = { (uint8_t)(0x40 | type << 4 | token_len), (uint8_t)code,
		(uint8_t)(id >> 8), (uint8_t)id };

	CHECK(type <= 3 && token_len <= 15);
	m->len = m->number = 0;
	message_append(m, header, sizeof(header));
	message_append(m, token, token_len);
}

void message_begin(struct message *m, unsigned type, unsigned code)
{
	message_start(m, type, code, 0x1234, "T1", 2);
}

/* Four bits of an option's header, and what of the value stands behind them. */
static unsigned nibble(uint8_t *extended, size_t *len, size_t value)
{
	if (value < 13)
		return (unsigned)value;
	if (value < 269) {
		extended[(*len)++] = (uint8_t)(value - 13);
		return 13;
	}
	CHECK(value < 269 + 65536);
	extended[(*len)++] = (uint8_t)((value - 269) >> 8);
	extended[(*len)++] = (uint8_t)(value - 269);
	return 14;
}

void message_option(struct message *m, size_t number, const void *value, size_t len)
{
	uint8_t header[5];
	size_t header_len = 1;

	CHECK(number >= m->number);
	unsigned delta_nibble = nibble(header, &header_len, number - m->number);
	unsigned len_nibble = nibble(header, &header_len, len);
	header[0] = (uint8_t)(delta_nibble << 4 | len_nibble);
	m->number = number;
	message_append(m, header, header_len);
	message_append(m, value, len);
}

void message_uint(struct message *m, size_t number, uint32_t value)
{
	uint8_t octets[4];
	size_t zeros = 0;

	rdl_put_be32(octets, value);
	while (zeros < 4 && octets[zeros] == 0)
		zeros++;
	message_option(m, number, octets + zeros, 4 - zeros);
}

void message_parts(struct message *m, size_t number, const char *text, char separator)
{
	if (*text == '\0')
		return;
	for (const char *end; (end = strchr(text, separator)) != NULL; text = end + 1)
		message_option(m, number, text, (size_t)(end - text));
	message_option(m, number, text, strlen(text));
}

void message_payload(struct message *m, const void *data, size_t len)
{
	if (len == 0)
		return;
	message_append(m, "\xff", 1);
	message_append(m, data, len);
}

void message_post(struct message *m, const char *path, int content_format, const char *queries,
	const void *payload, size_t payload_len)
{
	message_begin(m, 0, 2);
	message_parts(m, URI_PATH, path, '/');
	if (content_format >= 0)
		message_uint(m, CONTENT_FORMAT, (uint32_t)content_format);
	message_parts(m, URI_QUERY, queries, ' ');
	message_payload(m, payload, payload_len);
}
