/* SPDX-License-Identifier: BSD-3-Clause */
/* objects: what the device has, and what may be done with it. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 0
#define LINK_FORMAT 40
#define OPAQUE 42
#define NO_FORMAT 0xffff
#define LINKS_MAX 8192

/* The one object whose instances come and go. */
#define CREATABLE "33000"

struct value *objects_find(struct device *device, const char *path)
{
	for (unsigned i = 0; i < DEVICE_VALUES_MAX; i++)
		if (device->values[i].resource != NULL && strcmp(device->values[i].path, path) == 0)
			return &device->values[i];
	return NULL;
}

/* Whether it is `path` or lies below it; everything lies below "". */
static bool is_below(const char *candidate, const char *path)
{
	size_t len = strlen(path);

	return len == 0 || (strncmp(candidate, path, len) == 0 &&
				   (candidate[len] == '/' || candidate[len] == '\0'));
}

static unsigned slashes(const char *path)
{
	unsigned n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

size_t objects_links(
	const struct device *device, const char *path, bool leaves, char *text, size_t size)
{
	const char *root = device->root != NULL ? device->root : "";
	const char *slash = device->root != NULL ? "/" : "";
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < DEVICE_VALUES_MAX && len < size; i++) {
		const struct value *value = &device->values[i];

		if (value->resource == NULL || !is_below(value->path, path) ||
			(leaves ? false : slashes(value->path) != 1))
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s</%s%s%s>", len > 0 ? "," : "",
			root, slash, value->path);
	}
	return len < size ? len : 0;
}

static uint16_t format_option(const coap_pdu_t *pdu, coap_option_num_t number)
{
	coap_opt_iterator_t iterator;
	coap_opt_t *option = coap_check_option(pdu, number, &iterator);

	return option == NULL ? NO_FORMAT
			      : (uint16_t)coap_decode_var_bytes(
					coap_opt_value(option), coap_opt_length(option));
}

/*
 * Whether the answer waits: then an ACK leaves now, and the handler is called once more when it is
 * time.
 */
static bool is_put_off(
	const struct value *value, coap_session_t *session, const coap_pdu_t *request)
{
	coap_tick_t delay = (coap_tick_t)(value->delay_ms > 0 ? value->delay_ms : 0) *
			    COAP_TICKS_PER_SECOND / 1000;

	/* libcoap takes away itself what it has called for. */
	if (value->delay_ms == 0 || coap_find_async(session, coap_pdu_get_token(request)) != NULL)
		return false;
	/* A delay of nothing is one without end. */
	return coap_register_async(session, request, delay) != NULL;
}

static void free_body(coap_session_t *session, void *body)
{
	(void)session;
	free(body);
}

/* What libcoap gives to whoever handles a request. */
struct asked {
	coap_session_t *session;
	const coap_pdu_t *request;
	const coap_string_t *query;
	coap_pdu_t *response;
};

/* As one block, or as many as it takes. */
static void answer_with(struct value *value, const struct asked *asked, uint16_t format,
	const void *octets, size_t len)
{
	uint8_t *body = malloc(len + 1);

	if (body == NULL)
		abort();
	memcpy(body, octets, len);
	coap_pdu_set_code(asked->response, COAP_RESPONSE_CODE_CONTENT);
	coap_add_data_large_response(value->resource, asked->session, asked->request,
		asked->response, asked->query, format, -1, 0, len, body, free_body, body);
}

static void handle_get(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *request, const coap_string_t *query, coap_pdu_t *response)
{
	struct value *value = coap_resource_get_userdata(resource);
	const struct asked asked = { session, request, query, response };
	uint16_t accept = format_option(request, COAP_OPTION_ACCEPT);
	char links[LINKS_MAX];

	if (is_put_off(value, session, request))
		return;
	if (accept == LINK_FORMAT) {
		size_t len = objects_links(value->device, value->path, true, links, sizeof(links));

		device_say("discovered /%s", value->path);
		answer_with(value, &asked, LINK_FORMAT, links, len);
	} else if (!value->leaf || value->executable) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ALLOWED);
	} else if (accept != NO_FORMAT && accept != value->format) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ACCEPTABLE);
	} else {
		device_say("read /%s", value->path);
		answer_with(value, &asked, value->format, value->octets, value->len);
	}
}

static void set_octets(struct value *value, const uint8_t *octets, size_t len)
{
	free(value->octets);
	value->octets = malloc(len + 1);
	if (value->octets == NULL)
		abort();
	if (len > 0)
		memcpy(value->octets, octets, len);
	value->len = len;
}

static void handle_put(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *request, const coap_string_t *query, coap_pdu_t *response)
{
	struct value *value = coap_resource_get_userdata(resource);
	uint16_t format = format_option(request, COAP_OPTION_CONTENT_FORMAT);
	const uint8_t *octets = NULL;
	size_t len = 0, offset = 0, total;

	(void)query;
	if (is_put_off(value, session, request))
		return;
	if (!value->leaf || value->executable) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ALLOWED);
		return;
	}
	(void)coap_get_data_large(request, &len, &octets, &offset, &total);
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
	/*
	 * The last block again, since our answer to it was lost: libcoap does not know it any more.
	 */
	if (offset > 0)
		return;
	set_octets(value, octets, len);
	value->format = format == NO_FORMAT ? TEXT : format;
	device_say("written /%s %zu", value->path, len);
	coap_resource_notify_observers(resource, NULL);
}

static void execute(struct value *value, coap_pdu_t *response, const uint8_t *octets, size_t len)
{
	size_t end = strlen(value->path);

	if (!value->executable) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ALLOWED);
		return;
	}
	device_say("executed /%s %.*s", value->path, (int)len, (const char *)octets);
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
	if (strncmp(value->path, "1/", 2) == 0 && end > 2 &&
		strcmp(value->path + end - 2, "/8") == 0)
		value->device->trigger = true;
}

