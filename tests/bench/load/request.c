/* SPDX-License-Identifier: BSD-3-Clause */
/* The requests, and what an answer to each must be. */
#include "load.h"

#include <stdio.h>

#include "coap.h"

#define TOKEN_LEN 4
#define TOKEN_PHASE_SHIFT 28
#define NAME "urn:imei:490154200000000"
#define NAME_DIGITS 9
#define NAME_OFFSET 18 /* in a Register */

/* 119 octets, of which message ID, token and the name's last digits change. */
static const char register_options[] = "\xb2rd"
				       "\x11\x28"
				       "\x3d\x0e"
				       "ep=" NAME "\x08"
				       "lt=86400"
				       "\x09"
				       "lwm2m=1.1"
				       "\x03"
				       "b=U"
				       "\xff"
				       "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</4/0>,</5/0>";
_Static_assert(RDL_COAP_HEADER_LEN + TOKEN_LEN + sizeof(register_options) - 1 == 119,
	"the Register that figures are told of");

static bool registers(enum load_phase phase)
{
	return phase == LOAD_REGISTER || phase == LOAD_REREGISTER;
}

static void write_digits(uint8_t *end, uint32_t number)
{
	for (int i = 0; i < NAME_DIGITS; i++, number /= 10)
		*--end = (uint8_t)('0' + number % 10);
}

size_t load_request(const struct load *load, uint32_t endpoint, uint8_t message[LOAD_MESSAGE_MAX])
{
	const struct load_endpoint *e = &load->endpoints[endpoint];
	uint8_t *options = message + RDL_COAP_HEADER_LEN + TOKEN_LEN;

	message[0] = 0x40 | RDL_COAP_CON << 4 | TOKEN_LEN;
	message[1] = load->phase == LOAD_DEREGISTER ? RDL_COAP_DELETE : RDL_COAP_POST;
	rdl_put_be16(message + 2, e->mid);
	rdl_put_be32(message + RDL_COAP_HEADER_LEN,
		(uint32_t)load->phase << TOKEN_PHASE_SHIFT | endpoint);
	if (!registers(load->phase)) {
		memcpy(options, e->location, e->location_len);
		return (size_t)(options - message) + e->location_len;
	}
	memcpy(options, register_options, sizeof(register_options) - 1);
	write_digits(message + NAME_OFFSET + sizeof(NAME) - 1, endpoint);
	return (size_t)(options - message) + sizeof(register_options) - 1;
}

/* The Location-Path as the Uri-Path of later requests. */
static const char *take_location(struct rdl_coap_options *options, struct load_endpoint *e)
{
	struct rdl_cursor cursor = rdl_cursor(e->location, sizeof(e->location));
	struct rdl_coap_option option;
	unsigned segments = 0;
	int more;

	e->location_len = 0;
	while ((more = rdl_coap_option_next(options, &option)) == 1) {
		if (option.number != RDL_COAP_LOCATION_PATH)
			continue;
		if (segments == 0 && (option.len != 2 || memcmp(option.value, "rd", 2) != 0))
			return "a location outside /rd";
		unsigned delta = segments++ == 0 ? RDL_COAP_URI_PATH : 0;
		rdl_cursor_u8(&cursor, (uint8_t)(delta << 4 | (option.len < 13 ? option.len : 13)));
		if (option.len >= 13)
			rdl_cursor_u8(&cursor, (uint8_t)(option.len - 13));
		rdl_cursor_bytes(&cursor, option.value, option.len);
	}
	if (more != 0)
		return "broken options";
	if (segments < 2)
		return "no location";
	if (cursor.failed)
		return "a location longer than 32 octets";
	e->location_len = (uint8_t)(cursor.pos - e->location);
	return NULL;
}

static const char *check(
	const struct load *load, const struct rdl_coap_message *message, struct load_endpoint *e)
{
	static const uint8_t codes[LOAD_PHASES] = {
		[LOAD_REGISTER] = RDL_COAP_CREATED,
		[LOAD_REREGISTER] = RDL_COAP_CREATED,
		[LOAD_UPDATE] = RDL_COAP_CHANGED,
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
