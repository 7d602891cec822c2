/* SPDX-License-Identifier: BSD-3-Clause */
#include "wheel.h"

#define NO_BUCKET (RDL_WHEEL_LEVELS * RDL_WHEEL_SLOTS)

void rdl_wheel_init(struct rdl_wheel *wheel, const struct rdl_slab *slab)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->slab = slab;
}

static unsigned digit(uint32_t time, unsigned level)
{
	return time >> (8 * level) & (RDL_WHEEL_SLOTS - 1);
}

static bool is_occupied(const struct rdl_wheel *wheel, unsigned level, unsigned slot)
{
	return (wheel->occupied[level][slot / 64] >> slot % 64 & 1) != 0;
}

/* The first occupied slot of a level from `slot` on, or RDL_WHEEL_SLOTS. */
static unsigned next_occupied(const struct rdl_wheel *wheel, unsigned level, unsigned slot)
{
	uint64_t word = wheel->occupied[level][slot / 64] & UINT64_MAX << slot % 64;

	for (unsigned i = slot / 64;;) {
		if (word != 0)
			return i * 64 + (unsigned)__builtin_ctzll(word);
		if (++i == RDL_WHEEL_SLOTS / 64)
			return RDL_WHEEL_SLOTS;
		word = wheel->occupied[level][i];
	}
}

void rdl_wheel_start(struct rdl_wheel *wheel, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(wheel->slab, handle);
	uint32_t time = record->deadline > wheel->tick ? record->deadline : wheel->tick;
	uint32_t differ = time ^ wheel->tick;
	unsigned level = differ == 0 ? 0 : (31 - (unsigned)__builtin_clz(differ)) / 8;
	unsigned slot = digit(time, level);
	unsigned bucket = level * RDL_WHEEL_SLOTS + slot;

	record->bucket = (uint16_t)bucket;
	record->prev = RDL_HANDLE_NONE;
	record->next = RDL_HANDLE_NONE;
	if (is_occupied(wheel, level, slot)) {
		record->next = wheel->heads[bucket];
		rdl_slab_at(wheel->slab, record->next)->prev = handle;
	}
	wheel->heads[bucket] = handle;
	wheel->occupied[level][slot / 64] |= UINT64_C(1) << slot % 64;
}

void rdl_wheel_stop(struct rdl_wheel *wheel, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(wheel->slab, handle);
	unsigned level = record->bucket / RDL_WHEEL_SLOTS;
	unsigned slot = record->bucket % RDL_WHEEL_SLOTS;

	if (record->next != RDL_HANDLE_NONE)
		rdl_slab_at(wheel->slab, record->next)->prev = record->prev;
	if (record->prev != RDL_HANDLE_NONE)
		rdl_slab_at(wheel->slab, record->prev)->next = record->next;
	else if (record->next != RDL_HANDLE_NONE)
		wheel->heads[record->bucket] = record->next;
	else
		wheel->occupied[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

void rdl_wheel_restart(struct rdl_wheel *wheel, rdl_handle handle, uint32_t deadline)
{
	struct rdl_record *record = rdl_slab_at(wheel->slab, handle);
	bool earlier = deadline < record->deadline;

	if (earlier)
		rdl_wheel_stop(wheel, handle);
	record->deadline = deadline;
	if (earlier)
		rdl_wheel_start(wheel, handle);
}

/*
 * The next bucket to empty, its time being `now` or before, and moves the tick there; else
 * NO_BUCKET and the tick at `now`.
 *
 * On the levels above the lowest, the slot of the present tick holds something only while it is
 * being spread over lower levels: that is finished first. Otherwise all of a level's buckets come
 * before all of the next higher one's.
 */
static unsigned advance(struct rdl_wheel *wheel, uint32_t now)
{
	for (unsigned level = RDL_WHEEL_LEVELS - 1; level > 0; level--)
		if (is_occupied(wheel, level, digit(wheel->tick, level)))
			return level * RDL_WHEEL_SLOTS + digit(wheel->tick, level);
	for (unsigned level = 0; level < RDL_WHEEL_LEVELS; level++) {
		unsigned slot = next_occupied(wheel, level, digit(wheel->tick, level));

		if (slot == RDL_WHEEL_SLOTS)
			continue;
		uint64_t higher = UINT64_MAX << (8 * (level + 1));
		uint32_t time = (uint32_t)(wheel->tick & higher) | slot << (8 * level);
		if (time > now)
			break;
		wheel->tick = time;
		return level * RDL_WHEEL_SLOTS + slot;
	}
	if (now > wheel->tick)
		wheel->tick = now;
	return NO_BUCKET;
}

rdl_handle rdl_wheel_next(struct rdl_wheel *wheel, uint32_t now, unsigned *budget)
{
	while (*budget > 0) {
		unsigned bucket = advance(wheel, now);

		if (bucket == NO_BUCKET)
			break;
		rdl_handle handle = wheel->heads[bucket];
		rdl_wheel_stop(wheel, handle);
		(*budget)--;
		if (rdl_slab_at(wheel->slab, handle)->deadline <= now)
			return handle;
		rdl_wheel_start(wheel, handle);
	}
	return RDL_HANDLE_NONE;
}
