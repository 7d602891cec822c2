/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of packets, while somebody wants any. */
#include "pipeline_internal.h"

void rdl_pipeline_capture_frames(struct rdl_pipeline *pipeline, unsigned count)
{
	struct rdl_capture *capture = pipeline->capture;

	rdl_capture_clear(capture);
	for (unsigned i = 0; i < count; i++)
		rdl_capture_keep(capture, i, &pipeline->burst.packets[i]->frame);
}

void rdl_pipeline_capture_opened(struct rdl_pipeline *pipeline)
{
	const struct rdl_burst *burst = &pipeline->burst;

	for (rdl_packet_set left = burst->secure; left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		const struct rdl_datagram *datagram = &burst->datagrams[i];

		rdl_capture_keep_opened(pipeline->capture, i, &burst->packets[i]->frame,
			(struct rdl_span){ datagram->data, datagram->len }, datagram->identity);
	}
}

void rdl_pipeline_capture_requests(struct rdl_pipeline *pipeline, rdl_packet_set requests)
{
	const struct rdl_burst *burst = &pipeline->burst;

	while (requests != 0) {
		unsigned i = rdl_packet_pop(&requests);
		const struct rdl_parameters *p = &burst->inputs[i].parameters;

		if (rdl_packet_is_in(burst->located, i))
			rdl_capture_by_location(
				pipeline->capture, i, &burst->packets[i]->request.location);
		else if (burst->inputs[i].path == RDL_PATH_RD &&
			 (p->given & p->valued & 1u << RDL_PARAMETER_EP) != 0)
			rdl_capture_by_endpoint(pipeline->capture, i, p->value[RDL_PARAMETER_EP]);
	}
}

/* Those that are answered by a HelloVerifyRequest, of what was answered before it was read. */
static rdl_packet_set cookies(const struct rdl_pipeline *pipeline, rdl_packet_set answered)
{
	const struct rdl_records *records = &pipeline->burst.records;
	rdl_packet_set secure = 0;

	if (pipeline->config.dtls == NULL)
		return 0;
	for (unsigned k = 0; k < records->count; k++)
		secure |= rdl_packet_bit(records->place[k]);
	return answered & secure;
}

/* Of one that was answered as its message was read. */
static struct rdl_capture_end answered_end(const struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_burst *burst = &pipeline->burst;
	uint8_t code = rdl_packet_is_in(burst->secure, i)
			       ? rdl_capture_reply_code(pipeline->capture, i)
			       : burst->packets[i]->reply.coap[1];

	if (code == RDL_COAP_EMPTY)
		return (struct rdl_capture_end){ RDL_FATE_RESET, 0, burst->why[i] };
	return (struct rdl_capture_end){ RDL_FATE_ANSWERED, code, 0 };
}

void rdl_pipeline_capture_fates(
	struct rdl_pipeline *pipeline, rdl_packet_set answered, rdl_packet_set lost)
{
	const struct rdl_burst *burst = &pipeline->burst;
	const rdl_packet_set hellos = cookies(pipeline, answered);

	for (rdl_packet_set left = (burst->reply | burst->drop | burst->fragment) & ~burst->news;
		left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		const struct rdl_frame *reply = NULL;
		struct rdl_capture_end end = { RDL_FATE_FRAGMENT, 0, 0 };

		if (rdl_packet_is_in(burst->reply, i))
			reply = &burst->packets[i]->frame;
		if (rdl_packet_is_in(burst->drop & ~lost, i))
			end = (struct rdl_capture_end){ RDL_FATE_DROPPED, 0, burst->why[i] };
		else if (rdl_packet_is_in(hellos, i))
			end.fate = RDL_FATE_COOKIE;
		else if (rdl_packet_is_in(answered, i))
			end = (struct rdl_capture_end){ RDL_FATE_NET, 0, burst->why[i] };
		else if (rdl_packet_is_in(burst->reply | lost, i))
			end = answered_end(pipeline, i);
		rdl_capture_end(pipeline->capture, i, &end, reply);
	}
}

