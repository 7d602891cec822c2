/* SPDX-License-Identifier: BSD-3-Clause */
#include "inventory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

#define NAME "inventory"

/* Where the parts of a block begin. */
enum {
	AT_SHARDS = RDL_JOURNAL_PAIR_WORD,
	AT_RUN_ID = RDL_JOURNAL_PAIR_HEAD,
	AT_RUN = AT_RUN_ID + RDL_JOURNAL_ID_LEN,
	AT_SEGMENTS = AT_RUN + 4,
};
static_assert(AT_SEGMENTS + 4 * RDL_JOURNAL_SHARDS_MAX <= RDL_JOURNAL_PAIR_END, "a block has all");

/* Its file, and the paths that it needs. */
struct paths {
	char path[RDL_JOURNAL_PATH_MAX], unfinished[RDL_JOURNAL_PATH_MAX];
};

static struct rdl_journal_pair pair_of(
	const struct rdl_journal_disk *disk, const char *directory, struct paths *paths)
{
	snprintf(paths->path, sizeof(paths->path), "%s/" NAME, directory);
	snprintf(paths->unfinished, sizeof(paths->unfinished), "%s/" NAME ".new", directory);
	return (struct rdl_journal_pair){ .disk = disk,
		.folder = directory,
		.path = paths->path,
		.unfinished = paths->unfinished,
		.magic = "rdlinvty",
		.format = 1 };
}

/* False: nothing can be so. */
static bool take_block(const uint8_t *block, struct rdl_journal_inventory *inventory)
{
	uint32_t shards;

	memcpy(&shards, block + AT_SHARDS, 4);
	memcpy(inventory->run_id, block + AT_RUN_ID, RDL_JOURNAL_ID_LEN);
	memcpy(&inventory->run, block + AT_RUN, 4);
	memcpy(inventory->segments, block + AT_SEGMENTS, sizeof(inventory->segments));
	inventory->shards = (uint16_t)shards;
	return shards > 0 && shards <= RDL_JOURNAL_SHARDS_MAX && inventory->run > 0;
}

static bool take(const struct rdl_journal_pair *pair, uint8_t *octets,
	struct rdl_journal_inventory *inventory, char *problem)
{
	enum rdl_journal_pair_kind kind;
	const uint8_t *block;
	int rc = rdl_journal_pair_read(pair, octets, &kind, &block, &inventory->writes);

	if (rc == -ENOENT)
		return true;
	if (rc != 0)
		return rdl_journal_problem(
			problem, pair->path, "cannot be read: %s", strerror(-rc));
	if (kind == RDL_JOURNAL_PAIR_NEWER)
		return rdl_journal_problem(
			problem, pair->path, "was written by a newer version of rdline");
	if (kind == RDL_JOURNAL_PAIR_GOOD && take_block(block, inventory))
		return true;
	return rdl_journal_problem(problem, pair->path,
		"is damaged: it says which run is the latest; look whether that is there, and "
		"remove this file");
}

bool rdl_journal_inventory_read(const struct rdl_journal_disk *disk, const char *directory,
	struct rdl_journal_inventory *inventory, char *problem)
{
	uint8_t *octets = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_PAIR_OCTETS);
	struct paths paths;
	const struct rdl_journal_pair pair = pair_of(disk, directory, &paths);

	*inventory = (struct rdl_journal_inventory){ .run = 0 };
	if (octets == NULL)
		return rdl_journal_problem(problem, directory, "%s", strerror(ENOMEM));
	bool good = take(&pair, octets, inventory, problem);
	free(octets);
	return good;
}

int rdl_journal_inventory_write(const struct rdl_journal_disk *disk, const char *directory,
	struct rdl_journal_inventory *inventory)
{
	uint8_t *block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);
	uint32_t shards = inventory->shards;
	struct paths paths;
	const struct rdl_journal_pair pair = pair_of(disk, directory, &paths);

	if (block == NULL)
		return -ENOMEM;
	memset(block, 0, RDL_JOURNAL_BLOCK);
	memcpy(block + AT_SHARDS, &shards, 4);
	memcpy(block + AT_RUN_ID, inventory->run_id, RDL_JOURNAL_ID_LEN);
	memcpy(block + AT_RUN, &inventory->run, 4);
	memcpy(block + AT_SEGMENTS, inventory->segments, sizeof(inventory->segments));
	int rc = rdl_journal_pair_write(&pair, block, &inventory->writes);
	free(block);
	return rc;
}
