/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slab: the records. Each partition has its own row of slots, all rows equally long, so that where
 * a record lies is plain arithmetic, and its handle (partition, slot) says nothing of how many
 * shards there are.
 */
#ifndef RDL_REGISTRY_SLAB_H
#define RDL_REGISTRY_SLAB_H

#include "record.h"

struct rdl_slab_row {
	struct rdl_record *records; /* NULL: another shard's partition */
	uint64_t *free; /* a bit per slot */
	uint64_t *open; /* a bit per word of `free` that is not 0 */
};

struct rdl_slab {
	struct rdl_slab_row rows[RDL_PARTITIONS];
	uint32_t slots; /* of a row */
	void *records, *bits;
	uint64_t *sessions; /* one beside each record; NULL: none are kept */
};

/*
 * Slots of a row where there are so many registrations over all shards; 0: more than handles can
 * name.
 */
uint32_t rdl_slab_slots(uint64_t registrations);
uint64_t rdl_slab_memory(uint64_t slots, unsigned shard, unsigned shards);
bool rdl_slab_create(
	struct rdl_slab *slab, uint32_t slots, unsigned shard, unsigned shards, int socket_id);
void rdl_slab_destroy(struct rdl_slab *slab);

/* Room for the secure session of each registration; all have none at first. */
uint64_t rdl_slab_sessions_memory(uint64_t slots, unsigned shard, unsigned shards);
bool rdl_slab_add_sessions(struct rdl_slab *slab, unsigned shard, unsigned shards, int socket_id);

/* True when a partition that is ours has a free slot. */
bool rdl_slab_has_free(const struct rdl_slab *slab, unsigned partition);
/* The lowest free slot of a partition that is ours, or RDL_HANDLE_NONE. */
rdl_handle rdl_slab_alloc(struct rdl_slab *slab, unsigned partition);
/* This slot of a partition that is ours; false when it is not free. */
bool rdl_slab_take(struct rdl_slab *slab, rdl_handle handle);
/* A slot whose generations are used up is never given again. */
void rdl_slab_free(struct rdl_slab *slab, rdl_handle handle);
/*
 * Starts to fetch the record that rdl_slab_alloc() would
 * give when it has given `nth` others; as good as always.
 */
void rdl_slab_prefetch_free(const struct rdl_slab *slab, unsigned partition, unsigned nth);

static inline struct rdl_record *rdl_slab_at(const struct rdl_slab *slab, rdl_handle handle)
{
	return &slab->rows[handle >> 24].records[handle & 0xffffff];
}

/* Where there are any. */
static inline uint64_t *rdl_slab_session(const struct rdl_slab *slab, rdl_handle handle)
{
	const struct rdl_record *first = slab->records;

	return &slab->sessions[rdl_slab_at(slab, handle) - first];
}

/* Starts to fetch a record. */
static inline void rdl_slab_prefetch(const struct rdl_slab *slab, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(slab, handle);

	RDL_PREFETCH_WRITE(record);
	RDL_PREFETCH_WRITE(&record->registered);
}

/*
 * True when there is a record of this name, in use or not: a location may name one that another
 * registry had.
 */
static inline bool rdl_slab_has(const struct rdl_slab *slab, rdl_handle handle)
{
	return slab->rows[handle >> 24].records != NULL && (handle & 0xffffff) < slab->slots;
}

#endif
