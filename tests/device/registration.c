/* SPDX-License-Identifier: BSD-3-Clause */
/* registration: the device's own requests: Register, Update, De-register, Send. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_FORMAT 40
#define SENML_JSON 110
#define PAYLOAD_MAX 8192

static void handle_event_line(const char *what, coap_pdu_code_t code, const char *more)
{
	device_say("%s %u.%02u%s%s", what, code >> 5, code & 31u, *more != '\0' ? " " : "", more);
}

static void read_location(const coap_pdu_t *pdu, char location[DEVICE_PATH_MAX])
{
	coap_opt_iterator_t iterator;
	coap_opt_t *option;
	size_t len = 0;

	location[0] = '\0';
	coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
	while ((option = coap_option_next(&iterator)) != NULL && len < DEVICE_PATH_MAX)
		if (iterator.number == COAP_OPTION_LOCATION_PATH)
			len += (size_t)snprintf(location + len, DEVICE_PATH_MAX - len, "/%.*s",
				(int)coap_opt_length(option), (const char *)coap_opt_value(option));
}

/* The first octet of a token of ours says which of the four it is the answer to. */
static coap_response_t handle_response(coap_session_t *session, const coap_pdu_t *sent,
	const coap_pdu_t *received, const coap_mid_t mid)
{
	struct device *device = coap_get_app_data(coap_session_get_context(session));
	coap_bin_const_t token = coap_pdu_get_token(received);
	coap_pdu_code_t code = coap_pdu_get_code(received);

	(void)sent;
	(void)mid;
	switch (token.length > 0 ? token.s[0] : 0) {
	case 'r':
		read_location(received, device->location);
		handle_event_line("registered", code, device->location);
		break;
	case 'u':
		handle_event_line("updated", code, "");
		break;
	case 'd':
		device->location[0] = '\0';
		handle_event_line("de-registered", code, "");
		break;
	case 's':
		handle_event_line("sent", code, "");
		break;
	default:
		return COAP_RESPONSE_FAIL;
	}
	return COAP_RESPONSE_OK;
}

static void handle_failure(coap_session_t *session, const coap_pdu_t *sent,
	const coap_nack_reason_t reason, const coap_mid_t mid)
{
	(void)session;
	(void)sent;
	(void)mid;
	device_say("failed %d", (int)reason);
}

bool registration_open(struct device *device)
{
	static coap_dtls_cpsk_t psk = { .version = COAP_DTLS_CPSK_SETUP_VERSION };

	if (device->session != NULL)
		coap_session_release(device->session);
	coap_register_response_handler(device->context, handle_response);
	coap_register_nack_handler(device->context, handle_failure);
	if (device->identity == NULL) {
		device->session = coap_new_client_session(
			device->context, NULL, &device->server, COAP_PROTO_UDP);
	} else {
		psk.psk_info.identity.s = (const uint8_t *)device->identity;
		psk.psk_info.identity.length = strlen(device->identity);
		psk.psk_info.key.s = (const uint8_t *)device->key;
		psk.psk_info.key.length = strlen(device->key);
		device->session = coap_new_client_session_psk2(
			device->context, NULL, &device->server, COAP_PROTO_DTLS, &psk);
	}
	return device->session != NULL;
}

static coap_pdu_t *begin(struct device *device, char what, coap_pdu_code_t method)
{
	uint8_t token[4] = { (uint8_t)what, (uint8_t)(device->requests >> 16),
		(uint8_t)(device->requests >> 8), (uint8_t)device->requests };
	coap_pdu_t *pdu = coap_new_pdu(COAP_MESSAGE_CON, method, device->session);

	device->requests++;
	if (pdu == NULL || !coap_add_token(pdu, sizeof(token), token))
		abort();
	return pdu;
}

static void add_text(coap_pdu_t *pdu, coap_option_num_t number, const char *text)
{
	coap_add_option(pdu, number, strlen(text), (const uint8_t *)text);
}

static void add_query(coap_pdu_t *pdu, const char *name, const char *value)
{
	char query[512];

	if (value == NULL)
		return;
	snprintf(query, sizeof(query), "%s=%s", name, value);
	add_text(pdu, COAP_OPTION_URI_QUERY, query);
}

static void add_location(coap_pdu_t *pdu, const struct device *device)
{
	char copy[DEVICE_PATH_MAX], *rest = NULL;

	memcpy(copy, device->location, sizeof(copy));
	for (char *s = strtok_r(copy, "/", &rest); s != NULL; s = strtok_r(NULL, "/", &rest))
		add_text(pdu, COAP_OPTION_URI_PATH, s);
}

static void add_format(coap_pdu_t *pdu, uint16_t format)
{
	uint8_t octets[2];

	coap_add_option(pdu, COAP_OPTION_CONTENT_FORMAT,
		coap_encode_var_safe(octets, sizeof(octets), format), octets);
}

static void send_with(struct device *device, coap_pdu_t *pdu, const char *payload)
{
	static char bodies[8][PAYLOAD_MAX];
	char *body = bodies[device->requests % 8];

	/* libcoap cuts a long one into blocks, for which it must stay. */
	if (payload != NULL) {
		snprintf(body, PAYLOAD_MAX, "%s", payload);
		coap_add_data_large_request(
			device->session, pdu, strlen(body), (const uint8_t *)body, NULL, NULL);
	}
	if (coap_send(device->session, pdu) == COAP_INVALID_MID)
		device_say("failed -1");
}

void registration_register(struct device *device)
{
	coap_pdu_t *pdu = begin(device, 'r', COAP_REQUEST_CODE_POST);
	char list[PAYLOAD_MAX];
	size_t len = 0;

	add_text(pdu, COAP_OPTION_URI_PATH, "rd");
	add_format(pdu, LINK_FORMAT);
	add_query(pdu, "ep", device->endpoint);
	add_query(pdu, "lwm2m", device->version);
	add_query(pdu, "lt", device->lifetime);
	add_query(pdu, "b", device->binding);
	for (unsigned i = 0; i < device->query_count; i++)
		add_text(pdu, COAP_OPTION_URI_QUERY, device->queries[i]);
	if (device->root != NULL)
		len = (size_t)snprintf(list, sizeof(list), "</%s>;rt=\"oma.lwm2m\",", device->root);
	(void)objects_links(device, "", false, list + len, sizeof(list) - len);
	send_with(device, pdu, device->objects != NULL ? device->objects : list);
}

void registration_update(struct device *device, char *queries)
{
	coap_pdu_t *pdu = begin(device, 'u', COAP_REQUEST_CODE_POST);
	char *rest = NULL;

	add_location(pdu, device);
	for (char *q = strtok_r(queries, " ", &rest); q != NULL; q = strtok_r(NULL, " ", &rest))
		add_text(pdu, COAP_OPTION_URI_QUERY, q);
	send_with(device, pdu, NULL);
}

void registration_deregister(struct device *device)
{
	coap_pdu_t *pdu = begin(device, 'd', COAP_REQUEST_CODE_DELETE);

	add_location(pdu, device);
	send_with(device, pdu, NULL);
}

void registration_send(struct device *device, const char *payload)
{
	coap_pdu_t *pdu = begin(device, 's', COAP_REQUEST_CODE_POST);

	add_text(pdu, COAP_OPTION_URI_PATH, "dp");
	add_format(pdu, SENML_JSON);
	send_with(device, pdu, payload);
}
