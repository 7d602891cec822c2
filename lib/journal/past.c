/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is of one run. */
#include <errno.h>
#include <stdlib.h>

#include "logs_internal.h"

/* The names of a run's directory, as they come. */
struct names {
	struct rdl_journal_past_run *run;
	bool no_memory;
};

/* The run has so many shards at least. */
static bool widen(struct rdl_journal_past_run *run, size_t shards)
{
	if (shards <= run->shards)
		return true;
	struct rdl_journal_past_log *logs = realloc(run->logs, shards * sizeof(*logs));
	if (logs == NULL)
		return false;
	memset(logs + run->shards, 0, (shards - run->shards) * sizeof(*logs));
	for (size_t i = run->shards; i < shards; i++) {
		logs[i].told.run = run->number;
		logs[i].told.shard = (unsigned)i;
	}
	run->logs = logs;
	run->shards = shards;
	return true;
}

static void add_name(void *context, const char *name)
{
	struct names *names = context;
	unsigned shard;
	uint32_t segment;
	bool is_segment = rdl_journal_segment_of(name, &shard, &segment);

	if (!is_segment && !rdl_journal_cut_of(name, &shard))
		return;
	if (!widen(names->run, shard + 1u)) {
		names->no_memory = true;
		return;
	}
	struct rdl_journal_past_log *log = &names->run->logs[shard];
	if (!is_segment) {
		log->told.cut = true;
		return;
	}
	if (!rdl_journal_add_number(&log->segments, &log->count, segment))
		names->no_memory = true;
}

static bool open_segment(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	const struct rdl_journal_past_log *log, size_t segment, char *problem)
{
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(
		path, logs->directory, log->told.run, log->told.shard, log->segments[segment]);
	int rc = rdl_journal_pages_open(pages, path);
	return rc == 0 ? true : rdl_journal_problem(problem, path, "%s", strerror(-rc));
}

static bool read_problem(const struct rdl_journal_logs *logs,
	const struct rdl_journal_past_log *log, size_t segment, int error, char *problem)
{
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(
		path, logs->directory, log->told.run, log->told.shard, log->segments[segment]);
	return rdl_journal_problem(problem, path, "cannot be read: %s", strerror(-error));
}

/* Looks for a header that says what the run is, in the log's segments. */
static bool find_header(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	struct rdl_journal_past_run *run, const struct rdl_journal_past_log *log, char *problem)
{
	for (size_t i = 0; i < log->count && !run->has_header; i++) {
		if (!open_segment(logs, pages, log, i, problem))
			return false;
		const uint8_t *block = rdl_journal_pages_get(pages, 0, RDL_JOURNAL_BLOCK);
		if (block == NULL && pages->error != 0)
			return read_problem(logs, log, i, pages->error, problem);
		if (block == NULL)
			continue;
		switch (rdl_journal_header_read(block, &run->header)) {
		case RDL_JOURNAL_HEADER_GOOD:
			run->has_header = run->header.run == run->number;
			break;
		case RDL_JOURNAL_HEADER_NEWER:
			return rdl_journal_problem(problem, logs->directory,
				"run %u was logged by a newer version of rdline: start that one, "
				"or put a copy from before it in the place",
				run->number);
		case RDL_JOURNAL_HEADER_BAD:
		default:
			break;
		}
	}
	return true;
}

/* Where the log has its last groups, finds what they say that is needed of it. */
static bool find_base(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	struct rdl_journal_past_run *run, struct rdl_journal_past_log *log, char *problem)
{
	struct rdl_journal_identity identity = run->header.identity;
	struct rdl_journal_group group;
	bool found = false;

	identity.shard = (uint16_t)log->told.shard;
	for (size_t i = log->count; i-- > 0 && !found;) {
		uint64_t at = RDL_JOURNAL_BLOCK;

		if (!open_segment(logs, pages, log, i, problem))
			return false;
		while (rdl_journal_pages_get(pages, at, RDL_JOURNAL_BLOCK) != NULL) {
			if (rdl_journal_pages_group(pages, &identity, at, &group) == NULL) {
				at += RDL_JOURNAL_BLOCK;
				continue;
			}
			found = true;
			if (group.base > log->base && (!log->told.cut || group.base <= log->end_at))
				log->base = group.base;
			at += rdl_journal_group_octets(&group);
		}
		if (pages->error != 0)
			return read_problem(logs, log, i, pages->error, problem);
	}
	run->has_groups |= found;
	return true;
}

/* Something stands where the first group should be, or the file is not as it was made. */
static bool has_octets(struct rdl_journal_pages *pages, int64_t len, bool is_first)
{
	const uint8_t *block = rdl_journal_pages_get(pages, 0, RDL_JOURNAL_BLOCK);
	struct rdl_journal_header header;
	bool good =
		block != NULL && rdl_journal_header_read(block, &header) == RDL_JOURNAL_HEADER_GOOD;

	/* The first segment was there before its run was; others are made in it. */
	if ((is_first && !good) || (good && (uint64_t)len < header.segment_len))
		return true;
	block = rdl_journal_pages_get(pages, RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);
	for (size_t i = 0; block != NULL && i < RDL_JOURNAL_BLOCK; i++) {
		if (block[i] != 0)
			return true;
	}
	return false;
}

