/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is needed no more goes, the oldest first, but for as much as is to be kept. Segments go
 * whole, and those of runs before this one not before all shards of this one have told all that
 * they hold.
 */
#include <errno.h>
#include <stdlib.h>

#include "logs_internal.h"
#include "writer.h"

/* ---- of older runs ---- */

struct names {
	struct rdl_journal *journal;
	uint32_t run;
	bool no_memory;
};

static void add_name(void *context, const char *name)
{
	struct names *names = context;
	struct rdl_journal *journal = names->journal;
	unsigned shard;
	uint32_t segment;

	if (names->no_memory || !rdl_journal_segment_of(name, &shard, &segment))
		return;
	struct rdl_journal_old *old =
		realloc(journal->old, (journal->old_count + 1) * sizeof(*old));
	if (old == NULL) {
		names->no_memory = true;
		return;
	}
	journal->old = old;
	old[journal->old_count++] =
		(struct rdl_journal_old){ .run = names->run, .segment = segment, .shard = shard };
}

/* Of the run that this one goes on from: behind the log's end there are only zeros. */
static bool is_empty(const struct rdl_journal_logs *logs, const struct rdl_journal_old *old)
{
	const struct rdl_journal_past_run *run;

	if (logs->count == 0)
		return false;
	run = &logs->runs[logs->count - 1];
	if (run->number != old->run || old->shard >= run->shards)
		return false;
	const struct rdl_journal_past_log *log = &run->logs[old->shard];
	return log->count > 0 && old->segment > log->segments[log->end_place.segment];
}

static void mark_places(struct rdl_journal *journal, const struct rdl_journal_logs *logs)
{
	for (size_t i = 0; i < journal->old_count; i++) {
		struct rdl_journal_old *old = &journal->old[i];

		old->empty = is_empty(logs, old);
		for (size_t j = 0; j < journal->old_count; j++)
			old->behind += journal->old[j].run == old->run &&
				       journal->old[j].shard == old->shard &&
				       journal->old[j].segment > old->segment;
	}
}

static int in_order(const void *a, const void *b)
{
	const struct rdl_journal_old *left = a, *right = b;

	if (left->run != right->run)
		return left->run < right->run ? -1 : 1;
	if (left->empty != right->empty)
		return left->empty ? -1 : 1;
	if (left->behind != right->behind)
		return left->behind > right->behind ? -1 : 1;
	return left->shard < right->shard ? -1 : left->shard > right->shard;
}

int rdl_journal_look_at_old(struct rdl_journal *journal, const struct rdl_journal_logs *logs)
{
	const struct rdl_journal_disk *disk = journal->disk;
	char path[RDL_JOURNAL_RUN_PATH_MAX];

	for (size_t i = 0; i < journal->older_count; i++) {
		struct names names = { .journal = journal, .run = journal->older[i] };

		rdl_journal_run_path(path, journal->directory, RDL_JOURNAL_RUN, names.run);
		int rc = disk->list(disk->context, path, add_name, &names);
		if (names.no_memory)
			return -ENOMEM;
		if (rc != 0)
			return rc;
	}
	mark_places(journal, logs);
	if (journal->old_count > 0)
		qsort(journal->old, journal->old_count, sizeof(*journal->old), in_order);
	journal->older_needed = (uint32_t)journal->older_count;
	return 0;
}

/* The oldest run, and what there is of it, which is not halfway there. False: it stays. */
static bool remove_run(struct rdl_journal *journal)
{
	uint32_t run = journal->older[journal->older_gone];
	int rc = rdl_journal_remove_run(journal->disk, journal->directory, run);

	if (rc != 0 && rc != -ENOENT)
		return false;
	journal->older_gone++;
	while (journal->old_gone < journal->old_count && journal->old[journal->old_gone].run == run)
		journal->old_gone++;
	return true;
}

