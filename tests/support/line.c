/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <stdlib.h>

#include "check.h"
#include "octets.h"

void message_options(struct message *m, const char *words)
{
	while (*words != '\0') {
		char *colon, value[2048];
		size_t number = strtoul(words, &colon, 10);
		const char *end = strchr(words, ' ');
		size_t len = end != NULL ? (size_t)(end - colon) - 1 : strlen(colon) - 1;

		CHECK(*colon == ':' && len < sizeof(value));
		memcpy(value, colon + 1, len);
		value[len] = '\0';
		if (value[0] == '#') {
			uint8_t octets[1024];

			message_option(m, number, octets, unhex(value + 1, octets, sizeof(octets)));
		} else if (value[0] == '*') {
			len = strtoul(value + 1, NULL, 10);
			CHECK(len <= sizeof(value));
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

static unsigned type_of(const char *line)
{
	static const char *const types[] = { "CON ", "NON ", "ACK ", "RST " };
	unsigned type = 0;

	while (type < 3 && strncmp(types[type], line, 4) != 0)
		type++;
	CHECK(memcmp(types[type], line, 4) == 0);
	return type;
}

static unsigned code_of(const char *word, size_t len)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH",
		"iPATCH" };
	char *dot;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(methods); i++)
		if (strlen(methods[i]) == len && memcmp(methods[i], word, len) == 0)
			return i + 1;
	unsigned class = (unsigned)strtoul(word, &dot, 10);
	CHECK(*dot == '.');
	return class << 5 | (unsigned)strtoul(dot + 1, NULL, 10);
}

static void put_options(struct message *m, const char *words, size_t len, const char *id)
{
	char text[2048];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *piece = words[i] == '@' ? id : words + i;
		size_t piece_len = words[i] == '@' ? strlen(id) : 1;

		CHECK(piece_len < sizeof(text) - n);
		memcpy(text + n, piece, piece_len);
		n += piece_len;
	}
	text[n] = '\0';
	message_options(m, text);
}

struct message line_at(const char *line, const char *id)
{
	struct message m;
	const char *payload = strstr(line, " | ");
	const char *end = payload != NULL ? payload : line + strlen(line);
	const char *code = line + 4;
	const char *options = memchr(code, ' ', (size_t)(end - code));

	if (options == NULL)
		options = end;
	message_begin(&m, type_of(line), code_of(code, (size_t)(options - code)));
	if (options < end)
		put_options(&m, options + 1, (size_t)(end - options) - 1, id);
	if (payload != NULL)
		message_payload(&m, payload + 3, strlen(payload + 3));
	return m;
}

struct message line(const char *text)
{
	return line_at(text, "");
}

struct message line_hex(const char *hex)
{
	struct message m = { .number = 0 };

	m.len = unhex(hex, m.octets, sizeof(m.octets));
	return m;
}

struct message line_reply(const struct message *request, unsigned code, uint16_t salt)
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
