/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_compare.h"

struct endpoint *endpoint_of(struct rdl_span name)
{
	unsigned number = 0;

	for (unsigned i = 0; i < 4; i++)
		number = 10 * number + (unsigned)(name.data[i] - '0');
	CHECK(name.len >= 4 && number < ENDPOINTS);
	return &endpoints[number];
}

static void compare_shard(unsigned s)
{
	const struct rdl_registry *registry = shards[s].registry;
	struct rdl_registration registration;
	unsigned living = 0, listed = 0;
	uint64_t cursor = 0;

	for (unsigned i = 0; i < ENDPOINTS; i++)
		living += endpoints[i].shard == (int)s && alive(&endpoints[i]);
	while (cursor != UINT64_MAX) {
		unsigned budget = 1 + (unsigned)dice(1000);
		rdl_handle handle = rdl_registry_next(registry, &cursor, now_ms, &budget);

		if (handle == RDL_HANDLE_NONE)
			continue;
		rdl_registry_describe(registry, handle, &registration);
		const struct endpoint *e = endpoint_of(registration.endpoint);
		CHECK(e->shard == (int)s && alive(e));
		compare_one(e, &registration);
		listed++;
	}
	CHECK(listed == living);
}

static void compare_counters(void)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		const struct rdl_stats *stats = &shards[s].stats;
		const struct ledger *l = &ledgers[s];

		CHECK(rdl_stats_get(stats, RDL_STAT_registered) == l->registered);
		CHECK(rdl_stats_get(stats, RDL_STAT_replaced) == l->replaced);
		CHECK(rdl_stats_get(stats, RDL_STAT_updated) == l->updated);
		CHECK(rdl_stats_get(stats, RDL_STAT_deregistered) == l->deregistered);
		CHECK(rdl_stats_get(stats, RDL_STAT_replayed) == l->replayed);
	}
	for (unsigned w = 0; w < WORKERS; w++)
		for (unsigned i = RDL_STAT_drop_frame_short; i <= RDL_STAT_drop_tx_full; i++)
			CHECK(rdl_stats_get(&pipelines[w].stats, i) == silences[w][i]);
}

void compare_all(void)
{
	at_hand = NULL;
	for (unsigned s = 0; s < SHARDS; s++)
		compare_shard(s);
	compare_counters();
	happened(KIND_compared);
}

void compare_end(void)
{
	for (unsigned round = 0; round < 2; round++) {
		now_ms += (LIFETIME_MAX_S + UINT64_C(10)) * 1000;
		for (unsigned s = 0; s < SHARDS; s++)
			expire_whole(s);
	}
	compare_all();
	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_registry_counts counts = counts_of(s);

		CHECK(counts.registrations == 0 && counts.tombstones == 0);
		CHECK(counts.object_lists == 0 && counts.store_octets == 0);
	}
	uint64_t unanswered = 0;
	for (unsigned w = 0; w < WORKERS; w++) {
		unanswered += rdl_stats_get(&pipelines[w].stats, RDL_STAT_rx_frames) -
			      rdl_stats_get(&pipelines[w].stats, RDL_STAT_tx_frames);
		for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
			unanswered -= silences[w][i];
	}
	for (unsigned s = 0; s < SHARDS; s++)
		unanswered -= ledgers[s].full + ledgers[s].store_full + ledgers[s].too_often +
			      ledgers[s].unread;
	CHECK(unanswered == 0);
}
