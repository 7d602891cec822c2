/* SPDX-License-Identifier: BSD-3-Clause */
#include "bookmarks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

#define MAGIC "rdlmark\n"
#define FORMAT 1
/* No name of a bookmark. */
#define UNFINISHED "new+"
static_assert(RDL_JOURNAL_PAIR_HEAD + 8 * RDL_JOURNAL_BOOKMARK_PARTS <= RDL_JOURNAL_PAIR_END,
	"a block has all");

#define PATH_LEN (RDL_JOURNAL_DIRECTORY_MAX + RDL_JOURNAL_BOOKMARK_NAME_MAX + 16)

bool rdl_journal_bookmark_is_name(struct rdl_span name)
{
	static const char others[] = "-_.";

	if (name.len == 0 || name.len > RDL_JOURNAL_BOOKMARK_NAME_MAX || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];
		bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!is_letter && (c < '0' || c > '9') && (c == '\0' || !strchr(others, c)))
			return false;
	}
	return true;
}

static void path_of(char path[PATH_LEN], const char *directory, const char *name)
{
	snprintf(path, PATH_LEN, "%s/" RDL_JOURNAL_BOOKMARKS "/%s", directory, name);
}

/* Where they are. */
static void place_of(char path[PATH_LEN], const char *directory)
{
	snprintf(path, PATH_LEN, "%s/" RDL_JOURNAL_BOOKMARKS, directory);
}

/* The file of one, and the paths that it needs. */
struct named_pair {
	char folder[PATH_LEN], path[PATH_LEN], unfinished[PATH_LEN];
	struct rdl_journal_pair pair;
};

static void pair_of(struct named_pair *named, const char *directory,
	const struct rdl_journal_disk *disk, const char *name)
{
	place_of(named->folder, directory);
	path_of(named->path, directory, name);
	path_of(named->unfinished, directory, UNFINISHED);
	named->pair = (struct rdl_journal_pair){ .disk = disk,
		.folder = named->folder,
		.path = named->path,
		.unfinished = named->unfinished,
		.magic = MAGIC,
		.format = FORMAT };
}

/* ---- reading ---- */

struct reading {
	const char *directory;
	const struct rdl_journal_disk *disk;
	uint8_t *octets;
	rdl_journal_bookmark_fn tell;
	void *context;
	int rc;
};

static void read_one(void *context, const char *name)
{
	struct reading *reading = context;
	struct rdl_journal_bookmark bookmark = { .flag = false };
	struct rdl_span span = { (const uint8_t *)name, strlen(name) };
	enum rdl_journal_pair_kind kind;
	struct named_pair named;
	const uint8_t *block;

	if (!rdl_journal_bookmark_is_name(span))
		return;
	strcpy(bookmark.name, name);
	pair_of(&named, reading->directory, reading->disk, name);
	int rc = rdl_journal_pair_read(
		&named.pair, reading->octets, &kind, &block, &bookmark.writes);
	if (rc != 0) {
		reading->rc = rc;
		return;
	}
	if (kind == RDL_JOURNAL_PAIR_GOOD) {
		uint32_t flag;

		memcpy(&flag, block + RDL_JOURNAL_PAIR_WORD, 4);
		bookmark.flag = flag != 0;
		memcpy(bookmark.positions, block + RDL_JOURNAL_PAIR_HEAD,
			sizeof(bookmark.positions));
	}
	reading->tell(reading->context, &bookmark, kind != RDL_JOURNAL_PAIR_GOOD);
}

/* The place for them, unless it is there: *made. 0, or -errno. */
static int make_place(const char *directory, const struct rdl_journal_disk *disk, bool *made)
{
	char path[PATH_LEN];

	place_of(path, directory);
	int rc = disk->make_directory(disk->context, path);
	*made = rc == 0;
	if (rc == -EEXIST)
		return 0;
	return rc != 0 ? rc : disk->sync_directory(disk->context, directory);
}

bool rdl_journal_bookmarks_read(const char *directory, const struct rdl_journal_disk *disk,
	rdl_journal_bookmark_fn tell, void *context, bool *made,
	char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	struct reading reading = { .directory = directory,
		.disk = disk != NULL ? disk : &rdl_journal_disk,
		.octets = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_PAIR_OCTETS),
		.tell = tell,
		.context = context };
	char path[PATH_LEN];

	place_of(path, directory);
	int rc = reading.octets != NULL ? make_place(directory, reading.disk, made) : -ENOMEM;
	if (rc == 0)
		rc = reading.disk->list(reading.disk->context, path, read_one, &reading);
	free(reading.octets);
	rc = rc != 0 ? rc : reading.rc;
	return rc == 0 || rdl_journal_problem(problem, path, "%s", strerror(-rc));
}

/* ---- writing ---- */

int rdl_journal_bookmark_write(const char *directory, const struct rdl_journal_disk *disk,
	struct rdl_journal_bookmark *bookmark)
{
	uint8_t *block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);
	uint32_t flag = bookmark->flag;
	struct named_pair named;

	if (block == NULL)
		return -ENOMEM;
	pair_of(&named, directory, disk != NULL ? disk : &rdl_journal_disk, bookmark->name);
	memset(block, 0, RDL_JOURNAL_BLOCK);
	memcpy(block + RDL_JOURNAL_PAIR_WORD, &flag, 4);
	memcpy(block + RDL_JOURNAL_PAIR_HEAD, bookmark->positions, sizeof(bookmark->positions));
	int rc = rdl_journal_pair_write(&named.pair, block, &bookmark->writes);
	free(block);
	return rc;
}

int rdl_journal_bookmark_remove(
	const char *directory, const struct rdl_journal_disk *disk, const char *name)
{
	char path[PATH_LEN];

	disk = disk != NULL ? disk : &rdl_journal_disk;
	path_of(path, directory, name);
	int rc = disk->remove(disk->context, path);
	place_of(path, directory);
	if (rc != 0)
		return rc == -ENOENT ? 0 : rc;
	return disk->sync_directory(disk->context, path);
}
