/* SPDX-License-Identifier: BSD-3-Clause */
/* input: a request as its options have it. */
#ifndef RDL_LWM2M_INPUT_H
#define RDL_LWM2M_INPUT_H

#include "coap.h"
#include "parameters.h"
#include "reason.h"

enum rdl_path {
	RDL_PATH_OTHER,
	RDL_PATH_RD,
	RDL_PATH_LOCATION, /* /rd/ and one segment, which may be empty or anything */
	RDL_PATH_WELL_KNOWN_CORE,
	RDL_PATH_SEND, /* /dp (LwM2M 1.1 section 6.4.6) */
};

/* One request on its way through a worker: views into the datagram, valid as long as it. */
struct rdl_input {
	struct rdl_coap_message message;
	enum rdl_path path;
	struct rdl_span id; /* of RDL_PATH_LOCATION */
	struct rdl_parameters parameters;
	struct rdl_span payload;
	int32_t content_format; /* -1: none */
	bool has_block1;
	struct rdl_coap_block block1;
	uint32_t size1; /* 0: none */
	/*
	 * RDL_REASON_NONE, bad_option or proxy;
	 * an option that must be understood (RFC 7252 section 5.4) goes first
	 */
	enum rdl_reason option_reason;
	uint16_t bad_option; /* the first such one's number */
};

/* Walks the options of input->message and fills the rest. RDL_MALFORMED: a message format error. */
RDL_MUST_CHECK enum rdl_status rdl_input_read(struct rdl_input *input);

#endif
