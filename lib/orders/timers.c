/* SPDX-License-Identifier: BSD-3-Clause */
#include "timers.h"

void rdl_timers_lay(struct rdl_timers *timers, uint32_t entries, void *memory, size_t *end)
{
	uint8_t *base = memory;
	size_t links = rdl_lay(end, (RDL_TIMERS_SLOTS + (size_t)entries) * sizeof(*timers->links));
	size_t ticks = rdl_lay(end, entries * sizeof(*timers->ticks));
	size_t due = rdl_lay(end, entries * sizeof(*timers->due_ms));

	if (base == NULL)
		return;
	timers->entries = entries;
	timers->links = (struct rdl_list_links *)(void *)(base + links);
	timers->ticks = (uint64_t *)(void *)(base + ticks);
	timers->due_ms = (uint64_t *)(void *)(base + due);
}

void rdl_timers_init(struct rdl_timers *timers, uint64_t now_ms)
{
	timers->tick = now_ms / RDL_TIMERS_TICK_MS;
	/* An entry that is in no bucket is a list of its own. */
	for (uint32_t i = 0; i < RDL_TIMERS_SLOTS + timers->entries; i++)
		rdl_list_init(timers->links, i);
	for (uint32_t i = 0; i < timers->entries; i++)
		timers->due_ms[i] = UINT64_MAX;
}

/* Rounded up, no sooner than now, and no later than there are buckets for. */
static uint64_t tick_for(const struct rdl_timers *timers, uint64_t due_ms)
{
	uint64_t tick = due_ms / RDL_TIMERS_TICK_MS + (due_ms % RDL_TIMERS_TICK_MS != 0);
	uint64_t last = timers->tick + RDL_TIMERS_SLOTS - 1;

	if (tick < timers->tick)
		return timers->tick;
	return tick < last ? tick : last;
}

static uint32_t bucket_of(uint64_t tick)
{
	return (uint32_t)(tick % RDL_TIMERS_SLOTS);
}

void rdl_timers_set(struct rdl_timers *timers, uint32_t entry, uint64_t due_ms)
{
	uint32_t link = RDL_TIMERS_SLOTS + entry;

	timers->due_ms[entry] = due_ms;
	if (due_ms == UINT64_MAX)
		return;
	uint64_t tick = tick_for(timers, due_ms);
	if (!rdl_list_is_empty(timers->links, link) && timers->ticks[entry] <= tick)
		return;
	timers->ticks[entry] = tick;
	rdl_list_move(timers->links, bucket_of(tick), link);
}

uint32_t rdl_timers_pop(struct rdl_timers *timers, uint64_t now_ms, unsigned *budget)
{
	uint64_t now = now_ms / RDL_TIMERS_TICK_MS;

	while (*budget > 0) {
		uint32_t bucket = bucket_of(timers->tick);
		uint32_t link = rdl_list_first(timers->links, bucket);

		if (link == bucket) {
			if (timers->tick >= now)
				break;
			timers->tick++;
			continue;
		}
		uint32_t entry = link - RDL_TIMERS_SLOTS;
		uint64_t due_ms = timers->due_ms[entry];

		--*budget;
		rdl_list_remove(timers->links, link);
		rdl_list_init(timers->links, link);
		if (due_ms <= now_ms) {
			timers->due_ms[entry] = UINT64_MAX;
			return entry;
		}
		/* It was given a later time since. */
		rdl_timers_set(timers, entry, due_ms);
	}
	return RDL_TIMERS_NONE;
}
