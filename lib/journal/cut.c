/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "journal_internal.h"

/* Writes a file of one block that is there, whole, once this returned 0. */
static int write_block(const struct rdl_journal_disk *disk, const char *path, const uint8_t block[])
{
	bool buffered;
	int file = disk->open(disk->context, path, RDL_JOURNAL_MAKE, &buffered), rc;

	if (file < 0)
		return file;
	rc = disk->write(disk->context, file, block, RDL_JOURNAL_BLOCK, 0);
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	disk->close(disk->context, file);
	return rc;
}

bool rdl_journal_cut(const struct rdl_journal_disk *disk, const char *directory, uint32_t run,
	unsigned shard, uint64_t end, char *problem)
{
	char directory_path[RDL_JOURNAL_RUN_PATH_MAX], path[RDL_JOURNAL_PATH_MAX];
	uint8_t *block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);

	rdl_journal_run_path(directory_path, directory, RDL_JOURNAL_RUN, run);
	rdl_journal_cut_path(path, directory, run, shard);
	/* A run that is missing is made, to say that it is given up. */
	int rc = block == NULL ? -ENOMEM : disk->make_directory(disk->context, directory_path);
	if (rc == -EEXIST)
		rc = 0;
	if (rc == 0) {
		rdl_journal_cut_write(block, end);
		rc = write_block(disk, path, block);
	}
	if (rc == 0)
		rc = disk->sync_directory(disk->context, directory_path);
	if (rc == 0)
		rc = disk->sync_directory(disk->context, directory);
	free(block);
	return rc == 0 ? true : rdl_journal_problem(problem, path, "%s", strerror(-rc));
}
