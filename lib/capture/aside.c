/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of a burst kept aside, and into the ring when it is known what became of them. */
#include <assert.h>

#include "capture_ring.h"
#include "frame_address.h"

/* False: there is no room for so many. */
static bool put_aside(struct rdl_capture *capture, const void *octets, uint32_t len, uint32_t *at)
{
	if (len > sizeof(capture->aside) - capture->aside_len)
		return false;
	*at = capture->aside_len;
	memcpy(capture->aside + *at, octets, len);
	capture->aside_len += len;
	return true;
}

static uint16_t snapped(size_t len)
{
	return (uint16_t)(len < RDL_CAPTURE_SNAP ? len : RDL_CAPTURE_SNAP);
}

static bool has_wanted_address(const struct rdl_capture_wish *wish, const uint8_t address[16])
{
	unsigned octets = wish->bits / 8u, bits = wish->bits % 8u;

	if (memcmp(address, wish->address, octets) != 0)
		return false;
	return bits == 0 || ((address[octets] ^ wish->address[octets]) >> (8 - bits)) == 0;
}

static bool is_wanted(
	const struct rdl_capture_wish *wish, const struct rdl_frame *frame, bool outbound)
{
	uint8_t address[16];

	if (!wish->by_address)
		return !wish->by_endpoint;
	return rdl_capture_address(frame, outbound, address) && has_wanted_address(wish, address);
}

void rdl_capture_clear(struct rdl_capture *capture)
{
	capture->aside_len = 0;
}

static void keep(
	struct rdl_capture *capture, unsigned i, const struct rdl_frame *frame, bool outbound)
{
	struct rdl_capture_aside *packet = &capture->packets[i];

	assert(i < RDL_CAPTURE_BURST);
	*packet = (struct rdl_capture_aside){
		.wanted = is_wanted(&capture->wish, frame, outbound),
		.captured = { .len = snapped(frame->len),
			.whole_len = frame->len,
			.port = frame->port,
			.outbound = outbound },
	};
	/* By endpoint it may still be found to be wanted. */
	if (packet->wanted || capture->wish.by_endpoint)
		packet->fits = put_aside(capture, frame->data, packet->captured.len, &packet->at);
}

void rdl_capture_keep(struct rdl_capture *capture, unsigned i, const struct rdl_frame *frame)
{
	keep(capture, i, frame, false);
}

/* A datagram like `frame`'s with this payload. False: there is no room for it. */
static bool put_part(struct rdl_capture *capture, const struct rdl_frame *frame,
	struct rdl_span payload, struct rdl_captured *captured, uint32_t *at)
{
	size_t len = (size_t)frame->l2_len + frame->l3_len + CAPTURE_UDP_LEN + payload.len;
	struct rdl_frame part;

	if (len > sizeof(capture->aside) - capture->aside_len)
		return false;
	*at = capture->aside_len;
	part = (struct rdl_frame){ .data = capture->aside + *at, .room = (uint16_t)len };
	rdl_net_part(frame, payload.data, (uint16_t)payload.len, &part);
	captured->whole_len = part.len;
	captured->len = snapped(part.len);
	captured->l2_len = part.l2_len;
	captured->l3_len = part.l3_len;
	captured->opened = true;
	capture->aside_len += captured->len;
	return true;
}

void rdl_capture_keep_opened(struct rdl_capture *capture, unsigned i, const struct rdl_frame *frame,
	struct rdl_span message, uint32_t identity)
{
	struct rdl_capture_aside *packet = &capture->packets[i];

	packet->captured.identity = identity;
	if (packet->wanted || capture->wish.by_endpoint)
		packet->fits = put_part(capture, frame, message, &packet->captured, &packet->at);
}

void rdl_capture_by_endpoint(struct rdl_capture *capture, unsigned i, struct rdl_span endpoint)
{
	const struct rdl_capture_wish *wish = &capture->wish;

	if (wish->by_endpoint &&
		rdl_span_equal(endpoint, (struct rdl_span){ wish->endpoint, wish->endpoint_len }))
		capture->packets[i].wanted = true;
}

/*
 * A slot is one endpoint's while it is registered, whatever the generation. Later ones may be
 * another's: they are its own once the wish has followed.
 */
void rdl_capture_by_location(
	struct rdl_capture *capture, unsigned i, const struct rdl_location *location)
{
	const struct rdl_capture_wish *wish = &capture->wish;

	if (wish->by_endpoint && wish->located && location->handle == wish->location.handle &&
		location->generation <= wish->location.generation)
		capture->packets[i].wanted = true;
}

void rdl_capture_refused(struct rdl_capture *capture, unsigned i, const struct rdl_refusal *refusal)
{
	struct rdl_captured *captured = &capture->packets[i].captured;

	captured->reason = refusal->reason;
	captured->number = refusal->number;
	captured->parameter_len = refusal->parameter_len;
	memcpy(captured->parameter, refusal->parameter, refusal->parameter_len);
}

void rdl_capture_located(
	struct rdl_capture *capture, unsigned i, const struct rdl_location *location)
{
	capture->packets[i].captured.located = true;
	capture->packets[i].captured.location = *location;
}

