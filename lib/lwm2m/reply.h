/* SPDX-License-Identifier: BSD-3-Clause */
/* reply: what is answered, written over the request. */
#ifndef RDL_LWM2M_REPLY_H
#define RDL_LWM2M_REPLY_H

#include "request.h"

/*
 * Where a reply goes: over its request's message, whose header and token it takes over. A UDP
 * datagram is one message; or a secure record that holds one, with a header before it and a tag
 * behind it, which are for whoever makes records to write.
 */
struct rdl_reply {
	uint8_t *coap; /* the request's message; once written, the reply's */
	uint16_t coap_len; /* of the request's */
	uint16_t room; /* octets that may be written from `coap` on */
	uint16_t len; /* of the reply, once written */
	uint16_t id_mask; /* Message ID of a NON reply: the request's, each bit here turned round */
	uint32_t block1; /* option value to echo; RDL_BLOCK1_NONE */
	uint32_t size1; /* of a payload too large: what one may have at most; 0: not said */
	/* Octets of UDP payload before and behind the reply's message. A head of 0: no record. */
	uint8_t head, tail;
	uint8_t request_head; /* before the request's message */
};
#define RDL_BLOCK1_NONE UINT32_MAX

/* Octets of UDP payload beside a reply's message. */
static inline unsigned rdl_reply_around(const struct rdl_reply *reply)
{
	return RDL_LIKELY(reply->head == 0) ? 0 : (unsigned)reply->head + reply->tail;
}

/*
 * Writes a reply of `code` and sets reply->len: with `location` (RDL_LOCATION_LEN characters) a
 * 2.01's Location-Path, with reply->block1 its echo.
 */
void rdl_reply_write(struct rdl_reply *reply, uint8_t code, const uint8_t *location);
/* The 2.05 to a discovery (RFC 6690 section 4): where to register. */
void rdl_reply_discovery(struct rdl_reply *reply);
/*
 * The refusal that request->reason names, with its diagnostic payload when asked for. Who asks may
 * not be who the source address says (RFC 7252 section 11.3): what would make the reply longer than
 * `longest` octets, though it can do without, is left out.
 */
void rdl_reply_refuse(struct rdl_reply *reply, const struct rdl_request *request, bool diagnostics,
	size_t longest);

#endif
