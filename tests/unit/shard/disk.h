/* SPDX-License-Identifier: BSD-3-Clause */
/* A journal's writer with a disk that does what the test says; and what a restart makes of it. */
#ifndef RDL_TEST_SHARD_DISK_H
#define RDL_TEST_SHARD_DISK_H

#include "fixture.h"

#include <stdlib.h>

#include "recovery.h"

#define RING_LEN RDL_JOURNAL_RING_MIN

/* An entry that was taken; its position is its place, from 1 on. */
struct taken {
	uint8_t *octets;
	uint32_t len;
	enum rdl_journal_mark mark;
};

static struct {
	struct rdl_journal_ring ring;
	uint8_t *octets;
	struct taken *log;
	uint64_t count, room;
} disk;

static inline void disk_start(void)
{
	memset(&disk, 0, sizeof(disk));
	disk.octets = malloc(RING_LEN);
	assert_non_null(disk.octets);
	rdl_journal_ring_init(&disk.ring, disk.octets, RING_LEN);
}

static inline void disk_stop(void)
{
	for (uint64_t i = 0; i < disk.count; i++)
		free(disk.log[i].octets);
	free(disk.log);
	free(disk.octets);
}

static inline void disk_keep(const uint8_t *octets, uint32_t word)
{
	uint32_t len = word & RDL_JOURNAL_LEN_MASK;

	if (disk.count == disk.room) {
		disk.room = 2 * disk.room + 64;
		disk.log = realloc(disk.log, disk.room * sizeof(disk.log[0]));
		assert_non_null(disk.log);
	}
	struct taken *taken = &disk.log[disk.count++];
	*taken = (struct taken){ malloc(len), len,
		(enum rdl_journal_mark)(word >> RDL_JOURNAL_MARK_SHIFT) };
	assert_non_null(taken->octets);
	memcpy(taken->octets, octets, len);
}

/* Takes so many entries out of the ring, as far as they are shown; returns how many. */
static inline uint64_t disk_take(uint64_t most)
{
	struct rdl_journal_ring *ring = &disk.ring;
	uint64_t n = 0;

	while (ring->tail < ring->head) {
		uint64_t at = ring->tail & ring->mask, to_end = ring->mask + 1 - at;
		uint32_t word = RDL_JOURNAL_SKIP;

		if (to_end >= sizeof(word))
			memcpy(&word, ring->octets + at, sizeof(word));
		if (word == RDL_JOURNAL_SKIP) {
			ring->tail += to_end;
			continue;
		}
		if (n == most)
			break;
		disk_keep(ring->octets + at + RDL_JOURNAL_ENTRY_HEAD, word);
		ring->tail += RDL_JOURNAL_ENTRY_HEAD + (word & RDL_JOURNAL_LEN_MASK);
		n++;
	}
	return n;
}

/* Up to here it is safe; no more than was taken. */
static inline void disk_confirm(uint64_t position)
{
	assert_true(position <= disk.count && position >= disk.ring.confirmed);
	disk.ring.confirmed = position;
}

/* Takes and confirms all that there is, and tells the shard. */
static inline void disk_catch_up(uint64_t now_ms)
{
	rdl_shard_publish(&shard, now_ms);
	disk_take(UINT64_MAX);
	disk_confirm(disk.count);
	rdl_shard_confirm(&shard);
}

/* Reads the log up to a position, from the last sweep that ended before it, or all of it. */
static inline void disk_recover(
	struct rdl_registry *const registries[], unsigned count, uint64_t position, uint64_t now_ms)
{
	struct rdl_recovery *recovery = rdl_recovery_create(registries, count);
	uint64_t begins = 0, from = 0;

	assert_non_null(recovery);
	for (uint64_t i = 0; i < position; i++) {
		if (disk.log[i].mark == RDL_JOURNAL_SWEEP_BEGINS)
			begins = i;
		else if (disk.log[i].mark == RDL_JOURNAL_SWEEP_ENDS)
			from = begins;
	}
	rdl_recovery_begin_log(recovery);
	for (uint64_t i = from; i < position; i++) {
		struct rdl_span entry = { disk.log[i].octets, disk.log[i].len };

		rdl_recovery_set_time(recovery, now_ms);
		if (!rdl_recovery_apply(recovery, entry))
			fail_msg("%s", rdl_recovery_error(recovery));
	}
	rdl_recovery_end_run(recovery, now_ms, 0, now_ms);
	if (!rdl_recovery_finish(recovery, now_ms, 0))
		fail_msg("%s", rdl_recovery_error(recovery));
	rdl_recovery_destroy(recovery);
}

#endif
