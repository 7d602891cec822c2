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

void rdl_journal_tend(struct rdl_journal *journal)
{
	rdl_journal_forget(journal);
	for (unsigned i = 0; i < journal->config.shards; i++)
		prepare(journal, i);
}
