/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * targets: what a request to a device names: by its path, as people write it, and by the paths that
 * stand in the payload of a composite operation. Any thread.
 *
 * The Security Object is Object 0, and whoever is asked for it must not be asked. A device may be
 * lax, so what is not spelt in the one way that the standard has is not taken: of "/00", "/+0" and
 * "/65536", who knows what it would make. Nor do names before the first number matter, since they
 * may be an alternate path: the first number is the Object's, wherever it stands.
 */
#ifndef RDL_TARGETS_H
#define RDL_TARGETS_H

#include "base.h"

enum rdl_target {
	RDL_TARGET_GOOD,
	RDL_TARGET_MALFORMED,
	RDL_TARGET_TOO_LONG,
	RDL_TARGET_SECURITY, /* it names the Security Object */
	RDL_TARGET_UNREAD, /* a payload whose paths cannot be found */
	RDL_TARGET_BARRED, /* whoever was asked said so */
};

/* Octets of the longest path as text, in its one spelling. */
#define RDL_TARGET_TEXT_MAX 256

/* A path in its one spelling, "/3/0/0"; "/" has no segments. */
struct rdl_target_path {
	size_t len;
	char text[RDL_TARGET_TEXT_MAX];
};

/*
 * Reads a path as a URI has it (RFC 3986 section 3.3): "/3/0/0", %XX decoded. Each segment goes to
 * `options` behind an octet of its length; failing there is RDL_TARGET_TOO_LONG.
 */
RDL_MUST_CHECK enum rdl_target rdl_target_read(
	struct rdl_span text, struct rdl_cursor *options, struct rdl_target_path *path);

/* Told of each path that a payload names; other than GOOD ends it. */
typedef enum rdl_target (*rdl_target_fn)(void *context, const struct rdl_target_path *path);

/* Whether a Content-Format is one that may name paths of its own. */
bool rdl_target_names(uint16_t content_format);
/*
 * Finds the paths in a payload of such a format: SenML (RFC 8428, RFC 8790) in JSON or CBOR, and
 * the formats of LwM2M in JSON and CBOR. UNREAD: it is none of these.
 */
RDL_MUST_CHECK enum rdl_target rdl_target_payload(
	uint16_t content_format, struct rdl_span payload, rdl_target_fn tell, void *context);

#endif
