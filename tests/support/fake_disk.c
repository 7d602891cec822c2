/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_disk.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

void fake_disk_start(struct fake_disk *disk, uint64_t ring_len)
{
	memset(disk, 0, sizeof(*disk));
	disk->octets = malloc(ring_len);
	CHECK(disk->octets != NULL);
	rdl_journal_ring_init(&disk->ring, disk->octets, ring_len);
}

void fake_disk_stop(struct fake_disk *disk)
{
	for (uint64_t i = 0; i < disk->count; i++)
		free(disk->log[i].octets);
	free(disk->log);
	free(disk->octets);
}

static void keep(struct fake_disk *disk, const uint8_t *octets, uint32_t word)
{
	uint32_t len = word & RDL_JOURNAL_LEN_MASK;

	if (disk->count == disk->room) {
		disk->room = 2 * disk->room + 64;
		disk->log = realloc(disk->log, disk->room * sizeof(disk->log[0]));
		CHECK(disk->log != NULL);
	}
	struct fake_disk_entry *entry = &disk->log[disk->count++];
	*entry = (struct fake_disk_entry){ malloc(len), len,
		(enum rdl_journal_mark)(word >> RDL_JOURNAL_MARK_SHIFT) };
	CHECK(entry->octets != NULL);
	memcpy(entry->octets, octets, len);
}

uint64_t fake_disk_take(struct fake_disk *disk, uint64_t most)
{
	struct rdl_journal_ring *ring = &disk->ring;
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
		keep(disk, ring->octets + at + RDL_JOURNAL_ENTRY_HEAD, word);
		ring->tail += RDL_JOURNAL_ENTRY_HEAD + (word & RDL_JOURNAL_LEN_MASK);
		n++;
	}
	return n;
}

void fake_disk_confirm(struct fake_disk *disk, uint64_t position)
{
	CHECK(position <= disk->count && position >= disk->ring.confirmed);
	disk->ring.confirmed = position;
}

/* Of the first entry that a restart needs which finds the log up to a position. */
static uint64_t base(const struct fake_disk *disk, uint64_t position)
{
	uint64_t begins = 0, from = 0;

	for (uint64_t i = 0; i < position; i++) {
		if (disk->log[i].mark == RDL_JOURNAL_SWEEP_BEGINS)
			begins = i;
		else if (disk->log[i].mark == RDL_JOURNAL_SWEEP_ENDS)
			from = begins;
	}
	return from;
}

void fake_disk_forget(struct fake_disk *disk)
{
	uint64_t from = base(disk, disk->count);

	while (from > 0 && disk->log[from - 1].octets != NULL) {
		free(disk->log[--from].octets);
		disk->log[from].octets = NULL;
	}
}

void fake_disk_recover(const struct fake_disk *disk, uint64_t position,
	struct rdl_recovery *recovery, uint64_t now_ms)
{
	rdl_recovery_begin_log(recovery);
	for (uint64_t i = base(disk, position); i < position; i++) {
		const struct fake_disk_entry *entry = &disk->log[i];

		rdl_recovery_set_time(recovery, now_ms);
		if (!rdl_recovery_apply(recovery, (struct rdl_span){ entry->octets, entry->len })) {
			fprintf(stderr, "%s\n", rdl_recovery_error(recovery));
			CHECK(false);
		}
	}
}

void fake_disk_recovered(struct rdl_recovery *recovery, uint64_t now_ms)
{
	rdl_recovery_end_run(recovery, now_ms, 0, now_ms, 1);
	if (!rdl_recovery_finish(recovery, now_ms, 0)) {
		fprintf(stderr, "%s\n", rdl_recovery_error(recovery));
		CHECK(false);
	}
}
