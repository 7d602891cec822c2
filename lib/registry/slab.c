/* SPDX-License-Identifier: BSD-3-Clause */
#include "slab.h"

#include "memory.h"

static unsigned owned(unsigned shard, unsigned shards)
{
	return (RDL_PARTITIONS - 1 - shard) / shards + 1;
}

/*
 * How long a row must be. Names fall into partitions by a keyed hash, and nothing that anybody
 * outside sees says where one fell: locations are permuted under a key, too. So names that somebody
 * chose fall as random ones do, and a partition's share, tombstones among it, is binomial with mean
 * m. By Bernstein's inequality it exceeds m + 7 sqrt(m) + 8 with a chance below e^-23, one in ten
 * billions. A slot keeps its generation, and its partition is its endpoint's whatever the number of
 * shards, so rows cannot lend each other room; at ten million registrations that costs 3.6 %. It
 * depends on no shard, so that a worker knows where any row ends.
 */
uint32_t rdl_slab_slots(uint64_t registrations)
{
	uint64_t mean = registrations / RDL_PARTITIONS + 1;
	uint64_t root = 1;

	/* Registry-wide figures are 32 bits wide, slots 24. */
	if (registrations > UINT32_MAX / 2)
		return 0;
	while (root * root < mean)
		root++;
	uint64_t slots = (mean + 7 * root + 8 + 63) & ~UINT64_C(63);
	static_assert((uint64_t)UINT32_MAX / 2 / RDL_PARTITIONS < 1u << 23, "a row fits");
	return (uint32_t)slots;
}

static uint64_t words_for(uint64_t bits)
{
	return (bits + 63) / 64;
}

static uint64_t row_words(uint64_t slots)
{
	return words_for(slots) + words_for(words_for(slots));
}

uint64_t rdl_slab_memory(uint64_t slots, unsigned shard, unsigned shards)
{
	uint64_t rows = owned(shard, shards);

	return rdl_memory_octets(rows * slots * sizeof(struct rdl_record)) +
	       rdl_memory_octets(rows * row_words(slots) * sizeof(uint64_t));
}

static void row_init(struct rdl_slab_row *row, uint32_t slots)
{
	uint64_t words = words_for(slots);

	for (uint64_t i = 0; i < words; i++) {
		row->free[i] = UINT64_MAX; /* slots are a multiple of 64 */
		row->open[i / 64] |= UINT64_C(1) << i % 64;
	}
}

bool rdl_slab_create(
	struct rdl_slab *slab, uint32_t slots, unsigned shard, unsigned shards, int socket_id)
{
	uint64_t rows = owned(shard, shards);

	slab->slots = slots;
	slab->records = rdl_memory_alloc(rows * slots * sizeof(struct rdl_record), socket_id);
	slab->bits = rdl_memory_alloc(rows * row_words(slots) * sizeof(uint64_t), socket_id);
	if (slab->records == NULL || slab->bits == NULL)
		return false;
	for (uint64_t i = 0; i < rows; i++) {
		struct rdl_slab_row *row = &slab->rows[shard + i * shards];

		row->records = (struct rdl_record *)slab->records + i * slots;
		row->free = (uint64_t *)slab->bits + i * row_words(slots);
		row->open = row->free + words_for(slots);
		row_init(row, slab->slots);
	}
	return true;
}

uint64_t rdl_slab_sessions_memory(uint64_t slots, unsigned shard, unsigned shards)
{
	return rdl_memory_octets(owned(shard, shards) * slots * sizeof(uint64_t));
}

bool rdl_slab_add_sessions(struct rdl_slab *slab, unsigned shard, unsigned shards, int socket_id)
{
	slab->sessions = rdl_memory_alloc(
		owned(shard, shards) * (uint64_t)slab->slots * sizeof(uint64_t), socket_id);
	return slab->sessions != NULL;
}

void rdl_slab_destroy(struct rdl_slab *slab)
{
	rdl_memory_free(slab->sessions);
	rdl_memory_free(slab->records);
	rdl_memory_free(slab->bits);
}

static rdl_handle lowest_free(const struct rdl_slab *slab, unsigned partition)
{
	const struct rdl_slab_row *row = &slab->rows[partition];

	for (uint64_t i = 0; i < words_for(words_for(slab->slots)); i++) {
		if (row->open[i] == 0)
			continue;
		uint32_t word = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(row->open[i]);
		uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(row->free[word]);
		return partition << 24 | slot;
	}
	return RDL_HANDLE_NONE;
}

bool rdl_slab_has_free(const struct rdl_slab *slab, unsigned partition)
{
	return lowest_free(slab, partition) != RDL_HANDLE_NONE;
}

rdl_handle rdl_slab_alloc(struct rdl_slab *slab, unsigned partition)
{
	struct rdl_slab_row *row = &slab->rows[partition];
	rdl_handle handle = lowest_free(slab, partition);

	assert(row->records != NULL);
	if (handle == RDL_HANDLE_NONE)
		return RDL_HANDLE_NONE;
	uint32_t word = (handle & 0xffffff) / 64;
	row->free[word] &= row->free[word] - 1;
	if (row->free[word] == 0)
		row->open[word / 64] &= row->open[word / 64] - 1;
	return handle;
}

bool rdl_slab_take(struct rdl_slab *slab, rdl_handle handle)
{
	struct rdl_slab_row *row = &slab->rows[handle >> 24];
	uint32_t slot = handle & 0xffffff, word = slot / 64;

	if ((row->free[word] & UINT64_C(1) << slot % 64) == 0)
		return false;
	row->free[word] &= ~(UINT64_C(1) << slot % 64);
	if (row->free[word] == 0)
		row->open[word / 64] &= ~(UINT64_C(1) << word % 64);
	return true;
}

void rdl_slab_free(struct rdl_slab *slab, rdl_handle handle)
{
	struct rdl_slab_row *row = &slab->rows[handle >> 24];
	uint32_t slot = handle & 0xffffff;

	assert((row->free[slot / 64] & UINT64_C(1) << slot % 64) == 0);
	if (RDL_UNLIKELY(rdl_record_used_up(&row->records[slot])))
		return;
	row->free[slot / 64] |= UINT64_C(1) << slot % 64;
	row->open[slot / 64 / 64] |= UINT64_C(1) << slot / 64 % 64;
}

void rdl_slab_prefetch_free(const struct rdl_slab *slab, unsigned partition, unsigned nth)
{
	rdl_handle handle = lowest_free(slab, partition);

	if (handle == RDL_HANDLE_NONE)
		return;
	uint32_t first = (handle & 0xffffff) / 64 * 64;
	uint64_t word = slab->rows[partition].free[first / 64];
	for (; nth > 0 && (word & (word - 1)) != 0; nth--)
		word &= word - 1;
	rdl_slab_prefetch(slab, partition << 24 | (first + (uint32_t)__builtin_ctzll(word)));
}
