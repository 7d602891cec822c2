/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bookmarks: how far readers of the history are that have a name, kept beside the logs, each in a
 * file of two blocks: the newer one that is whole counts, and the other is written next. So a
 * write that was torn takes nothing away.
 */
#ifndef RDL_JOURNAL_BOOKMARKS_H
#define RDL_JOURNAL_BOOKMARKS_H

#include "logs.h"

/* In the state's directory. */
#define RDL_JOURNAL_BOOKMARKS "cursors"
#define RDL_JOURNAL_BOOKMARK_NAME_MAX 64
#define RDL_JOURNAL_BOOKMARK_PARTS 256

struct rdl_journal_bookmark {
	char name[RDL_JOURNAL_BOOKMARK_NAME_MAX + 1];
	uint64_t writes; /* ever */
	/* What it is, besides positions, is the owner's. */
	bool flag;
	uint64_t positions[RDL_JOURNAL_BOOKMARK_PARTS];
};

/* Letters, digits, and '-', '_' and '.', of which that is not the first. */
bool rdl_journal_bookmark_is_name(struct rdl_span name);

typedef void (*rdl_journal_bookmark_fn)(
	void *context, const struct rdl_journal_bookmark *bookmark, bool damaged);

/*
 * Tells of each that there is; of one that is damaged, all but the name is 0. Makes the place for
 * them where there is none, and says so in *made. `disk`: NULL: the machine's. False, and the
 * problem in words.
 */
RDL_MUST_CHECK bool rdl_journal_bookmarks_read(const char *directory,
	const struct rdl_journal_disk *disk, rdl_journal_bookmark_fn tell, void *context,
	bool *made, char problem[RDL_JOURNAL_PROBLEM_MAX]);
/* It is on the disk then, whether it was there or not: 0, or -errno. Counts the write. */
int rdl_journal_bookmark_write(const char *directory, const struct rdl_journal_disk *disk,
	struct rdl_journal_bookmark *bookmark);
/* 0, or -errno; also when there is none. */
int rdl_journal_bookmark_remove(
	const char *directory, const struct rdl_journal_disk *disk, const char *name);

#endif
