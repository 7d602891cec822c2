/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "internal.h"

/* ---- room ---- */

/* Of so many octets of a share those that are in no part of its own. */
static uint64_t beyond(const struct callers *callers, uint64_t octets)
{
	return octets > callers->octets_part ? octets - callers->octets_part : 0;
}

static bool octets_fit(const struct callers *callers, const struct share *share, size_t octets)
{
	uint64_t more = beyond(callers, share->octets + octets) - beyond(callers, share->octets);

	return more <= callers->octets_common - callers->octets_common_used;
}

static void octets_in(struct callers *callers, struct share *share, size_t octets)
{
	callers->octets_common_used -= beyond(callers, share->octets);
	share->octets += octets;
	callers->octets_common_used += beyond(callers, share->octets);
	callers_count(&callers->counts.octets, octets);
}

static void octets_out(struct callers *callers, struct share *share, size_t octets)
{
	callers->octets_common_used -= beyond(callers, share->octets);
	share->octets -= octets;
	callers->octets_common_used += beyond(callers, share->octets);
	callers_uncount(&callers->counts.octets, octets);
}

bool call_fits(
	const struct callers *callers, const struct share *share, bool observes, size_t octets)
{
	const struct callers_counts *counts = &callers->counts;

	if (observes && counts->observing >= callers->observations_max)
		return false;
	if (!octets_fit(callers, share, octets))
		return false;
	return share->outstanding < callers->part || callers->common_used < callers->common;
}

static void count_in(struct callers *callers, struct share *share)
{
	if (share->outstanding++ >= callers->part)
		callers->common_used++;
	callers_count(&callers->counts.outstanding, 1);
}

static void count_out(struct callers *callers, struct share *share)
{
	if (--share->outstanding >= callers->part)
		callers->common_used--;
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
	bool fits = call->answer_len + octets.len <= callers->max_payload &&
		    octets_fit(callers, call->share, octets.len);
	uint8_t *answer = NULL;

	if (octets.len == 0 || call->cut)
		return;
	if (fits)
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
	if (call->observing)
		callers_uncount(&callers->counts.observing, 1);
	else
		count_out(callers, call->share);
	octets_out(callers, call->share, call->octets);
	free(call->answer);
	free(call);
}
