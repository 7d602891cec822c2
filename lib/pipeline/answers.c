/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices answer to requests of ours, or send of their own accord: read for shards. */
#include "pipeline_internal.h"
#include "sessions.h"

bool rdl_pipeline_may_answer(const struct rdl_coap_message *message)
{
	unsigned class = RDL_COAP_CODE_CLASS(message->code);

	if (message->code == RDL_COAP_EMPTY)
		return message->type == RDL_COAP_ACK || message->type == RDL_COAP_RST;
	return class >= 2 && class <= 5 && message->token_len == RDL_TOKEN_LEN &&
	       message->type != RDL_COAP_RST;
}

/* All of an answer that its message's fixed part says, or where it came from. */
static struct rdl_answer *begin_answer(
	struct rdl_pipeline *pipeline, unsigned i, enum rdl_answer_kind kind)
{
	const struct rdl_datagram *datagram = &pipeline->burst.datagrams[i];
	const struct rdl_coap_message *message = &pipeline->burst.inputs[i].message;
	struct rdl_answer *answer = &pipeline->burst.packets[i]->answer;

	*answer = (struct rdl_answer){ .kind = (uint8_t)kind,
		.type = message->type,
		.code = message->code,
		.message_id = message->message_id,
		.content_format = RDL_FORMAT_NONE,
		.local = datagram->local,
		.peer = datagram->peer,
		.identity = datagram->identity,
		.session = datagram->session,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE };
	return answer;
}

static void give_to(struct rdl_pipeline *pipeline, unsigned i, unsigned shard)
{
	pipeline->burst.shard[i] = (uint8_t)shard;
	pipeline->burst.answer |= rdl_packet_bit(i);
	rdl_stats_add(&pipeline->stats, RDL_STAT_device_answers, 1);
}

/* A number that an option of so many octets at most may hold once. */
static bool read_number(
	const struct rdl_coap_option *option, unsigned most, uint32_t *number, uint32_t none)
{
	if (option->len > most || *number != none)
		return false;
	*number = rdl_coap_uint(option);
	return true;
}

/*
 * What an option of a response says. False: it is none that we know, it is longer than it may be,
 * or came before.
 */
static bool read_option(struct rdl_answer *answer, const struct rdl_coap_option *option)
{
	uint32_t format = answer->content_format;

	switch (option->number) {
	case RDL_COAP_ETAG:
		if (option->len == 0 || option->len > RDL_ETAG_MAX || answer->etag_len != 0)
			return false;
		answer->etag_len = (uint8_t)option->len;
		memcpy(answer->etag, option->value, option->len);
		return true;
	case RDL_COAP_OBSERVE:
		return read_number(option, 3, &answer->observe, RDL_OBSERVE_NONE);
	case RDL_COAP_CONTENT_FORMAT:
		if (!read_number(option, 2, &format, RDL_FORMAT_NONE))
			return false;
		answer->content_format = (uint16_t)format;
		return true;
	case RDL_COAP_BLOCK2:
		return read_number(option, 3, &answer->block2, RDL_BLOCK_NONE);
	case RDL_COAP_BLOCK1:
		return read_number(option, 3, &answer->block1, RDL_BLOCK_NONE);
	default:
		return false;
	}
}

/* Elective options that are not recognised are ignored, critical ones are not (section 5.4.1). */
static bool is_critical(const struct rdl_coap_option *option)
{
	return (option->number & 1) != 0;
}

/* False: it is malformed, or not to be understood. */
static bool read_response(const struct rdl_coap_message *message, struct rdl_answer *answer)
{
	struct rdl_coap_options options = rdl_coap_options(message);
	struct rdl_coap_option option;
	int ret;

	while ((ret = rdl_coap_option_next(&options, &option)) > 0)
		if (!read_option(answer, &option) && is_critical(&option))
			return false;
	answer->payload = (struct rdl_span){ options.pos, (size_t)(options.end - options.pos) };
	return ret == 0;
}

/* Whoever waits for it is told, even where it cannot be read. */
static void take_response(struct rdl_pipeline *pipeline, unsigned i, const struct rdl_token *token)
{
	struct rdl_answer *answer = begin_answer(pipeline, i, RDL_ANSWER_RESPONSE);

	rdl_pipeline_begin_reply(pipeline, i);
	answer->handle = token->handle;
	answer->number = token->number;
	if (!read_response(&pipeline->burst.inputs[i].message, answer)) {
		answer->code = RDL_COAP_EMPTY;
		answer->payload = (struct rdl_span){ NULL, 0 };
	}
	give_to(pipeline, i, (token->handle >> 24) % pipeline->config.shards);
}

