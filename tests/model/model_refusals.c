/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_refusals.h"

#define FAULTY(queries, code, text)                              \
	{                                                        \
		queries, NULL, 0, LINK_FORMAT, code, false, text \
	}
static const struct refusal register_refusals[] = {
	FAULTY("lwm2m=2.0", RDL_COAP_PRECONDITION_FAILED, "lwm2m: version not supported"),
	FAULTY("lwm2m=1.2 pid=1", RDL_COAP_PRECONDITION_FAILED, "lwm2m: version not supported"),
	FAULTY("lwm2m=0.9", RDL_COAP_PRECONDITION_FAILED, "lwm2m: version not supported"),
	FAULTY("lwm2m=1.x", RDL_COAP_BAD_REQUEST, "lwm2m: not MAJOR.MINOR"),
	FAULTY("lt=-1", RDL_COAP_BAD_REQUEST, "lt: not a number of seconds"),
	FAULTY("lt=60 lt=60", RDL_COAP_BAD_REQUEST, "parameter given twice: lt"),
	FAULTY("pid=1", RDL_COAP_BAD_REQUEST, "unknown parameter: pid"),
	FAULTY("b=SU", RDL_COAP_BAD_REQUEST, "b: not a binding of this version"),
	FAULTY("Q", RDL_COAP_BAD_REQUEST, "Q: not in this version, or has a value"),
	FAULTY("sms=", RDL_COAP_BAD_REQUEST, "sms: empty, too long, or not a number"),
	{ "lt=60", NULL, 0, LINK_FORMAT, RDL_COAP_BAD_REQUEST, true, "ep: missing or empty" },
	{ "ep=denied-1", NULL, 0, LINK_FORMAT, RDL_COAP_FORBIDDEN, true, "ep: not allowed" },
	{ "", "</1/0>,</3/0", 0, LINK_FORMAT, RDL_COAP_BAD_REQUEST, false,
		"object list: syntax error at octet 12" },
	{ "", "</1/0>,</5/0>", 0, LINK_FORMAT, RDL_COAP_BAD_REQUEST, false,
		"object list: without object 3" },
	{ "", "", 0, LINK_FORMAT, RDL_COAP_BAD_REQUEST, false, "no object list" },
	{ "", NULL, 0, 50, RDL_COAP_BAD_REQUEST, false, "payload is not application/link-format" },
	{ "", NULL, 65001, LINK_FORMAT, RDL_COAP_BAD_OPTION, false,
		"option not understood: 65001" },
	{ "", NULL, 35, LINK_FORMAT, RDL_COAP_PROXYING_NOT_SUPPORTED, false, "no proxy here" },
};
static const struct refusal update_refusals[] = {
	FAULTY("ep=x", RDL_COAP_BAD_REQUEST, "not as it was registered: ep"),
	FAULTY("lwm2m=1.7 lt=1", RDL_COAP_BAD_REQUEST, "not as it was registered: lwm2m"),
	FAULTY("Q=1 lt=1", RDL_COAP_BAD_REQUEST, "Q: not in this version, or has a value"),
	FAULTY("lt=x", RDL_COAP_BAD_REQUEST, "lt: not a number of seconds"),
	FAULTY("b=U b=U", RDL_COAP_BAD_REQUEST, "parameter given twice: b"),
	FAULTY("lt=77 pid=1", RDL_COAP_BAD_REQUEST, "unknown parameter: pid"),
	FAULTY("lt=77 b=QU", RDL_COAP_BAD_REQUEST, "b: not a binding of this version"),
	{ "lt=77", "</1/0>,", 0, LINK_FORMAT, RDL_COAP_BAD_REQUEST, false,
		"object list: syntax error at octet 7" },
	{ "lt=77", OBJECTS, 0, 50, RDL_COAP_BAD_REQUEST, false,
		"payload is not application/link-format" },
	{ "lt=77", NULL, 65001, LINK_FORMAT, RDL_COAP_BAD_OPTION, false,
		"option not understood: 65001" },
	{ "lt=77", NULL, 39, LINK_FORMAT, RDL_COAP_PROXYING_NOT_SUPPORTED, false, "no proxy here" },
};
const struct refusal no_location = { .code = RDL_COAP_NOT_FOUND, .text = "not registered" };
const struct refusal not_of_identity = { .code = RDL_COAP_BAD_REQUEST,
	.text = "ep: not of this identity" };
