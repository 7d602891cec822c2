/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes of refusals, for people. */
#include "pipeline_internal.h"

static uint8_t copy(struct rdl_span from, uint8_t *to, size_t room)
{
	size_t len = from.len < room ? from.len : room;

	if (len > 0)
		memcpy(to, from.data, len);
	return (uint8_t)len;
}

/* What a segment of a path may hold as it is (RFC 3986 section 3.3). */
static bool is_plain(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= 'a' && octet <= 'z') ||
	       (octet != 0 && strchr("-._~!$&'()*+,;=:@", octet) != NULL);
}

static void put_segment(struct rdl_cursor *path, const struct rdl_coap_option *segment)
{
	static const char hex[] = "0123456789ABCDEF";

	rdl_cursor_u8(path, '/');
	for (size_t i = 0; i < segment->len && !path->failed; i++) {
		uint8_t octet = segment->value[i];
		const uint8_t encoded[] = { '%', (uint8_t)hex[octet >> 4],
			(uint8_t)hex[octet & 15] };

		if (is_plain(octet))
			rdl_cursor_u8(path, octet);
		else
			rdl_cursor_bytes(path, encoded, sizeof(encoded));
	}
}

/*
 * The path of a request whose options have been read,
 * as in a URI (RFC 7252 section 6.5), as far as there is room.
 */
static uint8_t write_path(const struct rdl_coap_message *message, uint8_t *to, size_t room)
{
	struct rdl_coap_options options = rdl_coap_options(message);
	struct rdl_cursor path = rdl_cursor(to, room);
	struct rdl_coap_option option;

	while (rdl_coap_option_next(&options, &option) > 0 && option.number <= RDL_COAP_URI_PATH)
		if (option.number == RDL_COAP_URI_PATH)
			put_segment(&path, &option);
	if (path.pos == to)
		rdl_cursor_u8(&path, '/');
	return (uint8_t)(path.pos - to);
}

/* What the request says of itself. */
static void note_input(struct rdl_refusal *refusal, const struct rdl_input *input)
{
	const struct rdl_parameters *p = &input->parameters;

	refusal->path_len = write_path(&input->message, refusal->path, sizeof(refusal->path));
	if ((p->given & p->valued & 1u << RDL_PARAMETER_EP) != 0)
		refusal->endpoint_len = copy(
			p->value[RDL_PARAMETER_EP], refusal->endpoint, sizeof(refusal->endpoint));
}

/* Of what a shard has refused: a location that may have been somebody's, or an endpoint. */
static void note_from_shard(struct rdl_refusal *refusal, const struct rdl_request *request)
{
	if (request->operation != RDL_OPERATION_REGISTER) {
		refusal->location = request->location;
		refusal->located = true;
		return;
	}
	refusal->path_len = copy(RDL_SPAN("/rd"), refusal->path, sizeof(refusal->path));
	refusal->endpoint_len =
		copy(rdl_request_endpoint(request), refusal->endpoint, sizeof(refusal->endpoint));
}

/* Some of an object list, before its fault and from there on. */
static void note_excerpt(struct rdl_refusal *refusal, struct rdl_span list)
{
	size_t fault = refusal->number < list.len ? refusal->number : list.len;
	size_t before = RDL_REFUSAL_EXCERPT_MAX / 2, begin = fault > before ? fault - before : 0;
	struct rdl_span from = { list.data + begin, list.len - begin };

	refusal->excerpt_fault = (uint8_t)(fault - begin);
	refusal->excerpt_len = copy(from, refusal->excerpt, sizeof(refusal->excerpt));
}

static void note_detail(struct rdl_refusal *refusal, const struct rdl_request *request)
{
	const struct rdl_detail *detail = &request->detail;

	switch (rdl_reason_detail((enum rdl_reason)request->reason)) {
	case RDL_DETAIL_parameter:
		refusal->parameter_len =
			copy((struct rdl_span){ detail->parameter, detail->parameter_len },
				refusal->parameter, sizeof(refusal->parameter));
		break;
	case RDL_DETAIL_option:
	case RDL_DETAIL_octet:
	case RDL_DETAIL_objects:
		refusal->number = detail->number;
		break;
	case RDL_DETAIL_none:
		break;
	}
}

void rdl_pipeline_note(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_request *request,
	const struct rdl_input *input)
{
	struct rdl_refusal refusal;

	if (pipeline->config.refusals == NULL)
		return;
	refusal = (struct rdl_refusal){ .time_ms = pipeline->now_ms,
		.peer = request->peer,
		.identity = request->identity,
		.operation = request->operation,
		.reason = request->reason };
	if (input == NULL) {
		note_from_shard(&refusal, request);
	} else {
		note_input(&refusal, input);
	}
	note_detail(&refusal, request);
	if (input != NULL &&
		rdl_reason_detail((enum rdl_reason)request->reason) == RDL_DETAIL_octet)
		note_excerpt(&refusal, input->payload);
	rdl_refusals_add(pipeline->config.refusals, &refusal);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_capture_refused(pipeline->capture, i, &refusal);
}

void rdl_pipeline_note_shed(
	struct rdl_pipeline *pipeline, const struct rdl_request *request, enum rdl_stat stat)
{
	if (pipeline->config.refusals != NULL)
		rdl_sheds_note(&pipeline->config.refusals->sheds, request, stat, pipeline->now_ms);
}
