/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: opened before their messages are read, and sealed once replies are written. */
#include "pipeline_internal.h"
#include "sessions.h"

/* Back to whoever sent a frame, which on the link is the next hop. */
static struct rdl_way way_of(
	const struct rdl_frame *frame, const struct rdl_peer *peer, const struct rdl_local *local)
{
	struct rdl_way way = { .peer = *peer, .local = *local };

	memcpy(way.mac, frame->data + 6, sizeof(way.mac));
	return way;
}

/* A datagram as its handshaker is given it. */
static void make_parcel(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_dtls_item *item,
	enum rdl_dtls_parcel_kind kind)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_datagram *datagram = item->datagram;
	struct rdl_packet *packet = burst->packets[i];

	packet->parcel = (struct rdl_dtls_parcel){
		.kind = (uint8_t)kind,
		.worker = (uint8_t)rdl_dtls_worker(pipeline->config.dtls, datagram->session),
		.len = datagram->len,
		.data = datagram->data,
		.session = datagram->session,
		.evicted = kind == RDL_PARCEL_BEGIN ? item->evicted : 0,
		.way = way_of(&packet->frame, &datagram->peer, &datagram->local),
	};
	packet->home = pipeline->home;
	burst->handshaker[i] = item->to;
	burst->parcel |= rdl_packet_bit(i);
}

/* Whoever is told to have a session, and has none either, is at the end of the search. */
static void pass_on(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_dtls_item *item)
{
	struct rdl_burst *burst = &pipeline->burst;

	if (pipeline->home != 0) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_dtls_session);
		return;
	}
	burst->worker[i] = item->to;
	burst->elsewhere |= rdl_packet_bit(i);
}

static void take_rest(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_dtls_item *item)
{
	if (RDL_UNLIKELY(item->rest_len > 0))
		rdl_pipeline_take_rest(
			pipeline, &pipeline->burst.packets[i]->frame, item->rest, item->rest_len);
}

static void sort(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_dtls_item *item)
{
	struct rdl_burst *burst = &pipeline->burst;
	enum rdl_dtls_verdict verdict = (enum rdl_dtls_verdict)item->verdict;

	if (RDL_LIKELY(verdict == RDL_DTLS_MESSAGE)) {
		burst->packets[i]->session = item->datagram->session;
		burst->packets[i]->home = pipeline->home;
		burst->secure |= rdl_packet_bit(i);
		take_rest(pipeline, i, item);
	} else if (verdict == RDL_DTLS_ANSWER) {
		rdl_net_reply(&burst->packets[i]->frame, item->datagram->len);
		rdl_stats_add(&pipeline->stats, RDL_STAT_dtls_cookies, 1);
		burst->reply |= rdl_packet_bit(i);
	} else if (verdict == RDL_DTLS_BEGIN) {
		make_parcel(pipeline, i, item, RDL_PARCEL_BEGIN);
	} else if (verdict == RDL_DTLS_MORE) {
		make_parcel(pipeline, i, item, RDL_PARCEL_MORE);
	} else if (verdict == RDL_DTLS_RECORD) {
		make_parcel(pipeline, i, item, RDL_PARCEL_RECORD);
		take_rest(pipeline, i, item);
	} else if (verdict == RDL_DTLS_ELSEWHERE) {
		pass_on(pipeline, i, item);
	} else if (verdict == RDL_DTLS_CLOSED) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_dtls_closed);
	} else {
		rdl_pipeline_drop(pipeline, i, rdl_stat_of_dtls_drop(verdict));
	}
}

static void open_records(struct rdl_pipeline *pipeline, struct rdl_records *records)
{
	struct rdl_dtls *dtls = pipeline->config.dtls;
	uint32_t now_s = (uint32_t)(pipeline->now_ms / 1000);

	if (RDL_LIKELY(pipeline->opened == 0))
		rdl_dtls_open(dtls, records->items, records->count, now_s);
	else
		rdl_dtls_opened(
			dtls, records->items, pipeline->opened, pipeline->opened_len, now_s);
}

rdl_packet_set rdl_pipeline_open(struct rdl_pipeline *pipeline, rdl_packet_set datagrams)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_records *records = &burst->records;
	unsigned n = 0;

	for (rdl_packet_set left = datagrams; left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		struct rdl_datagram *datagram = &burst->datagrams[i];

		if (datagram->local.udp_port != pipeline->config.dtls_udp_port)
			continue;
		datagrams &= ~rdl_packet_bit(i);
		records->place[n] = (uint8_t)i;
		records->items[n++].datagram = datagram;
	}
	records->count = n;
	if (n == 0)
		return datagrams;
	open_records(pipeline, records);
	for (unsigned k = 0; k < n; k++)
		sort(pipeline, records->place[k], &records->items[k]);
	return datagrams | burst->secure;
}

