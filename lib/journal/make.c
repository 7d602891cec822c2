/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "writer.h"

/*
 * Zeros are written, all over: where a file system only promises room, each sync later would have
 * to wait for what it writes of its own to keep the promise. The header comes when they are on the
 * disk: a file that has one and is shorter than it says was cut by somebody else.
 */
static int fill(struct rdl_journal *journal, unsigned shard, uint32_t number, int file)
{
	const struct rdl_journal_disk *disk = journal->disk;
	uint64_t len = journal->config.segment_len, at = 0;
	int rc = disk->allocate(disk->context, file, len);

	while (rc == 0 && at < len) {
		size_t piece = len - at < journal->config.group_len ? (size_t)(len - at)
								    : journal->config.group_len;

		rc = disk->write(disk->context, file, journal->zeros, piece, at);
		at += piece;
	}
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	if (rc != 0)
		return rc;
	/* Writers read the run's meanwhile. */
	struct rdl_journal_header header = journal->header;
	header.identity.shard = (uint16_t)shard;
	header.segment = number;
	rdl_journal_header_write(journal->block, &header);
	rc = disk->write(disk->context, file, journal->block, RDL_JOURNAL_BLOCK, 0);
	return rc != 0 ? rc : disk->sync(disk->context, file);
}

int rdl_journal_make_segment(struct rdl_journal *journal, unsigned shard, uint32_t number)
{
	const struct rdl_journal_disk *disk = journal->disk;
	char path[RDL_JOURNAL_PATH_MAX];
	bool buffered;

	rdl_journal_file_path(path, journal->run_path, shard, number);
	int file = disk->open(disk->context, path, RDL_JOURNAL_MAKE, &buffered);
	if (file < 0)
		return file;
	if (buffered)
		__atomic_store_n(&journal->buffered, true, __ATOMIC_RELAXED);
	int rc = fill(journal, shard, number, file);
	if (rc == 0)
		rc = disk->sync_directory(disk->context, journal->run_path);
	if (rc == 0)
		return file;
	disk->close(disk->context, file);
	/* What room it took is given back. */
	disk->remove(disk->context, path);
	return rc;
}
