/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>

#include "journal_internal.h"

struct removal {
	const struct rdl_journal_disk *disk;
	const char *path;
	int rc;
};

static void remove_file(void *context, const char *name)
{
	struct removal *removal = context;
	char path[2 * RDL_JOURNAL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", removal->path, name);
	int rc = removal->disk->remove(removal->disk->context, path);
	if (rc != 0)
		removal->rc = rc;
}

/* A directory and the files in it, unless it is not there. */
static int remove_directory(const struct rdl_journal_disk *disk, const char *path)
{
	struct removal removal = { .disk = disk, .path = path };
	int rc = disk->list(disk->context, path, remove_file, &removal);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = removal.rc;
	return rc != 0 ? rc : disk->remove(disk->context, path);
}

int rdl_journal_remove_run(const struct rdl_journal_disk *disk, const char *directory, uint32_t run)
{
	char path[RDL_JOURNAL_RUN_PATH_MAX], old[RDL_JOURNAL_RUN_PATH_MAX];

	rdl_journal_run_path(path, directory, RDL_JOURNAL_RUN, run);
	rdl_journal_run_path(old, directory, RDL_JOURNAL_OLD, run);
	int rc = disk->rename(disk->context, path, old);
	if (rc == 0)
		rc = disk->sync_directory(disk->context, directory);
	else if (rc == -ENOENT)
		/* The rest of it, perhaps. */
		rc = 0;
	return rc != 0 ? rc : remove_directory(disk, old);
}

static void remove_half(void *context, const char *name)
{
	static const char made[] = RDL_JOURNAL_NEW "-", removed[] = RDL_JOURNAL_OLD "-";
	struct removal *removal = context;
	char path[2 * RDL_JOURNAL_PATH_MAX];

	if (strncmp(name, made, strlen(made)) != 0 && strncmp(name, removed, strlen(removed)) != 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", removal->path, name);
	int rc = remove_directory(removal->disk, path);
	if (rc != 0)
		removal->rc = rc;
}

int rdl_journal_remove_halves(const struct rdl_journal_disk *disk, const char *directory)
{
	struct removal removal = { .disk = disk, .path = directory };
	int rc = disk->list(disk->context, directory, remove_half, &removal);

	return rc != 0 ? rc : removal.rc;
}
