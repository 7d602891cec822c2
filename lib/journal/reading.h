/* SPDX-License-Identifier: BSD-3-Clause */
/* A reader of one log: where it is, where it begins, and what it makes of an end. */
#ifndef RDL_JOURNAL_READING_H
#define RDL_JOURNAL_READING_H

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
	/* Of the segment that was entered last: its header is its own, but its file is shorter. */
	bool header_good, is_short;
	/* Of the group at hand: what is left of it. */
	struct rdl_journal_stamp stamp;
	const uint8_t *octets;
	uint32_t left, entries_left;
	uint64_t position;
	char problem[RDL_JOURNAL_PROBLEM_MAX];
};

/* The result that says what is damaged at a place, and where. */
enum rdl_journal_result rdl_journal_reader_damaged(
	struct rdl_journal_reader *reader, struct rdl_journal_place place, const char *what);
/* The same, of what cannot be read, by its -errno. */
enum rdl_journal_result rdl_journal_reader_unreadable(
	struct rdl_journal_reader *reader, struct rdl_journal_place place, int error);
/* Opens a segment by its index, and looks at its header. 0, or -errno. */
int rdl_journal_reader_enter(struct rdl_journal_reader *reader, size_t segment);
/* The group at a place of the segment that was entered; NULL: there is none. */
const uint8_t *rdl_journal_reader_group(
	struct rdl_journal_reader *reader, uint64_t at, struct rdl_journal_group *group);
/*
 * The next group of the segment that was entered, from a place on, wherever it is; the place is
 * behind it then. False: there is none.
 */
bool rdl_journal_reader_seek(struct rdl_journal_reader *reader, struct rdl_journal_place *place,
	struct rdl_journal_group *group);
/* The log ends where the reader is. */
enum rdl_journal_result rdl_journal_reader_end(struct rdl_journal_reader *reader);
/* There is no group where the next one should be: is that the end? */
enum rdl_journal_result rdl_journal_reader_stop(struct rdl_journal_reader *reader);
/* Finds the group with the first position that is needed. */
enum rdl_journal_result rdl_journal_reader_begin(struct rdl_journal_reader *reader);

#endif