/* No registry has slots beyond. */
static bool is_possible(const struct rdl_pipeline *pipeline, const struct rdl_token *token)
{
	return (token->handle & 0xffffff) < pipeline->config.slots;
}

/* Responses, as many as can be read at a time. Returns those that are to nothing of ours. */
static rdl_packet_set hear_responses(
	struct rdl_pipeline *pipeline, const uint8_t places[], unsigned count)
{
	const uint8_t *octets[RDL_LANES] = { NULL };
	struct rdl_token tokens[RDL_LANES];
	rdl_packet_set others = 0;

	for (unsigned k = 0; k < count; k++)
		octets[k] = pipeline->burst.inputs[places[k]].message.token;
	uint32_t ours = rdl_token_read_lanes(&pipeline->config.token_key, count, octets, tokens);
	for (unsigned k = 0; k < count; k++) {
		if ((ours >> k & 1) != 0 && is_possible(pipeline, &tokens[k]))
			take_response(pipeline, places[k], &tokens[k]);
		else
			others |= rdl_packet_bit(places[k]);
	}
	return others;
}

/* False: nobody awaits it. */
static bool hear_empty(struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_pipeline_config *config = &pipeline->config;
	const struct rdl_datagram *datagram = &pipeline->burst.datagrams[i];
	uint64_t hash = rdl_token_awaited(&config->awaited_key, &datagram->peer, datagram->session,
		pipeline->burst.inputs[i].message.message_id);
	int shard = rdl_owners_find(config->awaited, hash);

	if (shard < 0 || (unsigned)shard >= config->shards)
		return false;
	(void)begin_answer(pipeline, i, RDL_ANSWER_EMPTY);
	rdl_pipeline_begin_reply(pipeline, i);
	give_to(pipeline, i, (unsigned)shard);
	return true;
}

rdl_packet_set rdl_pipeline_hear(struct rdl_pipeline *pipeline)
{
	struct rdl_burst *burst = &pipeline->burst;
	rdl_packet_set left = burst->answer, others = 0;
	uint8_t places[RDL_LANES];
	unsigned n = 0;

	burst->answer = 0;
	while (left != 0) {
		unsigned i = rdl_packet_pop(&left);

		if (burst->inputs[i].message.code != RDL_COAP_EMPTY)
			places[n++] = (uint8_t)i;
		else if (!hear_empty(pipeline, i))
			others |= rdl_packet_bit(i);
		if (n == 0 || (n < RDL_LANES && left != 0))
			continue;
		others |= hear_responses(pipeline, places, n);
		n = 0;
	}
	return others;
}

bool rdl_pipeline_may_send(const struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_pipeline_config *config = &pipeline->config;
	const struct rdl_burst *burst = &pipeline->burst;

	return config->awaited != NULL && burst->inputs[i].message.code == RDL_COAP_POST &&
	       rdl_packet_is_in(burst->secure, i) &&
	       rdl_dtls_registration(config->dtls, burst->datagrams[i].session) != RDL_DTLS_NONE;
}

void rdl_pipeline_take_send(struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_pipeline_config *config = &pipeline->config;
	const struct rdl_input *input = &pipeline->burst.inputs[i];
	struct rdl_answer *answer = begin_answer(pipeline, i, RDL_ANSWER_SEND);

	answer->handle = rdl_dtls_registration(config->dtls, answer->session);
	if (input->content_format >= 0)
		answer->content_format = (uint16_t)input->content_format;
	answer->payload = input->payload;
	give_to(pipeline, i, (answer->handle >> 24) % config->shards);
}

void rdl_pipeline_shed_answer(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	enum rdl_stat stat = packet->answer.kind == RDL_ANSWER_SEND ? RDL_STAT_drop_shed_send
								    : RDL_STAT_drop_shed_answer;

	rdl_stats_add(&pipeline->stats, stat, 1);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_shed_answer(pipeline, packet, stat);
	rdl_pipeline_let_go(pipeline, packet);
}
