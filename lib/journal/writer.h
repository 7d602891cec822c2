/* SPDX-License-Identifier: BSD-3-Clause */
/* A run that is being logged. */
#ifndef RDL_JOURNAL_WRITER_H
#define RDL_JOURNAL_WRITER_H

#include "inventory.h"

/* One shard's log. */
struct rdl_journal_writer {
	struct rdl_journal_ring *ring;
	/* ---- the thread that writes ---- */
	uint64_t taken; /* octets of the ring */
	uint8_t *octets; /* of a group, from a block's boundary on */
	/* A group that was made, and could not be written yet; 0: none. */
	size_t pending;
	struct rdl_journal_group group;
	int file;
	uint64_t at;
	uint64_t last; /* position of the last entry taken */
	uint64_t sweep_first; /* where the sweep that is under way began; 0: none is */
	/* Where the last sweep that ended began, and ended. */
	uint64_t swept_first, swept_last;
	uint64_t base_written;
	uint64_t stamped_ms; /* of the last group */
	bool finishes;
	/* Since when there is something that was not synced, by the run's clock. */
	bool unsynced;
	uint64_t unsynced_ms;
	/* ---- told to other threads, each by a store of its own ---- */
	uint32_t segment; /* that is being written */
	uint64_t written, confirmed, base, base_confirmed;
	uint64_t groups, group_octets, syncs;
	enum rdl_journal_health health, next_health;
	int error, next_error;
	const char *what;
	/* First positions of segments, by their numbers. */
	uint64_t firsts[RDL_JOURNAL_SEGMENTS_MAX];
	/* ---- the thread that tends; it hands a segment on by its file ---- */
	uint32_t oldest, newest;
	int next_file;
};

/* A segment of a run before this one. */
struct rdl_journal_old {
	uint32_t run, segment;
	unsigned shard;
	bool empty; /* nothing was ever written into it */
	size_t behind; /* how many of its log come after it */
};

struct rdl_journal {
	struct rdl_journal_config config;
	const struct rdl_journal_disk *disk;
	char directory[RDL_JOURNAL_DIRECTORY_MAX];
	/* Of the run's directory. */
	char run_path[RDL_JOURNAL_RUN_PATH_MAX];
	struct rdl_journal_header header;
	uint8_t *zeros; /* a group's length of them */
	uint8_t *block; /* for headers */
	bool buffered;
	/* Runs before this one that are there yet, the oldest first: from older_gone on. */
	uint32_t *older;
	size_t older_count, older_gone;
	/* Of these, those that are needed, or that could not be removed: told to other threads. */
	uint32_t older_needed;
	/* Their segments, in the order in which they go: from old_gone on; and what is kept. */
	struct rdl_journal_old *old;
	size_t old_count, old_gone;
	uint64_t kept;
	/* As it is on the disk; the thread's that tends. */
	struct rdl_journal_inventory inventory;
	int inventory_error; /* errno of the last time; 0: it was written. Anybody reads it */
	struct rdl_journal_writer writers[];
};

/* Looks what segments there are of older runs. 0, or -errno. */
int rdl_journal_look_at_old(struct rdl_journal *journal, const struct rdl_journal_logs *logs);
/* Removes what is needed no more, but for as much as is to be kept. */
void rdl_journal_forget(struct rdl_journal *journal);

/*
 * Makes the shard's next segment, empty. Its file, or -errno; there is nothing of it then.
 */
int rdl_journal_make_segment(struct rdl_journal *journal, unsigned shard, uint32_t number);

#endif
