/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_answers.h"

#include <stdlib.h>

#include "burst_gateway.h"
#include "burst_replies.h"
#include "fuzz.h"

#define AWAITED 4096

static const struct rdl_key token_secret = { 1, 3 }, awaited_key = { 3, 1 };
static struct rdl_speck token_key;
static struct rdl_owners *awaited;

void answers_start(struct rdl_pipeline_config *config)
{
	size_t len = rdl_whole_lines(rdl_owners_memory(AWAITED));
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	CHECK(memory != NULL);
	awaited = rdl_owners_init(memset(memory, 0, len), AWAITED);
	rdl_speck_expand(&token_key, &token_secret);
	config->awaited = awaited;
	config->awaited_key = awaited_key;
	config->token_key = token_key;
}

void answers_spell(uint8_t *octets, size_t len)
{
	uint8_t *token = octets + RDL_COAP_HEADER_LEN;

	if (len < RDL_COAP_HEADER_LEN + RDL_TOKEN_LEN || (octets[0] & 15) != RDL_TOKEN_LEN ||
		token[0] != '@')
		return;
	rdl_token_write(&token_key, &(struct rdl_token){ token[1], token[2] }, token);
}

/* What a datagram is, where it may be an answer. */
static bool reads(const struct packet *p, struct rdl_coap_message *message)
{
	return p->verdict == RDL_NET_DATAGRAM && !p->datagram.multicast &&
	       rdl_coap_parse(asked(p), message) == RDL_COAP_MESSAGE;
}

void answers_await(const struct packet *p)
{
	struct rdl_coap_message message;

	if (reads(p, &message) && message.code == RDL_COAP_EMPTY && (message.message_id & 1) != 0)
		rdl_owners_put(awaited,
			rdl_token_awaited(&awaited_key, &p->datagram.peer, 0, message.message_id),
			0);
}

void answers_check(const struct packet *p)
{
	const struct rdl_answer *answer = &p->packet.answer;
	const struct rdl_span buffer = { p->buffer, p->room };
	struct rdl_coap_message message;

	CHECK(reads(p, &message));
	CHECK(answer->type == message.type && answer->message_id == message.message_id);
	CHECK(memcmp(&answer->peer, &p->datagram.peer, sizeof(answer->peer)) == 0);
	CHECK(memcmp(&answer->local, &p->datagram.local, sizeof(answer->local)) == 0);
	CHECK(answer->session == 0 && answer->identity == 0 && answer->back == RDL_BACK_NOTHING);
	if (answer->kind == RDL_ANSWER_EMPTY) {
		CHECK(message.code == RDL_COAP_EMPTY && message.type >= RDL_COAP_ACK);
		return;
	}
	CHECK(answer->kind == RDL_ANSWER_RESPONSE && message.token_len == RDL_TOKEN_LEN);
	CHECK(answer->code == message.code || answer->code == RDL_COAP_EMPTY);
	CHECK(answer->etag_len <= RDL_ETAG_MAX);
	CHECK(answer->payload.len == 0 ||
		inside(buffer, answer->payload.data, answer->payload.len));
}

void answers_give_back(struct packet *p)
{
	static const uint8_t types[] = { [RDL_BACK_ACK] = 0x60, [RDL_BACK_RESET] = 0x70 };
	struct rdl_packet *packet = &p->packet;
	uint16_t id = packet->answer.message_id;
	uint8_t back = (uint8_t)(id % 3);

	packet->answer.back = back;
	rdl_packet_set send = rdl_pipeline_acknowledge(&pipeline, &packet, 1);
	CHECK((send != 0) == (back != RDL_BACK_NOTHING));
	if (send == 0)
		return;
	struct rdl_span said =
		check_frame(p->sent, (struct rdl_span){ packet->frame.data, packet->frame.len });
	CHECK(said.len == 4 && said.data[0] == types[back] && said.data[1] == 0);
	CHECK(rdl_get_be16(said.data + 2) == id);
}
