/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "history_internal.h"

/* Looks for the header of a run in a segment of it. */
struct search {
	const struct rdl_journal_history *history;
	struct rdl_journal_pages *pages;
	uint32_t run;
	bool found;
	struct rdl_journal_header header;
};

static void look_into(void *context, const char *name)
{
	struct search *search = context;
	char path[RDL_JOURNAL_PATH_MAX];
	unsigned shard;
	uint32_t segment;

	if (search->found || !rdl_journal_segment_of(name, &shard, &segment))
		return;
	rdl_journal_segment_path(
		path, search->history->journal->directory, search->run, shard, segment);
	if (rdl_journal_pages_open(search->pages, path) != 0)
		return;
	const uint8_t *block = rdl_journal_pages_get(search->pages, 0, RDL_JOURNAL_BLOCK);
	search->found =
		block != NULL &&
		rdl_journal_header_read(block, &search->header) == RDL_JOURNAL_HEADER_GOOD &&
		search->header.run == search->run;
}

static bool find_header(struct rdl_journal_history *history, struct rdl_journal_pages *pages,
	uint32_t run, struct rdl_journal_header *header)
{
	const struct rdl_journal *journal = history->journal;
	struct search search = { .history = history, .pages = pages, .run = run };
	char path[RDL_JOURNAL_RUN_PATH_MAX];

	rdl_journal_run_path(path, journal->directory, RDL_JOURNAL_RUN, run);
	if (journal->disk->list(journal->disk->context, path, look_into, &search) != 0)
		return false;
	*header = search.header;
	return search.found;
}

/* Another run before those that are known. False: no memory. */
static bool add(struct rdl_journal_history *history, const struct rdl_journal_header *header,
	const struct rdl_journal_header *after)
{
	struct rdl_journal_past *runs =
		realloc(history->runs, (history->count + 1) * sizeof(*runs));

	if (runs == NULL)
		return false;
	history->runs = runs;
	memmove(runs + 1, runs, history->count * sizeof(*runs));
	history->count++;
	runs[0] = (struct rdl_journal_past){
		.told = { header->run, header->shards, header->origin, after == NULL },
		.identity = header->identity,
	};
	if (after != NULL)
		memcpy(runs[0].ends, after->ends, sizeof(runs[0].ends));
	return true;
}

/* Back, from run to run, as far as they say which was before them and have origins. */
static bool look_back(struct rdl_journal_history *history, struct rdl_journal_pages *pages)
{
	struct rdl_journal_header after = history->journal->header, header;

	if (!add(history, &after, NULL))
		return false;
	while (after.before != 0 && find_header(history, pages, after.before, &header) &&
		header.origin != 0 && header.origin < after.origin &&
		header.shards == after.before_shards) {
		if (!add(history, &header, &after))
			return false;
		after = header;
	}
	return true;
}

struct rdl_journal_history *rdl_journal_history_open(const struct rdl_journal *journal)
{
	struct rdl_journal_history *history;
	struct rdl_journal_pages pages;

	if (journal->header.origin == 0)
		return NULL;
	history = calloc(1, sizeof(*history));
	if (history == NULL)
		return NULL;
	history->journal = journal;
	if (!rdl_journal_pages_init(&pages, journal->disk)) {
		free(history);
		return NULL;
	}
	bool good = look_back(history, &pages);
	rdl_journal_pages_fini(&pages);
	if (good)
		return history;
	rdl_journal_history_close(history);
	return NULL;
}

void rdl_journal_history_close(struct rdl_journal_history *history)
{
	if (history == NULL)
		return;
	free(history->runs);
	free(history);
}

size_t rdl_journal_history_runs(const struct rdl_journal_history *history)
{
	return history->count;
}

const struct rdl_journal_run *rdl_journal_history_run(
	const struct rdl_journal_history *history, size_t run)
{
	return &history->runs[run].told;
}

uint64_t rdl_journal_history_end(
	const struct rdl_journal_history *history, size_t run, unsigned shard)
{
	const struct rdl_journal_past *past = &history->runs[run];

	if (!past->told.live)
		return past->ends[shard];
	return __atomic_load_n(&history->journal->writers[shard].confirmed, __ATOMIC_ACQUIRE);
}
