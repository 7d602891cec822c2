/* SPDX-License-Identifier: BSD-3-Clause */
#include "unread.h"

#include "shed.h"

/*
 * Octets of payloads that are read here, by worker's work on the one core that all devices of a
 * partition need: some 11 us of each millisecond, and what was saved of 16 of them.
 */
#define READ_PER_MS 2048
#define READ_SAVED (16 * READ_PER_MS)
/* Longer ago than makes up for the longest payload. */
#define READ_LONG_AGO_MS 64

/* Whether another payload may be read now, which may be longer than what is left. */
static bool may_read(struct rdl_shard *shard, size_t len, uint64_t now_ms)
{
	uint64_t elapsed = now_ms - shard->may_read_ms;

	shard->may_read_ms = now_ms;
	if (elapsed > READ_LONG_AGO_MS)
		elapsed = READ_LONG_AGO_MS;
	shard->may_read += (int64_t)elapsed * READ_PER_MS;
	if (shard->may_read > READ_SAVED)
		shard->may_read = READ_SAVED;
	if (shard->may_read <= 0)
		return false;
	shard->may_read -= (int64_t)len;
	return true;
}

static void read_payload(struct rdl_shard *shard, const struct rdl_policy *policy,
	rdl_handle handle, struct rdl_request *request)
{
	struct rdl_ignored_counts ignored = { { 0 } };
	struct rdl_registration registration;
	enum rdl_reason reason;

	rdl_registry_describe(shard->registry, handle, &registration);
	const struct rdl_policy_question question = { .payload = request->payload,
		.root = rdl_object_list_root(registration.objects),
		.minor = registration.minor };
	const struct rdl_cursor scratch = rdl_cursor(shard->scratch, sizeof(shard->scratch));
	reason = rdl_policy_objects(policy, &question, &scratch, &ignored, &request->detail.number);
	request->gives &= (uint8_t)~RDL_GIVES_PAYLOAD;
	request->reason = (uint8_t)reason;
	if (reason == RDL_REASON_NONE) {
		request->list.objects = (const struct rdl_object_list *)shard->scratch;
		request->list.digest = 0;
		request->gives |= RDL_GIVES_OBJECTS;
	}
	rdl_stats_add_ignored(&shard->stats, &ignored);
}

bool rdl_shard_read_list(struct rdl_shard *shard, const struct rdl_policy *policy,
	rdl_handle handle, struct rdl_request *request, uint64_t now_ms)
{
	if (!may_read(shard, request->payload.len, now_ms)) {
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_unread_list);
		return false;
	}
	read_payload(shard, policy, handle, request);
	return true;
}
