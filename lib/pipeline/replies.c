/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies: what shards have answered, and their frames. */
#include "pipeline_internal.h"
#include "sessions.h"

void rdl_pipeline_frame(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	const struct rdl_reply *reply = &packet->reply;

	/* A Reset has no code to count. */
	if (reply->coap[1] != RDL_COAP_EMPTY)
		rdl_stats_add(&pipeline->stats, rdl_stat_of_code(reply->coap[1]), 1);
	rdl_net_reply(&packet->frame, (uint16_t)(reply->len + rdl_reply_around(reply)));
}

void rdl_pipeline_refuse(const struct rdl_policy *policy, struct rdl_packet *packet)
{
	unsigned around = rdl_reply_around(&packet->reply),
		 longest = rdl_net_as_long(&packet->frame);

	rdl_reply_refuse(&packet->reply, &packet->request, rdl_policy_diagnostics(policy),
		longest > around ? longest - around : 0);
}

/*
 * Answers lie in the shard's cache, and packets in a farther one of ours by now. Both are fetched
 * some packets ahead of their turn.
 */
#define REQUESTS_AHEAD 16
#define DATA_AHEAD 4

static void fetch_answer(struct rdl_packet *packet)
{
	RDL_PREFETCH_WRITE(packet);
	RDL_PREFETCH_WRITE(&packet->request);
}

static void fetch_data(const struct rdl_packet *packet)
{
	RDL_PREFETCH_WRITE(packet->frame.data);
	RDL_PREFETCH_WRITE(packet->frame.data + RDL_CACHE_LINE);
}

/* The ids of registrations that were created, some at a time. */
static void make_ids(const struct rdl_pipeline *pipeline, struct rdl_packet *const packets[],
	unsigned count, uint8_t (*ids)[RDL_LOCATION_LEN])
{
	const struct rdl_location *locations[RDL_LANES];
	unsigned made = 0, n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (i + REQUESTS_AHEAD < count)
			fetch_answer(packets[i + REQUESTS_AHEAD]);
		if (packets[i]->request.code == RDL_COAP_CREATED)
			locations[n++] = &packets[i]->request.location;
		if (n == 0 || (n < RDL_LANES && i + 1 < count))
			continue;
		rdl_location_encode_lanes(&pipeline->config.location_key, n, locations, ids + made);
		made += n;
		n = 0;
	}
}

/* What the shard answered, written over the datagram; `id` of a registration that was created. */
static void write_reply(struct rdl_pipeline *pipeline, const struct rdl_policy *policy, unsigned i,
	struct rdl_packet *packet, const uint8_t id[RDL_LOCATION_LEN])
{
	const struct rdl_request *request = &packet->request;

	if (request->code == RDL_COAP_CREATED) {
		rdl_reply_write(&packet->reply, request->code, id);
	} else if (RDL_LIKELY(RDL_COAP_CODE_CLASS(request->code) == 2)) {
		rdl_reply_write(&packet->reply, request->code, NULL);
	} else {
		rdl_pipeline_note(pipeline, i, request, NULL);
		rdl_pipeline_refuse(policy, packet);
	}
}

/* The registration lives by another session now: this one ends, unless it is used. */
static void leave(struct rdl_pipeline *pipeline, uint64_t session, uint32_t now_s)
{
	const struct rdl_pipeline_config *config = &pipeline->config;

	if (rdl_dtls_is_ours(config->dtls, session))
		rdl_dtls_keep(config->dtls, session, 0, now_s);
	else if (config->leave != NULL)
		config->leave(config->context, session);
}

/*
 * A session lives as long as the registration that it has made or kept. Without a lifetime it is a
 * copy's whose registration is gone: of another nothing is known.
 */
static void keep_session(struct rdl_pipeline *pipeline, const struct rdl_packet *packet)
{
	uint32_t now_s = (uint32_t)(pipeline->now_ms / 1000);
	const struct rdl_request *request = &packet->request;
	struct rdl_dtls *dtls = pipeline->config.dtls;

	if (request->code == RDL_COAP_DELETED) {
		rdl_dtls_keep(dtls, packet->session, 0, now_s);
	} else if (request->code != RDL_COAP_CREATED && request->code != RDL_COAP_CHANGED) {
		return;
	} else if (request->lifetime_s > 0) {
		rdl_dtls_keep(dtls, packet->session, request->lifetime_s, now_s);
		rdl_dtls_set_registration(dtls, packet->session, request->location.handle);
	}
	if (request->session != 0 && request->session != packet->session)
		leave(pipeline, request->session, now_s);
}

/* Their sessions have been fetched meanwhile. */
static rdl_packet_set seal(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], rdl_packet_set secure)
{
	for (rdl_packet_set left = secure; left != 0;)
		keep_session(pipeline, packets[rdl_packet_pop(&left)]);
	return rdl_pipeline_seal(pipeline, packets, secure);
}

rdl_packet_set rdl_pipeline_replies(struct rdl_pipeline *pipeline, const struct rdl_policy *policy,
	struct rdl_packet *const packets[], unsigned count)
{
	uint8_t ids[RDL_BURST_MAX][RDL_LOCATION_LEN];
	unsigned created = 0;
	rdl_packet_set send = 0, secure = 0;

	for (unsigned i = 0; i < REQUESTS_AHEAD && i < count; i++)
		fetch_answer(packets[i]);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_capture_clear(pipeline->capture);
	make_ids(pipeline, packets, count, ids);
	for (unsigned i = 0; i < count; i++) {
		if (i + DATA_AHEAD < count)
			fetch_data(packets[i + DATA_AHEAD]);
		if (RDL_UNLIKELY(pipeline->capture != NULL))
			rdl_pipeline_capture_request(pipeline, i, packets[i]);
		rdl_pipeline_let_go(pipeline, packets[i]);
		if (packets[i]->request.code == 0) {
			rdl_pipeline_note_shed(pipeline, &packets[i]->request,
				(enum rdl_stat)packets[i]->request.shed);
			continue;
		}
		write_reply(pipeline, policy, i, packets[i], ids[created]);
		created += packets[i]->request.code == RDL_COAP_CREATED;
		send |= rdl_packet_bit(i);
		if (RDL_LIKELY(packets[i]->reply.head == 0)) {
			rdl_pipeline_frame(pipeline, packets[i]);
			continue;
		}
		rdl_dtls_prefetch_whole(pipeline->config.dtls, packets[i]->session);
		secure |= rdl_packet_bit(i);
	}
	if (secure != 0)
		send &= ~seal(pipeline, packets, secure);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_replies(pipeline, packets, count, send);
	rdl_stats_add(&pipeline->stats, RDL_STAT_tx_frames, rdl_packet_count(send));
	return send;
}
