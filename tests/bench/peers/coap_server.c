/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A registration interface on libcoap 3: its sockets, its parser, its dispatch, and the table of
 * table.h behind /rd.
 *
 *   coap_server ADDRESS CAPACITY [KEY]
 *
 * With a key, as it stands there, it serves DTLS instead of clear text, whatever the PSK identity.
 */
#include "table.h"

#include <coap3/coap.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#define BUFFERS (256 << 20)
#define FDS 64
#define HANDSHAKES 1024

static struct table *table;

static uint32_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)now.tv_sec;
}

static const struct sockaddr_in *peer_of(const coap_session_t *session)
{
	return &coap_session_get_addr_remote(session)->addr.sin;
}

static void read_parameters(const coap_pdu_t *pdu, struct table_request *request)
{
	coap_opt_iterator_t iterator;
	coap_opt_t *option;
	const uint8_t *data;
	size_t len;

	*request = (struct table_request){ 0 };
	coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
	while ((option = coap_option_next(&iterator)) != NULL)
		if (iterator.number == COAP_OPTION_URI_QUERY)
			table_parameter(request, (struct rdl_span){ coap_opt_value(option),
							 coap_opt_length(option) });
	if (coap_get_data(pdu, &len, &data))
		request->payload = (struct rdl_span){ data, len };
}

static coap_pdu_code_t code_of(enum table_status status, coap_pdu_code_t good)
{
	static const coap_pdu_code_t codes[] = {
		[TABLE_BAD_REQUEST] = COAP_RESPONSE_CODE_BAD_REQUEST,
		[TABLE_TOO_LARGE] = COAP_RESPONSE_CODE_REQUEST_TOO_LARGE,
		[TABLE_FULL] = COAP_RESPONSE_CODE_SERVICE_UNAVAILABLE,
	};

	return status == TABLE_OK ? good : codes[status];
}

static bool is_link_format(const coap_pdu_t *pdu)
{
	coap_opt_iterator_t iterator;
	coap_opt_t *option = coap_check_option(pdu, COAP_OPTION_CONTENT_FORMAT, &iterator);

	return option != NULL &&
	       coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option)) == 40;
}

static void handle_register(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *pdu, const coap_string_t *query, coap_pdu_t *response)
{
	struct table_request request;
	struct table_record *record;
	enum table_status status = TABLE_BAD_REQUEST;
	char location[TABLE_LOCATION_LEN];

	(void)resource;
	(void)query;
	read_parameters(pdu, &request);
	if (is_link_format(pdu))
		status = table_register(table, &request, table_hash(table, request.name),
			peer_of(session), now_s(), &record);
	coap_pdu_set_code(response, code_of(status, COAP_RESPONSE_CODE_CREATED));
	if (status != TABLE_OK)
		return;
	table_location(table, record, location);
	coap_add_option(response, COAP_OPTION_LOCATION_PATH, 2, (const uint8_t *)"rd");
	coap_add_option(
		response, COAP_OPTION_LOCATION_PATH, sizeof(location), (const uint8_t *)location);
}

/* By /rd/<location>, the whole path of these requests. */
static struct table_record *record_of(const coap_pdu_t *pdu)
{
	coap_string_t *path = coap_get_uri_path(pdu);
	struct table_record *record = NULL;

	if (path != NULL && path->length > 3 && memcmp(path->s, "rd/", 3) == 0)
		record = table_find(
			table, (struct rdl_span){ path->s + 3, path->length - 3 }, now_s());
	coap_delete_string(path);
	return record;
}

static void handle_update(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *pdu,
	const coap_string_t *query, coap_pdu_t *response)
{
	struct table_record *record = record_of(pdu);
	struct table_request request;

	(void)resource;
	(void)query;
	if (record == NULL) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_FOUND);
		return;
	}
	read_parameters(pdu, &request);
	coap_pdu_set_code(
		response, code_of(table_update(record, &request, peer_of(session), now_s()),
				  COAP_RESPONSE_CODE_CHANGED));
}

static void handle_deregister(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *pdu, const coap_string_t *query, coap_pdu_t *response)
{
	struct table_record *record = record_of(pdu);

	(void)resource;
	(void)session;
	(void)query;
	if (record != NULL)
		table_remove(table, record);
	coap_pdu_set_code(response,
		record != NULL ? COAP_RESPONSE_CODE_DELETED : COAP_RESPONSE_CODE_NOT_FOUND);
}

static void handle_put(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *pdu,
	const coap_string_t *query, coap_pdu_t *response)
{
	(void)resource;
	(void)session;
	(void)pdu;
	(void)query;
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ALLOWED);
}

/* libcoap does not give its socket away; it is among the first descriptors. */
static void widen_socket(void)
{
	int octets = BUFFERS, type;

	for (int fd = 3; fd < FDS; fd++) {
		socklen_t len = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM &&
			setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) != 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	}
}

static bool secure(coap_context_t *context, const char *key)
{
	static coap_dtls_spsk_t psk = { .version = COAP_DTLS_SPSK_SETUP_VERSION };

	psk.psk_info.key.s = (const uint8_t *)key;
	psk.psk_info.key.length = strlen(key);
	coap_context_set_max_handshake_sessions(context, HANDSHAKES);
	return coap_context_set_psk2(context, &psk) == 1;
}

static int start(const char *text, const char *key, coap_context_t **context)
{
	coap_address_t address;

	coap_startup();
	coap_address_init(&address);
	address.addr.sin.sin_family = AF_INET;
	address.addr.sin.sin_port = htons(key != NULL ? 5684 : 5683);
	if (inet_pton(AF_INET, text, &address.addr.sin.sin_addr) != 1)
		return -1;
	*context = coap_new_context(NULL);
	if (*context == NULL || (key != NULL && !secure(*context, key)) ||
		coap_new_endpoint(
			*context, &address, key != NULL ? COAP_PROTO_DTLS : COAP_PROTO_UDP) == NULL)
		return -1;
	widen_socket();
	coap_resource_t *rd = coap_resource_init(coap_make_str_const("rd"), 0);
	/* Locations are no resources of their own: a table of them is what this server is about. */
	coap_resource_t *locations = coap_resource_unknown_init(handle_put);
	if (rd == NULL || locations == NULL)
		return -1;
	coap_register_handler(rd, COAP_REQUEST_POST, handle_register);
	coap_register_handler(locations, COAP_REQUEST_POST, handle_update);
	coap_register_handler(locations, COAP_REQUEST_DELETE, handle_deregister);
	coap_add_resource(*context, rd);
	coap_add_resource(*context, locations);
	return 0;
}

int main(int argc, char **argv)
{
	coap_context_t *context = NULL;
	uint64_t capacity = 0;

	if (argc < 3 || argc > 4 ||
		!rdl_decimal((struct rdl_span){ (uint8_t *)argv[2], strlen(argv[2]) }, UINT32_MAX,
			&capacity)) {
		fprintf(stderr, "usage: coap_server ADDRESS CAPACITY [KEY]\n");
		return 2;
	}
	table = table_create((uint32_t)capacity);
	if (table == NULL || start(argv[1], argv[3], &context) != 0) {
		fprintf(stderr, "coap_server: cannot have %s\n",
			table == NULL ? "a table of that size" : "the socket");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (coap_io_process(context, COAP_IO_WAIT) >= 0)
		;
	return 1;
}
