/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "writer.h"

/* The writer shall find a segment when it needs one. */
static void prepare(struct rdl_journal *journal, unsigned shard)
{
	struct rdl_journal_writer *writer = &journal->writers[shard];

	if (__atomic_load_n(&writer->next_file, __ATOMIC_ACQUIRE) != RDL_JOURNAL_NONE ||
		writer->newest + 1 - writer->oldest >= RDL_JOURNAL_SEGMENTS_MAX)
		return;
	int file = rdl_journal_make_segment(journal, shard, writer->newest + 1);
	if (file < 0) {
		/* Tried again, as soon as something may have changed: the next time. */
		__atomic_store_n(&writer->next_error, -file, __ATOMIC_RELAXED);
		__atomic_store_n(&writer->next_health, RDL_JOURNAL_NO_SPACE, __ATOMIC_RELEASE);
		return;
	}
	__atomic_store_n(&writer->next_health, RDL_JOURNAL_WELL, __ATOMIC_RELAXED);
	__atomic_store_n(&writer->newest, writer->newest + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&writer->next_file, file, __ATOMIC_RELEASE);
}

/* Removes segments all of whose entries are before what the disk knows to be needed. */
static void forget(struct rdl_journal *journal, unsigned shard)
{
	const struct rdl_journal_disk *disk = journal->disk;
	struct rdl_journal_writer *writer = &journal->writers[shard];
	uint64_t base = __atomic_load_n(&writer->base_confirmed, __ATOMIC_ACQUIRE);
	uint32_t segment = __atomic_load_n(&writer->segment, __ATOMIC_ACQUIRE);
	char path[RDL_JOURNAL_PATH_MAX];

	while (writer->oldest < segment &&
		writer->firsts[(writer->oldest + 1) % RDL_JOURNAL_SEGMENTS_MAX] <= base) {
		rdl_journal_file_path(path, journal->run_path, shard, writer->oldest);
		int rc = disk->remove(disk->context, path);
		if (rc != 0 && rc != -ENOENT)
			break;
		__atomic_store_n(&writer->oldest, writer->oldest + 1, __ATOMIC_RELAXED);
	}
}

/* Once every shard of this run has told all that it holds, the runs before it are not needed. */
static void forget_runs(struct rdl_journal *journal)
{
	for (unsigned i = 0; i < journal->config.shards; i++) {
		if (__atomic_load_n(&journal->writers[i].base_confirmed, __ATOMIC_ACQUIRE) == 0)
			return;
	}
	while (journal->older_count > 0) {
		int rc = rdl_journal_remove_run(journal->disk, journal->directory,
			journal->older[journal->older_count - 1]);

		if (rc != 0 && rc != -ENOENT)
			return;
		__atomic_store_n(&journal->older_count, journal->older_count - 1, __ATOMIC_RELAXED);
	}
}

void rdl_journal_tend(struct rdl_journal *journal)
{
	forget_runs(journal);
	for (unsigned i = 0; i < journal->config.shards; i++) {
		forget(journal, i);
		prepare(journal, i);
	}
}
