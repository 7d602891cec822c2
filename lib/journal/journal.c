/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "logs_internal.h"
#include "writer.h"

/* Of the run that this one goes on from: where its logs ended. */
static void tell_before(struct rdl_journal_header *header, const struct rdl_journal_logs *logs)
{
	const struct rdl_journal_past_run *before;

	if (logs->count == 0)
		return;
	before = &logs->runs[logs->count - 1];
	header->before = before->number;
	uint64_t behind = before->header.origin;
	header->before_shards = (uint16_t)before->shards;
	for (size_t i = 0; i < before->shards; i++) {
		assert(before->logs[i].told.was_read);
		header->ends[i] = before->logs[i].told.end;
		if (before->header.origin + header->ends[i] >= behind)
			behind = before->header.origin + header->ends[i] + 1;
	}
	/* Its own are above those that runs before it have given. */
	if (header->origin > 0 && header->origin < behind)
		header->origin = behind;
}

/* Runs that began and logged nothing are as if they had never been; the others are older. */
static bool sort_out(
	struct rdl_journal *journal, const struct rdl_journal_logs *logs, char *problem)
{
	uint32_t last = logs->count > 0 ? logs->runs[logs->count - 1].number : 0;
	int rc = rdl_journal_remove_halves(journal->disk, journal->directory);

	for (size_t i = 0; i < logs->numbers_count && rc == 0; i++) {
		if (logs->numbers[i] <= last)
			journal->older[journal->older_count++] = logs->numbers[i];
		else
			rc = rdl_journal_remove_run(
				journal->disk, journal->directory, logs->numbers[i]);
	}
	if (rc == 0)
		rc = rdl_journal_look_at_old(journal, logs);
	return rc == 0 || rdl_journal_problem(problem, journal->directory,
				  "what is left of others cannot be removed: %s", strerror(-rc));
}

/* All that the run begins with, in a directory that is no run's yet. 0, or -errno. */
static int make_segments(struct rdl_journal *journal)
{
	const struct rdl_journal_disk *disk = journal->disk;
	int rc = disk->make_directory(disk->context, journal->run_path);

	for (unsigned i = 0; rc == 0 && i < journal->config.shards; i++) {
		struct rdl_journal_writer *writer = &journal->writers[i];

		writer->segment = writer->oldest = writer->newest = 1;
		writer->at = RDL_JOURNAL_BLOCK;
		writer->firsts[1] = 1;
		writer->file = rdl_journal_make_segment(journal, i, 1);
		rc = writer->file < 0 ? writer->file : 0;
	}
	return rc;
}

static bool make_run(struct rdl_journal *journal, char *problem)
{
	const struct rdl_journal_disk *disk = journal->disk;
	char path[RDL_JOURNAL_RUN_PATH_MAX];

	rdl_journal_run_path(
		journal->run_path, journal->directory, RDL_JOURNAL_NEW, journal->header.run);
	rdl_journal_run_path(path, journal->directory, RDL_JOURNAL_RUN, journal->header.run);
	int rc = make_segments(journal);
	if (rc == 0)
		rc = disk->rename(disk->context, journal->run_path, path);
	if (rc == 0)
		rc = disk->sync_directory(disk->context, journal->directory);
	/* As far as it can be: the room that it took is needed by others. */
	bool gone = rc != 0 && rdl_journal_remove_halves(disk, journal->directory) == 0;
	if (gone && rc == -ENOSPC)
		return rdl_journal_problem(problem, path,
			"%s: it begins with %u segments of %" PRIu64 " kB", strerror(-rc),
			journal->config.shards, journal->config.segment_len / 1024);
	if (gone)
		return rdl_journal_problem(problem, path, "%s", strerror(-rc));
	if (rc != 0)
		return rdl_journal_problem(
			problem, path, "%s; what there is of it stays", strerror(-rc));
	strcpy(journal->run_path, path);
	return true;
}

uint64_t rdl_journal_memory(unsigned shards, uint32_t group_len)
{
	return sizeof(struct rdl_journal) + group_len + RDL_JOURNAL_BLOCK +
	       (uint64_t)shards * (sizeof(struct rdl_journal_writer) + group_len);
}

static bool get_memory(struct rdl_journal *journal, const struct rdl_journal_logs *logs)
{
	uint32_t len = journal->config.group_len;
	bool ok = true;

	journal->older = calloc(logs->numbers_count + 1, sizeof(*journal->older));
	journal->zeros = aligned_alloc(RDL_JOURNAL_BLOCK, len);
	journal->block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);
	for (unsigned i = 0; i < journal->config.shards; i++) {
		struct rdl_journal_writer *writer = &journal->writers[i];

		writer->ring = journal->config.rings[i];
		writer->file = writer->next_file = RDL_JOURNAL_NONE;
		writer->octets = aligned_alloc(RDL_JOURNAL_BLOCK, len);
		ok = ok && writer->octets != NULL;
	}
	if (!ok || journal->older == NULL || journal->zeros == NULL || journal->block == NULL)
		return false;
	memset(journal->zeros, 0, len);
	return true;
}

