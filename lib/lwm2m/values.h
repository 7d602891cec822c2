/* SPDX-License-Identifier: BSD-3-Clause */
/* values: what query parameters say, of those that are more than text or a number. */
#ifndef RDL_LWM2M_VALUES_H
#define RDL_LWM2M_VALUES_H

#include "base.h"

#define RDL_LIFETIME_DEFAULT 86400 /* seconds: of a Register without `lt` */
#define RDL_MINOR_NONE 0xff /* a registered minor version is 127 at most */

struct rdl_version {
	uint32_t major, minor; /* saturated, never wrapped */
};
/* 1*DIGIT "." 1*DIGIT */
RDL_MUST_CHECK bool rdl_version_parse_any(struct rdl_span text, struct rdl_version *version);
/* The same, quick for one digit each, as nearly all are. */
static inline bool rdl_version_parse(struct rdl_span text, struct rdl_version *version)
{
	if (RDL_LIKELY(text.len == 3 && text.data[1] == '.')) {
		uint32_t major = (uint32_t)text.data[0] - '0', minor = (uint32_t)text.data[2] - '0';

		*version = (struct rdl_version){ major, minor };
		return major <= 9 && minor <= 9;
	}
	return rdl_version_parse_any(text, version);
}

/*
 * A binding as sent: its letters, four bits each, the first lowest; 0 is none. Judged by the
 * registered minor version of LwM2M 1: 0 takes U UQ S SQ US UQS; 1 and up take a set of U T S N,
 * each once, in any order, and M and H besides when the server's highest minor version is 2 or
 * more; or else, word for word, UQ SQ UQS.
 */
typedef uint32_t rdl_binding;
#define RDL_BINDING_DEFAULT 1u /* U */
#define RDL_BINDING_TEXT 8
/*
 * The binding says queue mode. Registrations may be in it without:
 * the parameter `Q` says so, too.
 */
bool rdl_binding_queue(rdl_binding binding);
RDL_MUST_CHECK bool rdl_binding_parse(
	struct rdl_span text, unsigned minor, unsigned server_minor, rdl_binding *binding);
void rdl_binding_text(rdl_binding binding, char text[RDL_BINDING_TEXT]);

#endif
