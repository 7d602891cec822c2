/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_shard.h"

#include "model_restarts.h"
#include "model_traffic.h"

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

/* Packets whose answers wait, oldest first. */
static struct {
	struct packet *at[WAITING];
	unsigned first, count;
} waiting[SHARDS];

void release_answers(unsigned s, uint64_t position)
{
	struct rdl_request *out[RDL_BURST_MAX];
	unsigned n, worker;

	rdl_shard_release(&shards[s], position);
	while ((n = rdl_shard_take_answers(
			&shards[s], &worker, out, (unsigned)(1 + dice(RDL_BURST_MAX)))) > 0)
		for (unsigned i = 0; i < n; i++) {
			struct packet *packet = waiting[s].at[waiting[s].first++ % WAITING];

			CHECK(waiting[s].count-- > 0);
			CHECK(out[i] == &packet->packet.request && worker == packet->worker);
			ring_put(&replies[worker][s], packet);
		}
	CHECK(position < shards[s].position || waiting[s].count == 0);
}

static bool is_success(const struct packet *packet)
{
	uint8_t code = packet->packet.request.code;

	return code == RDL_COAP_CREATED || code == RDL_COAP_CHANGED || code == RDL_COAP_DELETED;
}

/* An answer that is no lie whatever becomes of what is not released. */
static void answered(const struct packet *packet, unsigned s)
{
	const struct endpoint *e = &endpoints[packet->sent->endpoint];

	if (is_success(packet))
		CHECK(e->changed_after < shards[s].waiting.released);
	else if (packet->packet.request.code != 0 && waiting[s].count > 0)
		happened(KIND_overtook);
}

static void waits(struct packet *packet, unsigned s, bool copy)
{
	bool dead = packet->packet.request.reason == RDL_REASON_location;

	CHECK(is_success(packet) || dead);
	CHECK(waiting[s].count < WAITING);
	waiting[s].at[(waiting[s].first + waiting[s].count++) % WAITING] = packet;
	happened(dead ? KIND_dead_waited : copy ? KIND_copy_waited : KIND_waited);
}

/* The shard is slow with some of its changes, or all at once are safe. */
static void release_some(unsigned s)
{
	uint64_t left = shards[s].position - shards[s].waiting.released;

	if (dice(100) >= phase->held || waiting[s].count > WAITING - 2 * RDL_BURST_MAX)
		release_answers(s, shards[s].position);
	else if (left > 0 && one_in(3))
		release_answers(s, shards[s].waiting.released + dice(left));
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
	position_before = shards[s].position;
	unsigned at_once = rdl_shard_burst(&shards[s], policy, burst, n, w, now_ms), next = 0;
	for (unsigned i = 0; i < n; i++) {
		bool copy = packets[i]->sent->performed;

		at_hand = packets[i]->sent;
		if (packets[i]->sent->what == REGISTER)
			judge_register(packets[i]);
		else
			judge_location(packets[i]);
		check_request(packets[i]);
		if (next == at_once || burst[next] != &packets[i]->packet.request) {
			waits(packets[i], s, copy);
			continue;
		}
		next++;
		answered(packets[i], s);
		ring_put(&replies[w][s], packets[i]);
	}
	CHECK(next == at_once);
	settle(s);
	journal_write(s);
	release_some(s);
	for (unsigned i = 0; i < n; i++) {
		at_hand = packets[i]->sent;
		compare_endpoint(&endpoints[packets[i]->sent->endpoint]);
	}
}

/* ---- expiry ---- */

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
