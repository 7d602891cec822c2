/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_replies.h"

#include "frame.h"
#include "line.h"
#include "model_sessions.h"

struct packet *packet_new(struct sent *q, unsigned worker)
{
	const struct source *source = &sources[q->source];
	uint8_t record[FRAME_MAX];
	struct frame_spec spec = {
		.tags = source->tags,
		.from = source->text,
		.to = source->to,
		.from_port = source->port,
		.payload = q->octets,
		.payload_len = q->len,
		.padding = q->len < 18 ? 18 - q->len : 0,
	};
	if (q->session != 0) {
		spec.to_port = SECURE_PORT;
		spec.payload = record;
		spec.payload_len = record_make(q->session, q->octets, q->len, record);
		spec.padding = 0;
	}
	struct test_frame f = frame_build(&spec);
	struct packet *p = calloc(1, sizeof(*p));
	size_t room = RDL_PACKET_ROOM(f.len);

	CHECK(p != NULL);
	p->buffer = malloc(room);
	CHECK(p->buffer != NULL);
	memcpy(p->buffer, f.data, f.len);
	p->packet.frame = (struct rdl_frame){
		.data = p->buffer, .len = (uint16_t)f.len, .room = (uint16_t)room
	};
	p->sent = q;
	p->worker = worker;
	return p;
}

void packet_free(struct packet *p)
{
	sent_drop(p->sent);
	free(p->buffer);
	free(p);
}

/* Begins the expected reply; options and payload follow. */
static struct message *reply_begin(const struct packet *p, unsigned code)
{
	static struct message request, reply;

	memcpy(request.octets, p->sent->octets, p->sent->len < 12 ? p->sent->len : 12);
	reply = line_reply(&request, code, SALT);
	return &reply;
}

static void reply_end(struct packet *p, const struct message *reply)
{
	CHECK(reply->len <= sizeof(p->reply.octets));
	memcpy(p->reply.octets, reply->octets, reply->len);
	p->reply.len = reply->len;
}

/* The block that it brought, unless nobody may send such a one. */
static void put_block(struct message *reply, const struct sent *q)
{
	if (q->has_block && q->what <= UPDATE && q->szx != 7)
		message_uint(reply, 27, block_value(q));
}

void expect_success(struct packet *p, unsigned code, const struct place *place)
{
	struct message *reply = reply_begin(p, code);

	if (place != NULL) {
		message_option(reply, 8, "rd", 2);
		message_option(reply, 8, place->id, ID_LEN);
	}
	put_block(reply, p->sent);
	reply_end(p, reply);
}

void expect_refusal(struct packet *p, const struct refusal *refusal)
{
	struct message *reply = reply_begin(p, refusal->code);

	put_block(reply, p->sent);
	if (refusal == &block_too_large)
		message_uint(reply, 60, BODY_MAX);
	/* No longer than what was asked, of a peer who may not have asked it. */
	size_t room = p->sent->len + (p->sent->session != 0 ? RECORD_HEAD - REPLY_HEAD : 0);
	if (reply->len + 1 + strlen(refusal->text) <= room)
		message_payload(reply, refusal->text, strlen(refusal->text));
	reply_end(p, reply);
}

void expect_reset(struct packet *p)
{
	const uint8_t *octets = p->sent->octets;

	p->reply.len = 4;
	memcpy(p->reply.octets, (const uint8_t[]){ 0x70, 0, octets[2], octets[3] }, 4);
}

void check_request(const struct packet *p)
{
	CHECK(p->packet.request.code == (p->reply.len > 0 ? p->reply.octets[1] : 0));
}

void check_frame(const struct packet *p)
{
	const struct rdl_frame *got = &p->packet.frame;
	const struct source *source = &sources[p->sent->source];
	struct frame_spec spec = {
		.mac_to = frame_peer_mac,
		.mac_from = frame_our_mac,
		.tags = source->tags,
		.from = source->to,
		.to = source->text,
		.from_port = 5683,
		.to_port = source->port,
		.payload = p->reply.octets,
		.payload_len = p->reply.len,
	};
	uint8_t record[sizeof(p->reply.octets) + REPLY_HEAD + RECORD_TAIL];
	if (p->sent->session != 0) {
		spec.from_port = SECURE_PORT;
		spec.payload = record;
		spec.payload_len = record_of_reply(p->reply.octets, p->reply.len, record);
	}
	struct test_frame want = frame_build(&spec);

	CHECK(p->reply.len > 0);
	CHECK(same_octets(got->data, got->len, want.data, want.len));
}
