/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs_internal.h"

struct rdl_journal_reader {
	struct rdl_journal_logs *logs;
	struct rdl_journal_past_run *run;
	struct rdl_journal_past_log *log;
	struct rdl_journal_identity identity;
	struct rdl_journal_pages pages;
	bool begun;
	enum rdl_journal_result result;
	/* Where the next group is, and what its first position must be. */
	struct rdl_journal_place place;
	uint64_t next;
	bool header_good; /* of the segment at hand */
	/* Of the group at hand: what is left of it. */
	struct rdl_journal_stamp stamp;
	const uint8_t *octets;
	uint32_t left, entries_left;
	uint64_t position;
	char problem[RDL_JOURNAL_PROBLEM_MAX];
};

static enum rdl_journal_result damaged(
	struct rdl_journal_reader *reader, struct rdl_journal_place place, const char *what)
{
	char path[RDL_JOURNAL_PATH_MAX];
	const struct rdl_journal_log *told = &reader->log->told;

	rdl_journal_segment_path(path, reader->logs->directory, told->run, told->shard,
		place.segment < reader->log->count ? reader->log->segments[place.segment] : 0);
	if (place.segment >= reader->log->count)
		snprintf(path, sizeof(path), "%s: run %" PRIu32 ", shard %u",
			reader->logs->directory, told->run, told->shard);
	rdl_journal_problem(reader->problem, path,
		"damaged at octet %" PRIu64 ", position %" PRIu64
		": %s; `rdline-state --discard-after` keeps what stands before",
		place.at, reader->next, what);
	return RDL_JOURNAL_DAMAGED;
}

static enum rdl_journal_result unreadable(struct rdl_journal_reader *reader, int error)
{
	char what[160];

	snprintf(what, sizeof(what), "cannot be read: %s", strerror(error));
	return damaged(reader, reader->place, what);
}

/* Opens a segment by its index, and looks at its header. 0, or -errno. */
static int enter(struct rdl_journal_reader *reader, size_t segment)
{
	const struct rdl_journal_past_log *log = reader->log;
	struct rdl_journal_header header;
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(path, reader->logs->directory, log->told.run, log->told.shard,
		log->segments[segment]);
	int rc = rdl_journal_pages_open(&reader->pages, path);
	if (rc != 0)
		return rc;
	const uint8_t *block = rdl_journal_pages_get(&reader->pages, 0, RDL_JOURNAL_BLOCK);
	reader->header_good =
		block != NULL &&
		rdl_journal_header_read(block, &header) == RDL_JOURNAL_HEADER_GOOD &&
		memcmp(&header.identity, &reader->identity, sizeof(header.identity)) == 0 &&
		header.segment == log->segments[segment];
	return reader->pages.error;
}

/* The group at a place of the segment that was entered. */
static const uint8_t *group_at(struct rdl_journal_reader *reader, struct rdl_journal_place place,
	struct rdl_journal_group *group)
{
	return rdl_journal_pages_group(&reader->pages, &reader->identity,
		reader->log->segments[place.segment], place.at, group);
}

/*
 * The next group of the segment that was entered, from *at on, wherever it is; *at is behind it
 * then. False: there is none.
 */
static bool find_group(struct rdl_journal_reader *reader, struct rdl_journal_place *place,
	struct rdl_journal_group *group)
{
	while (rdl_journal_pages_get(&reader->pages, place->at, RDL_JOURNAL_BLOCK) != NULL) {
		if (group_at(reader, *place, group) != NULL) {
			place->at += rdl_journal_group_octets(group);
			return true;
		}
		place->at += RDL_JOURNAL_BLOCK;
	}
	return false;
}

/* Does a group behind the place say that the disk had confirmed the next position? -errno. */
static int is_claimed(struct rdl_journal_reader *reader, struct rdl_journal_place place)
{
	struct rdl_journal_group group;

	for (; place.segment < reader->log->count; place.segment++, place.at = RDL_JOURNAL_BLOCK) {
		int rc = enter(reader, place.segment);

		if (rc != 0)
			return rc;
		while (find_group(reader, &place, &group)) {
			if (group.confirmed >= reader->next)
				return 1;
		}
		if (reader->pages.error != 0)
			return reader->pages.error;
	}
	return 0;
}

/* Is there something at the place, though no group? -errno. */
static int is_torn(struct rdl_journal_reader *reader, struct rdl_journal_place place)
{
	int rc = enter(reader, place.segment);

	if (rc != 0)
		return rc;
	const uint8_t *block = rdl_journal_pages_get(&reader->pages, place.at, RDL_JOURNAL_BLOCK);
	if (block == NULL)
		return reader->pages.error != 0 ? reader->pages.error
						: place.at < reader->run->header.segment_len;
	for (size_t i = 0; i < RDL_JOURNAL_BLOCK; i++) {
		if (block[i] != 0)
			return 1;
	}
	return 0;
}

