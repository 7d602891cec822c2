/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CoAP message in a line: "CON POST 11:rd 15:ep=a | </1/0>,</3/0>": type, method or c.dd, options
 * as in message_options(), payload. A '@' in the options stands for a location's id.
 */
#ifndef RDL_TEST_LINES_H
#define RDL_TEST_LINES_H

#include "messages.h"

#define LINE_ID 0x1234 /* Message ID of every line */

static inline unsigned line_type(const char *line)
{
	static const char *const types[] = { "CON ", "NON ", "ACK ", "RST " };
	unsigned type = 0;

	while (type < 3 && strncmp(types[type], line, 4) != 0)
		type++;
	assert_memory_equal(types[type], line, 4);
	return type;
}

static inline unsigned line_code(const char *word, size_t len)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH",
		"iPATCH" };
	char *dot;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(methods); i++)
		if (strlen(methods[i]) == len && memcmp(methods[i], word, len) == 0)
			return i + 1;
	unsigned class = (unsigned)strtoul(word, &dot, 10);
	assert_int_equal(*dot, '.');
	return class << 5 | (unsigned)strtoul(dot + 1, NULL, 10);
}

static inline void line_options(struct message *m, const char *words, size_t len, const char *id)
{
	char text[2048];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *piece = words[i] == '@' ? id : words + i;
		size_t piece_len = words[i] == '@' ? strlen(id) : 1;

		assert_true(piece_len < sizeof(text) - n);
		memcpy(text + n, piece, piece_len);
		n += piece_len;
	}
	text[n] = '\0';
	message_options(m, text);
}

static inline struct message line_at(const char *line, const char *id)
{
	struct message m;
	const char *payload = strstr(line, " | ");
	const char *end = payload != NULL ? payload : line + strlen(line);
	const char *code = line + 4;
	const char *options = memchr(code, ' ', (size_t)(end - code));

	if (options == NULL)
		options = end;
	message_begin(&m, line_type(line), line_code(code, (size_t)(options - code)));
	if (options < end)
		line_options(&m, options + 1, (size_t)(end - options) - 1, id);
	if (payload != NULL)
		message_payload(&m, payload + 3, strlen(payload + 3));
	return m;
}

static inline struct message line(const char *text)
{
	return line_at(text, "");
}

static inline struct message line_hex(const char *hex)
{
	struct message m = { .number = 0 };

	m.len = unhex(hex, m.octets, sizeof(m.octets));
	return m;
}

/*
 * The beginning of the reply to `request`, to which options and payload may be added: its token,
 * and its Message ID in an ACK, or masked with `salt` in a NON.
 */
static inline struct message line_reply(const struct message *request, unsigned code, uint16_t salt)
{
	struct message reply = { .number = 0 };
	bool con = (request->octets[0] >> 4 & 3) == 0;

	message_append(&reply, request->octets, 4 + (request->octets[0] & 15u));
	reply.octets[0] = (uint8_t)((request->octets[0] & 0xcf) | (con ? 0x20 : 0x10));
	reply.octets[1] = (uint8_t)code;
	if (!con)
		rdl_put_be16(
			reply.octets + 2, (uint16_t)(rdl_get_be16(request->octets + 2) ^ salt));
	return reply;
}

#endif
