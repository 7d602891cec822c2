/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A recovery's parts. Its registries have no index, no wheel and no list of tombstones until its
 * end: records that are live, tombstones or free, and what those hold. So nothing that is out of
 * date needs to be found: what is past its time stays until it is in the way, or the run ends.
 *
 * All times are told by the clock of the first run that was read, as if it had gone on since; and
 * seconds by the epoch of the first log.
 */
#ifndef RDL_REGISTRY_RECOVERY_STATE_H
#define RDL_REGISTRY_RECOVERY_STATE_H

#include "entry.h"
#include "recovery.h"

/* An object list of the log that is read. */
struct rdl_numbered_list {
	uint32_t number; /* 0: a free place */
	uint32_t block;
	uint32_t home; /* which of the registries keeps it, with one reference more */
};

/* The log that is read. */
struct rdl_recovery_log {
	bool begun; /* a sweep has: what lies before is of no use */
	unsigned shard, shards;
	/* What its seconds are behind ours, for what begins and what ends: rounded down, and up. */
	int64_t begin_s, end_s;
	/* By their numbers: a table of a power of two, or none, never more than half full. */
	struct rdl_numbered_list *lists;
	uint32_t list_count, list_room;
};

/*
 * Short entries are applied so many later than they come: until then, what they touch has been
 * fetched. Changes come from all over the registry.
 */
#define RDL_RECOVERY_AHEAD 16
struct rdl_recovery_queued {
	uint32_t len;
	uint8_t octets[252];
};

struct rdl_recovery {
	struct rdl_registry **registries;
	unsigned count;
	struct rdl_registry *of_partition[RDL_PARTITIONS]; /* NULL: another recovery's */
	uint32_t kept_until
		[RDL_PARTITIONS]; /* in the run that is read: no record kept ends sooner */
	bool has_epoch;
	uint64_t epoch_ms;
	uint32_t floor; /* of all its registries */
	uint64_t shift_ms; /* our clock is that much ahead of the run's; it wraps */
	uint64_t last_ms; /* the latest time of the run */
	struct rdl_recovery_log log;
	/* A ring: the oldest, and how many there are. */
	struct rdl_recovery_queued queue[RDL_RECOVERY_AHEAD];
	unsigned oldest, queued;
	struct rdl_noted_identity *noted; /* the last; NULL: none is */
	struct rdl_recovery_counts counts;
	bool failed;
	char error[256];
	/* An object list, where entries need not be aligned. */
	uint64_t list[RDL_STORE_BLOCK_MAX / sizeof(uint64_t)];
};

/* All that is queued is applied; false: it cannot go on. */
bool rdl_recovery_drain(struct rdl_recovery *recovery);

/*
 * A slot that there is no more has had this generation: slots that there are, once more or still,
 * will have later ones. Half of all generations are no such floor: too few would be left.
 */
void rdl_recovery_raise_floor(struct rdl_recovery *recovery, uint32_t generation);

/* Says why it cannot go on; false. */
bool rdl_recovery_fail(struct rdl_recovery *recovery, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The number of an identity, held once; 0: it failed. */
uint32_t rdl_recovery_recall(struct rdl_recovery *recovery, const struct rdl_identity *identity);
/* Records hold their identities again; false: they cannot. */
bool rdl_recovery_hold_noted(struct rdl_recovery *recovery);
void rdl_recovery_forget_noted(struct rdl_recovery *recovery);

/* There is no room in a store; false. */
bool rdl_recovery_fail_room(struct rdl_recovery *recovery);
/* A store that has grown is as it was; false: what is left does not fit. */
bool rdl_recovery_pack(struct rdl_recovery *recovery, struct rdl_registry *registry);
/* All slots of a registry, one after the other, from RDL_HANDLE_NONE to that. */
static inline rdl_handle rdl_recovery_next_slot(
	const struct rdl_registry *registry, rdl_handle handle)
{
	if (handle == RDL_HANDLE_NONE)
		return (rdl_handle)registry->shard << 24;
	if (RDL_LIKELY((handle & 0xffffff) + 1 < registry->slab.slots))
		return handle + 1;
	unsigned partition = (handle >> 24) + registry->shards;
	return partition < RDL_PARTITIONS ? partition << 24 : RDL_HANDLE_NONE;
}

/* The second of ours that a time of our clock is in. */
static inline uint32_t rdl_recovery_second(const struct rdl_recovery *recovery, uint64_t time_ms)
{
	/* The epoch may lie before the clock's zero, no time before the epoch. */
	int64_t age_ms = (int64_t)(time_ms - recovery->epoch_ms);

	return age_ms > 0 ? (uint32_t)(age_ms / 1000) : 0;
}

/* When a live record ends, or has ended. */
static inline uint32_t rdl_recovery_end_of(
	const struct rdl_recovery *recovery, rdl_handle handle, const struct rdl_record *record)
{
	uint32_t until = recovery->kept_until[handle >> 24];

	return record->kept && record->deadline < until ? until : record->deadline;
}

/* What an entry of a kind that names a slot makes of it. */
bool rdl_recovery_apply_slot(
	struct rdl_recovery *recovery, enum rdl_entry_kind kind, struct rdl_span octets);

/* Lets go of the object lists that were numbered. */
void rdl_recovery_forget_lists(struct rdl_recovery *recovery);
/*
 * A list that comes with an entry has this number from now on, which is not 0. `registry` and
 * `claim`: whose registration it is. False: no room.
 */
bool rdl_recovery_add_list(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint32_t number, const struct rdl_object_list *list, const struct rdl_store_claim *claim);
bool rdl_recovery_has_list(const struct rdl_recovery *recovery, uint32_t number);
/*
 * The list of a number that there is, as a registry keeps it, with one reference more;
 * RDL_STORE_NONE: no room.
 */
uint32_t rdl_recovery_take_list(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint32_t number, const struct rdl_store_claim *claim);

/*
 * Of records as they are while they are recovered: lets go of what a live one holds, whatever it
 * is to be.
 */
void rdl_recovery_strip(struct rdl_registry *registry, struct rdl_record *record);
/* The slot is free, and has had this generation. */
void rdl_recovery_free(struct rdl_registry *registry, rdl_handle handle, uint32_t generation);
/*
 * A live one has ended in this second. `forgets`: as rdl_registry_end() has it. What is left is a
 * tombstone, or nothing.
 */
void rdl_recovery_end(
	struct rdl_registry *registry, rdl_handle handle, uint32_t second, bool forgets);

/* Ends what was over by a second, of the partitions of a log or of all (shards is 1). */
void rdl_recovery_end_over(
	struct rdl_recovery *recovery, unsigned shard, unsigned shards, uint32_t second);
/*
 * So many runs have ended, whose logs may lack the last of what they answered: what comes into a
 * slot next, comes after all of that.
 */
void rdl_recovery_skip_generations(struct rdl_recovery *recovery, uint32_t runs);
/* What came back into that run of those partitions did not end before a second. */
void rdl_recovery_keep_until(
	struct rdl_recovery *recovery, unsigned shard, unsigned shards, uint32_t second);

#endif
