/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_shard.h"

/* ---- bursts ---- */

static uint64_t records_of(const struct rdl_registry_counts *counts)
{
	return counts->registrations + counts->tombstones;
}

/* Both sides hold as much. */
static void settle(unsigned s)
{
	struct rdl_registry_counts counts = counts_of(s);
	struct ledger *l = &ledgers[s];

	at_hand = NULL;
	CHECK(records_of(&counts) <= l->records_hi && records_of(&counts) <= REGISTRATIONS);
	CHECK(records_of(&counts) >= l->records_lo);
	CHECK(counts.registrations >= l->live &&
		counts.registrations <= l->live + l->unsettled + sliced(l));
	/* What is shed when both are full may be counted as either. */
	CHECK(rdl_stats_get(&shards[s].stats, RDL_STAT_drop_registry_full) <= l->full);
	CHECK(rdl_stats_get(&shards[s].stats, RDL_STAT_drop_registry_full) +
			rdl_stats_get(&shards[s].stats, RDL_STAT_drop_store_full) ==
		l->full + l->store_full);
	CHECK(rdl_stats_get(&shards[s].stats, RDL_STAT_drop_admission_update) == l->too_often);
	l->records_lo = l->records_hi = records_of(&counts);
	prune(l);
}

void shard_burst(unsigned s, unsigned w)
{
	struct rdl_request *burst[RDL_BURST_MAX];
	struct packet *packets[RDL_BURST_MAX];
	unsigned n = 0;

	while (n < RDL_BURST_MAX && requests[w][s].count > 0) {
		packets[n] = ring_take(&requests[w][s]);
		burst[n] = &packets[n]->packet.request;
		n++;
	}
	CHECK(n > 0);
	rdl_shard_burst(&shards[s], policy, burst, n, now_ms);
	for (unsigned i = 0; i < n; i++) {
		at_hand = packets[i]->sent;
		if (packets[i]->sent->what == REGISTER)
			judge_register(packets[i]);
		else
			judge_location(packets[i]);
		check_request(packets[i]);
		ring_put(&replies[w][s], packets[i]);
	}
	settle(s);
	for (unsigned i = 0; i < n; i++) {
		at_hand = packets[i]->sent;
		compare_endpoint(&endpoints[packets[i]->sent->endpoint]);
	}
}

/* ---- expiry ---- */

/*
 * Past its time: what was asked of it is forgotten. A grave is left for what those before it were
 * asked for, in the order of this round, since within it nobody can tell which came first. True
 * when it leaves none for certain.
 */
static bool fade_one(struct endpoint *e, uint64_t order)
{
	struct ledger *l = ledger_of(e);

	happened(KIND_expired);
	l->expired++;
	forget_present(e);
	bool recent =
		e->others[0].identity != 0 && now_s() - e->others[0].second < EXCHANGE_LIFETIME_S;
	if (recent && !e->others[0].perhaps) {
		bury(e, order);
		return false;
	}
	l->live--;
	l->unsettled++;
	e->record = UNSETTLED;
	e->fallen = !recent;
	e->grave_s = now_s();
	return true;
}

/* All that are past their time. Returns how many may leave no grave. */
static unsigned fade(unsigned s, bool whole)
{
	struct ledger *l = &ledgers[s];
	uint64_t order = ++burials;
	unsigned fallen = 0;

	for (unsigned i = 0; i < ENDPOINTS; i++) {
		struct endpoint *e = &endpoints[i];

		if (e->shard == (int)s && e->record == LIVE && !alive(e))
			fallen += fade_one(e, order);
	}
	l->slice = !whole;
	l->slice_grave = order;
	return fallen;
}

void expire_slice(unsigned s)
{
	struct ledger *l = &ledgers[s];
	struct rdl_registry_counts counts;

	fade(s, false);
	rdl_shard_expire(&shards[s], now_ms);
	counts = counts_of(s);
	CHECK(records_of(&counts) <= l->records_hi && records_of(&counts) >= l->live);
	CHECK(counts.registrations >= l->live &&
		counts.registrations <= l->live + l->unsettled + sliced(l));
	l->records_lo = l->records_hi = records_of(&counts);
	prune(l);
}

/* Graves that are left when those have gone whose time is over, which are the oldest. */
static unsigned graves_left(const struct ledger *l)
{
	unsigned n = 0;

	while (n < l->grave_count && overdue(&endpoints[l->graves[n]]))
		n++;
	return l->grave_count - n;
}

/* Those of the unsettled of whom it is certain by now. */
static void settle_unsettled(unsigned s)
{
	for (unsigned i = 0; i < ENDPOINTS && ledgers[s].unsettled > 0; i++) {
		struct endpoint *e = &endpoints[i];

		if (e->shard == (int)s && e->record == UNSETTLED && (e->fallen || overdue(e)))
			vanish(e);
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void expire_whole(unsigned s)
{
	struct ledger *l = &ledgers[s];
	struct rdl_registry_counts counts;
	unsigned slices = 0, fallen = 0;

	if (!l->slice)
		fallen = fade(s, true);
	l->slice = false;
	/* All that have just fallen are there still. */
	uint64_t graves = at_least(l->records_hi, (uint64_t)l->live + fallen);
	uint64_t left = graves_left(l), lo = l->live + least(graves_lo(l), left);
	settle_unsettled(s);
	uint64_t hi = l->live + l->unsettled + least(graves, left);
	do {
		rdl_shard_expire(&shards[s], now_ms);
		counts = counts_of(s);
	} while ((counts.registrations > l->live || records_of(&counts) > hi) && ++slices < 10000);
	CHECK(counts.registrations == l->live);
	CHECK(records_of(&counts) >= lo && records_of(&counts) <= hi);
	CHECK(rdl_stats_get(&shards[s].stats, RDL_STAT_expired) == l->expired);
	while (l->grave_count > left)
		vanish(&endpoints[l->graves[0]]);
	l->records_lo = l->records_hi = records_of(&counts);
	prune(l);
}
