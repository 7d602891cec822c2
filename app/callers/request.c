/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's line, read and judged. */
#include "internal.h"

#define BAD_REQUEST RDL_COAP_CODE(4, 0)
#define UNAUTHORIZED RDL_COAP_CODE(4, 1)
#define TOO_LARGE RDL_COAP_CODE(4, 13)
#define UNSUPPORTED_FORMAT RDL_COAP_CODE(4, 15)

static const char security_object[] = "the Security Object is nobody's to name";
static const char not_allowed[] = "not allowed";
static const char no_request[] =
	"not a request: {id, endpoint, method, path}, and of these what is "
	"wanted: query, content_format, accept, observe, payload, "
	"timeout_s, expires_in_s";
static const char no_method[] = "method: none of GET, POST, PUT, DELETE, FETCH, iPATCH";
static const char no_path[] = "path: not one such as /3/0/0";
static const char no_observe[] = "observe: not a boolean, or not with GET or FETCH";
static const char no_payload[] = "payload: not base64, or longer than requests.max_payload";

/* Members as they stand in the line. */
struct members {
	struct rdl_span id, endpoint, method, path, payload;
	json_t *query, *observe;
	uint64_t content_format, accept;
	double timeout_s, expires_in_s;
};

#define AT(field) .at = offsetof(struct members, field)
#define SECONDS(field)                                                                    \
	{                                                                                 \
		.name = #field, .kind = RDL_LINES_NUMBER, .least = 0.001, .most = 604800, \
		AT(field), .wrong = #field ": not a number of 0.001 to 604800"            \
	}
#define FORMAT(field)                                                                            \
	{                                                                                        \
		.name = #field, .kind = RDL_LINES_WHOLE, .most = RDL_FORMAT_NONE - 1, AT(field), \
		.wrong = #field ": not a whole number of 0 to 65534"                             \
	}

static const struct rdl_lines_member known[] = {
	{ .name = "id",
		.required = true,
		.least = 1,
		.most = RDL_ORDER_ID_MAX,
		AT(id),
		.wrong = "id: not a string of 1 to 64 octets" },
	{ .name = "endpoint",
		.required = true,
		.least = 1,
		.most = RDL_ENDPOINT_MAX,
		AT(endpoint),
		.wrong = "endpoint: not a name of 1 to 252 octets" },
	{ .name = "method", .required = true, .most = 16, AT(method), .wrong = no_method },
	{ .name = "path", .required = true, .most = INT32_MAX, AT(path), .wrong = no_path },
	{ .name = "query", .kind = RDL_LINES_ANY, AT(query) },
	FORMAT(content_format),
	FORMAT(accept),
	{ .name = "observe", .kind = RDL_LINES_ANY, AT(observe) },
	{ .name = "payload", .most = INT32_MAX, AT(payload), .wrong = no_payload },
	SECONDS(timeout_s),
	SECONDS(expires_in_s),
};

static const char *refuse(struct request *request, uint8_t code, const char *why)
{
	request->code = code;
	return why;
}

static bool read_method(struct rdl_span name, uint8_t *method)
{
	static const char *const names[] = { NULL, "GET", "POST", "PUT", "DELETE", "FETCH", NULL,
		"iPATCH" };

	for (uint8_t i = 0; i < RDL_ARRAY_LEN(names); i++) {
		if (names[i] != NULL && strlen(names[i]) == name.len &&
			memcmp(names[i], name.data, name.len) == 0) {
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

static const char *read_members(struct request *request, struct members *members)
{
	*members = (struct members){
		.content_format = RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE,
	};
	const char *wrong =
		rdl_lines_read(request->json, known, RDL_ARRAY_LEN(known), members, no_request);

	/* Whatever else is wrong, it goes by its name. */
	request->parts.id = members->id;
	if (wrong != NULL)
		return wrong;
	request->parts.endpoint = members->endpoint;
	request->content_format = (uint16_t)members->content_format;
	request->accept = (uint16_t)members->accept;
	request->timeout_ms = (uint32_t)(members->timeout_s * 1000);
	request->expires_ms = (uint32_t)(members->expires_in_s * 1000);
	if (!read_method(members->method, &request->method))
		return no_method;
	return read_observe(members->observe, request) ? NULL : no_observe;
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
	enum rdl_target target = rdl_target_read(members->path, &options, &request->path);

	if (target == RDL_TARGET_MALFORMED)
		return no_path;
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

	if (members->payload.len > rdl_base64_len(callers->max_payload))
		return refuse(request, TOO_LARGE, "payload: longer than requests.max_payload");
	if (!rdl_base64_decode(members->payload, callers->payload, callers->max_payload, &len))
		return no_payload;
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

	*request = (struct request){ .json = rdl_lines_load(text, len, false, &wrong) };
	if (request->json == NULL)
		return wrong;
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
