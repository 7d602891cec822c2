/* SPDX-License-Identifier: BSD-3-Clause */
/* CoAP messages for tests, made from words. Shares no code with what is tested. */
#ifndef RDL_TEST_MESSAGES_H
#define RDL_TEST_MESSAGES_H

#include <stdlib.h>

#include "support.h"

#define MESSAGE_MAX 16384

struct message {
	uint8_t octets[MESSAGE_MAX];
	size_t len;
	size_t number; /* of the last option */
};

static inline void message_append(struct message *m, const void *data, size_t len)
{
	assert_true(len <= sizeof(m->octets) - m->len);
	if (len > 0)
		memcpy(m->octets + m->len, data, len);
	m->len += len;
}

/* `type` 0 to 3 is CON, NON, ACK, RST. The token is "T1"; the Message ID 0x1234. */
static inline void message_begin(struct message *m, unsigned type, unsigned code)
{
	uint8_t header[] = { (uint8_t)(0x42 | type << 4), (uint8_t)code, 0x12, 0x34, 'T', '1' };

	m->len = 0;
	m->number = 0;
	message_append(m, header, sizeof(header));
}

static inline unsigned message_nibble(uint8_t *extended, size_t *len, size_t value)
{
	if (value < 13)
		return (unsigned)value;
	if (value < 269) {
		extended[(*len)++] = (uint8_t)(value - 13);
		return 13;
	}
	extended[(*len)++] = (uint8_t)((value - 269) >> 8);
	extended[(*len)++] = (uint8_t)(value - 269);
	return 14;
}

/* In rising order. */
static inline void message_option(struct message *m, size_t number, const void *value, size_t len)
{
	uint8_t header[5];
	size_t header_len = 1;

	assert_true(number >= m->number);
	unsigned delta_nibble = message_nibble(header, &header_len, number - m->number);
	unsigned len_nibble = message_nibble(header, &header_len, len);
	header[0] = (uint8_t)(delta_nibble << 4 | len_nibble);
	m->number = number;
	message_append(m, header, header_len);
	message_append(m, value, len);
}

/*
 * Options in words, a space between them: "11:rd 12:#28 15:ep=a 15:*255". A value is text, hex
 * behind '#', or behind '*' as many letters 'x'.
 */
static inline void message_options(struct message *m, const char *words)
{
	while (*words != '\0') {
		char *colon, value[2048];
		size_t number = strtoul(words, &colon, 10);
		const char *end = strchr(words, ' ');
		size_t len = end != NULL ? (size_t)(end - colon) - 1 : strlen(colon) - 1;

		assert_true(*colon == ':' && len < sizeof(value));
		memcpy(value, colon + 1, len);
		value[len] = '\0';
		if (value[0] == '#') {
			uint8_t octets[1024];

			message_option(m, number, octets, unhex(value + 1, octets, sizeof(octets)));
		} else if (value[0] == '*') {
			len = strtoul(value + 1, NULL, 10);
			assert_true(len <= sizeof(value));
			memset(value, 'x', len);
			message_option(m, number, value, len);
		} else {
			message_option(m, number, value, len);
		}
		words = colon + 1 + strlen(colon + 1);
		if (end != NULL)
			words = end + 1;
	}
}

/*
 * An option of this number for each part of `text`,
 * none when that is empty: "rd/a" at '/', "ep=a lt=1" at ' '.
 */
static inline void message_parts(struct message *m, size_t number, const char *text, char separator)
{
	if (*text == '\0')
		return;
	for (const char *end; (end = strchr(text, separator)) != NULL; text = end + 1)
		message_option(m, number, text, (size_t)(end - text));
	message_option(m, number, text, strlen(text));
}

static inline void message_payload(struct message *m, const void *data, size_t len)
{
	if (len == 0)
		return;
	message_append(m, "\xff", 1);
	message_append(m, data, len);
}

/*
 * A POST: path "rd/a", `content_format` -1 for none,
 * queries "ep=a lt=1" (two spaces make an empty one).
 */
static inline void message_post(struct message *m, const char *path, int content_format,
	const char *queries, const void *payload, size_t payload_len)
{
	uint8_t format = (uint8_t)content_format;

	assert_in_range(content_format + 1, 0, 256);
	message_begin(m, 0, 2);
	message_parts(m, 11, path, '/');
	if (content_format >= 0)
		message_option(m, 12, &format, format != 0);
	message_parts(m, 15, queries, ' ');
	message_payload(m, payload, payload_len);
}

#endif
