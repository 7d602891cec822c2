/* SPDX-License-Identifier: BSD-3-Clause */
#include "messages.h"

#include <stdlib.h>

#define HEADER 12
/* Messages that a flight has behind its first: of a client with a certificate. */
#define BEHIND 2
/* A key or a signature; or a key's name. */
#define SHORT_MAX 1024

static uint32_t get_be24(const uint8_t *p)
{
	return (uint32_t)rdl_get_be16(p) << 8 | p[2];
}

static void put_be24(uint8_t *p, uint32_t value)
{
	rdl_put_be16(p, (uint16_t)(value >> 8));
	p[2] = (uint8_t)value;
}

bool rdl_handshake_fragment_read(struct rdl_span *octets, struct rdl_handshake_fragment *fragment)
{
	const uint8_t *header = octets->data;

	if (octets->len < HEADER || octets->len - HEADER < get_be24(header + 9))
		return false;
	*fragment = (struct rdl_handshake_fragment){
		.type = header[0],
		.sequence = rdl_get_be16(header + 4),
		.length = get_be24(header + 1),
		.start = get_be24(header + 6),
		.octets = { header + HEADER, get_be24(header + 9) },
	};
	octets->data += HEADER + fragment->octets.len;
	octets->len -= HEADER + fragment->octets.len;
	return true;
}

static uint32_t length_max(uint8_t type)
{
	switch (type) {
	case RDL_HANDSHAKE_CLIENT_HELLO:
	case RDL_HANDSHAKE_CERTIFICATE:
		return RDL_HANDSHAKE_MESSAGE_MAX - HEADER;
	case RDL_HANDSHAKE_CLIENT_KEY_EXCHANGE:
	case RDL_HANDSHAKE_CERTIFICATE_VERIFY:
		return SHORT_MAX;
	default:
		return 0;
	}
}

bool rdl_handshake_messages_want(const struct rdl_handshake_messages *messages,
	const struct rdl_handshake_fragment *fragment)
{
	uint16_t ahead = (uint16_t)(fragment->sequence - messages->next);

	/* An empty fragment says nothing, for none of these messages is empty. */
	return ahead <= BEHIND && fragment->length <= length_max(fragment->type) &&
	       fragment->octets.len > 0 && fragment->start <= fragment->length &&
	       fragment->octets.len <= fragment->length - fragment->start;
}

uint32_t rdl_handshake_messages_cost(const struct rdl_handshake_fragment *fragment)
{
	return (uint32_t)(sizeof(struct rdl_handshake_piece) + fragment->octets.len);
}

static void drop(struct rdl_handshake_messages *messages, struct rdl_handshake_piece **link)
{
	struct rdl_handshake_piece *piece = *link;

	*link = piece->next;
	messages->held -= (uint32_t)sizeof(*piece) + piece->len;
	free(piece);
}

/*
 * What is kept of a message that has another length or type than this says: one of them lies, and a
 * client repeats the truth.
 */
static void drop_contrary(
	struct rdl_handshake_messages *messages, const struct rdl_handshake_fragment *fragment)
{
	struct rdl_handshake_piece **link = &messages->pieces;

	while (*link != NULL) {
		const struct rdl_handshake_piece *piece = *link;

		if (piece->sequence == fragment->sequence &&
			(piece->length != fragment->length || piece->type != fragment->type))
			drop(messages, link);
		else
			link = &(*link)->next;
	}
}

/* Numbers may begin anew behind the last. */
static bool is_before(const struct rdl_handshake_messages *messages,
	const struct rdl_handshake_piece *piece, const struct rdl_handshake_fragment *fragment)
{
	uint16_t one = (uint16_t)(piece->sequence - messages->next);
	uint16_t other = (uint16_t)(fragment->sequence - messages->next);

	return one < other || (one == other && piece->start <= fragment->start);
}

static bool has(
	const struct rdl_handshake_piece *piece, const struct rdl_handshake_fragment *fragment)
{
	return piece->sequence == fragment->sequence && piece->start <= fragment->start &&
	       piece->start + piece->len >= fragment->start + fragment->octets.len;
}

void rdl_handshake_messages_put(
	struct rdl_handshake_messages *messages, const struct rdl_handshake_fragment *fragment)
{
	struct rdl_handshake_piece **link, *piece;

	drop_contrary(messages, fragment);
	for (link = &messages->pieces; *link != NULL; link = &(*link)->next) {
		if (has(*link, fragment))
			return;
		if (!is_before(messages, *link, fragment))
			break;
	}
	piece = malloc(rdl_handshake_messages_cost(fragment));
	if (piece == NULL)
		return;
	*piece = (struct rdl_handshake_piece){ *link, fragment->type, fragment->sequence,
		fragment->length, fragment->start, (uint32_t)fragment->octets.len };
	memcpy(piece->octets, fragment->octets.data, piece->len);
	*link = piece;
	messages->held += rdl_handshake_messages_cost(fragment);
}

/* Octets from the beginning on that are there. */
static uint32_t whole_until(const struct rdl_handshake_messages *messages)
{
	uint32_t end = 0;

	for (const struct rdl_handshake_piece *piece = messages->pieces;
		piece != NULL && piece->sequence == messages->next && piece->start <= end;
		piece = piece->next)
		if (piece->start + piece->len > end)
			end = piece->start + piece->len;
	return end;
}

size_t rdl_handshake_messages_take(struct rdl_handshake_messages *messages, uint8_t *whole)
{
	const struct rdl_handshake_piece *first = messages->pieces;

	if (first == NULL || first->sequence != messages->next ||
		whole_until(messages) < first->length)
		return 0;
	uint32_t length = first->length;

	whole[0] = first->type;
	put_be24(whole + 1, length);
	rdl_put_be16(whole + 4, messages->next);
	put_be24(whole + 6, 0);
	put_be24(whole + 9, length);
	while (messages->pieces != NULL && messages->pieces->sequence == messages->next) {
		const struct rdl_handshake_piece *piece = messages->pieces;

		memcpy(whole + HEADER + piece->start, piece->octets, piece->len);
		drop(messages, &messages->pieces);
	}
	messages->next++;
	return HEADER + length;
}

void rdl_handshake_messages_forget(struct rdl_handshake_messages *messages)
{
	while (messages->pieces != NULL)
		drop(messages, &messages->pieces);
}
