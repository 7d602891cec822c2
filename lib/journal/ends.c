/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a log begins, where it ends, and what is damaged. */
#include <inttypes.h>
#include <stdio.h>

#include "reading.h"

enum rdl_journal_result rdl_journal_reader_damaged(
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

enum rdl_journal_result rdl_journal_reader_unreadable(
	struct rdl_journal_reader *reader, struct rdl_journal_place place, int error)
{
	char what[160];

	snprintf(what, sizeof(what), "cannot be read: %s", strerror(-error));
	return rdl_journal_reader_damaged(reader, place, what);
}

enum rdl_journal_result rdl_journal_reader_end(struct rdl_journal_reader *reader)
{
	struct rdl_journal_past_log *log = reader->log;

	log->told.was_read = true;
	log->told.end = reader->next - 1;
	log->told.last = reader->stamp;
	log->end_place = reader->place;
	return RDL_JOURNAL_END;
}

int rdl_journal_reader_enter(struct rdl_journal_reader *reader, size_t segment)
{
	const struct rdl_journal_past_log *log = reader->log;
	struct rdl_journal_header header;
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(path, reader->logs->directory, log->told.run, log->told.shard,
		log->segments[segment]);
	int rc = rdl_journal_pages_open(&reader->pages, path);
	if (rc != 0)
		return rc;
	int64_t len = rdl_journal_pages_length(&reader->pages);
	const uint8_t *block = rdl_journal_pages_get(&reader->pages, 0, RDL_JOURNAL_BLOCK);
	reader->header_good =
		block != NULL &&
		rdl_journal_header_read(block, &header) == RDL_JOURNAL_HEADER_GOOD &&
		memcmp(&header.identity, &reader->identity, sizeof(header.identity)) == 0 &&
		header.segment == log->segments[segment];
	reader->is_short = reader->header_good && (uint64_t)len < header.segment_len;
	return len < 0 ? (int)len : reader->pages.error;
}

const uint8_t *rdl_journal_reader_group(
	struct rdl_journal_reader *reader, uint64_t at, struct rdl_journal_group *group)
{
	return rdl_journal_pages_group(&reader->pages, &reader->identity, at, group);
}

bool rdl_journal_reader_seek(struct rdl_journal_reader *reader, struct rdl_journal_place *place,
	struct rdl_journal_group *group)
{
	while (rdl_journal_pages_get(&reader->pages, place->at, RDL_JOURNAL_BLOCK) != NULL) {
		if (rdl_journal_reader_group(reader, place->at, group) != NULL) {
			place->at += rdl_journal_group_octets(group);
			return true;
		}
		place->at += RDL_JOURNAL_BLOCK;
	}
	return false;
}

/*
 * Looks for what says that there was more than is left behind the place: *evidence is NULL, or
 * says it. 0, or -errno, of the place then.
 */
static int look_behind(
	struct rdl_journal_reader *reader, struct rdl_journal_place *place, const char **evidence)
{
	struct rdl_journal_group group;

	*evidence = NULL;
	for (; place->segment < reader->log->count && *evidence == NULL;
		place->segment++, place->at = RDL_JOURNAL_BLOCK) {
		int rc = rdl_journal_reader_enter(reader, place->segment);

		if (rc != 0)
			return rc;
		/* Before anything was written into it, it was longer. */
		if (reader->is_short)
			*evidence = "the file was cut";
		while (*evidence == NULL && rdl_journal_reader_seek(reader, place, &group)) {
			if (group.confirmed >= reader->next)
				*evidence = "the disk had confirmed what stood here";
		}
		if (reader->pages.error != 0)
			return reader->pages.error;
	}
	return 0;
}

/* Is there something at the place, though no group? -errno. */
static int is_torn(struct rdl_journal_reader *reader, struct rdl_journal_place place)
{
	int rc = rdl_journal_reader_enter(reader, place.segment);

	if (rc != 0)
		return rc;
	const uint8_t *block = rdl_journal_pages_get(&reader->pages, place.at, RDL_JOURNAL_BLOCK);
	for (size_t i = 0; block != NULL && i < RDL_JOURNAL_BLOCK; i++) {
		if (block[i] != 0)
			return 1;
	}
	return reader->pages.error;
}

/* Says whether something was being written where the log ends. 0, or -errno, of the place then. */
static int look_at_tail(struct rdl_journal_reader *reader, struct rdl_journal_place *place)
{
	struct rdl_journal_past_log *log = reader->log;

	for (; place->segment < log->count; place->segment++, place->at = RDL_JOURNAL_BLOCK) {
		int torn = is_torn(reader, *place);

		if (torn == 0)
			continue;
		log->told.torn = torn > 0;
		log->told.torn_segment = log->segments[place->segment];
		log->told.torn_at = place->at;
		return torn < 0 ? torn : 0;
	}
	return 0;
}

/*
 * Where the group is, or was, that the reader did not find: the next segment begins with it where
 * nothing ever stood behind the last one, and no other group begins that.
 */
static struct rdl_journal_place missing_place(struct rdl_journal_reader *reader)
{
	const struct rdl_journal_past_log *log = reader->log;
	struct rdl_journal_place next = { reader->place.segment + 1, RDL_JOURNAL_BLOCK };
	struct rdl_journal_group group;

	if (next.segment < log->count &&
		log->segments[next.segment] == log->segments[next.segment - 1] + 1 &&
		is_torn(reader, reader->place) == 0 && is_torn(reader, next) > 0 &&
		rdl_journal_reader_group(reader, next.at, &group) == NULL)
		return next;
	return reader->place;
}

/*
 * Segments are made one after the other, and go so: one between others was taken away, or one
 * before that which was written into. What stands before that one was on the disk. NULL, or that.
 */
static const char *segments_say(const struct rdl_journal_reader *reader)
{
	const struct rdl_journal_past_log *log = reader->log;
	size_t after = reader->place.segment + 1;
	uint32_t here = log->segments[after - 1];

	if (after < log->count ? log->segments[after] != here + 1 : here < log->entered)
		return "the segment behind this one is missing";
	bool begins = log->entered > 0 && reader->next == 1;
	return begins || here + 1 < log->entered ? "the disk had confirmed what stood here" : NULL;
}

/* 1: the next segment was written into, and its header is not there; -errno. */
static int lacks_header(struct rdl_journal_reader *reader)
{
	const struct rdl_journal_past_log *log = reader->log;
	size_t after = reader->place.segment + 1;

	if (after >= log->count || log->segments[after] > log->entered)
		return 0;
	int rc = rdl_journal_reader_enter(reader, after);
	return rc != 0 ? rc : !reader->header_good;
}

enum rdl_journal_result rdl_journal_reader_stop(struct rdl_journal_reader *reader)
{
	const struct rdl_journal_past_log *log = reader->log;
	struct rdl_journal_place place = reader->place;
	const char *evidence = NULL;
	int rc = reader->pages.error;

	if (rc != 0)
		return rdl_journal_reader_unreadable(reader, place, rc);
	if (log->told.cut)
		evidence = "it stands before where the log was cut";
	else if (log->end_known)
		evidence = "the next run went on from what stood here";
	else
		evidence = segments_say(reader);
	if (evidence == NULL) {
		rc = lacks_header(reader);
		place = (struct rdl_journal_place){ place.segment + (rc != 0), 0 };
		if (rc > 0)
			return rdl_journal_reader_damaged(reader, place, "the segment's header");
	}
	if (evidence == NULL && rc == 0) {
		place = reader->place;
		rc = look_behind(reader, &place, &evidence);
	}
	if (rc == 0 && evidence != NULL)
		return rdl_journal_reader_damaged(reader, missing_place(reader), evidence);
	if (rc == 0) {
		place = reader->place;
		rc = look_at_tail(reader, &place);
	}
	if (rc != 0)
		return rdl_journal_reader_unreadable(reader, place, rc);
	return rdl_journal_reader_end(reader);
}

/* In the segment that was entered, the last group that begins no later than the log is needed. */
static bool find_start_in(struct rdl_journal_reader *reader, size_t segment, uint64_t base)
{
	struct rdl_journal_place place = { segment, RDL_JOURNAL_BLOCK };
	struct rdl_journal_group group;
	bool found = false;

	while (rdl_journal_reader_seek(reader, &place, &group) && group.first <= base) {
		reader->place = place;
		reader->place.at -= rdl_journal_group_octets(&group);
		reader->next = group.first;
		found = true;
	}
	return found;
}

/* It was cut before the sweep that made its beginning needless: what is left before the cut. */
static enum rdl_journal_result begin_with_what_is_there(struct rdl_journal_reader *reader)
{
	struct rdl_journal_group group;
	int rc = rdl_journal_reader_enter(reader, 0);

	if (rc != 0)
		return rdl_journal_reader_unreadable(reader, reader->place, rc);
	if (rdl_journal_reader_group(reader, reader->place.at, &group) == NULL)
		return rdl_journal_reader_stop(reader);
	reader->next = group.first;
	return RDL_JOURNAL_OK;
}

/* Finds the group with the first position that is needed. */
enum rdl_journal_result rdl_journal_reader_begin(struct rdl_journal_reader *reader)
{
	struct rdl_journal_past_log *log = reader->log;
	uint64_t base = log->base > 0 ? log->base : 1;

	if (log->end_known && log->end_at == 0)
		return rdl_journal_reader_end(reader);
	if (log->count == 0)
		return rdl_journal_reader_damaged(
			reader, reader->place, "no segment of it is there");
	if (!reader->run->has_header)
		return rdl_journal_reader_damaged(
			reader, reader->place, "no header of the run can be read");
	reader->place.at = RDL_JOURNAL_BLOCK;
	for (size_t i = log->count; i-- > 0;) {
		int rc = rdl_journal_reader_enter(reader, i);

		if (rc == 0 && find_start_in(reader, i, base))
			return RDL_JOURNAL_OK;
		if (rc != 0 || reader->pages.error != 0)
			return rdl_journal_reader_unreadable(reader,
				(struct rdl_journal_place){ i, reader->pages.at },
				rc != 0 ? rc : reader->pages.error);
	}
	if (log->told.cut && log->segments[0] != 1)
		return begin_with_what_is_there(reader);
	reader->next = base;
	if (log->base > 0 || log->segments[0] != 1)
		return rdl_journal_reader_damaged(
			reader, reader->place, "what the log needs of it is missing");
	/* It was there, header and all, before its run was. */
	if (!log->told.cut && !reader->header_good)
		return rdl_journal_reader_damaged(
			reader, (struct rdl_journal_place){ 0, 0 }, "the segment's header");
	/* Nothing was written, or the first group is not whole. */
	return rdl_journal_reader_stop(reader);
}
