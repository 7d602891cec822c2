/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include "coap.h"

#include <assert.h>

#define TOKEN_LEN(head) ((head) >> 24 & 15)
#define TYPE(head) ((head) >> 28 & 3)

/*
 * The first four octets of a reply, but for its code:
 * an ACK has the Message ID of its CON, a NON one of ours.
 */
static uint32_t head_of(const struct rdl_reply *to)
{
	uint32_t head = rdl_get_be32(to->coap);

	if (RDL_LIKELY(TYPE(head) == RDL_COAP_CON))
		return head | (uint32_t)RDL_COAP_ACK << 28;
	return head ^ to->id_mask;
}

/*
 * A record's header is as long as its connection ID makes it, which need not be as long one way as
 * the other: so the reply may begin elsewhere than its request did.
 */
static void make_room(struct rdl_reply *to)
{
	const uint8_t *request = to->coap;
	int shift = to->head - to->request_head;

	assert(to->room >= shift + to->tail);
	to->coap += shift;
	to->room = (uint16_t)(to->room - shift - to->tail);
	memmove(to->coap, request, RDL_COAP_HEADER_LEN + TOKEN_LEN(rdl_get_be32(request)));
}

static struct rdl_coap_reply begin(const struct rdl_reply *to, uint8_t code)
{
	struct rdl_coap_reply reply;
	uint32_t head = head_of(to);

	rdl_coap_reply_begin(&reply, to->coap, to->room,
		(struct rdl_coap_header){ TYPE(head), code, TOKEN_LEN(head), (uint16_t)head });
	return reply;
}

static void end(struct rdl_reply *to, const struct rdl_coap_reply *reply)
{
	to->len = (uint16_t)rdl_coap_reply_end(reply);
	assert(to->len > 0);
}

/* Header, token, and the two Location-Path options. */
static const uint8_t location_head[] = { RDL_COAP_LOCATION_PATH << 4 | 2, 'r', 'd',
	RDL_LOCATION_LEN };
_Static_assert(RDL_LOCATION_LEN < 13, "a length of four bits: some clients misread longer ones");
#define PLAIN_MAX \
	(RDL_COAP_HEADER_LEN + RDL_COAP_TOKEN_MAX + sizeof(location_head) + RDL_LOCATION_LEN)

/* What nearly every reply is: no options, or a location's. */
static void write_plain(struct rdl_reply *to, uint8_t code, const uint8_t *location)
{
	uint32_t head = head_of(to);
	uint8_t *pos = to->coap + RDL_COAP_HEADER_LEN + TOKEN_LEN(head);

	rdl_put_be32(to->coap, (head & 0xff00ffff) | (uint32_t)code << 16);
	if (location != NULL) {
		memcpy(pos, location_head, sizeof(location_head));
		memcpy(pos + sizeof(location_head), location, RDL_LOCATION_LEN);
		pos += sizeof(location_head) + RDL_LOCATION_LEN;
	}
	to->len = (uint16_t)(pos - to->coap);
}

void rdl_reply_write(struct rdl_reply *to, uint8_t code, const uint8_t *location)
{
	if (RDL_UNLIKELY(to->head != 0))
		make_room(to);
	if (RDL_LIKELY(to->block1 == RDL_BLOCK1_NONE && to->room >= PLAIN_MAX)) {
		write_plain(to, code, location);
		return;
	}
	struct rdl_coap_reply reply = begin(to, code);

	if (location != NULL) {
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "rd", 2);
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, location, RDL_LOCATION_LEN);
	}
	if (to->block1 != RDL_BLOCK1_NONE)
		rdl_coap_reply_uint(&reply, RDL_COAP_BLOCK1, to->block1);
	end(to, &reply);
}

void rdl_reply_discovery(struct rdl_reply *to)
{
	static const char links[] = "</rd>;rt=\"core.rd\"";

	if (RDL_UNLIKELY(to->head != 0))
		make_room(to);
	struct rdl_coap_reply reply = begin(to, RDL_COAP_CONTENT);

	rdl_coap_reply_uint(&reply, RDL_COAP_CONTENT_FORMAT, RDL_COAP_LINK_FORMAT);
	rdl_coap_reply_payload(&reply, links, sizeof(links) - 1);
	end(to, &reply);
}

/* Takes back what was written since `before` when the reply has become too long by it. */
static void keep_short(
	struct rdl_coap_reply *reply, const struct rdl_coap_reply *before, size_t longest)
{
	if (rdl_coap_reply_end(reply) > longest)
		*reply = *before;
}

void rdl_reply_refuse(
	struct rdl_reply *to, const struct rdl_request *request, bool diagnostics, size_t longest)
{
	/* Apart from the datagram, which the reply overwrites: the name may lie in it. */
	uint8_t text[RDL_REASON_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));

	if (diagnostics)
		rdl_reason_write(&out, (enum rdl_reason)request->reason, &request->detail);
	assert(!out.failed);
	if (RDL_UNLIKELY(to->head != 0))
		make_room(to);
	struct rdl_coap_reply reply = begin(to, rdl_reason_code(request->reason)), before;

	if (to->block1 != RDL_BLOCK1_NONE)
		rdl_coap_reply_uint(&reply, RDL_COAP_BLOCK1, to->block1);
	before = reply;
	if (request->reason == RDL_REASON_too_large && to->size1 != 0)
		rdl_coap_reply_uint(&reply, RDL_COAP_SIZE1, to->size1);
	keep_short(&reply, &before, longest);
	before = reply;
	rdl_coap_reply_payload(&reply, text, (size_t)(out.pos - text));
	keep_short(&reply, &before, longest);
	end(to, &reply);
}
