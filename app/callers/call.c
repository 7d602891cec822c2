/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "internal.h"

/* ---- room ---- */

void quota_init(struct quota *quota, uint64_t most, unsigned shares)
{
	quota->part = most / 2 / shares;
	quota->common = most - quota->part * shares;
}

/* Of what a share uses that which is in no part of its own. */
static uint64_t beyond(const struct quota *quota, uint64_t used)
{
	return used > quota->part ? used - quota->part : 0;
}

static bool fits(const struct quota *quota, uint64_t used, uint64_t more)
{
	return beyond(quota, used + more) - beyond(quota, used) <=
	       quota->common - quota->common_used;
}

static void add(struct quota *quota, uint64_t *used, uint64_t more)
{
	quota->common_used += beyond(quota, *used + more) - beyond(quota, *used);
	*used += more;
}

static void take_off(struct quota *quota, uint64_t *used, uint64_t less)
{
	quota->common_used -= beyond(quota, *used) - beyond(quota, *used - less);
	*used -= less;
}

enum rdl_order_reason call_hindrance(
	const struct callers *callers, const struct share *share, bool observes, size_t octets)
{
	if (observes && !fits(&callers->observations, share->observations, 1))
		return RDL_ORDER_REASON_observations;
	if (!fits(&callers->octets, share->octets, octets) ||
		!fits(&callers->outstanding, share->outstanding, 1))
		return RDL_ORDER_REASON_full;
	return RDL_ORDER_REASON_none;
}

static void octets_in(struct callers *callers, struct share *share, size_t octets)
{
	add(&callers->octets, &share->octets, octets);
	callers_count(&callers->counts.octets, octets);
}

static void octets_out(struct callers *callers, struct share *share, size_t octets)
{
	take_off(&callers->octets, &share->octets, octets);
	callers_uncount(&callers->counts.octets, octets);
}

static void count_in(struct callers *callers, struct share *share)
{
	add(&callers->outstanding, &share->outstanding, 1);
	callers_count(&callers->counts.outstanding, 1);
}

static void count_out(struct callers *callers, struct share *share)
{
	take_off(&callers->outstanding, &share->outstanding, 1);
	callers_uncount(&callers->counts.outstanding, 1);
}

/* ---- a call ---- */

size_t call_octets(const struct call_parts *parts)
{
	return sizeof(struct call) + parts->endpoint.len + parts->id.len + parts->path.len +
	       parts->query.len + parts->payload.len;
}

static struct rdl_span keep(uint8_t **to, struct rdl_span from)
{
	struct rdl_span kept = { *to, from.len };

	if (from.len > 0)
		memcpy(*to, from.data, from.len);
	*to += from.len;
	return kept;
}

struct call *call_new(const struct call_parts *parts)
{
	size_t octets = call_octets(parts);
	struct call *call = malloc(octets);

	if (call == NULL)
		return NULL;
	*call = (struct call){ .octets = octets };
	uint8_t *to = (uint8_t *)(call + 1);
	call->order = (struct rdl_order){
		.kind = RDL_ORDER,
		.endpoint_len = (uint8_t)parts->endpoint.len,
		.id_len = (uint8_t)parts->id.len,
		.endpoint = keep(&to, parts->endpoint).data,
		.content_format = RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE,
		.context = call,
	};
	call->order.id = keep(&to, parts->id).data;
	call->order.path = keep(&to, parts->path);
	call->order.query = keep(&to, parts->query);
	call->order.payload = keep(&to, parts->payload);
	return call;
}

void call_give(struct callers *callers, struct share *share, struct call *call)
{
	const struct owners *owners = callers->owners;
	struct rdl_order *order = &call->order;
	void *message = order;

	count_in(callers, share);
	octets_in(callers, share, call->octets);
	if (order->observe == RDL_ORDER_OBSERVE)
		add(&callers->observations, &share->observations, 1);
	call->share = share;
	call->next = share->calls;
	call->place = &share->calls;
	if (call->next != NULL)
		call->next->place = &call->next;
	share->calls = call;
	rdl_siphash128(
		&owners->endpoint_key, order->endpoint, order->endpoint_len, order->digest.word);
	/* Its credit is all that may be outstanding, and all that may observe. */
	rdl_channel_send(&callers->shards[rdl_endpoint_partition(order->digest) % owners->count],
		&message, 1);
}

void call_observes(struct callers *callers, struct call *call)
{
	call->observing = true;
	count_out(callers, call->share);
	callers_count(&callers->counts.observing, 1);
}

void call_add(struct callers *callers, struct call *call, struct rdl_span octets)
{
	bool has_room = call->answer_len + octets.len <= callers->max_payload &&
			fits(&callers->octets, call->share->octets, octets.len);
	uint8_t *answer = NULL;

	if (octets.len == 0 || call->cut)
		return;
	if (has_room)
		answer = realloc(call->answer, call->answer_len + octets.len);
	call->cut = answer == NULL;
	if (call->cut)
		return;
	memcpy(answer + call->answer_len, octets.data, octets.len);
	call->answer = answer;
	call->answer_len += octets.len;
	call->octets += octets.len;
	octets_in(callers, call->share, octets.len);
}

void call_free(struct callers *callers, struct call *call)
{
	*call->place = call->next;
	if (call->next != NULL)
		call->next->place = call->place;
	callers->sleepers -= call->sleeper;
	if (call->observing)
		callers_uncount(&callers->counts.observing, 1);
	else
		count_out(callers, call->share);
	octets_out(callers, call->share, call->octets);
	if (call->order.observe == RDL_ORDER_OBSERVE)
		take_off(&callers->observations, &call->share->observations, 1);
	free(call->answer);
	free(call);
}
