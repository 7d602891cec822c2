/* SPDX-License-Identifier: BSD-3-Clause */
#include "places.h"

bool place_run(const struct rdl_journal_history *history, uint64_t position, size_t *run)
{
	for (size_t r = rdl_journal_history_runs(history); r-- > 0;) {
		if (rdl_journal_history_run(history, r)->origin <= position) {
			*run = r;
			return true;
		}
	}
	return false;
}

uint64_t place_in(
	const struct rdl_journal_history *history, size_t run, unsigned shard, uint64_t position)
{
	uint64_t origin = rdl_journal_history_run(history, run)->origin;
	uint64_t end = rdl_journal_history_end(history, run, shard);

	if (position <= origin)
		return 0;
	return position - origin < end ? position - origin : end;
}

bool places_raise(const struct rdl_journal_history *history, uint64_t places[RDL_PARTITIONS],
	unsigned partition, uint64_t position)
{
	size_t run;

	if (partition >= RDL_PARTITIONS || !place_run(history, position, &run))
		return false;
	const struct rdl_journal_run *told = rdl_journal_history_run(history, run);
	unsigned shard = partition % told->shards;
	if (position > told->origin + rdl_journal_history_end(history, run, shard))
		return false;
	for (unsigned p = shard; p < RDL_PARTITIONS; p += told->shards)
		if (places[p] < position)
			places[p] = position;
	return true;
}

uint64_t places_least(const uint64_t places[RDL_PARTITIONS], unsigned shards, unsigned shard)
{
	uint64_t least = UINT64_MAX;

	for (unsigned p = shard; p < RDL_PARTITIONS; p += shards)
		if (places[p] < least)
			least = places[p];
	return least;
}

uint64_t places_lag(
	const struct rdl_journal_history *history, const uint64_t places[RDL_PARTITIONS])
{
	uint64_t lag = 0;

	for (size_t r = 0; r < rdl_journal_history_runs(history); r++) {
		unsigned shards = rdl_journal_history_run(history, r)->shards;

		for (unsigned s = 0; s < shards; s++)
			lag += rdl_journal_history_end(history, r, s) -
			       place_in(history, r, s, places_least(places, shards, s));
	}
	return lag;
}
