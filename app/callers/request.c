/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's line, read and judged. */
#include "internal.h"

#define BAD_REQUEST RDL_COAP_CODE(4, 0)
#define UNAUTHORIZED RDL_COAP_CODE(4, 1)
#define TOO_LARGE RDL_COAP_CODE(4, 13)
#define UNSUPPORTED_FORMAT RDL_COAP_CODE(4, 15)
#define SECONDS_MAX 604800

static const char security_object[] = "the Security Object is nobody's to name";
static const char not_allowed[] = "not allowed";

/* Members as they stand in the line. */
struct members {
	const char *id, *endpoint, *method, *path, *payload;
	size_t id_len, endpoint_len, path_len, payload_len;
	json_t *query, *observe;
	json_int_t content_format, accept;
	double timeout_s, expires_in_s;
};

static struct rdl_span span_of(const char *text, size_t len)
{
	return (struct rdl_span){ (const uint8_t *)text, len };
}

static const char *refuse(struct request *request, uint8_t code, const char *why)
{
	request->code = code;
	return why;
}

static const char *unpack(struct request *request, struct members *members)
{
	*members = (struct members){ .payload = "", .content_format = -1, .accept = -1 };
	if (json_unpack_ex(request->json, NULL, JSON_STRICT,
		    "{s:s%, s:s%, s:s, s:s%, s?o, s?I, s?I, s?o, s?s%, s?F, s?F}", "id",
		    &members->id, &members->id_len, "endpoint", &members->endpoint,
		    &members->endpoint_len, "method", &members->method, "path", &members->path,
		    &members->path_len, "query", &members->query, "content_format",
		    &members->content_format, "accept", &members->accept, "observe",
		    &members->observe, "payload", &members->payload, &members->payload_len,
		    "timeout_s", &members->timeout_s, "expires_in_s", &members->expires_in_s) == 0)
		return NULL;
	return refuse(request, BAD_REQUEST,
		"not a request: {id, endpoint, method, path, payload}, strings; query, an array "
		"of them; observe, a boolean; content_format, accept, timeout_s, expires_in_s, "
		"numbers");
}

static bool read_format(json_int_t number, uint16_t *format)
{
	*format = number < 0 ? RDL_FORMAT_NONE : (uint16_t)number;
	return number >= -1 && number < RDL_FORMAT_NONE;
}

static bool read_seconds(double seconds, uint32_t *ms)
{
	if (!(seconds >= 0 && seconds <= SECONDS_MAX))
		return false;
	*ms = (uint32_t)(seconds * 1000);
	return true;
}

static bool read_method(const char *name, uint8_t *method)
{
	static const char *const names[] = { NULL, "GET", "POST", "PUT", "DELETE", "FETCH", NULL,
		"iPATCH" };

	for (uint8_t i = 0; i < RDL_ARRAY_LEN(names); i++) {
		if (names[i] != NULL && strcmp(name, names[i]) == 0) {
			*method = i;
			return true;
		}
	}
	return false;
}

static bool read_observe(const json_t *observe, struct request *request)
{
	if (observe == NULL)
		return true;
	request->observe = json_is_true(observe) ? RDL_ORDER_OBSERVE : RDL_ORDER_CANCEL;
	return json_is_boolean(observe) &&
	       (request->method == RDL_COAP_GET || request->method == RDL_COAP_FETCH);
}

static const char *read_members(struct request *request, const struct members *members)
{
	request->parts.endpoint = span_of(members->endpoint, members->endpoint_len);
	if (members->endpoint_len == 0 || members->endpoint_len > RDL_ENDPOINT_MAX)
		return "endpoint: not a name of 1 to 252 octets";
	if (!read_method(members->method, &request->method))
		return "method: none of GET, POST, PUT, DELETE, FETCH, iPATCH";
	if (!read_observe(members->observe, request))
		return "observe: not a boolean, or not with GET or FETCH";
	if (!read_format(members->content_format, &request->content_format) ||
		!read_format(members->accept, &request->accept))
		return "content_format, accept: not a number of 0 to 65534";
	if (!read_seconds(members->timeout_s, &request->timeout_ms) ||
		!read_seconds(members->expires_in_s, &request->expires_ms))
		return "timeout_s, expires_in_s: not a number of 0 to 604800";
	return NULL;
}

/* Each one behind an octet of its length. */
static bool read_query(const json_t *query, struct rdl_cursor *options)
{
	if (query != NULL && !json_is_array(query))
		return false;
	for (size_t i = 0; i < json_array_size(query); i++) {
		const json_t *item = json_array_get(query, i);
		size_t len = json_string_length(item);

		if (!json_is_string(item) || len == 0 || len > 255)
			return false;
		rdl_cursor_u8(options, (uint8_t)len);
		rdl_cursor_bytes(options, json_string_value(item), len);
	}
	return true;
}

