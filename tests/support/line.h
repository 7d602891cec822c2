/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CoAP message in a line: "CON POST 11:rd 15:ep=a | </1/0>,</3/0>": type, method or c.dd, options
 * in words, payload. A '@' in the options stands for a location's id.
 */
#ifndef RDL_TEST_LINE_H
#define RDL_TEST_LINE_H

#include "message.h"

#define LINE_ID 0x1234 /* Message ID of every line */

/*
 * Options in words, a space between them: "11:rd 12:#28 15:ep=a 15:*255". A value is text, hex
 * behind '#', or behind '*' as many letters 'x'.
 */
void message_options(struct message *m, const char *words);

struct message line_at(const char *line, const char *id);
/* One without a '@'. */
struct message line(const char *text);
struct message line_hex(const char *hex);

/*
 * The beginning of the reply to `request`, to which options and payload may be added: its token,
 * and its Message ID in an ACK, or masked with `salt` in a NON.
 */
struct message line_reply(const struct message *request, unsigned code, uint16_t salt);

#endif
