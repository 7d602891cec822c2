/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes of refusals, for people. */
#include "internal.h"

static uint8_t copy(struct rdl_span from, uint8_t *to, size_t room)
{
	size_t len = from.len < room ? from.len : room;

	if (len > 0)
		memcpy(to, from.data, len);
	return (uint8_t)len;
}

void rdl_pipeline_note(struct rdl_pipeline *pipeline, const struct rdl_request *request,
	const struct rdl_input *input)
{
	enum rdl_reason reason = (enum rdl_reason)request->reason;
	struct rdl_refusal refusal;

	if (pipeline->config.refusals == NULL)
		return;
	refusal = (struct rdl_refusal){ .time_ms = pipeline->now_ms,
		.peer = request->peer,
		.detail = rdl_reason_has_detail(reason) ? request->detail : 0,
		.operation = request->operation,
		.reason = request->reason };
	if (input == NULL) {
		/* From the shard: of a location that may have been somebody's. */
		refusal.location = request->location;
		refusal.located = true;
	} else if ((input->parameters.given & input->parameters.valued & 1u << RDL_PARAMETER_EP) !=
		   0) {
		refusal.endpoint_len = copy(input->parameters.value[RDL_PARAMETER_EP],
			refusal.endpoint, sizeof(refusal.endpoint));
	}
	if (rdl_reason_names_parameter(reason))
		refusal.parameter_len =
			copy((struct rdl_span){ request->payload, request->payload_len },
				refusal.parameter, sizeof(refusal.parameter));
	rdl_refusals_add(pipeline->config.refusals, &refusal);
}
