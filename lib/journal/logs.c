/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs_internal.h"

static void add_run(void *context, const char *name)
{
	struct rdl_journal_logs *logs = context;
	uint32_t number;

	if (!rdl_journal_run_of(name, &number))
		return;
	if (!rdl_journal_add_number(&logs->numbers, &logs->numbers_count, number))
		logs->no_memory = true;
}

/* Makes the directory, unless it is there. 0, or -errno. */
static int make_directory(const struct rdl_journal_logs *logs)
{
	char above[RDL_JOURNAL_PATH_MAX];
	int rc = logs->disk->make_directory(logs->disk->context, logs->directory);

	if (rc != 0)
		return rc == -EEXIST ? 0 : rc;
	snprintf(above, sizeof(above), "%s", logs->directory);
	char *slash = strrchr(above, '/');
	if (slash == NULL)
		strcpy(above, ".");
	else
		slash[slash == above] = '\0';
	return logs->disk->sync_directory(logs->disk->context, above);
}

static bool take_lock(struct rdl_journal_logs *logs, bool make, char *problem)
{
	char path[RDL_JOURNAL_PATH_MAX];
	int rc = make ? make_directory(logs) : 0;

	if (rc != 0)
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(-rc));
	snprintf(path, sizeof(path), "%s/lock", logs->directory);
	logs->lock = logs->disk->lock(logs->disk->context, path, make);
	if (logs->lock >= 0)
		return true;
	rc = logs->lock;
	logs->lock = RDL_JOURNAL_NONE;
	if (rc == -EWOULDBLOCK)
		return rdl_journal_problem(problem, logs->directory, "is in use by another rdline");
	return rdl_journal_problem(problem, path, "%s", strerror(-rc));
}

/* What the run after it says of where this one ended, unless that was cut. */
static void take_ends(struct rdl_journal_past_run *run, const struct rdl_journal_header *after)
{
	if (after->before != run->number)
		return;
	for (size_t i = 0; i < run->shards && i < after->before_shards; i++) {
		struct rdl_journal_past_log *log = &run->logs[i];

		if (log->told.cut)
			continue;
		log->end_known = true;
		log->end_at = after->ends[i];
	}
}

/* Nobody knows what it was. */
static bool add_missing(
	struct rdl_journal_logs *logs, uint32_t number, size_t shards, char *problem)
{
	struct rdl_journal_past_run *run = &logs->runs[logs->count];

	if (!rdl_journal_past_missing(run, number, shards))
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
	logs->count++;
	return true;
}

/*
 * No run was found that is needed, down to that number, which is none of those: the one that the
 * inventory names is missing, if that was a later one.
 */
static bool add_latest(struct rdl_journal_logs *logs, uint32_t number, char *problem)
{
	const struct rdl_journal_inventory *inventory = &logs->inventory;

	return logs->count > 0 || inventory->run <= number ||
	       add_missing(logs, inventory->run, inventory->shards, problem);
}

/* Runs from the last one back, until no more is needed; they are in that order yet. */
static bool look_back(struct rdl_journal_logs *logs, char *problem)
{
	struct rdl_journal_header after = { .before = 0 };
	/* The number of the run that the last one went on from; 0: from none. */
	uint32_t wanted = 0;

	for (size_t i = logs->numbers_count; i-- > 0;) {
		if (!add_latest(logs, logs->numbers[i], problem))
			return false;
		struct rdl_journal_past_run *run = &logs->runs[logs->count];
		if (!rdl_journal_past_look(logs, run, logs->numbers[i], problem)) {
			rdl_journal_past_forget(run);
			return false;
		}
		take_ends(run, &after);
		after = run->header;
		if (!run->has_groups || (wanted != 0 && wanted != run->number)) {
			rdl_journal_past_forget(run);
			if (wanted != 0 && logs->numbers[i] < wanted)
				break;
			continue;
		}
		logs->count++;
		wanted = run->header.before;
		if (run->whole || (run->has_header && wanted == 0))
			return true;
	}
	if (wanted == 0)
		return add_latest(logs, 0, problem);
	size_t shards = logs->runs[logs->count - 1].header.before_shards;
	return add_missing(logs, wanted, shards, problem);
}

static bool look(struct rdl_journal_logs *logs, char *problem)
{
	int rc = logs->disk->list(logs->disk->context, logs->directory, add_run, logs);

	if (rc != 0)
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(-rc));
	if (!rdl_journal_inventory_read(logs->disk, logs->directory, &logs->inventory, problem))
		return false;
	/* And two that are missing: the latest, and one that another went on from. */
	logs->runs = calloc(logs->numbers_count + 2, sizeof(*logs->runs));
	if (logs->runs == NULL || logs->no_memory)
		return rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
	rdl_journal_sort_numbers(logs->numbers, logs->numbers_count);
	if (!look_back(logs, problem))
		return false;
	for (size_t i = 0; i < logs->count / 2; i++) {
		struct rdl_journal_past_run run = logs->runs[i];

		logs->runs[i] = logs->runs[logs->count - 1 - i];
		logs->runs[logs->count - 1 - i] = run;
	}
	return true;
}

struct rdl_journal_logs *rdl_journal_logs_open(const char *directory, bool make,
	const struct rdl_journal_disk *disk, char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	struct rdl_journal_logs *logs;

	if (strlen(directory) >= sizeof(logs->directory)) {
		rdl_journal_problem(problem, directory, "%s", strerror(ENAMETOOLONG));
		return NULL;
	}
	logs = calloc(1, sizeof(*logs));
	if (logs == NULL) {
		rdl_journal_problem(problem, directory, "%s", strerror(ENOMEM));
		return NULL;
	}
	logs->disk = disk != NULL ? disk : &rdl_journal_disk;
	logs->lock = RDL_JOURNAL_NONE;
	strcpy(logs->directory, directory);
	if (!take_lock(logs, make, problem) || !look(logs, problem)) {
		rdl_journal_logs_close(logs);
		return NULL;
	}
	return logs;
}

void rdl_journal_logs_close(struct rdl_journal_logs *logs)
{
	if (logs == NULL)
		return;
	for (size_t i = 0; i < logs->count; i++)
		rdl_journal_past_forget(&logs->runs[i]);
	free(logs->runs);
	free(logs->numbers);
	if (logs->lock != RDL_JOURNAL_NONE)
		logs->disk->close(logs->disk->context, logs->lock);
	free(logs);
}

size_t rdl_journal_logs_count(const struct rdl_journal_logs *logs)
{
	size_t count = 0;

	for (size_t i = 0; i < logs->count; i++)
		count += logs->runs[i].shards;
	return count;
}

struct rdl_journal_past_log *rdl_journal_past_log(const struct rdl_journal_logs *logs, size_t index)
{
	size_t run = 0;

	while (index >= logs->runs[run].shards)
		index -= logs->runs[run++].shards;
	return &logs->runs[run].logs[index];
}

const struct rdl_journal_log *rdl_journal_logs_get(
	const struct rdl_journal_logs *logs, size_t index)
{
	return &rdl_journal_past_log(logs, index)->told;
}

uint32_t rdl_journal_logs_next_run(const struct rdl_journal_logs *logs)
{
	return logs->numbers_count > 0 ? logs->numbers[logs->numbers_count - 1] + 1 : 1;
}
