/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "reading.h"

/* Takes the group at hand. */
static enum rdl_journal_result take_group(struct rdl_journal_reader *reader, const uint8_t *octets,
	const struct rdl_journal_group *group)
{
	if (!reader->header_good)
		return rdl_journal_reader_damaged(reader,
			(struct rdl_journal_place){ reader->place.segment, 0 },
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
		return rdl_journal_reader_end(reader);
	const uint8_t *octets = rdl_journal_reader_group(reader, reader->place.at, &group);
	if (octets != NULL && group.first == reader->next)
		return take_group(reader, octets, &group);
	if (reader->pages.error != 0 || after >= log->count ||
		log->segments[after] != log->segments[after - 1] + 1)
		return rdl_journal_reader_stop(reader);
	struct rdl_journal_place place = { after, RDL_JOURNAL_BLOCK };
	int rc = rdl_journal_reader_enter(reader, after);
	if (rc != 0)
		return rdl_journal_reader_unreadable(
			reader, (struct rdl_journal_place){ after, 0 }, rc);
	octets = rdl_journal_reader_group(reader, place.at, &group);
	if (octets == NULL || group.first != reader->next)
		return rdl_journal_reader_stop(reader);
	reader->place = place;
	/* The writer syncs a segment before it goes on to the next one. */
	reader->log->unsettled = place;
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

	/* A cut may be in the middle of a group. */
	if (reader->log->end_known && reader->position > reader->log->end_at) {
		reader->next = reader->position;
		return rdl_journal_reader_end(reader);
	}
	if (reader->left >= RDL_JOURNAL_ENTRY_HEAD)
		memcpy(&word, reader->octets, sizeof(word));
	len = word & RDL_JOURNAL_LEN_MASK;
	if (reader->left < RDL_JOURNAL_ENTRY_HEAD || len > reader->left - RDL_JOURNAL_ENTRY_HEAD) {
		reader->next = reader->position;
		return rdl_journal_reader_damaged(
			reader, reader->place, "the group before it has no such entry");
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
		reader->result = rdl_journal_reader_begin(reader);
		reader->log->unsettled = reader->place;
		if (reader->result == RDL_JOURNAL_OK) {
			int rc = rdl_journal_reader_enter(reader, reader->place.segment);

			if (rc != 0)
				reader->result =
					rdl_journal_reader_unreadable(reader, reader->place, rc);
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
