/* SPDX-License-Identifier: BSD-3-Clause */
/* The stages of a burst, in order. Each passes over the packets that the one before left. */
#include "pipeline_internal.h"

static bool may_be_the_kernels(const struct rdl_pipeline *pipeline, const struct rdl_frame *frame,
	enum rdl_net_verdict verdict)
{
	const struct rdl_interface *interface = &pipeline->config.interfaces[frame->port];

	return interface->shared && rdl_net_is_foreign(interface, frame, verdict);
}

/* A second: what is beyond is dropped in silence (RFC 1812 section 4.3.2.8). */
#define UNREACHABLE_MAX 100

/* A device that is led to a port that is not served learns so at once, but nobody floods others. */
static bool refuse_port(struct rdl_pipeline *pipeline, struct rdl_frame *frame)
{
	if (pipeline->now_ms - pipeline->unreachable_ms >= 1000) {
		pipeline->unreachable_ms = pipeline->now_ms;
		pipeline->unreachable = 0;
	}
	if (pipeline->unreachable == UNREACHABLE_MAX ||
		!rdl_net_unreachable(&pipeline->config.interfaces[frame->port], frame))
		return false;
	pipeline->unreachable++;
	rdl_stats_add(&pipeline->stats, RDL_STAT_net_unreachable, 1);
	return true;
}

/* ARP has no path, and an echo reply may be longer than its path takes. */
static bool answer_fits(const struct rdl_pipeline *pipeline, struct rdl_frame *frame)
{
	struct rdl_paths *paths = pipeline->config.paths;

	return paths == NULL || frame->l3_len == 0 || rdl_paths_fit(paths, frame, pipeline->now_ms);
}

/* A frame without a datagram for us. */
static void sort(struct rdl_pipeline *pipeline, unsigned i, enum rdl_net_verdict verdict)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_frame *frame = &burst->packets[i]->frame;

	if (verdict == RDL_NET_NEWS)
		burst->news |= rdl_packet_bit(i);
	if (verdict == RDL_NET_ANSWERED && !answer_fits(pipeline, frame)) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_echo_mtu);
	} else if (verdict == RDL_NET_ANSWERED) {
		rdl_stats_add(&pipeline->stats, RDL_STAT_net_answered, 1);
		burst->why[i] = RDL_STAT_net_answered;
		burst->reply |= rdl_packet_bit(i);
	} else if (verdict == RDL_NET_DROP_fragment) {
		rdl_stats_add(&pipeline->stats, RDL_STAT_fragments, 1);
		burst->fragment |= rdl_packet_bit(i);
	} else if (may_be_the_kernels(pipeline, frame, verdict)) {
		burst->foreign |= rdl_packet_bit(i);
	} else if (verdict == RDL_NET_NEWS) {
		burst->drop |= rdl_packet_bit(i);
	} else if (verdict == RDL_NET_DROP_udp_port && refuse_port(pipeline, frame)) {
		burst->why[i] = RDL_STAT_net_unreachable;
		burst->reply |= rdl_packet_bit(i);
	} else {
		rdl_pipeline_drop(pipeline, i, rdl_stat_of_net_drop(verdict));
	}
}

/* Frames that hold a datagram for us. */
static rdl_packet_set classify(struct rdl_pipeline *pipeline, unsigned count)
{
	struct rdl_burst *burst = &pipeline->burst;
	rdl_packet_set datagrams = 0;

	for (unsigned i = 0; i < count; i++) {
		struct rdl_frame *frame = &burst->packets[i]->frame;
		struct rdl_datagram *datagram = &burst->datagrams[i];
		const struct rdl_interface *interface = &pipeline->config.interfaces[frame->port];
		enum rdl_net_verdict verdict = rdl_net_input(interface, frame, datagram);

		if (RDL_UNLIKELY(verdict != RDL_NET_DATAGRAM))
			sort(pipeline, i, verdict);
		else if (RDL_UNLIKELY(datagram->multicast))
			rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_multicast);
		else
			datagrams |= rdl_packet_bit(i);
	}
	return datagrams;
}

void rdl_pipeline_begin_reply(struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_datagram *datagram = &pipeline->burst.datagrams[i];
	struct rdl_packet *packet = pipeline->burst.packets[i];
	size_t before = (size_t)(datagram->data - packet->frame.data);

	packet->reply = (struct rdl_reply){ .coap = datagram->data,
		.coap_len = datagram->len,
		.room = (uint16_t)(packet->frame.room - before),
		.id_mask = pipeline->config.reply_salt,
		.block1 = RDL_BLOCK1_NONE };
	packet->scratch = 0;
	packet->list = 0;
}

