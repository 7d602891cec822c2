/* SPDX-License-Identifier: BSD-3-Clause */
/* reason: why a request was refused. */
#ifndef RDL_LWM2M_REASON_H
#define RDL_LWM2M_REASON_H

#include "base.h"

/* What a refusal tells beside its reason: the reason says of which kind it is. */
enum rdl_detail_kind {
	RDL_DETAIL_none,
	RDL_DETAIL_parameter, /* the name of the one at fault; empty: no one in particular */
	RDL_DETAIL_option, /* its number */
	RDL_DETAIL_octet, /* of the object list: where it breaks the grammar */
	RDL_DETAIL_objects, /* that are missing in the object list: RDL_MISSING_* */
};
struct rdl_detail {
	const uint8_t *parameter;
	uint32_t parameter_len;
	uint32_t number; /* of an option, of an octet, or RDL_MISSING_* */
};
#define RDL_MISSING_SERVER 1
#define RDL_MISSING_DEVICE 2

/*
 * Why a request was refused, by which code, with what detail, and what its diagnostic payload says,
 * or begins with: rdl_reason_write() adds the detail. X(name, code, detail, text)
 */
#define RDL_REASONS(X)                                                                    \
	X(bad_option, BAD_OPTION, option, "option not understood: ")                      \
	X(proxy, PROXYING_NOT_SUPPORTED, none, "no proxy here")                           \
	X(path, NOT_FOUND, none, "no such path")                                          \
	X(location, NOT_FOUND, none, "not registered")                                    \
	X(method, METHOD_NOT_ALLOWED, none, "method not allowed")                         \
	X(delete_rd, BAD_REQUEST, none, "delete a registration, not /rd")                 \
	X(version_syntax, BAD_REQUEST, none, "lwm2m: not MAJOR.MINOR")                    \
	X(version, PRECONDITION_FAILED, none, "lwm2m: version not supported")             \
	X(repeated, BAD_REQUEST, parameter, "parameter given twice")                      \
	X(unknown_parameter, BAD_REQUEST, parameter, "unknown parameter")                 \
	X(endpoint_missing, BAD_REQUEST, none, "ep: missing or empty")                    \
	X(endpoint_syntax, BAD_REQUEST, none, "ep: not UTF-8 of 1 to 252 octets")         \
	X(lifetime_syntax, BAD_REQUEST, none, "lt: not a number of seconds")              \
	X(binding, BAD_REQUEST, none, "b: not a binding of this version")                 \
	X(queue, BAD_REQUEST, none, "Q: not in this version, or has a value")             \
	X(sms, BAD_REQUEST, none, "sms: empty, too long, or not a number")                \
	X(update_parameter, BAD_REQUEST, parameter, "parameter not allowed in an Update") \
	X(update_mismatch, BAD_REQUEST, parameter, "not as it was registered")            \
	X(block_size, BAD_REQUEST, none, "Block1: size exponent 7")                       \
	X(block_length, BAD_REQUEST, none, "Block1: payload is not one block")            \
	X(block_gap, REQUEST_ENTITY_INCOMPLETE, none, "Block1: not the next block")       \
	X(too_large, REQUEST_ENTITY_TOO_LARGE, none, "payload too large")                 \
	X(endpoint_unknown, BAD_REQUEST, none, "ep: unknown")                             \
	X(endpoint_unknown_forbidden, FORBIDDEN, none, "ep: unknown")                     \
	X(endpoint_barred, FORBIDDEN, none, "ep: not allowed")                            \
	X(endpoint_secured, FORBIDDEN, none, "ep: not in clear text")                     \
	X(endpoint_identity, BAD_REQUEST, none, "ep: not of this identity")               \
	X(other_identity, BAD_REQUEST, none, "registered by another identity, or none")   \
	X(content_format, BAD_REQUEST, none, "payload is not application/link-format")    \
	X(payload_missing, BAD_REQUEST, none, "no object list")                           \
	X(link_syntax, BAD_REQUEST, octet, "object list: syntax error at octet ")         \
	X(root_length, BAD_REQUEST, none, "object list: alternate path over 64 octets")   \
	X(links_too_many, REQUEST_ENTITY_TOO_LARGE, none, "object list: too many links")  \
	X(security_object, BAD_REQUEST, none, "object list: Security Object")             \
	X(mandatory_objects, BAD_REQUEST, objects, "object list: without object ")

enum rdl_reason {
	RDL_REASON_NONE,
#define X(name, code, detail, text) RDL_REASON_##name,
	RDL_REASONS(X)
#undef X
		RDL_REASON_COUNT
};

/* The response code of a reason, its text, and the kind of its detail; RDL_REASON_NONE has none. */
uint8_t rdl_reason_code(enum rdl_reason reason);
const char *rdl_reason_text(enum rdl_reason reason);
enum rdl_detail_kind rdl_reason_detail(enum rdl_reason reason);
/*
 * The whole text, at most RDL_REASON_TEXT_MAX octets. A parameter's name is printed as far as it is
 * ASCII and not long: whoever reads it reads it in a log. `detail` is not looked at where the
 * reason has none.
 */
#define RDL_REASON_TEXT_MAX 96
void rdl_reason_write(
	struct rdl_cursor *out, enum rdl_reason reason, const struct rdl_detail *detail);

#endif