const struct refusal not_in_clear = { .code = RDL_COAP_FORBIDDEN, .text = "ep: not in clear text" };
const struct refusal anothers = { .code = RDL_COAP_BAD_REQUEST,
	.text = "registered by another identity, or none" };
const struct refusal no_method = { .code = RDL_COAP_METHOD_NOT_ALLOWED,
	.text = "method not allowed" };
const struct refusal block_size = { .code = RDL_COAP_BAD_REQUEST,
	.text = "Block1: size exponent 7" };
const struct refusal block_length = { .code = RDL_COAP_BAD_REQUEST,
	.text = "Block1: payload is not one block" };
const struct refusal block_gap = { .code = RDL_COAP_REQUEST_ENTITY_INCOMPLETE,
	.text = "Block1: not the next block" };
const struct refusal block_too_large = { .code = RDL_COAP_REQUEST_ENTITY_TOO_LARGE,
	.text = "payload too large" };
static uint64_t refused_registers[RDL_ARRAY_LEN(register_refusals)];
static uint64_t refused_updates[RDL_ARRAY_LEN(update_refusals)];

const struct refusal *some_register_refusal(void)
{
	return &register_refusals[dice(RDL_ARRAY_LEN(register_refusals))];
}

const struct refusal *some_update_refusal(void)
{
	return &update_refusals[dice(RDL_ARRAY_LEN(update_refusals))];
}

const struct refusal *some_parameter_refusal(bool update)
{
	return update ? &update_refusals[dice(7)] : &register_refusals[dice(10)];
}

void register_refused(const struct refusal *refusal)
{
	refused_registers[refusal - register_refusals]++;
}

void update_refused(const struct refusal *refusal)
{
	refused_updates[refusal - update_refusals]++;
}

#define FORGED "AAAAAAAAAAA"

static const struct alien aliens[] = {
	{ "#40000001", RESET, NULL, 0 },
	{ "#4f020001", RESET, NULL, 0 },
	{ "#42020001a1b2b27264ff", RESET, NULL, 0 },
	{ "#42450001a1b2ff41", RESET, NULL, 0 },
	{ "#50000001", 0, NULL, RDL_STAT_drop_coap_empty },
	{ "#60000001", 0, NULL, RDL_STAT_drop_coap_empty },
	{ "#4002", 0, NULL, RDL_STAT_drop_coap_short },
	{ "#80020001", 0, NULL, RDL_STAT_drop_coap_version },
	{ "#5f020001", 0, NULL, RDL_STAT_drop_coap_format },
	{ "#50e10001", 0, NULL, RDL_STAT_drop_coap_reserved },
	{ "#50450001", 0, NULL, RDL_STAT_drop_coap_response },
	{ "#6002000141", 0, NULL, RDL_STAT_drop_coap_ack_request },
	{ "CON POST 11:bs | x", RDL_COAP_NOT_FOUND, "no such path", 0 },
	{ "CON GET 11:rd", RDL_COAP_METHOD_NOT_ALLOWED, "method not allowed", 0 },
	{ "NON DELETE 11:rd", RDL_COAP_BAD_REQUEST, "delete a registration, not /rd", 0 },
	{ "CON POST 11:rd 11:" FORGED, RDL_COAP_NOT_FOUND, "not registered", 0 },
	{ "NON DELETE 11:rd 11:x", RDL_COAP_NOT_FOUND, "not registered", 0 },
};
static uint64_t aliens_seen[RDL_ARRAY_LEN(aliens)];

const struct alien *some_alien(void)
{
	return &aliens[dice(RDL_ARRAY_LEN(aliens))];
}

void alien_seen(const struct alien *alien)
{
	aliens_seen[alien - aliens]++;
}

void check_refusals(void)
{
	for (unsigned i = 0; i < RDL_ARRAY_LEN(register_refusals); i++)
		CHECK(refused_registers[i] > 0);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(update_refusals); i++)
		CHECK(refused_updates[i] > 0);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(aliens); i++)
		CHECK(aliens_seen[i] > 0);
}