/* All of a request that others may not set. */
static void begin_request(struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_datagram *datagram = &pipeline->burst.datagrams[i];
	const struct rdl_coap_message *message = &pipeline->burst.inputs[i].message;
	struct rdl_request *request = &pipeline->burst.packets[i]->request;

	rdl_pipeline_begin_reply(pipeline, i);
	request->operation = RDL_OPERATION_OTHER;
	request->reason = RDL_REASON_NONE;
	request->code = 0;
	request->non = message->type == RDL_COAP_NON;
	request->peer = datagram->peer;
	request->local = datagram->local;
	request->identity = datagram->identity;
	request->exchange = 0;
}

/* A Reset for a CON, silence for the rest (RFC 7252 sections 4.2 and 4.3). */
static void reject(struct rdl_pipeline *pipeline, unsigned i, enum rdl_stat silence)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_coap_message *message = &burst->inputs[i].message;
	struct rdl_reply *reply = &burst->packets[i]->reply;

	if (message->type != RDL_COAP_CON) {
		rdl_pipeline_drop(pipeline, i, silence);
		return;
	}
	*reply = (struct rdl_reply){ .coap = burst->datagrams[i].data };
	reply->len = (uint16_t)rdl_coap_reset(reply->coap, message->message_id);
	rdl_stats_add(&pipeline->stats, RDL_STAT_resets, 1);
	burst->why[i] = (uint8_t)silence;
	burst->reply |= rdl_packet_bit(i);
}

static bool is_ack_or_reset(const struct rdl_coap_message *message)
{
	return message->type == RDL_COAP_ACK || message->type == RDL_COAP_RST;
}

/* No request, and nobody waits for it (RFC 7252 sections 3 and 4.2). */
static void end_message(struct rdl_pipeline *pipeline, unsigned i, enum rdl_coap_verdict verdict)
{
	const struct rdl_coap_message *message = &pipeline->burst.inputs[i].message;
	unsigned class = RDL_COAP_CODE_CLASS(message->code);

	if (verdict == RDL_COAP_SHORT)
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_coap_short);
	else if (verdict == RDL_COAP_VERSION)
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_coap_version);
	else if (verdict == RDL_COAP_FORMAT)
		reject(pipeline, i, RDL_STAT_drop_coap_format);
	else if (message->code == RDL_COAP_EMPTY)
		reject(pipeline, i, RDL_STAT_drop_coap_empty);
	else if (is_ack_or_reset(message))
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_coap_ack_request);
	else if (class >= 2 && class <= 5)
		reject(pipeline, i, RDL_STAT_drop_coap_response);
	else
		reject(pipeline, i, RDL_STAT_drop_coap_reserved);
}

/* Any message but a request: it may be an answer, or ends here. */
static void take_other(struct rdl_pipeline *pipeline, unsigned i, enum rdl_coap_verdict verdict)
{
	const struct rdl_coap_message *message = &pipeline->burst.inputs[i].message;

	if (verdict == RDL_COAP_MESSAGE && pipeline->config.awaited != NULL &&
		rdl_pipeline_may_answer(message))
		pipeline->burst.answer |= rdl_packet_bit(i);
	else
		end_message(pipeline, i, verdict);
}

static bool is_request(const struct rdl_coap_message *message, enum rdl_coap_verdict verdict)
{
	return RDL_LIKELY(verdict == RDL_COAP_MESSAGE && RDL_COAP_CODE_CLASS(message->code) == 0 &&
			  !is_ack_or_reset(message) && message->code != RDL_COAP_EMPTY);
}

static rdl_packet_set parse_messages(struct rdl_pipeline *pipeline, rdl_packet_set datagrams)
{
	struct rdl_burst *burst = &pipeline->burst;
	rdl_packet_set requests = 0;

	for (rdl_packet_set left = datagrams; left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		const struct rdl_datagram *datagram = &burst->datagrams[i];
		enum rdl_coap_verdict verdict =
			rdl_coap_parse((struct rdl_span){ datagram->data, datagram->len },
				&burst->inputs[i].message);

		if (RDL_LIKELY(is_request(&burst->inputs[i].message, verdict)))
			requests |= rdl_packet_bit(i);
		else
			take_other(pipeline, i, verdict);
	}
	return requests;
}

/* Those that nobody waits for end as if devices were asked nothing. */
static RDL_APART void hear_answers(struct rdl_pipeline *pipeline)
{
	for (rdl_packet_set left = rdl_pipeline_hear(pipeline); left != 0;)
		end_message(pipeline, rdl_packet_pop(&left), RDL_COAP_MESSAGE);
}