void rdl_capture_keep_reply(struct rdl_capture *capture, unsigned i, struct rdl_span message)
{
	struct rdl_capture_aside *packet = &capture->packets[i];

	packet->captured.code = message.data[1];
	if (packet->wanted &&
		put_aside(capture, message.data, (uint32_t)message.len, &packet->message_at))
		packet->message_len = (uint16_t)message.len;
}

void rdl_capture_unsent(struct rdl_capture *capture, unsigned i, uint8_t why)
{
	capture->packets[i].captured.stat = why;
	capture->packets[i].captured.deferred = why == 0;
}

uint8_t rdl_capture_reply_code(const struct rdl_capture *capture, unsigned i)
{
	return capture->packets[i].captured.code;
}

/* ---- into the ring ---- */

/* One of `every`. */
static bool has_its_turn(struct rdl_capture *capture)
{
	bool turn = capture->matched == 0;

	if (++capture->matched >= capture->wish.every)
		capture->matched = 0;
	return turn;
}

static size_t record_len(const struct rdl_captured *captured)
{
	return sizeof(*captured) + ((captured->len + 7u) & ~7u);
}

/* Returns the octets of the record. */
static size_t write_record(struct rdl_capture *capture, uint8_t *to, struct rdl_captured *captured,
	const uint8_t *octets)
{
	captured->time_ns = capture->time_ns;
	captured->capture = capture->wish.capture;
	captured->record_len = (uint32_t)record_len(captured);
	memcpy(to, captured, sizeof(*captured));
	memcpy(to + sizeof(*captured), octets, captured->len);
	return captured->record_len;
}

/* Its octets are where they leave from, or aside. */
static const uint8_t *make_answer(struct rdl_capture *capture,
	const struct rdl_capture_aside *request, const struct rdl_capture_end *end,
	const struct rdl_frame *reply, struct rdl_captured *answer)
{
	uint32_t at;

	*answer = (struct rdl_captured){
		.fate = RDL_FATE_ANSWER,
		.code = end->code,
		.identity = request->captured.identity,
		.port = reply->port,
		.len = snapped(reply->len),
		.whole_len = reply->len,
		.outbound = true,
	};
	if (request->message_len > 0 &&
		put_part(capture, reply,
			(struct rdl_span){
				capture->aside + request->message_at, request->message_len },
			answer, &at))
		return capture->aside + at;
	answer->l2_len = reply->l2_len;
	answer->l3_len = reply->l3_len;
	answer->summed = (reply->flags & RDL_FRAME_TX_CHECKSUMS) != 0;
	return reply->data;
}

void rdl_capture_end(struct rdl_capture *capture, unsigned i, const struct rdl_capture_end *end,
	const struct rdl_frame *reply)
{
	struct rdl_capture_aside *packet = &capture->packets[i];
	struct rdl_captured answer;
	const uint8_t *octets = NULL;

	if (!packet->wanted || !has_its_turn(capture))
		return;
	packet->captured.fate = (uint8_t)end->fate;
	packet->captured.code = end->code;
	if (end->stat != 0)
		packet->captured.stat = end->stat;
	if (reply != NULL)
		octets = make_answer(capture, packet, end, reply, &answer);
	size_t len = record_len(&packet->captured) + (reply != NULL ? record_len(&answer) : 0);
	uint8_t *to = packet->fits ? rdl_capture_ring_room(capture, len) : NULL;
	if (to == NULL) {
		rdl_capture_ring_lose(capture, reply != NULL ? 2 : 1);
		return;
	}
	to += write_record(capture, to, &packet->captured, capture->aside + packet->at);
	if (reply != NULL)
		write_record(capture, to, &answer, octets);
	rdl_capture_ring_publish(capture, len);
}

static void say_summed(struct rdl_captured *captured, const struct rdl_frame *frame)
{
	if ((frame->flags & RDL_FRAME_TX_CHECKSUMS) == 0)
		return;
	captured->summed = true;
	captured->l2_len = frame->l2_len;
	captured->l3_len = frame->l3_len;
}

void rdl_capture_frame(
	struct rdl_capture *capture, const struct rdl_frame *frame, struct rdl_capture_end end)
{
	rdl_capture_clear(capture);
	keep(capture, 0, frame, end.fate == RDL_FATE_FLIGHT);
	if (capture->packets[0].captured.outbound)
		say_summed(&capture->packets[0].captured, frame);
	rdl_capture_end(capture, 0, &end, NULL);
}

void rdl_capture_asked(struct rdl_capture *capture, const struct rdl_frame *frame,
	const struct rdl_location *location, struct rdl_span message)
{
	const struct rdl_capture_end end = { RDL_FATE_ASKED, 0, 0 };

	rdl_capture_clear(capture);
	keep(capture, 0, frame, true);
	if (message.len > 0)
		rdl_capture_keep_opened(capture, 0, frame, message, 0);
	else
		say_summed(&capture->packets[0].captured, frame);
	rdl_capture_by_location(capture, 0, location);
	rdl_capture_end(capture, 0, &end, NULL);
}