static enum rdl_journal_result end(struct rdl_journal_reader *reader)
{
	struct rdl_journal_past_log *log = reader->log;

	log->told.was_read = true;
	log->told.end = reader->next - 1;
	log->told.last = reader->stamp;
	log->end_place = reader->place;
	return RDL_JOURNAL_END;
}

/* There is no group where the next one should be: is that the end? */
static enum rdl_journal_result stop(struct rdl_journal_reader *reader)
{
	struct rdl_journal_past_log *log = reader->log;
	struct rdl_journal_place place = reader->place;

	if (reader->pages.error != 0)
		return unreadable(reader, -reader->pages.error);
	if (log->end_known && !log->told.cut)
		return damaged(reader, place, "the next run went on from what stood here");
	if (log->told.cut)
		return damaged(reader, place, "it stands before where the log was cut");
	int claimed = is_claimed(reader, place);
	if (claimed < 0)
		return unreadable(reader, -claimed);
	if (claimed > 0)
		return damaged(reader, place, "the disk had confirmed what stood here");
	while (place.segment < log->count) {
		int torn = is_torn(reader, place);

		if (torn < 0)
			return unreadable(reader, -torn);
		if (torn > 0) {
			log->told.torn = true;
			log->told.torn_segment = log->segments[place.segment];
			log->told.torn_at = place.at;
			break;
		}
		place = (struct rdl_journal_place){ place.segment + 1, RDL_JOURNAL_BLOCK };
	}
	return end(reader);
}

/* In the segment that was entered, the last group that begins no later than the log is needed. */
static bool find_start_in(struct rdl_journal_reader *reader, size_t segment, uint64_t base)
{
	struct rdl_journal_place place = { segment, RDL_JOURNAL_BLOCK };
	struct rdl_journal_group group;
	bool found = false;

	while (find_group(reader, &place, &group) && group.first <= base) {
		reader->place = (struct rdl_journal_place){ segment, group.at };
		reader->next = group.first;
		found = true;
	}
	return found;
}

/* A log that was cut may have lost its beginning, too: what is there of it. */
static enum rdl_journal_result begin_anywhere(struct rdl_journal_reader *reader)
{
	struct rdl_journal_group group;

	for (size_t i = 0; i < reader->log->count; i++) {
		struct rdl_journal_place place = { i, RDL_JOURNAL_BLOCK };
		int rc = enter(reader, i);

		if (rc != 0)
			return unreadable(reader, -rc);
		if (find_group(reader, &place, &group)) {
			reader->place = (struct rdl_journal_place){ i, group.at };
			reader->next = group.first;
			return RDL_JOURNAL_OK;
		}
	}
	return end(reader);
}

/* Finds the group with the first position that is needed. */
static enum rdl_journal_result begin(struct rdl_journal_reader *reader)
{
	struct rdl_journal_past_log *log = reader->log;
	uint64_t base = log->base > 0 ? log->base : 1;

	if (log->end_known && log->end_at == 0)
		return end(reader);
	if (log->count == 0)
		return damaged(reader, reader->place, "no segment of it is there");
	if (!reader->run->has_header)
		return damaged(reader, reader->place, "no header of the run can be read");
	for (size_t i = log->count; i-- > 0;) {
		int rc = enter(reader, i);

		if (rc == 0 && find_start_in(reader, i, base))
			return RDL_JOURNAL_OK;
		if (rc != 0 || reader->pages.error != 0)
			return unreadable(reader, rc != 0 ? -rc : -reader->pages.error);
	}
	if (log->told.cut)
		return begin_anywhere(reader);
	reader->next = base;
	if (log->base > 0 || log->segments[0] != 1)
		return damaged(reader, reader->place, "what the log needs of it is missing");
	/* Nothing was written, or the first group is not whole. */
	return stop(reader);
}

/* Takes the group at hand. */
static enum rdl_journal_result take_group(struct rdl_journal_reader *reader, const uint8_t *octets,
	const struct rdl_journal_group *group)
{
	if (!reader->header_good)
		return damaged(reader, (struct rdl_journal_place){ reader->place.segment, 0 },
			"the segment's header");
	if (group->confirmed + 1 >= group->first)
		reader->log->unsettled = reader->place;
	reader->octets = octets + RDL_JOURNAL_GROUP_HEAD;
	reader->left = group->len;
	reader->entries_left = group->entries;
	reader->stamp = group->stamp;
	reader->position = group->first;
	reader->next = group->first + group->entries;
	reader->place.at += rdl_journal_group_octets(group);
	return RDL_JOURNAL_OK;
}

