/* SPDX-License-Identifier: BSD-3-Clause */
#include "commit.h"
#include "hand_on.h"

#include <assert.h>

/* Records looked at in one slice of expiry: tens of microseconds even when each is a cache miss. */
#define EXPIRE_SLICE 64

void rdl_shard_init(struct rdl_shard *shard, struct rdl_registry *registry,
	const struct rdl_key *key, void *memory)
{
	memset(shard, 0, sizeof(*shard));
	shard->registry = registry;
	rdl_admission_init(&shard->admission, key, memory);
}

void rdl_shard_limit(
	struct rdl_shard *shard, const struct rdl_admission_limits *limits, uint64_t now_ms)
{
	rdl_admission_change(&shard->admission, limits, now_ms);
	rdl_registry_limit_updates(shard->registry, limits->updates);
}

void rdl_shard_wait(struct rdl_shard *shard, void *memory, unsigned answers)
{
	rdl_waiting_init(&shard->waiting, memory, answers);
}

void rdl_shard_release(struct rdl_shard *shard, uint64_t position)
{
	assert(position >= shard->waiting.released && position <= shard->position);
	shard->waiting.released = position;
}

unsigned rdl_shard_take_answers(
	struct rdl_shard *shard, unsigned *worker, struct rdl_request *requests[], unsigned most)
{
	return rdl_waiting_take(&shard->waiting, worker, requests, most);
}

/* What lies in the second line of a request to a location. */
#define GIVES_MORE \
	(RDL_GIVES_OBJECTS | RDL_GIVES_PARAMETERS | RDL_GIVES_PAYLOAD | RDL_GIVES_IDENTITY)

/*
 * A worker wrote them last: they come from its cache,
 * the second line of those that have more than one. True when some have.
 */
static bool prefetch_requests(struct rdl_request *const requests[], unsigned count)
{
	bool any = false;

	for (unsigned i = 0; i < count; i++)
		RDL_PREFETCH_WRITE(requests[i]);
	for (unsigned i = 0; i < count; i++)
		if (requests[i]->operation == RDL_OPERATION_REGISTER ||
			(requests[i]->gives & GIVES_MORE) != 0) {
			RDL_PREFETCH_WRITE(&requests[i]->name);
			any = true;
		}
	return any;
}

/* What their second lines point to in a packet: names that are long, lists that are not known. */
static void prefetch_views(struct rdl_request *const requests[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct rdl_request *request = requests[i];

		if (request->operation != RDL_OPERATION_REGISTER)
			continue;
		if (request->endpoint_len > RDL_NAME_INLINE)
			RDL_PREFETCH(request->name.elsewhere);
		if (request->list.digest != 0)
			continue;
		RDL_PREFETCH(request->list.objects);
		RDL_PREFETCH((const char *)request->list.objects + RDL_CACHE_LINE);
	}
}

unsigned rdl_shard_burst(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *requests[], unsigned count, unsigned worker, uint64_t now_ms)
{
	bool waits = rdl_waiting_is_used(&shard->waiting);
	rdl_handle hints[RDL_REGISTRY_BURST];
	unsigned answered = 0;

	bool have_views = prefetch_requests(requests, count);
	rdl_registry_lookup(shard->registry, count, requests, hints);
	if (RDL_UNLIKELY(have_views))
		prefetch_views(requests, count);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_request *request = requests[i];

		rdl_shard_commit(shard, policy, request, hints[i], now_ms);
		if (RDL_UNLIKELY(waits) && !rdl_waiting_put(&shard->waiting, request, worker))
			requests[answered++] = request;
	}
	rdl_registry_forget_ended(shard->registry);
	return RDL_UNLIKELY(waits) ? answered : count;
}

bool rdl_shard_expire(struct rdl_shard *shard, uint64_t now_ms)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	unsigned expired = rdl_registry_expire(shard->registry, now_ms, EXPIRE_SLICE, changes);

	if (expired == 0)
		return false;
	for (unsigned i = 0; i < expired; i++)
		rdl_shard_hand_on(shard, &changes[i], now_ms);
	rdl_registry_forget_ended(shard->registry);
	rdl_stats_add(&shard->stats, RDL_STAT_expired, expired);
	return true;
}

void rdl_shard_gauge(struct rdl_shard *shard)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(shard->registry, &counts);
#define X(name, help) rdl_stats_set(&shard->stats, RDL_STAT_##name, counts.name);
	RDL_STATS_GAUGES(X)
#undef X
}

void rdl_shard_remove(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms)
{
	struct rdl_change *change = &shard->change;

	rdl_registry_remove(shard->registry, handle, now_ms, change);
	rdl_shard_hand_on(shard, change, now_ms);
	rdl_registry_forget_ended(shard->registry);
	rdl_stats_add(&shard->stats, RDL_STAT_removed, 1);
}
