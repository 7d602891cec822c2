/* SPDX-License-Identifier: BSD-3-Clause */
/* A shard's journal on a disk that does what the test says; and what a restart makes of it. */
#ifndef RDL_TEST_FAKE_DISK_H
#define RDL_TEST_FAKE_DISK_H

#include "recovery.h"
#include "ring.h"

/* An entry that was taken out of the ring. */
struct fake_disk_entry {
	uint8_t *octets; /* NULL: forgotten */
	uint32_t len;
	enum rdl_journal_mark mark;
};

struct fake_disk {
	struct rdl_journal_ring ring;
	uint8_t *octets;
	struct fake_disk_entry *log; /* an entry's position is its place, from 1 on */
	uint64_t count, room;
};

void fake_disk_start(struct fake_disk *disk, uint64_t ring_len);
void fake_disk_stop(struct fake_disk *disk);
/* Takes so many entries out of the ring, as far as they are shown; returns how many. */
uint64_t fake_disk_take(struct fake_disk *disk, uint64_t most);
/* Up to here it is safe; no more than was taken. */
void fake_disk_confirm(struct fake_disk *disk, uint64_t position);
/* What lies before the beginning of the last sweep that has ended is needed no more. */
void fake_disk_forget(struct fake_disk *disk);
/*
 * A restart reads the log up to a position, from the last sweep on that had ended by then. Fails
 * the test where it cannot.
 */
void fake_disk_recover(const struct fake_disk *disk, uint64_t position,
	struct rdl_recovery *recovery, uint64_t now_ms);
/* All logs were read: the registries are as they were at `now_ms`. */
void fake_disk_recovered(struct rdl_recovery *recovery, uint64_t now_ms);

#endif