/* A run without groups began and logged nothing, unless that is how they were lost. */
static bool find_octets(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	struct rdl_journal_past_run *run, const struct rdl_journal_past_log *log, char *problem)
{
	run->has_groups |= log->count == 0 || log->segments[0] != 1;
	for (size_t i = 0; i < log->count; i++) {
		if (!open_segment(logs, pages, log, i, problem))
			return false;
		int64_t len = rdl_journal_pages_length(pages);
		run->has_groups |= len >= 0 && has_octets(pages, len, i == 0);
		if (len < 0 || pages->error != 0)
			return read_problem(
				logs, log, i, len < 0 ? (int)len : pages->error, problem);
	}
	return true;
}

static bool read_cut(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	struct rdl_journal_past_log *log, char *problem)
{
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_cut_path(path, logs->directory, log->told.run, log->told.shard);
	int rc = rdl_journal_pages_open(pages, path);
	if (rc != 0)
		return rdl_journal_problem(problem, path, "%s", strerror(-rc));
	const uint8_t *block = rdl_journal_pages_get(pages, 0, RDL_JOURNAL_BLOCK);
	if (block == NULL || !rdl_journal_cut_read(block, &log->end_at))
		return rdl_journal_problem(problem, path, "is damaged; remove it, and cut anew");
	log->end_known = true;
	return true;
}

/* The disk had something of the run that the inventory names. */
static bool take_inventory(
	const struct rdl_journal_logs *logs, struct rdl_journal_past_run *run, char *problem)
{
	const struct rdl_journal_inventory *inventory = &logs->inventory;

	if (inventory->run != run->number)
		return true;
	if (run->has_header &&
		memcmp(run->header.identity.run_id, inventory->run_id, RDL_JOURNAL_ID_LEN) != 0)
		return rdl_journal_problem(problem, logs->directory,
			"the file inventory belongs to another run %u than the one that is there: "
			"put all of one copy back",
			run->number);
	if (!widen(run, inventory->shards))
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < inventory->shards; i++)
		run->logs[i].entered = inventory->segments[i];
	run->has_groups = true;
	return true;
}

static bool look_into(const struct rdl_journal_logs *logs, struct rdl_journal_pages *pages,
	struct rdl_journal_past_run *run, char *problem)
{
	for (size_t i = 0; i < run->shards; i++) {
		struct rdl_journal_past_log *log = &run->logs[i];

		rdl_journal_sort_numbers(log->segments, log->count);
		if (!find_header(logs, pages, run, log, problem) ||
			(log->told.cut && !read_cut(logs, pages, log, problem)))
			return false;
	}
	/* A run is not there before it has a log for each shard, which is one at least. */
	if (!widen(run, run->has_header ? run->header.shards : 1))
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
	if (!take_inventory(logs, run, problem))
		return false;
	run->whole = run->has_header;
	for (size_t i = 0; i < run->shards; i++) {
		struct rdl_journal_past_log *log = &run->logs[i];

		log->told.shards = (unsigned)run->shards;
		memcpy(log->told.run_id, run->header.identity.run_id, RDL_JOURNAL_ID_LEN);
		memcpy(log->told.boot_id, run->header.boot_id, RDL_JOURNAL_ID_LEN);
		if (run->has_header && !find_base(logs, pages, run, log, problem))
			return false;
		run->has_groups |= log->told.cut;
		run->whole &= log->base > 0;
	}
	for (size_t i = 0; i < run->shards && !run->has_groups; i++) {
		if (!find_octets(logs, pages, run, &run->logs[i], problem))
			return false;
	}
	return true;
}

bool rdl_journal_past_look(struct rdl_journal_logs *logs, struct rdl_journal_past_run *run,
	uint32_t number, char *problem)
{
	struct names names = { .run = run };
	struct rdl_journal_pages pages;
	char path[RDL_JOURNAL_PATH_MAX];

	*run = (struct rdl_journal_past_run){ .number = number };
	rdl_journal_run_path(path, logs->directory, RDL_JOURNAL_RUN, number);
	int rc = logs->disk->list(logs->disk->context, path, add_name, &names);
	if (rc != 0)
		return rdl_journal_problem(problem, path, "%s", strerror(-rc));
	if (names.no_memory || !rdl_journal_pages_init(&pages, logs->disk))
		return rdl_journal_problem(problem, path, "%s", strerror(ENOMEM));
	bool ok = look_into(logs, &pages, run, problem);
	rdl_journal_pages_fini(&pages);
	return ok;
}

bool rdl_journal_past_missing(struct rdl_journal_past_run *run, uint32_t number, size_t shards)
{
	*run = (struct rdl_journal_past_run){ .number = number, .has_groups = true };
	if (!widen(run, shards))
		return false;
	for (size_t i = 0; i < run->shards; i++)
		run->logs[i].told.shards = (unsigned)run->shards;
	return true;
}

void rdl_journal_past_forget(struct rdl_journal_past_run *run)
{
	for (size_t i = 0; i < run->shards; i++)
		free(run->logs[i].segments);
	free(run->logs);
}