static rdl_packet_set read_options(struct rdl_pipeline *pipeline, rdl_packet_set requests)
{
	rdl_packet_set readable = 0;

	for (rdl_packet_set left = requests; left != 0;) {
		unsigned i = rdl_packet_pop(&left);

		if (RDL_UNLIKELY(rdl_input_read(&pipeline->burst.inputs[i]) != RDL_OK)) {
			reject(pipeline, i, RDL_STAT_drop_coap_format);
			continue;
		}
		begin_request(pipeline, i);
		readable |= rdl_packet_bit(i);
	}
	return readable;
}

/*
 * Whether there may be, or have been, a registration of a location that was decoded: most that
 * nobody was given name a slot that no registry has. Which versions are served now says nothing:
 * it may have been another one when the registration was made.
 */
static bool is_possible(const struct rdl_pipeline *pipeline, const struct rdl_location *location)
{
	return rdl_location_slot(location) < pipeline->config.slots &&
	       location->version_class <= RDL_VERSION_CLASS_LAST;
}

/*
 * Decodes the locations that requests are made to, some at a time. Returns those that may live; the
 * others are dead, and have no copies to be known again.
 */
static rdl_packet_set locate(struct rdl_pipeline *pipeline, rdl_packet_set requests)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_location *locations[RDL_LANES];
	struct rdl_span texts[RDL_LANES];
	unsigned places[RDL_LANES], n = 0;
	rdl_packet_set located = 0;

	for (rdl_packet_set left = requests; left != 0;) {
		unsigned i = rdl_packet_pop(&left);

		if (burst->inputs[i].path == RDL_PATH_LOCATION) {
			texts[n] = burst->inputs[i].id;
			locations[n] = &burst->packets[i]->request.location;
			places[n++] = i;
		}
		if (n == 0 || (n < RDL_LANES && left != 0))
			continue;
		uint32_t spelt = rdl_location_decode_lanes(
			&pipeline->config.location_key, n, texts, locations);
		for (unsigned lane = 0; lane < n; lane++)
			if ((spelt >> lane & 1) != 0 && is_possible(pipeline, locations[lane]))
				located |= rdl_packet_bit(places[lane]);
		n = 0;
	}
	return located;
}

/* Returns those that are not sent, which are to be dropped. */
static rdl_packet_set seal_replies(struct rdl_pipeline *pipeline)
{
	struct rdl_burst *burst = &pipeline->burst;
	rdl_packet_set lost =
		rdl_pipeline_seal(pipeline, burst->packets, burst->reply & burst->secure);

	burst->reply &= ~lost;
	burst->drop |= lost;
	return lost;
}

const struct rdl_burst *rdl_pipeline_burst(struct rdl_pipeline *pipeline,
	const struct rdl_policy *policy, struct rdl_packet *const packets[], unsigned count)
{
	struct rdl_burst *burst = &pipeline->burst;
	rdl_packet_set datagrams, requests, answered, lost = 0;

	for (unsigned i = 0; i < count; i++)
		burst->packets[i] = packets[i];
	burst->policy = policy;
	burst->reply = burst->hand_over = burst->answer = burst->fragment = burst->drop = 0;
	burst->parcel = burst->elsewhere = burst->foreign = burst->news = burst->secure = 0;
	burst->rest_count = 0;
	rdl_stats_add(&pipeline->stats, RDL_STAT_rx_frames, count);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_frames(pipeline, count);
	datagrams = classify(pipeline, count);
	if (pipeline->config.dtls != NULL)
		datagrams = rdl_pipeline_open(pipeline, datagrams);
	answered = burst->reply; /* complete frames, not replies to frame */
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_opened(pipeline);
	requests = parse_messages(pipeline, datagrams);
	if (RDL_UNLIKELY(burst->answer != 0))
		hear_answers(pipeline);
	requests = read_options(pipeline, requests);
	if (burst->secure != 0)
		rdl_pipeline_enclose(
			pipeline, requests | burst->answer | (burst->reply & ~answered));
	burst->located = locate(pipeline, requests);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_requests(pipeline, requests);
	rdl_pipeline_decide(pipeline, requests);
	if (burst->secure != 0)
		lost = seal_replies(pipeline);
	for (rdl_packet_set left = burst->reply & ~answered & ~burst->secure; left != 0;)
		rdl_pipeline_frame(pipeline, burst->packets[rdl_packet_pop(&left)]);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_fates(pipeline, answered, lost);
	rdl_stats_add(&pipeline->stats, RDL_STAT_tx_frames, rdl_packet_count(burst->reply));
	return burst;
}
