/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CoAP messages for all that sends some: tests, fuzz targets, benches. Plain C, no allocation; what
 * does not fit ends the program. Shares no code with what is tested.
 */
#ifndef RDL_TEST_MESSAGE_H
#define RDL_TEST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX 16384

struct message {
	uint8_t octets[MESSAGE_MAX];
	size_t len;
	size_t number; /* of the last option */
};

/* An empty one with a header; `type` 0 to 3 is CON, NON, ACK, RST. */
void message_start(struct message *m, unsigned type, unsigned code, unsigned id, const void *token,
	size_t token_len);
/* The same with the token "T1" and the Message ID 0x1234. */
void message_begin(struct message *m, unsigned type, unsigned code);

/* Octets as they are. */
void message_append(struct message *m, const void *data, size_t len);

/* Options are added in rising order. */
void message_option(struct message *m, size_t number, const void *value, size_t len);
/* In as few octets as hold it: Content-Format, Block1, Size1. */
void message_uint(struct message *m, size_t number, uint32_t value);
/*
 * An option of this number for each part of `text`,
 * none when that is empty: "rd/a" at '/', "ep=a lt=1" at ' '.
 */
void message_parts(struct message *m, size_t number, const char *text, char separator);

/* None where it is empty. */
void message_payload(struct message *m, const void *data, size_t len);

/*
 * A POST: path "rd/a", `content_format` -1 for none,
 * queries "ep=a lt=1" (two spaces make an empty one).
 */
void message_post(struct message *m, const char *path, int content_format, const char *queries,
	const void *payload, size_t payload_len);

#endif
