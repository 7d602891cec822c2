/* SPDX-License-Identifier: BSD-3-Clause */
#include "wheel.h"

#define NO_BUCKET (RDL_WHEEL_LEVELS * RDL_WHEEL_SLOTS)

void rdl_wheel_init(struct rdl_wheel *wheel, const struct rdl_slab *slab)
{
	memset(wheel, 0, sizeof(*wheel));
	memset(wheel->heads, 0xff, sizeof(wheel->heads)); /* RDL_HANDLE_NONE */
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

static unsigned chain_of(rdl_handle handle)
{
	return handle & (RDL_WHEEL_CHAINS - 1);
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
	uint32_t end = rdl_wheel_end(wheel, record);
	uint32_t time = end > wheel->tick ? end : wheel->tick;
	uint32_t differ = time ^ wheel->tick;
	unsigned level = differ == 0 ? 0 : (31 - (unsigned)__builtin_clz(differ)) / 8;
	unsigned slot = digit(time, level);
	unsigned bucket = level * RDL_WHEEL_SLOTS + slot;
	rdl_handle *head = &wheel->heads[bucket][chain_of(handle)];

	record->bucket = bucket & (NO_BUCKET - 1);
	record->prev = RDL_HANDLE_NONE;
	record->next = *head;
	if (*head != RDL_HANDLE_NONE)
		rdl_slab_at(wheel->slab, *head)->prev = handle;
	*head = handle;
	wheel->occupied[level][slot / 64] |= UINT64_C(1) << slot % 64;
	if (time == wheel->tick)
		wheel->settled = false;
}

/* Takes a chain's first record out; what is behind it need not know. */
static void pop(struct rdl_wheel *wheel, unsigned bucket, rdl_handle *head)
{
	unsigned level = bucket / RDL_WHEEL_SLOTS, slot = bucket % RDL_WHEEL_SLOTS;

	*head = rdl_slab_at(wheel->slab, *head)->next;
	if (*head != RDL_HANDLE_NONE)
		return;
	for (unsigned c = 0; c < RDL_WHEEL_CHAINS; c++)
		if (wheel->heads[bucket][c] != RDL_HANDLE_NONE)
			return;
	wheel->occupied[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

void rdl_wheel_stop(struct rdl_wheel *wheel, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(wheel->slab, handle);
	rdl_handle *head = &wheel->heads[record->bucket][chain_of(handle)];

	if (*head == handle) {
		pop(wheel, record->bucket, head);
		return;
	}
	rdl_slab_at(wheel->slab, record->prev)->next = record->next;
	if (record->next != RDL_HANDLE_NONE)
		rdl_slab_at(wheel->slab, record->next)->prev = record->prev;
}

void rdl_wheel_restart(struct rdl_wheel *wheel, rdl_handle handle, uint32_t deadline)
{
	struct rdl_record *record = rdl_slab_at(wheel->slab, handle);
	bool earlier = deadline < rdl_wheel_end(wheel, record);

	if (earlier)
		rdl_wheel_stop(wheel, handle);
	record->deadline = deadline;
	record->kept = false;
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

/* A bucket's heads, one of each chain, the ones behind them fetched for the next turn. */
static unsigned take_heads(struct rdl_wheel *wheel, unsigned bucket, uint32_t now, unsigned *budget,
	rdl_handle due[], unsigned max)
{
	rdl_handle *heads = wheel->heads[bucket];
	unsigned count = 0;

	for (unsigned c = 0; *budget > 0 && count < max && c < RDL_WHEEL_CHAINS; c++) {
		rdl_handle handle = heads[c];

		if (handle == RDL_HANDLE_NONE)
			continue;
		pop(wheel, bucket, &heads[c]);
		if (heads[c] != RDL_HANDLE_NONE)
			rdl_slab_prefetch(wheel->slab, heads[c]);
		--*budget;
		if (rdl_wheel_end(wheel, rdl_slab_at(wheel->slab, handle)) <= now)
			due[count++] = handle;
		else
			rdl_wheel_start(wheel, handle);
	}
	return count;
}

unsigned rdl_wheel_pop(
	struct rdl_wheel *wheel, uint32_t now, unsigned *budget, rdl_handle due[], unsigned max)
{
	unsigned count = 0;

	if (RDL_LIKELY(wheel->settled && now <= wheel->tick))
		return 0;
	wheel->settled = false;
	while (*budget > 0 && count < max) {
		unsigned bucket = advance(wheel, now);

		if (bucket == NO_BUCKET) {
			wheel->settled = true;
			break;
		}
		count += take_heads(wheel, bucket, now, budget, due + count, max - count);
	}
	return count;
}