struct rdl_journal *rdl_journal_begin(struct rdl_journal_logs *logs,
	const struct rdl_journal_config *config, char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	struct rdl_journal *journal =
		calloc(1, sizeof(*journal) + config->shards * sizeof(journal->writers[0]));

	assert(config->shards >= 1 && config->shards <= RDL_JOURNAL_SHARDS_MAX);
	assert(config->group_len <= RDL_JOURNAL_GROUP_MAX &&
		config->group_len % RDL_JOURNAL_BLOCK == 0);
	assert(config->segment_len % RDL_JOURNAL_BLOCK == 0 &&
		config->segment_len >= RDL_JOURNAL_BLOCK + 2 * (uint64_t)config->group_len);
	if (journal == NULL) {
		rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
		return NULL;
	}
	journal->config = *config;
	journal->disk = logs->disk;
	strcpy(journal->directory, logs->directory);
	journal->header.shards = (uint16_t)config->shards;
	journal->header.segment_len = config->segment_len;
	journal->header.run = rdl_journal_logs_next_run(logs);
	memcpy(journal->header.identity.run_id, config->run_id, RDL_JOURNAL_ID_LEN);
	memcpy(journal->header.boot_id, config->boot_id, RDL_JOURNAL_ID_LEN);
	journal->header.origin = config->origin;
	journal->inventory = logs->inventory;
	tell_before(&journal->header, logs);
	bool ok = get_memory(journal, logs);
	if (!ok)
		rdl_journal_problem(problem, logs->directory, "%s", strerror(ENOMEM));
	if (ok && rdl_journal_past_settle(logs, problem) && sort_out(journal, logs, problem) &&
		make_run(journal, problem))
		return journal;
	rdl_journal_close(journal);
	return NULL;
}

void rdl_journal_close(struct rdl_journal *journal)
{
	if (journal == NULL)
		return;
	for (unsigned i = 0; i < journal->config.shards; i++) {
		struct rdl_journal_writer *writer = &journal->writers[i];

		if (writer->file >= 0)
			journal->disk->close(journal->disk->context, writer->file);
		if (writer->next_file >= 0)
			journal->disk->close(journal->disk->context, writer->next_file);
		free(writer->octets);
	}
	free(journal->older);
	free(journal->old);
	free(journal->zeros);
	free(journal->block);
	free(journal);
}

uint32_t rdl_journal_run(const struct rdl_journal *journal)
{
	return journal->header.run;
}

uint64_t rdl_journal_kept(const struct rdl_journal *journal)
{
	return __atomic_load_n(&journal->kept, __ATOMIC_RELAXED);
}

void rdl_journal_state(
	const struct rdl_journal *journal, unsigned shard, struct rdl_journal_state *state)
{
	const struct rdl_journal_writer *writer = &journal->writers[shard];
	/* First: all of it was written before. */
	uint64_t confirmed = __atomic_load_n(&writer->confirmed, __ATOMIC_ACQUIRE);

	*state = (struct rdl_journal_state){
		.health = __atomic_load_n(&writer->health, __ATOMIC_ACQUIRE),
		.buffered = __atomic_load_n(&journal->buffered, __ATOMIC_RELAXED),
		.written = __atomic_load_n(&writer->written, __ATOMIC_RELAXED),
		.confirmed = confirmed,
		.base = __atomic_load_n(&writer->base_confirmed, __ATOMIC_RELAXED),
		.groups = __atomic_load_n(&writer->groups, __ATOMIC_RELAXED),
		.octets = __atomic_load_n(&writer->group_octets, __ATOMIC_RELAXED),
		.syncs = __atomic_load_n(&writer->syncs, __ATOMIC_RELAXED),
		.segments = __atomic_load_n(&writer->newest, __ATOMIC_RELAXED) + 1 -
			    __atomic_load_n(&writer->oldest, __ATOMIC_RELAXED),
		.older_runs = __atomic_load_n(&journal->older_needed, __ATOMIC_RELAXED),
	};
	state->disk = state->segments * journal->config.segment_len;
	if (state->health != RDL_JOURNAL_WELL) {
		state->error = __atomic_load_n(&writer->error, __ATOMIC_RELAXED);
		state->what = __atomic_load_n(&writer->what, __ATOMIC_RELAXED);
		return;
	}
	state->health = __atomic_load_n(&writer->next_health, __ATOMIC_ACQUIRE);
	if (state->health != RDL_JOURNAL_WELL) {
		state->error = __atomic_load_n(&writer->next_error, __ATOMIC_RELAXED);
		state->what = "segment";
		return;
	}
	state->error = __atomic_load_n(&journal->inventory_error, __ATOMIC_RELAXED);
	if (state->error != 0) {
		state->health = RDL_JOURNAL_NO_SPACE;
		state->what = "inventory";
	}
}
