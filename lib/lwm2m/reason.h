/* SPDX-License-Identifier: BSD-3-Clause */
/* reason: why a request was refused. */
#ifndef RDL_LWM2M_REASON_H
#define RDL_LWM2M_REASON_H

#include "base.h"

/* What a list lacks that must be in one, as a refusal's detail. */
#define RDL_MISSING_SERVER 1
#define RDL_MISSING_DEVICE 2

/*
 * Why a request was refused, by which code, and what its diagnostic payload says, or begins with:
 * rdl_reason_write() adds the rest. X(name, code, text)
 */
#define RDL_REASONS(X)                                                             \
	X(bad_option, BAD_OPTION, "option not understood: ")                       \
	X(proxy, PROXYING_NOT_SUPPORTED, "no proxy here")                          \
	X(path, NOT_FOUND, "no such path")                                         \
	X(location, NOT_FOUND, "not registered")                                   \
	X(method, METHOD_NOT_ALLOWED, "method not allowed")                        \
	X(delete_rd, BAD_REQUEST, "delete a registration, not /rd")                \
	X(version_syntax, BAD_REQUEST, "lwm2m: not MAJOR.MINOR")                   \
	X(version, PRECONDITION_FAILED, "lwm2m: version not supported")            \
	X(repeated, BAD_REQUEST, "parameter given twice")                          \
	X(unknown_parameter, BAD_REQUEST, "unknown parameter")                     \
	X(endpoint_missing, BAD_REQUEST, "ep: missing or empty")                   \
	X(endpoint_syntax, BAD_REQUEST, "ep: not UTF-8 of 1 to 252 octets")        \
	X(lifetime_syntax, BAD_REQUEST, "lt: not a number of seconds")             \
	X(binding, BAD_REQUEST, "b: not a binding of this version")                \
	X(queue, BAD_REQUEST, "Q: not in this version, or has a value")            \
	X(sms, BAD_REQUEST, "sms: empty, too long, or not a number")               \
	X(update_parameter, BAD_REQUEST, "parameter not allowed in an Update")     \
	X(update_mismatch, BAD_REQUEST, "not as it was registered")                \
	X(block_size, BAD_REQUEST, "Block1: size exponent 7")                      \
	X(block_length, BAD_REQUEST, "Block1: payload is not one block")           \
	X(block_gap, REQUEST_ENTITY_INCOMPLETE, "Block1: not the next block")      \
	X(too_large, REQUEST_ENTITY_TOO_LARGE, "payload too large")                \
	X(endpoint_unknown, BAD_REQUEST, "ep: unknown")                            \
	X(endpoint_unknown_forbidden, FORBIDDEN, "ep: unknown")                    \
	X(endpoint_barred, FORBIDDEN, "ep: not allowed")                           \
	X(content_format, BAD_REQUEST, "payload is not application/link-format")   \
	X(payload_missing, BAD_REQUEST, "no object list")                          \
	X(link_syntax, BAD_REQUEST, "object list: syntax error at octet ")         \
	X(root_length, BAD_REQUEST, "object list: alternate path over 64 octets")  \
	X(links_too_many, REQUEST_ENTITY_TOO_LARGE, "object list: too many links") \
	X(security_object, BAD_REQUEST, "object list: Security Object")            \
	X(mandatory_objects, BAD_REQUEST, "object list: without object ")

enum rdl_reason {
	RDL_REASON_NONE,
#define X(name, code, text) RDL_REASON_##name,
	RDL_REASONS(X)
#undef X
		RDL_REASON_COUNT
};

/* The response code of a reason, and its text; 0 and "" for RDL_REASON_NONE. */
uint8_t rdl_reason_code(enum rdl_reason reason);
const char *rdl_reason_text(enum rdl_reason reason);
/*
 * The whole text, at most RDL_REASON_TEXT_MAX octets. `detail` is request->detail of a refusal that
 * has one; `name` that of the parameter at fault, printed as far as it is ASCII and not long:
 * whoever reads it reads it in a log.
 */
#define RDL_REASON_TEXT_MAX 96
void rdl_reason_write(
	struct rdl_cursor *out, enum rdl_reason reason, uint32_t detail, struct rdl_span name);
/* Whether a refusal for this reason has a name; a detail. */
bool rdl_reason_names_parameter(enum rdl_reason reason);
bool rdl_reason_has_detail(enum rdl_reason reason);

#endif
