/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request: path, method, policy, route, in this order. Refusals on /rd are answered here. For
 * /rd/<id> the verdict travels along, since only the shard knows whether the location lives.
 */
#include "pipeline_internal.h"

/* The verdict on a Register, or an Update, in its request. */
static void judge(struct rdl_pipeline *pipeline, unsigned i, struct rdl_cursor *scratch)
{
	const struct rdl_policy *policy = pipeline->burst.policy;
	const struct rdl_input *input = &pipeline->burst.inputs[i];
	struct rdl_packet *packet = pipeline->burst.packets[i];
	struct rdl_request *request = &packet->request;
	struct rdl_policy_memo *memo = pipeline->memo;
	struct rdl_ignored_counts ignored = { { 0 } };

	if (request->operation == RDL_OPERATION_REGISTER)
		rdl_policy_register(policy, memo, input, scratch, request, &ignored);
	else
		rdl_policy_update(policy, memo, input, scratch, request, &ignored);
	if (request->reason != RDL_REASON_NONE || (request->gives & RDL_GIVES_OBJECTS) == 0)
		return;
	rdl_stats_add_ignored(&pipeline->stats, &ignored);
	if (RDL_LIKELY(memo != NULL)) {
		packet->list = (uint16_t)rdl_policy_memo_hold(memo, request->list.objects);
		rdl_stats_add(&pipeline->stats, RDL_STAT_list_cache_hits, packet->list != 0);
	}
}

/* Refused here: the request says why. */
static void answer(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_packet *packet = burst->packets[i];
	const struct rdl_request *request = &packet->request;

	rdl_stats_add(&pipeline->stats, rdl_stat_of_reason((enum rdl_reason)request->reason), 1);
	rdl_pipeline_note(pipeline, i, request, &burst->inputs[i]);
	rdl_pipeline_refuse(burst->policy, packet);
	rdl_pipeline_let_go(pipeline, packet);
	burst->reply |= rdl_packet_bit(i);
}

static void hand_over(struct rdl_pipeline *pipeline, unsigned i, unsigned partition)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_packet *packet = burst->packets[i];
	struct rdl_request *request = &packet->request;

	if (request->exchange == 0)
		request->exchange = rdl_exchange_digest(packet, pipeline->config.exchange_seed);
	burst->shard[i] = (uint8_t)(partition % pipeline->config.shards);
	burst->hand_over |= rdl_packet_bit(i);
}

/* The reply to a block that is not the last. */
static void ask_for_more(struct rdl_pipeline *pipeline, unsigned i)
{
	rdl_reply_write(&pipeline->burst.packets[i]->reply, RDL_COAP_CONTINUE, NULL);
	pipeline->burst.reply |= rdl_packet_bit(i);
}

static void decide_rd(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_input *input = &burst->inputs[i];
	struct rdl_packet *packet = burst->packets[i];
	struct rdl_request *request = &packet->request;
	struct rdl_cursor scratch;

	if (input->message.code != RDL_COAP_POST) {
		rdl_stats_add(&pipeline->stats, RDL_STAT_requests_other, 1);
		request->reason = input->message.code == RDL_COAP_DELETE ? RDL_REASON_delete_rd
									 : RDL_REASON_method;
		answer(pipeline, i);
		return;
	}
	request->operation = RDL_OPERATION_REGISTER;
	rdl_stats_add(&pipeline->stats, RDL_STAT_requests_register, 1);
	switch (rdl_pipeline_body(pipeline, i, &scratch)) {
	case RDL_BODY_WHOLE:
		judge(pipeline, i, &scratch);
		break;
	case RDL_BODY_PART:
		ask_for_more(pipeline, i);
		return;
	case RDL_BODY_SHED:
		return;
	case RDL_BODY_REFUSED:
		break;
	}
	if (request->reason == RDL_REASON_NONE)
		hand_over(pipeline, i, rdl_endpoint_partition(request->digest));
	else
		answer(pipeline, i);
}

/* What a request to a location is, counted. */
static enum rdl_operation operation_of(struct rdl_pipeline *pipeline, uint8_t code)
{
	switch (code) {
	case RDL_COAP_POST:
		rdl_stats_add(&pipeline->stats, RDL_STAT_requests_update, 1);
		return RDL_OPERATION_UPDATE;
	case RDL_COAP_DELETE:
		rdl_stats_add(&pipeline->stats, RDL_STAT_requests_deregister, 1);
		return RDL_OPERATION_DEREGISTER;
	default:
		rdl_stats_add(&pipeline->stats, RDL_STAT_requests_other, 1);
		return RDL_OPERATION_OTHER;
	}
}

/*
 * True of the Update that says no more than that its device lives, as most do:
 * there is nothing to judge.
 */
static bool says_nothing(const struct rdl_input *input)
{
	return input->payload.len == 0 && !input->has_block1 && input->parameters.given == 0 &&
	       input->parameters.other_count == 0;
}

/* The verdict on an Update, in its request. False when it was dropped. */
static bool judge_update(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_cursor scratch;

	if (RDL_LIKELY(says_nothing(&pipeline->burst.inputs[i])))
		return true;
	switch (rdl_pipeline_body(pipeline, i, &scratch)) {
	case RDL_BODY_WHOLE:
		judge(pipeline, i, &scratch);
		break;
	case RDL_BODY_PART:
		pipeline->burst.packets[i]->request.gives = RDL_GIVES_BLOCK;
		break;
	case RDL_BODY_SHED:
		return false;
	case RDL_BODY_REFUSED:
		break;
	}
	return true;
}

