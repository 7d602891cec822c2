/* SPDX-License-Identifier: BSD-3-Clause */
/* The requests, and what an answer to each must be. */
#include "load.h"

#include <assert.h>
#include <stdio.h>

#include "coap.h"
#include "message.h"

#define TOKEN_LEN 4
#define TOKEN_PHASE_SHIFT 28
#define REGISTER_LEN 119 /* of the Register that figures are told of */
#define LINK_FORMAT 40

static bool registers(enum load_phase phase)
{
	return phase == LOAD_REGISTER || phase == LOAD_REREGISTER;
}

void load_name(uint32_t endpoint, char name[LOAD_NAME_LEN + 1])
{
	char *digit = name + LOAD_NAME_LEN;

	memcpy(name, "urn:imei:490154000000000", LOAD_NAME_LEN + 1);
	for (; endpoint > 0; endpoint /= 10)
		*--digit = (char)('0' + endpoint % 10);
}

static void put_register(struct message *m, uint32_t endpoint)
{
	static const char objects[] = "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</4/0>,</5/0>";
	char name[3 + LOAD_NAME_LEN + 1] = "ep=";

	load_name(endpoint, name + 3);
	message_option(m, RDL_COAP_URI_PATH, "rd", 2);
	message_uint(m, RDL_COAP_CONTENT_FORMAT, LINK_FORMAT);
	message_option(m, RDL_COAP_URI_QUERY, name, sizeof(name) - 1);
	message_parts(m, RDL_COAP_URI_QUERY, "lt=86400 lwm2m=1.1 b=U", ' ');
	message_payload(m, objects, sizeof(objects) - 1);
	assert(m->len == REGISTER_LEN);
}

size_t load_request(const struct load *load, uint32_t endpoint, uint8_t octets[LOAD_MESSAGE_MAX])
{
	const struct load_endpoint *e = &load->endpoints[endpoint];
	struct message m;
	uint8_t token[TOKEN_LEN];

	rdl_put_be32(token, (uint32_t)load->phase << TOKEN_PHASE_SHIFT | endpoint);
	message_start(&m, RDL_COAP_CON,
		load->phase == LOAD_DEREGISTER ? RDL_COAP_DELETE : RDL_COAP_POST, e->mid, token,
		sizeof(token));
	if (registers(load->phase))
		put_register(&m, endpoint);
	else
		message_append(&m, e->location, e->location_len);
	memcpy(octets, m.octets, m.len);
	return m.len;
}

/* The Location-Path as the Uri-Path of later requests. */
static const char *take_location(struct rdl_coap_options *options, struct load_endpoint *e)
{
	struct rdl_coap_option option;
	struct message path;
	unsigned segments = 0;
	int more;

	path.len = path.number = 0;
	e->location_len = 0;
	while ((more = rdl_coap_option_next(options, &option)) == 1) {
		if (option.number != RDL_COAP_LOCATION_PATH)
			continue;
		if (segments == 0 && (option.len != 2 || memcmp(option.value, "rd", 2) != 0))
			return "a location outside /rd";
		message_option(&path, RDL_COAP_URI_PATH, option.value, option.len);
		segments++;
	}
	if (more != 0)
		return "broken options";
	if (segments < 2)
		return "no location";
	if (path.len > sizeof(e->location))
		return "a location longer than we keep";
	memcpy(e->location, path.octets, path.len);
	e->location_len = (uint8_t)path.len;
	return NULL;
}

static const char *check(
	const struct load *load, const struct rdl_coap_message *message, struct load_endpoint *e)
{
	static const uint8_t codes[LOAD_PHASES] = {
		[LOAD_REGISTER] = RDL_COAP_CREATED,
		[LOAD_REREGISTER] = RDL_COAP_CREATED,
		[LOAD_UPDATE] = RDL_COAP_CHANGED,
		[LOAD_SERVE] = RDL_COAP_CHANGED,
		[LOAD_DEREGISTER] = RDL_COAP_DELETED,
	};
	struct rdl_coap_options options = rdl_coap_options(message);
	static char text[32];

	if (message->type != RDL_COAP_ACK)
		return "not an acknowledgement";
	if (message->code != codes[load->phase]) {
		snprintf(text, sizeof(text), "code %u.%02u", RDL_COAP_CODE_CLASS(message->code),
			message->code & 31u);
		return text;
	}
	if (load->phase == LOAD_DEREGISTER)
		e->location_len = 0;
	return registers(load->phase) ? take_location(&options, e) : NULL;
}

enum load_verdict load_reply(struct load *load, struct rdl_span datagram,
	const struct sockaddr_in *from, uint32_t to, uint32_t *endpoint, const char **why)
{
	struct rdl_coap_message message;

	*why = "not a CoAP message";
	if (rdl_coap_parse(datagram, &message) != RDL_COAP_MESSAGE)
		return LOAD_WRONG;
	*why = "not from the server";
	if (from->sin_addr.s_addr != load->server.sin_addr.s_addr ||
		from->sin_port != load->server.sin_port)
		return LOAD_WRONG;
	*why = "a token that was not sent";
	if (message.token_len != TOKEN_LEN)
		return LOAD_WRONG;
	uint32_t token = rdl_get_be32(message.token);
	uint32_t phase = token >> TOKEN_PHASE_SHIFT;
	*endpoint = token & ((1u << TOKEN_PHASE_SHIFT) - 1);
	if (*endpoint >= load->count || phase > (uint32_t)load->phase)
		return LOAD_WRONG;
	*why = "not to where the request came from";
	if (to != load_source(load, *endpoint))
		return LOAD_WRONG;
	if (phase != (uint32_t)load->phase)
		return LOAD_LATE;
	struct load_endpoint *e = &load->endpoints[*endpoint];
	*why = "another message ID";
	if (message.message_id != e->mid)
		return LOAD_WRONG;
	*why = "answered more often than sent";
	if (!e->waiting)
		return e->sent > 1 ? LOAD_LATE : LOAD_WRONG;
	*why = check(load, &message, e);
	return *why == NULL ? LOAD_ANSWER : LOAD_WRONG_REQUEST;
}