void rdl_pipeline_capture_request(
	struct rdl_pipeline *pipeline, unsigned i, const struct rdl_packet *packet)
{
	const struct rdl_request *request = &packet->request;
	const struct rdl_reply *reply = &packet->reply;
	struct rdl_capture *capture = pipeline->capture;

	rdl_capture_keep(capture, i, &packet->frame);
	if (reply->head != 0)
		rdl_capture_keep_opened(capture, i, &packet->frame,
			(struct rdl_span){ reply->coap, reply->coap_len }, request->identity);
	if (request->operation == RDL_OPERATION_REGISTER)
		rdl_capture_by_endpoint(capture, i, rdl_request_endpoint(request));
	else
		rdl_capture_by_location(capture, i, &request->location);
	if (request->operation != RDL_OPERATION_REGISTER || request->code == RDL_COAP_CREATED)
		rdl_capture_located(capture, i, &request->location);
}

void rdl_pipeline_capture_replies(struct rdl_pipeline *pipeline, struct rdl_packet *const packets[],
	unsigned count, rdl_packet_set send)
{
	for (unsigned i = 0; i < count; i++) {
		const struct rdl_request *request = &packets[i]->request;
		struct rdl_capture_end end = { RDL_FATE_ANSWERED, request->code, 0 };
		bool sent = rdl_packet_is_in(send, i);

		if (request->code == 0)
			end = (struct rdl_capture_end){ RDL_FATE_DROPPED, 0, request->shed };
		rdl_capture_end(pipeline->capture, i, &end, sent ? &packets[i]->frame : NULL);
	}
}

void rdl_pipeline_capture_shed(
	struct rdl_pipeline *pipeline, const struct rdl_packet *packet, enum rdl_stat why)
{
	const struct rdl_capture_end end = { RDL_FATE_DROPPED, 0, (uint8_t)why };

	rdl_capture_clear(pipeline->capture);
	rdl_pipeline_capture_request(pipeline, 0, packet);
	rdl_capture_end(pipeline->capture, 0, &end, NULL);
}

/* Of an empty one only the shard knows whose it is. */
void rdl_pipeline_capture_answer(
	struct rdl_pipeline *pipeline, unsigned i, const struct rdl_packet *packet)
{
	const struct rdl_answer *answer = &packet->answer;
	const struct rdl_location location = { .handle = answer->handle };
	const struct rdl_reply *reply = &packet->reply;
	struct rdl_capture *capture = pipeline->capture;

	rdl_capture_keep(capture, i, &packet->frame);
	if (reply->head != 0)
		rdl_capture_keep_opened(capture, i, &packet->frame,
			(struct rdl_span){ reply->coap, reply->coap_len }, answer->identity);
	rdl_capture_by_location(capture, i, &location);
}

void rdl_pipeline_capture_backs(struct rdl_pipeline *pipeline, struct rdl_packet *const packets[],
	unsigned count, rdl_packet_set send)
{
	for (unsigned i = 0; i < count; i++) {
		const struct rdl_answer *answer = &packets[i]->answer;
		struct rdl_capture_end end = { RDL_FATE_TAKEN, 0, 0 };
		bool sent = rdl_packet_is_in(send, i);

		if (answer->back == RDL_BACK_CODE)
			end.code = answer->back_code;
		rdl_capture_end(pipeline->capture, i, &end, sent ? &packets[i]->frame : NULL);
	}
}

void rdl_pipeline_capture_shed_answer(
	struct rdl_pipeline *pipeline, const struct rdl_packet *packet, enum rdl_stat why)
{
	const struct rdl_capture_end end = { RDL_FATE_DROPPED, 0, (uint8_t)why };

	rdl_capture_clear(pipeline->capture);
	rdl_pipeline_capture_answer(pipeline, 0, packet);
	rdl_capture_end(pipeline->capture, 0, &end, NULL);
}
