/* SPDX-License-Identifier: BSD-3-Clause */
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

/* What there is of this run must be there the next time, from when the disk has some of it. */
static void take_stock(struct rdl_journal *journal)
{
	struct rdl_journal_inventory now = { .writes = journal->inventory.writes,
		.run = journal->header.run,
		.shards = journal->header.shards };
	bool some = false;

	memcpy(now.run_id, journal->header.identity.run_id, RDL_JOURNAL_ID_LEN);
	for (unsigned i = 0; i < journal->config.shards; i++) {
		const struct rdl_journal_writer *writer = &journal->writers[i];

		if (__atomic_load_n(&writer->confirmed, __ATOMIC_ACQUIRE) == 0)
			continue;
		now.segments[i] = __atomic_load_n(&writer->segment, __ATOMIC_ACQUIRE);
		some = true;
	}
	if (!some || (now.run == journal->inventory.run &&
			     memcmp(now.segments, journal->inventory.segments,
				     sizeof(now.segments)) == 0))
		return;
	/* Where it fails, it is tried again, and what older runs have stays as long. */
	int rc = rdl_journal_inventory_write(journal->disk, journal->directory, &now);
	if (rc == 0)
		journal->inventory = now;
	__atomic_store_n(&journal->inventory_error, -rc, __ATOMIC_RELAXED);
}

void rdl_journal_tend(struct rdl_journal *journal)
{
	take_stock(journal);
	rdl_journal_forget(journal);
	for (unsigned i = 0; i < journal->config.shards; i++)
		prepare(journal, i);
}
