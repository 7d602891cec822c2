/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside targets: readers of payloads, each of one syntax. */
#ifndef RDL_TARGETS_INTERNAL_H
#define RDL_TARGETS_INTERNAL_H

#include "targets.h"

/* Whom to tell of paths. */
struct rdl_target_ear {
	rdl_target_fn tell;
	void *context;
};

/*
 * A name of SenML (RFC 8428 section 4.5.1): the base name and behind it the record's own. Of a base
 * name alone, its last slash says nothing.
 */
enum rdl_target rdl_target_name(
	const struct rdl_target_ear *ear, struct rdl_span base, struct rdl_span name);

enum rdl_target rdl_target_json(const struct rdl_target_ear *ear, struct rdl_span payload);
enum rdl_target rdl_target_old_json(const struct rdl_target_ear *ear, struct rdl_span payload);
enum rdl_target rdl_target_cbor(const struct rdl_target_ear *ear, struct rdl_span payload);
enum rdl_target rdl_target_lwm2m_cbor(const struct rdl_target_ear *ear, struct rdl_span payload);

#endif