static const char *say_target(struct request *request, enum rdl_target target)
{
	switch (target) {
	case RDL_TARGET_GOOD:
		return NULL;
	case RDL_TARGET_SECURITY:
		return refuse(request, UNAUTHORIZED, security_object);
	case RDL_TARGET_BARRED:
		return refuse(request, UNAUTHORIZED, not_allowed);
	case RDL_TARGET_UNREAD:
		return refuse(request, UNSUPPORTED_FORMAT,
			"content_format: one whose paths cannot be read");
	case RDL_TARGET_TOO_LONG:
		return rdl_order_reason_text(RDL_ORDER_REASON_too_long);
	case RDL_TARGET_MALFORMED:
		break;
	}
	return NULL;
}

static const char *read_path(struct request *request, const struct members *members)
{
	struct rdl_cursor options = rdl_cursor(request->options, sizeof(request->options));
	enum rdl_target target = rdl_target_read(
		span_of(members->path, members->path_len), &options, &request->path);

	if (target == RDL_TARGET_MALFORMED)
		return "path: not one such as /3/0/0";
	if (target != RDL_TARGET_GOOD)
		return say_target(request, target);
	size_t path_len = (size_t)(options.pos - request->options);
	if (!read_query(members->query, &options))
		return "query: not an array of strings of 1 to 255 octets";
	if (options.failed)
		return say_target(request, RDL_TARGET_TOO_LONG);
	request->parts.path = (struct rdl_span){ request->options, path_len };
	request->parts.query = (struct rdl_span){ request->options + path_len,
		(size_t)(options.pos - request->options) - path_len };
	return NULL;
}

static const char *read_payload(
	struct callers *callers, struct request *request, const struct members *members)
{
	size_t len;

	if (members->payload_len > rdl_base64_len(callers->max_payload))
		return refuse(request, TOO_LARGE, "payload: longer than requests.max_payload");
	if (!rdl_base64_decode(span_of(members->payload, members->payload_len), callers->payload,
		    callers->max_payload, &len))
		return "payload: not base64, or longer than requests.max_payload";
	request->parts.payload = (struct rdl_span){ callers->payload, len };
	if (len > 0 && (request->method == RDL_COAP_GET || request->method == RDL_COAP_DELETE))
		return "payload: not with GET or DELETE";
	return NULL;
}

/* ---- what it names ---- */

struct ear {
	const struct callers *callers;
	uint64_t allowed;
	unsigned method;
	unsigned count; /* of names */
};

static enum rdl_target may_be_named(void *context, const struct rdl_target_path *path)
{
	struct ear *ear = context;

	ear->count++;
	return allow_has(ear->callers, ear->allowed, ear->method, path) ? RDL_TARGET_GOOD
									: RDL_TARGET_BARRED;
}

/*
 * All that it names must be allowed. A composite operation names what stands in its payload, on a
 * path that says nothing; on any other operation such a path says everything.
 */
static const char *judge(
	const struct callers *callers, const struct caller *caller, struct request *request)
{
	bool composite = request->method == RDL_COAP_FETCH || request->method == RDL_COAP_IPATCH;
	bool root = request->parts.path.len == 0;
	struct ear ear = { callers, caller->allowed, request->method, 0 };
	enum rdl_target target = RDL_TARGET_GOOD;

	if (root && !composite)
		return refuse(request, UNAUTHORIZED, security_object);
	if (!root)
		target = may_be_named(&ear, &request->path);
	ear.count = 0;
	if (target == RDL_TARGET_GOOD &&
		(composite || (request->parts.payload.len > 0 &&
				      rdl_target_names(request->content_format))))
		target = rdl_target_payload(
			request->content_format, request->parts.payload, may_be_named, &ear);
	if (target == RDL_TARGET_MALFORMED ||
		(composite && target == RDL_TARGET_GOOD && ear.count == 0))
		return "payload: its paths cannot be read";
	return say_target(request, target);
}

const char *request_read(struct callers *callers, const struct caller *caller, const char *text,
	size_t len, struct request *request)
{
	struct members members;
	const char *wrong;

	*request = (struct request){ .json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) };
	if (request->json == NULL)
		return "not JSON";
	const json_t *id = json_object_get(request->json, "id");
	if (json_string_length(id) == 0 || json_string_length(id) > RDL_ORDER_ID_MAX)
		return "id: not a string of 1 to 64 octets";
	request->parts.id = span_of(json_string_value(id), json_string_length(id));
	wrong = unpack(request, &members);
	if (wrong == NULL)
		wrong = read_members(request, &members);
	if (wrong == NULL)
		wrong = read_path(request, &members);
	if (wrong == NULL)
		wrong = read_payload(callers, request, &members);
	if (wrong == NULL)
		wrong = judge(callers, caller, request);
	if (wrong != NULL && request->code == 0)
		request->code = BAD_REQUEST;
	return wrong;
}

void request_free(struct request *request)
{
	json_decref(request->json);
}
