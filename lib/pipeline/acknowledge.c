/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes back to devices for their answers, as shards have said. */
#include "pipeline_internal.h"

/* Written where the answer stood, which had other octets before it than what goes back has. */
static void write_empty(struct rdl_reply *reply, const struct rdl_answer *answer)
{
	reply->coap += reply->head - reply->request_head;
	reply->len = (uint16_t)(answer->back == RDL_BACK_ACK
					? rdl_coap_ack(reply->coap, answer->message_id)
					: rdl_coap_reset(reply->coap, answer->message_id));
}

/* False: nothing goes back. */
static bool write_back(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	const struct rdl_answer *answer = &packet->answer;

	switch ((enum rdl_answer_back)answer->back) {
	case RDL_BACK_NOTHING:
		return false;
	case RDL_BACK_ACK:
		write_empty(&packet->reply, answer);
		rdl_stats_add(&pipeline->stats, RDL_STAT_acks, 1);
		break;
	case RDL_BACK_RESET:
		write_empty(&packet->reply, answer);
		rdl_stats_add(&pipeline->stats, RDL_STAT_resets, 1);
		break;
	case RDL_BACK_CODE:
		rdl_reply_write(&packet->reply, answer->back_code, NULL);
		break;
	}
	return true;
}

/* Of a reply in a record: where a handshaker is to send it, if that seals it. */
static void tell_way(struct rdl_packet *packet)
{
	const struct rdl_peer peer = packet->answer.peer;
	const struct rdl_local local = packet->answer.local;

	packet->request.peer = peer;
	packet->request.local = local;
}

rdl_packet_set rdl_pipeline_acknowledge(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], unsigned count)
{
	rdl_packet_set send = 0, secure = 0;

	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_capture_clear(pipeline->capture);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_packet *packet = packets[i];

		if (RDL_UNLIKELY(pipeline->capture != NULL))
			rdl_pipeline_capture_answer(pipeline, i, packet);
		rdl_pipeline_let_go(pipeline, packet);
		if (!write_back(pipeline, packet))
			continue;
		send |= rdl_packet_bit(i);
		if (packet->reply.head == 0) {
			rdl_pipeline_frame(pipeline, packet);
			continue;
		}
		tell_way(packet);
		secure |= rdl_packet_bit(i);
	}
	if (secure != 0)
		send &= ~rdl_pipeline_seal(pipeline, packets, secure);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_backs(pipeline, packets, count, send);
	rdl_stats_add(&pipeline->stats, RDL_STAT_tx_frames, rdl_packet_count(send));
	return send;
}