/* The new instance's resource 0 gets the payload. */
static void create(struct device *device, coap_pdu_t *response, const uint8_t *octets, size_t len)
{
	char path[DEVICE_PATH_MAX], number[16];
	unsigned instance = 0;

	do
		snprintf(path, sizeof(path), CREATABLE "/%u", instance++);
	while (objects_find(device, path) != NULL);
	snprintf(number, sizeof(number), "%u", instance - 1);
	snprintf(path, sizeof(path), CREATABLE "/%u/0", instance - 1);
	(void)objects_set(device, path, octets, len);
	device_say("created /" CREATABLE "/%s", number);
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_CREATED);
	coap_add_option(
		response, COAP_OPTION_LOCATION_PATH, strlen(CREATABLE), (const uint8_t *)CREATABLE);
	coap_add_option(
		response, COAP_OPTION_LOCATION_PATH, strlen(number), (const uint8_t *)number);
}

static void handle_post(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *request, const coap_string_t *query, coap_pdu_t *response)
{
	struct value *value = coap_resource_get_userdata(resource);
	const uint8_t *octets = (const uint8_t *)"";
	size_t len = 0, offset, total;

	(void)query;
	if (is_put_off(value, session, request))
		return;
	(void)coap_get_data_large(request, &len, &octets, &offset, &total);
	if (strcmp(value->path, CREATABLE) == 0)
		create(value->device, response, octets, len);
	else
		execute(value, response, octets, len);
}

static void handle_delete(coap_resource_t *resource, coap_session_t *session,
	const coap_pdu_t *request, const coap_string_t *query, coap_pdu_t *response)
{
	struct value *value = coap_resource_get_userdata(resource);
	struct device *device = value->device;
	char path[DEVICE_PATH_MAX];

	(void)session;
	(void)request;
	(void)query;
	if (strncmp(value->path, CREATABLE "/", strlen(CREATABLE) + 1) != 0 || value->leaf) {
		coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_ALLOWED);
		return;
	}
	memcpy(path, value->path, sizeof(path));
	device_say("deleted /%s", path);
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_DELETED);
	for (unsigned i = 0; i < DEVICE_VALUES_MAX; i++) {
		struct value *below = &device->values[i];

		if (below->resource == NULL || !is_below(below->path, path))
			continue;
		coap_delete_resource(device->context, below->resource);
		free(below->octets);
		*below = (struct value){ 0 };
	}
}

/* Notifications of Object 3 are confirmable, all others are not. */
static void serve(struct value *value)
{
	char path[2 * DEVICE_PATH_MAX];
	const char *root = value->device->root;
	int flags = strncmp(value->path, "3/", 2) == 0 ? COAP_RESOURCE_FLAGS_NOTIFY_CON
						       : COAP_RESOURCE_FLAGS_NOTIFY_NON_ALWAYS;

	snprintf(path, sizeof(path), "%s%s%s", root != NULL ? root : "", root != NULL ? "/" : "",
		value->path);
	coap_str_const_t *uri = coap_new_str_const((const uint8_t *)path, strlen(path));
	value->resource = coap_resource_init(uri, flags | COAP_RESOURCE_FLAGS_RELEASE_URI);
	coap_resource_set_userdata(value->resource, value);
	coap_register_handler(value->resource, COAP_REQUEST_GET, handle_get);
	coap_register_handler(value->resource, COAP_REQUEST_PUT, handle_put);
	coap_register_handler(value->resource, COAP_REQUEST_POST, handle_post);
	coap_register_handler(value->resource, COAP_REQUEST_DELETE, handle_delete);
	coap_resource_set_get_observable(value->resource, value->leaf);
	coap_add_resource(value->device->context, value->resource);
}

static struct value *make(struct device *device, const char *path)
{
	for (unsigned i = 0; i < DEVICE_VALUES_MAX; i++) {
		struct value *value = &device->values[i];

		if (value->resource != NULL)
			continue;
		*value = (struct value){ .device = device, .leaf = slashes(path) >= 2 };
		snprintf(value->path, sizeof(value->path), "%s", path);
		serve(value);
		return value;
	}
	abort();
}

struct value *objects_set(
	struct device *device, const char *path, const uint8_t *octets, size_t len)
{
	char above[DEVICE_PATH_MAX];

	snprintf(above, sizeof(above), "%s", path);
	for (char *slash = strchr(above, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (objects_find(device, above) == NULL)
			(void)make(device, above);
		*slash = '/';
	}
	struct value *value = objects_find(device, path);
	if (value == NULL)
		value = make(device, path);
	set_octets(value, octets, len);
	coap_resource_notify_observers(value->resource, NULL);
	return value;
}

void objects_start(struct device *device)
{
	static const struct {
		const char *path, *text;
		bool executable;
		uint16_t format;
	} objects[] = {
		{ "1/0/1", "86400", false, TEXT },
		{ "1/0/8", "", true, TEXT },
		{ "3/0/0", "rdline's tests", false, TEXT },
		{ "3/0/1", "device", false, TEXT },
		{ "3/0/4", "", true, TEXT },
		{ "3/0/9", "100", false, TEXT },
		{ "3/0/14", "+01:00", false, TEXT },
		{ "5/0/0", "", false, OPAQUE },
		{ "3303/0/5700", "20.5", false, TEXT },
		{ CREATABLE "/0/0", "first", false, TEXT },
	};

	for (unsigned i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		struct value *value = objects_set(device, objects[i].path,
			(const uint8_t *)objects[i].text, strlen(objects[i].text));

		value->executable = objects[i].executable;
		value->format = objects[i].format;
	}
}
