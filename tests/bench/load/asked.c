/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server asks of a device, and what it gets: anything it likes. */
#include "load.h"

#include "coap.h"
#include "message.h"

#define CLASS_REQUEST 0

bool load_is_asked(struct rdl_span datagram)
{
	return datagram.len >= RDL_COAP_HEADER_LEN && datagram.data[1] != RDL_COAP_EMPTY &&
	       RDL_COAP_CODE_CLASS(datagram.data[1]) == CLASS_REQUEST;
}

/* Registration Update Trigger: Execute /1/I/8. */
static bool triggers(const struct rdl_coap_message *request)
{
	struct rdl_coap_options options = rdl_coap_options(request);
	struct rdl_coap_option option;
	unsigned segments = 0;
	bool first = false, last = false;

	while (rdl_coap_option_next(&options, &option) == 1) {
		if (option.number != RDL_COAP_URI_PATH)
			continue;
		last = option.len == 1 && option.value[0] == '8';
		if (segments++ == 0)
			first = option.len == 1 && option.value[0] == '1';
	}
	return request->code == RDL_COAP_POST && segments == 3 && first && last;
}

static void answer(struct load *load, struct load_wire *wire, uint32_t endpoint,
	const struct rdl_coap_message *request)
{
	struct message m;

	message_start(&m, RDL_COAP_ACK,
		request->code == RDL_COAP_GET ? RDL_COAP_CONTENT : RDL_COAP_CHANGED,
		request->message_id, request->token, request->token_len);
	if (request->code == RDL_COAP_GET)
		message_payload(&m, "load", 4);
	if (load->secure != NULL) {
		load_secure_send(load->secure, endpoint, (struct rdl_span){ m.octets, m.len });
		return;
	}
	memcpy(load_wire_message(wire, load_source(load, endpoint)), m.octets, m.len);
	load_wire_add(wire, m.len);
}

enum load_verdict load_asked(struct load *load, struct load_wire *wire, struct rdl_span datagram,
	const struct load_datagram *came, uint32_t *endpoint)
{
	struct rdl_coap_message request;

	*endpoint = came->to - load->from;
	if (*endpoint >= load->count || load->sources != load->count ||
		came->from.sin_addr.s_addr != load->server.sin_addr.s_addr ||
		came->from.sin_port != load->server.sin_port ||
		rdl_coap_parse(datagram, &request) != RDL_COAP_MESSAGE ||
		request.type != RDL_COAP_CON || load->endpoints[*endpoint].location_len == 0)
		return LOAD_WRONG;
	load->result.asked++;
	answer(load, wire, *endpoint, &request);
	return triggers(&request) ? LOAD_TRIGGER : LOAD_NOTHING;
}
