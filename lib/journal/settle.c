/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whoever goes on from what a log ends with must know that it stays there. It was read, but no
 * later group says that the disk had confirmed it: the disk may have it in a memory of its own that
 * it fails to write, and says so once, to a process that is no more. So it is written again.
 */
#include <errno.h>
#include <stdlib.h>

#include "logs_internal.h"

#define PIECE (1024 * 1024)

/* From a block on to another, of one segment. 0, or -errno. */
static int write_again(
	const struct rdl_journal_disk *disk, const char *path, uint64_t from, uint64_t to)
{
	uint8_t *octets = aligned_alloc(RDL_JOURNAL_BLOCK, PIECE);
	bool buffered;
	int file = octets != NULL ? disk->open(disk->context, path, RDL_JOURNAL_WRITE, &buffered)
				  : -ENOMEM,
	    rc = file < 0 ? file : 0;

	while (rc == 0 && from < to) {
		size_t len = to - from < PIECE ? (size_t)(to - from) : PIECE;
		ssize_t n = disk->read(disk->context, file, octets, len, from);

		if (n != (ssize_t)len)
			rc = n < 0 ? (int)n : -EIO;
		else
			rc = disk->write(disk->context, file, octets, len, from);
		from += len;
	}
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	if (file >= 0)
		disk->close(disk->context, file);
	free(octets);
	return rc;
}

static bool settle(
	const struct rdl_journal_logs *logs, const struct rdl_journal_past_log *log, char *problem)
{
	struct rdl_journal_place from = log->unsettled, end = log->end_place;
	char path[RDL_JOURNAL_PATH_MAX];

	if (log->end_known || from.at >= end.at)
		return true;
	assert(from.segment == end.segment);
	rdl_journal_segment_path(
		path, logs->directory, log->told.run, log->told.shard, log->segments[from.segment]);
	int rc = write_again(logs->disk, path, from.at, end.at);
	return rc == 0 || rdl_journal_problem(problem, path,
				  "what it ends with cannot be written again: %s", strerror(-rc));
}

bool rdl_journal_past_settle(const struct rdl_journal_logs *logs, char *problem)
{
	const struct rdl_journal_past_run *run;

	if (logs->count == 0)
		return true;
	run = &logs->runs[logs->count - 1];
	for (size_t i = 0; i < run->shards; i++) {
		if (!settle(logs, &run->logs[i], problem))
			return false;
	}
	return true;
}