/* The next segment, as a file of its own: others of its run stay. */
static bool remove_old(struct rdl_journal *journal)
{
	const struct rdl_journal_old *old = &journal->old[journal->old_gone];
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(path, journal->directory, old->run, old->shard, old->segment);
	int rc = journal->disk->remove(journal->disk->context, path);
	if (rc != 0 && rc != -ENOENT)
		return false;
	journal->old_gone++;
	return true;
}

static bool run_is_over(const struct rdl_journal *journal)
{
	return journal->old_gone == journal->old_count ||
	       journal->old[journal->old_gone].run != journal->older[journal->older_gone];
}

/* ---- of this run ---- */

/* Segments all of whose entries are before what the disk knows to be needed. */
static uint32_t needless(const struct rdl_journal_writer *writer)
{
	uint64_t base = __atomic_load_n(&writer->base_confirmed, __ATOMIC_ACQUIRE);
	uint32_t segment = __atomic_load_n(&writer->segment, __ATOMIC_ACQUIRE),
		 next = writer->oldest + 1;

	while (next <= segment && writer->firsts[next % RDL_JOURNAL_SEGMENTS_MAX] <= base)
		next++;
	return next - 1 - writer->oldest;
}

/* Of this run, and it would be missed: nothing before it is needed. */
static bool is_whole(const struct rdl_journal *journal)
{
	if (journal->inventory.run != journal->header.run)
		return false;
	for (unsigned i = 0; i < journal->config.shards; i++)
		if (__atomic_load_n(&journal->writers[i].base_confirmed, __ATOMIC_ACQUIRE) == 0)
			return false;
	return true;
}

/* The first of the shard that has most which nobody needs. False: it is there yet. */
static bool remove_own(struct rdl_journal *journal)
{
	char path[RDL_JOURNAL_PATH_MAX];
	uint32_t most = 0;
	unsigned shard = 0;

	for (unsigned i = 0; i < journal->config.shards; i++) {
		uint32_t segments = needless(&journal->writers[i]);

		if (segments > most)
			shard = i;
		most = segments > most ? segments : most;
	}
	if (most == 0)
		return false;
	struct rdl_journal_writer *writer = &journal->writers[shard];
	rdl_journal_file_path(path, journal->run_path, shard, writer->oldest);
	int rc = journal->disk->remove(journal->disk->context, path);
	if (rc != 0 && rc != -ENOENT)
		return false;
	__atomic_store_n(&writer->oldest, writer->oldest + 1, __ATOMIC_RELAXED);
	return true;
}

/* ---- both ---- */

static uint64_t kept(const struct rdl_journal *journal, bool whole)
{
	uint64_t segments = whole ? journal->old_count - journal->old_gone : 0;

	for (unsigned i = 0; i < journal->config.shards; i++)
		segments += needless(&journal->writers[i]);
	return segments * journal->config.segment_len;
}

/* False: nothing that may go goes. */
static bool remove_oldest(struct rdl_journal *journal, bool whole)
{
	if (!whole || journal->older_gone == journal->older_count)
		return remove_own(journal);
	return run_is_over(journal) || journal->config.keep == 0 ? remove_run(journal)
								 : remove_old(journal);
}

/* What of older runs goes whatever is to be kept. */
static bool is_nothing(const struct rdl_journal *journal)
{
	if (journal->older_gone == journal->older_count)
		return false;
	return run_is_over(journal) || journal->old[journal->old_gone].empty;
}

void rdl_journal_forget(struct rdl_journal *journal)
{
	bool whole = is_whole(journal), goes = true;

	while (goes &&
		(kept(journal, whole) > journal->config.keep || (whole && is_nothing(journal))))
		goes = remove_oldest(journal, whole);
	uint64_t octets = kept(journal, whole);
	bool stays = !whole || octets > journal->config.keep;
	__atomic_store_n(&journal->older_needed,
		stays ? (uint32_t)(journal->older_count - journal->older_gone) : 0,
		__ATOMIC_RELAXED);
	__atomic_store_n(&journal->kept, octets, __ATOMIC_RELAXED);
}
