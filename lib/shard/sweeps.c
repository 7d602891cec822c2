/* SPDX-License-Identifier: BSD-3-Clause */
#include "keep.h"

#include <assert.h>

/* Slots looked at in one round, and octets put: some microseconds; when there is a hurry, more. */
#define SWEEP_SLOTS 32
#define SWEEP_SLOTS_HURRY 128
#define SWEEP_OCTETS (16 * 1024)
/* Few entries are longer. */
#define SWEEP_ENTRY 2048

static uint64_t changes_put(const struct rdl_shard *shard)
{
	return shard->position - shard->sweeps.entries;
}

static void put(struct rdl_shard *shard, size_t len, enum rdl_journal_mark mark)
{
	shard->position = rdl_journal_commit(shard->journal, (uint32_t)len, mark);
	shard->sweeps.entries++;
}

static void begin(struct rdl_shard *shard, uint64_t now_ms)
{
	struct rdl_journal_ring *ring = shard->journal;
	struct rdl_sweeps *sweeps = &shard->sweeps;
	uint8_t *octets = rdl_journal_reserve(ring, RDL_ENTRY_SHORT_MAX);

	assert(octets != NULL);
	sweeps->began_ms = now_ms;
	sweeps->takes_ms = sweeps->config.every_ms;
	sweeps->slots_seen = 0;
	sweeps->changes = changes_put(shard);
	sweeps->expired = false;
	sweeps->begin = ring->written;
	put(shard, rdl_sweep_begin(&sweeps->sweep, shard->registry, octets),
		RDL_JOURNAL_SWEEP_BEGINS);
}

void rdl_sweeps_start(
	struct rdl_shard *shard, const struct rdl_sweeps_config *config, uint64_t now_ms)
{
	struct rdl_sweeps *sweeps = &shard->sweeps;

	assert(config->every_ms > 0 && config->first_ms > 0);
	*sweeps =
		(struct rdl_sweeps){ .config = *config, .slots = rdl_sweep_slots(shard->registry) };
	begin(shard, now_ms);
	sweeps->takes_ms = config->first_ms;
	sweeps->base = sweeps->begin;
}

/* Changes find as much as before: half of the ring stays. */
static bool ring_has_room(struct rdl_journal_ring *ring)
{
	return rdl_journal_room(ring) >= (ring->mask + 1) / 2 + RDL_KEEP_OCTETS(RDL_ENTRY_MAX);
}

/* The next entry's octets; 0: none, since no more slots are to be looked at. */
static size_t next(struct rdl_shard *shard, unsigned *budget, uint8_t **octets)
{
	static const uint32_t rooms[] = { SWEEP_ENTRY, RDL_ENTRY_MAX };
	struct rdl_sweeps *sweeps = &shard->sweeps;
	size_t len = 0;

	/* What is reserved and not used is lost at the ring's end. */
	for (unsigned i = 0; i < RDL_ARRAY_LEN(rooms) && len == 0 && *budget > 0; i++) {
		*octets = rdl_journal_reserve(shard->journal, rooms[i]);
		assert(*octets != NULL);
		len = rdl_sweep_next(&sweeps->sweep, shard->registry, budget, rooms[i], *octets);
	}
	return len;
}

/* Beside the entry of a registration. */
static void put_session(struct rdl_shard *shard, rdl_handle handle, uint64_t now_ms)
{
	uint32_t seconds;
	uint64_t session = rdl_registry_session(shard->registry, handle, now_ms, &seconds);

	if (session != 0 && rdl_shard_put_session(shard, handle, session, seconds))
		shard->sweeps.entries++;
}

static bool step(struct rdl_shard *shard, unsigned *budget, uint64_t now_ms)
{
	struct rdl_sweeps *sweeps = &shard->sweeps;
	uint8_t *octets;

	if (*budget == 0 || !ring_has_room(shard->journal))
		return false;
	size_t len = next(shard, budget, &octets);
	if (len == 0)
		return false;
	if (!rdl_sweep_has_ended(&sweeps->sweep)) {
		rdl_handle handle = rdl_sweep_told((struct rdl_span){ octets, len });

		put(shard, len, RDL_JOURNAL_PLAIN);
		if (RDL_UNLIKELY(shard->sessions != NULL) && handle != RDL_HANDLE_NONE)
			put_session(shard, handle, now_ms);
		return true;
	}
	put(shard, len, RDL_JOURNAL_SWEEP_ENDS);
	sweeps->base = sweeps->begin;
	rdl_stats_add(&shard->stats, RDL_STAT_sweeps, 1);
	return false;
}

/* Slots that may be looked at in this round. */
static unsigned slots_due(const struct rdl_sweeps *sweeps, bool hurry, uint64_t now_ms)
{
	uint64_t elapsed_ms = now_ms - sweeps->began_ms, due = sweeps->slots;
	unsigned most = hurry ? SWEEP_SLOTS_HURRY : SWEEP_SLOTS;

	if (!hurry && elapsed_ms < sweeps->takes_ms)
		due = due * elapsed_ms / sweeps->takes_ms;
	if (due >= sweeps->slots) /* its end needs one more, which is not looked at */
		return most;
	uint64_t left = due > sweeps->slots_seen ? due - sweeps->slots_seen : 0;
	return left < most ? (unsigned)left : most;
}

bool rdl_sweeps_go_on(struct rdl_shard *shard, uint64_t now_ms)
{
	struct rdl_sweeps *sweeps = &shard->sweeps;
	uint64_t from = shard->journal->written;
	bool hurry = from - sweeps->base > sweeps->config.log_max;

	if (rdl_sweep_has_ended(&sweeps->sweep)) {
		bool due = hurry || now_ms - sweeps->began_ms >= sweeps->config.every_ms;

		bool news = sweeps->expired || changes_put(shard) != sweeps->changes;

		if (due && news && ring_has_room(shard->journal))
			begin(shard, now_ms);
		return false;
	}
	unsigned due = slots_due(sweeps, hurry, now_ms), budget = due;
	while (step(shard, &budget, now_ms) && shard->journal->written - from < SWEEP_OCTETS)
		;
	sweeps->slots_seen += due - budget;
	return hurry && due != budget;
}
