/* SPDX-License-Identifier: BSD-3-Clause */
#include "commit.h"
#include "hand_on.h"
#include "keep.h"

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

void rdl_shard_keep(struct rdl_shard *shard, struct rdl_journal_ring *ring,
	const struct rdl_sweeps_config *sweeps, uint64_t now_ms)
{
	assert(shard->position == 0 && ring->position == 0);
	shard->keeps = true;
	shard->journal = ring;
	rdl_sweeps_start(shard, sweeps, now_ms);
}

void rdl_shard_log_events(struct rdl_shard *shard)
{
	shard->logs_events = true;
}

void rdl_shard_keep_sessions(
	struct rdl_shard *shard, const struct rdl_dtls *const tables[], unsigned count)
{
	shard->sessions = tables;
	shard->session_tables = count;
}

void rdl_shard_wait(struct rdl_shard *shard, void *memory, unsigned workers, unsigned requests)
{
	shard->keeps = true;
	rdl_waiting_init(&shard->waiting, memory, workers, requests);
}

void rdl_shard_release(struct rdl_shard *shard, uint64_t position)
{
	assert(position >= shard->waiting.released && position <= shard->position);
	shard->waiting.released = position;
}

void rdl_shard_give_up(struct rdl_shard *shard)
{
	shard->waiting.given_up = true;
}

void rdl_shard_confirm(struct rdl_shard *shard)
{
	if (shard->journal == NULL)
		return;
	if (rdl_waiting_is_used(&shard->waiting))
		rdl_shard_release(shard, rdl_journal_confirmed(shard->journal));
	if (RDL_UNLIKELY(rdl_journal_has_failed(shard->journal)))
		rdl_shard_give_up(shard);
}

unsigned rdl_shard_take_answers(
	struct rdl_shard *shard, unsigned *worker, struct rdl_request *requests[], unsigned most)
{
	unsigned n = rdl_waiting_take(&shard->waiting, worker, requests, most);

	if (RDL_UNLIKELY(shard->waiting.given_up))
		for (unsigned i = 0; i < n; i++)
			rdl_shard_shed(shard, requests[i]);
	return n;
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

/* False: its answer may leave at once. No change comes here when so many wait. */
static bool put_to_wait(struct rdl_shard *shard, struct rdl_request *request)
{
	struct rdl_waiting *waiting = &shard->waiting;
	uint64_t position = rdl_waiting_for(waiting, request);

	if (position == 0)
		return false;
	if (waiting->given_up || rdl_waiting_fills(waiting, shard->worker, RDL_WAITING_READS)) {
		rdl_shard_shed(shard, request);
		return false;
	}
	rdl_waiting_put(waiting, request, position, shard->worker);
	return true;
}

unsigned rdl_shard_burst(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *requests[], unsigned count, unsigned worker, uint64_t now_ms)
{
	bool waits = rdl_waiting_is_used(&shard->waiting);
	rdl_handle hints[RDL_REGISTRY_BURST];
	unsigned answered = 0;

	shard->worker = worker;
	bool have_views = prefetch_requests(requests, count);
	rdl_registry_lookup(shard->registry, count, requests, hints);
	if (RDL_UNLIKELY(have_views))
		prefetch_views(requests, count);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_request *request = requests[i];

		rdl_shard_commit(shard, policy, request, hints[i], now_ms);
		if (RDL_UNLIKELY(waits) && !put_to_wait(shard, request))
			requests[answered++] = request;
	}
	rdl_registry_forget_ended(shard->registry);
	return RDL_UNLIKELY(waits) ? answered : count;
}

bool rdl_shard_expire(struct rdl_shard *shard, uint64_t now_ms)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	unsigned slice = rdl_shard_expiry_room(shard, EXPIRE_SLICE);
	/* What has to wait is dead all the same. */
	unsigned expired =
		slice > 0 ? rdl_registry_expire(shard->registry, now_ms, slice, changes) : 0;

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

bool rdl_shard_remove(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms)
{
	struct rdl_change *change = &shard->change;

	if (!rdl_shard_has_room(shard, RDL_KEEP_SHORT))
		return false;
	rdl_registry_remove(shard->registry, handle, now_ms, change);
	rdl_shard_hand_on(shard, change, now_ms);
	rdl_registry_forget_ended(shard->registry);
	rdl_stats_add(&shard->stats, RDL_STAT_removed, 1);
	return true;
}