void rdl_pipeline_enclose(struct rdl_pipeline *pipeline, rdl_packet_set packets)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_records *records = &burst->records;
	const struct rdl_identities *identities = rdl_policy_config(burst->policy)->identities;

	for (unsigned k = 0; k < records->count; k++) {
		const struct rdl_dtls_item *item = &records->items[k];
		unsigned i = records->place[k];
		struct rdl_packet *packet = burst->packets[i];
		struct rdl_reply *reply = &packet->reply;

		if (!rdl_packet_is_in(packets & burst->secure, i))
			continue;
		reply->head = item->head;
		reply->tail = item->tail;
		reply->request_head = item->request_head;
		if (rdl_packet_is_in(burst->reply, i)) {
			/* A Reset, which is written where its message stood. */
			reply->coap += item->head - item->request_head;
			memmove(reply->coap, item->datagram->data, reply->len);
			/* Where it goes, like any reply. */
			packet->request.peer = item->datagram->peer;
			packet->request.local = item->datagram->local;
		} else if (!rdl_packet_is_in(burst->answer, i)) {
			/* For the verdict on a Register, which comes when all have been here. */
			if (identities != NULL && burst->inputs[i].path == RDL_PATH_RD)
				rdl_identities_prefetch(identities, packet->request.identity);
			packet->request.session = packet->session;
			packet->request.exchange =
				rdl_secure_exchange_digest(packet, pipeline->config.exchange_seed);
		}
	}
}

/* Of the reply. */
static void count_code(struct rdl_pipeline *pipeline, uint8_t code)
{
	if (code != RDL_COAP_EMPTY)
		rdl_stats_add(&pipeline->stats, rdl_stat_of_code(code), 1);
}

/* A reply that a handshaker is to seal and to send. False: there is no frame for it. */
static bool defer(const struct rdl_pipeline *pipeline, const struct rdl_packet *packet,
	const struct rdl_dtls_seal *item)
{
	const struct rdl_pipeline_config *config = &pipeline->config;
	const struct rdl_request *request = &packet->request;
	struct rdl_frame *frame = config->make(config->context, packet->frame.port, item->len);

	if (frame == NULL)
		return false;
	struct rdl_packet *to_give = (struct rdl_packet *)frame;
	memcpy(frame->data, item->text, item->len);
	to_give->home = 0;
	to_give->parcel = (struct rdl_dtls_parcel){
		.kind = RDL_PARCEL_REPLY,
		.worker = (uint8_t)rdl_dtls_worker(config->dtls, item->session),
		.registered = item->registered,
		.len = item->len,
		.data = frame->data,
		.session = item->session,
		.way = way_of(&packet->frame, &request->peer, &request->local),
	};
	config->give(config->context, to_give, item->to);
	return true;
}

/* A reply that is not sealed. */
static void leave(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_packet *packet,
	const struct rdl_dtls_seal *item)
{
	enum rdl_stat why = 0;

	if (!item->deferred)
		why = RDL_STAT_drop_dtls_over;
	else if (!defer(pipeline, packet, item))
		why = RDL_STAT_drop_dtls_cbc;
	if (why != 0)
		rdl_stats_add(&pipeline->stats, why, 1);
	else
		count_code(pipeline, item->text[1]);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_capture_unsent(pipeline->capture, i, (uint8_t)why);
}

/* Nobody can read them once they are sealed. */
static void capture_replies(
	struct rdl_capture *capture, struct rdl_packet *const packets[], rdl_packet_set replies)
{
	while (replies != 0) {
		unsigned i = rdl_packet_pop(&replies);
		const struct rdl_reply *reply = &packets[i]->reply;

		rdl_capture_keep_reply(capture, i, (struct rdl_span){ reply->coap, reply->len });
	}
}

rdl_packet_set rdl_pipeline_seal(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], rdl_packet_set replies)
{
	struct rdl_dtls_seal items[RDL_BURST_MAX];
	uint8_t codes[RDL_BURST_MAX];
	rdl_packet_set lost = 0;
	unsigned n = 0;

	for (rdl_packet_set left = replies; left != 0; n++) {
		const struct rdl_packet *packet = packets[rdl_packet_pop(&left)];

		codes[n] = packet->reply.coap[1];
		items[n] = (struct rdl_dtls_seal){ .session = packet->session,
			.text = packet->reply.coap,
			.len = packet->reply.len };
	}
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		capture_replies(pipeline->capture, packets, replies);
	rdl_dtls_seal(pipeline->config.dtls, items, n);
	n = 0;
	for (rdl_packet_set left = replies; left != 0; n++) {
		unsigned i = rdl_packet_pop(&left);
		struct rdl_packet *packet = packets[i];

		if (RDL_UNLIKELY(!items[n].sealed)) {
			lost |= rdl_packet_bit(i);
			leave(pipeline, i, packet, &items[n]);
			continue;
		}
		count_code(pipeline, codes[n]);
		rdl_net_reply(&packet->frame,
			(uint16_t)(packet->reply.len + rdl_reply_around(&packet->reply)));
	}
	return lost;
}