static enum rdl_journal_result next_group(struct rdl_journal_reader *reader)
{
	const struct rdl_journal_past_log *log = reader->log;
	size_t after = reader->place.segment + 1;
	struct rdl_journal_group group;

	if (log->end_known && reader->next > log->end_at)
		return end(reader);
	const uint8_t *octets = group_at(reader, reader->place, &group);
	if (octets != NULL && group.first == reader->next)
		return take_group(reader, octets, &group);
	if (reader->pages.error != 0 || after >= log->count ||
		log->segments[after] != log->segments[after - 1] + 1)
		return stop(reader);
	struct rdl_journal_place place = { after, RDL_JOURNAL_BLOCK };
	int rc = enter(reader, after);
	if (rc != 0)
		return unreadable(reader, -rc);
	octets = group_at(reader, place, &group);
	if (octets == NULL || group.first != reader->next)
		return stop(reader);
	reader->place = place;
	return take_group(reader, octets, &group);
}

struct rdl_journal_reader *rdl_journal_reader_create(struct rdl_journal_logs *logs, size_t index)
{
	struct rdl_journal_reader *reader = calloc(1, sizeof(*reader));
	size_t run = 0;

	if (reader == NULL || !rdl_journal_pages_init(&reader->pages, logs->disk)) {
		free(reader);
		return NULL;
	}
	while (index >= logs->runs[run].shards)
		index -= logs->runs[run++].shards;
	reader->logs = logs;
	reader->run = &logs->runs[run];
	reader->log = &reader->run->logs[index];
	reader->identity = reader->run->header.identity;
	reader->identity.shard = (uint16_t)index;
	reader->next = 1;
	return reader;
}

void rdl_journal_reader_destroy(struct rdl_journal_reader *reader)
{
	if (reader == NULL)
		return;
	rdl_journal_pages_fini(&reader->pages);
	free(reader);
}

/* The next entry of the group at hand. */
static enum rdl_journal_result take_entry(
	struct rdl_journal_reader *reader, struct rdl_journal_entry *entry)
{
	uint32_t word = 0, len;

	if (reader->left >= RDL_JOURNAL_ENTRY_HEAD)
		memcpy(&word, reader->octets, sizeof(word));
	len = word & RDL_JOURNAL_LEN_MASK;
	if (reader->left < RDL_JOURNAL_ENTRY_HEAD || len > reader->left - RDL_JOURNAL_ENTRY_HEAD) {
		reader->next = reader->position;
		return damaged(reader, reader->place, "the group before it has no such entry");
	}
	*entry = (struct rdl_journal_entry){
		.position = reader->position++,
		.octets = { reader->octets + RDL_JOURNAL_ENTRY_HEAD, len },
		.mark = (enum rdl_journal_mark)(word >> RDL_JOURNAL_MARK_SHIFT),
		.stamp = &reader->stamp,
	};
	reader->octets += RDL_JOURNAL_ENTRY_HEAD + len;
	reader->left -= RDL_JOURNAL_ENTRY_HEAD + len;
	reader->entries_left--;
	return RDL_JOURNAL_OK;
}

enum rdl_journal_result rdl_journal_read(
	struct rdl_journal_reader *reader, struct rdl_journal_entry *entry)
{
	if (!reader->begun) {
		reader->begun = true;
		reader->result = begin(reader);
		reader->log->unsettled = reader->place;
		if (reader->result == RDL_JOURNAL_OK) {
			int rc = enter(reader, reader->place.segment);

			if (rc != 0)
				reader->result = unreadable(reader, -rc);
		}
	}
	do {
		while (reader->result == RDL_JOURNAL_OK && reader->entries_left == 0)
			reader->result = next_group(reader);
		if (reader->result == RDL_JOURNAL_OK)
			reader->result = take_entry(reader, entry);
	} while (reader->result == RDL_JOURNAL_OK && entry->position < reader->log->base);
	return reader->result;
}

const char *rdl_journal_reader_problem(const struct rdl_journal_reader *reader)
{
	return reader->problem;
}

bool rdl_journal_reader_cut(
	struct rdl_journal_reader *reader, char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	const struct rdl_journal_log *told = &reader->log->told;

	assert(reader->result == RDL_JOURNAL_DAMAGED);
	return rdl_journal_cut(reader->logs->disk, reader->logs->directory, told->run, told->shard,
		reader->next - 1, problem);
}
