/* SPDX-License-Identifier: BSD-3-Clause */
#include "lwm2m.h"

#include <assert.h>
#include <stdio.h>

static struct rdl_coap_reply begin(const struct rdl_request *request, uint8_t code)
{
	struct rdl_coap_reply reply;
	bool con = request->type == RDL_COAP_CON;

	rdl_coap_reply_begin(&reply, request->coap, request->room,
		con ? RDL_COAP_ACK : RDL_COAP_NON, code, request->token_len,
		con ? request->message_id : request->reply_id);
	return reply;
}

static void end(struct rdl_request *request, const struct rdl_coap_reply *reply)
{
	request->reply_len = (uint16_t)rdl_coap_reply_end(reply);
	assert(request->reply_len > 0);
}

void rdl_reply_write(struct rdl_request *request, uint8_t code, const uint8_t *location)
{
	struct rdl_coap_reply reply = begin(request, code);

	if (location != NULL) {
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "rd", 2);
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, location, RDL_LOCATION_LEN);
	}
	if (request->block1 != RDL_BLOCK1_NONE)
		rdl_coap_reply_uint(&reply, RDL_COAP_BLOCK1, request->block1);
	end(request, &reply);
}

void rdl_reply_discovery(struct rdl_request *request)
{
	static const char links[] = "</rd>;rt=\"core.rd\"";
	struct rdl_coap_reply reply = begin(request, RDL_COAP_CONTENT);

	rdl_coap_reply_uint(&reply, RDL_COAP_CONTENT_FORMAT, RDL_COAP_LINK_FORMAT);
	rdl_coap_reply_payload(&reply, links, sizeof(links) - 1);
	end(request, &reply);
}

void rdl_reply_refuse(struct rdl_request *request, bool diagnostics)
{
	struct rdl_coap_reply reply = begin(request, rdl_reason_code(request->reason));

	if (request->block1 != RDL_BLOCK1_NONE)
		rdl_coap_reply_uint(&reply, RDL_COAP_BLOCK1, request->block1);
	if (request->reason == RDL_REASON_too_large && request->detail != 0)
		rdl_coap_reply_uint(&reply, RDL_COAP_SIZE1, request->detail);
	if (diagnostics) {
		const char *text = rdl_reason_text(request->reason);
		char with_detail[80];
		int len = (int)strlen(text);

		if (request->reason == RDL_REASON_link_syntax) {
			len = snprintf(with_detail, sizeof(with_detail), "%s%u", text,
				(unsigned)request->detail);
			text = with_detail;
		}
		rdl_coap_reply_payload(&reply, text, (size_t)len);
	}
	end(request, &reply);
}