static void decide_location(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_input *input = &burst->inputs[i];
	struct rdl_packet *packet = burst->packets[i];
	struct rdl_request *request = &packet->request;

	/*
	 * Kept at hand: gcc compares it and `reason` as one word,
	 * which stalls on the stores of two.
	 */
	enum rdl_operation operation = operation_of(pipeline, input->message.code);
	enum rdl_reason reason = input->option_reason;

	request->operation = (uint8_t)operation;
	if (!rdl_packet_is_in(burst->located, i)) {
		request->reason = RDL_REASON_location;
		/* As from a shard, lest the difference tell which ids may have been somebody's. */
		if (operation == RDL_OPERATION_UPDATE && reason == RDL_REASON_NONE)
			rdl_pipeline_echo_block(packet, input);
		answer(pipeline, i);
		return;
	}
	request->gives = 0;
	if (reason == RDL_REASON_NONE && operation == RDL_OPERATION_OTHER)
		reason = RDL_REASON_method;
	request->reason = (uint8_t)reason;
	if (RDL_UNLIKELY(reason == RDL_REASON_bad_option))
		request->detail.number = input->bad_option;
	if (reason == RDL_REASON_NONE && operation == RDL_OPERATION_UPDATE &&
		!judge_update(pipeline, i))
		return;
	hand_over(pipeline, i, rdl_location_partition(&request->location));
}

/* RFC 6690 section 4.1: `rt=` or `href=`, each matching whole or up to a final '*'. */
static bool discovery_matches(const struct rdl_parameters *p)
{
	if (p->given != 0 || p->other_overflow)
		return false;
	for (unsigned i = 0; i < p->other_count; i++) {
		struct rdl_span rest = rdl_parameters_other(p, i), value;

		if (rest.len > 3 && memcmp(rest.data, "rt=", 3) == 0) {
			rest = (struct rdl_span){ rest.data + 3, rest.len - 3 };
			value = RDL_SPAN("core.rd");
		} else if (rest.len > 5 && memcmp(rest.data, "href=", 5) == 0) {
			rest = (struct rdl_span){ rest.data + 5, rest.len - 5 };
			value = RDL_SPAN("/rd");
		} else {
			return false;
		}
		if (rest.data[rest.len - 1] == '*' && rest.len - 1 <= value.len)
			value.len = --rest.len;
		if (!rdl_span_equal(rest, value))
			return false;
	}
	return true;
}

static void decide_send(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_cursor scratch;
	enum rdl_body body = RDL_BODY_WHOLE;

	if (pipeline->burst.inputs[i].has_block1)
		body = rdl_pipeline_body(pipeline, i, &scratch);
	switch (body) {
	case RDL_BODY_WHOLE:
		rdl_pipeline_take_send(pipeline, i);
		break;
	case RDL_BODY_PART:
		ask_for_more(pipeline, i);
		break;
	case RDL_BODY_SHED:
		break;
	case RDL_BODY_REFUSED:
		answer(pipeline, i);
		break;
	}
}

static void decide_discovery(struct rdl_pipeline *pipeline, unsigned i)
{
	struct rdl_burst *burst = &pipeline->burst;
	const struct rdl_input *input = &burst->inputs[i];
	struct rdl_packet *packet = burst->packets[i];

	if (input->message.code != RDL_COAP_GET) {
		packet->request.reason = RDL_REASON_method;
		answer(pipeline, i);
	} else if (!discovery_matches(&input->parameters)) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_discovery_filter);
	} else {
		rdl_reply_discovery(&packet->reply);
		burst->reply |= rdl_packet_bit(i);
	}
}

static void decide(struct rdl_pipeline *pipeline, unsigned i)
{
	const struct rdl_input *input = &pipeline->burst.inputs[i];
	struct rdl_request *request = &pipeline->burst.packets[i]->request;

	if (RDL_UNLIKELY(input->option_reason == RDL_REASON_bad_option &&
			 input->message.type == RDL_COAP_NON)) {
		rdl_pipeline_drop(pipeline, i, RDL_STAT_drop_non_bad_option);
		return;
	}
	if (RDL_LIKELY(input->path == RDL_PATH_LOCATION)) {
		decide_location(pipeline, i);
		return;
	}
	if (input->option_reason == RDL_REASON_NONE && input->path == RDL_PATH_RD) {
		decide_rd(pipeline, i);
		return;
	}
	rdl_stats_add(&pipeline->stats, RDL_STAT_requests_other, 1);
	if (input->option_reason == RDL_REASON_NONE && input->path == RDL_PATH_WELL_KNOWN_CORE) {
		decide_discovery(pipeline, i);
		return;
	}
	if (input->option_reason == RDL_REASON_NONE && input->path == RDL_PATH_SEND &&
		rdl_pipeline_may_send(pipeline, i)) {
		decide_send(pipeline, i);
		return;
	}
	request->reason = input->option_reason != RDL_REASON_NONE ? (uint8_t)input->option_reason
								  : RDL_REASON_path;
	if (request->reason == RDL_REASON_bad_option)
		request->detail.number = input->bad_option;
	answer(pipeline, i);
}

void rdl_pipeline_decide(struct rdl_pipeline *pipeline, rdl_packet_set requests)
{
	while (requests != 0)
		decide(pipeline, rdl_packet_pop(&requests));
}
