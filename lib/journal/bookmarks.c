/* SPDX-License-Identifier: BSD-3-Clause */
#include "bookmarks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal_internal.h"

#define MAGIC "rdlmark\n"
#define FORMAT 1
#define BLOCKS 2
/* No name of a bookmark. */
#define UNFINISHED "new+"

/* Where the parts of a block begin. */
enum {
	AT_MAGIC = 0,
	AT_FORMAT = 8,
	AT_FLAG = 12,
	AT_WRITES = 16,
	AT_POSITIONS = 24,
	AT_CRC = RDL_JOURNAL_BLOCK - 4,
};
static_assert(AT_POSITIONS + 8 * RDL_JOURNAL_BOOKMARK_PARTS <= AT_CRC, "a block has all");

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

static void put_block(uint8_t block[RDL_JOURNAL_BLOCK], const struct rdl_journal_bookmark *bookmark)
{
	uint32_t format = FORMAT, flag = bookmark->flag, crc;

	memset(block, 0, RDL_JOURNAL_BLOCK);
	memcpy(block + AT_MAGIC, MAGIC, 8);
	memcpy(block + AT_FORMAT, &format, 4);
	memcpy(block + AT_FLAG, &flag, 4);
	memcpy(block + AT_WRITES, &bookmark->writes, 8);
	memcpy(block + AT_POSITIONS, bookmark->positions, sizeof(bookmark->positions));
	crc = rdl_journal_crc(0, block, AT_CRC);
	memcpy(block + AT_CRC, &crc, 4);
}

/* Takes what a block says, where it is whole and newer. */
static bool take_block(
	const uint8_t block[RDL_JOURNAL_BLOCK], struct rdl_journal_bookmark *bookmark)
{
	uint32_t format, flag, crc;
	uint64_t writes;

	memcpy(&format, block + AT_FORMAT, 4);
	memcpy(&flag, block + AT_FLAG, 4);
	memcpy(&writes, block + AT_WRITES, 8);
	memcpy(&crc, block + AT_CRC, 4);
	if (memcmp(block + AT_MAGIC, MAGIC, 8) != 0 || format != FORMAT ||
		rdl_journal_crc(0, block, AT_CRC) != crc || writes <= bookmark->writes)
		return false;
	bookmark->writes = writes;
	bookmark->flag = flag != 0;
	memcpy(bookmark->positions, block + AT_POSITIONS, sizeof(bookmark->positions));
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

/* ---- reading ---- */

struct reading {
	const char *directory;
	const struct rdl_journal_disk *disk;
	uint8_t *block;
	rdl_journal_bookmark_fn tell;
	void *context;
	int rc;
};

static void read_one(void *context, const char *name)
{
	struct reading *reading = context;
	const struct rdl_journal_disk *disk = reading->disk;
	struct rdl_journal_bookmark bookmark = { .flag = false };
	struct rdl_span span = { (const uint8_t *)name, strlen(name) };
	char path[PATH_LEN];
	bool whole = false, buffered;

	if (!rdl_journal_bookmark_is_name(span))
		return;
	strcpy(bookmark.name, name);
	path_of(path, reading->directory, name);
	int file = disk->open(disk->context, path, RDL_JOURNAL_READ, &buffered);
	if (file < 0) {
		reading->rc = file;
		return;
	}
	for (uint64_t i = 0; i < BLOCKS; i++) {
		ssize_t n = disk->read(disk->context, file, reading->block, RDL_JOURNAL_BLOCK,
			i * RDL_JOURNAL_BLOCK);

		if (n < 0)
			reading->rc = (int)n;
		whole |= n == RDL_JOURNAL_BLOCK && take_block(reading->block, &bookmark);
	}
	disk->close(disk->context, file);
	reading->tell(reading->context, &bookmark, !whole);
}

/* The place for them, unless it is there. 0, or -errno. */
static int make_place(const char *directory, const struct rdl_journal_disk *disk)
{
	char path[PATH_LEN];

	place_of(path, directory);
	int rc = disk->make_directory(disk->context, path);
	if (rc == -EEXIST)
		return 0;
	return rc != 0 ? rc : disk->sync_directory(disk->context, directory);
}

bool rdl_journal_bookmarks_read(const char *directory, const struct rdl_journal_disk *disk,
	rdl_journal_bookmark_fn tell, void *context, char problem[RDL_JOURNAL_PROBLEM_MAX])
{
	struct reading reading = { .directory = directory,
		.disk = disk != NULL ? disk : &rdl_journal_disk,
		.block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK),
		.tell = tell,
		.context = context };
	char path[PATH_LEN];

	place_of(path, directory);
	int rc = reading.block != NULL ? make_place(directory, reading.disk) : -ENOMEM;
	if (rc == 0)
		rc = reading.disk->list(reading.disk->context, path, read_one, &reading);
	free(reading.block);
	rc = rc != 0 ? rc : reading.rc;
	return rc == 0 || rdl_journal_problem(problem, path, "%s", strerror(-rc));
}

/* ---- writing ---- */

/* The file with one block of it; the other one is not there, or zero. */
static int make_file(const char *directory, const struct rdl_journal_disk *disk, const char *path,
	const uint8_t *block)
{
	char unfinished[PATH_LEN], place[PATH_LEN];
	bool buffered;

	path_of(unfinished, directory, UNFINISHED);
	place_of(place, directory);
	int file = disk->open(disk->context, unfinished, RDL_JOURNAL_MAKE, &buffered);
	if (file < 0)
		return file;
	int rc = disk->write(disk->context, file, block, RDL_JOURNAL_BLOCK, 0);
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	disk->close(disk->context, file);
	if (rc == 0)
		rc = disk->rename(disk->context, unfinished, path);
	return rc != 0 ? rc : disk->sync_directory(disk->context, place);
}

static int write_block(
	const struct rdl_journal_disk *disk, const char *path, const uint8_t *block, uint64_t at)
{
	bool buffered;
	int file = disk->open(disk->context, path, RDL_JOURNAL_WRITE, &buffered);

	if (file < 0)
		return file;
	int rc = disk->write(disk->context, file, block, RDL_JOURNAL_BLOCK, at);
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	disk->close(disk->context, file);
	return rc;
}

int rdl_journal_bookmark_write(const char *directory, const struct rdl_journal_disk *disk,
	struct rdl_journal_bookmark *bookmark)
{
	uint8_t *block = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK);
	struct rdl_journal_bookmark next = *bookmark;
	char path[PATH_LEN];

	if (block == NULL)
		return -ENOMEM;
	disk = disk != NULL ? disk : &rdl_journal_disk;
	path_of(path, directory, bookmark->name);
	next.writes++;
	put_block(block, &next);
	/* The first is at the beginning. */
	int rc = write_block(disk, path, block, (next.writes + 1) % BLOCKS * RDL_JOURNAL_BLOCK);
	if (rc == -ENOENT) {
		next.writes = 1;
		put_block(block, &next);
		rc = make_file(directory, disk, path, block);
	}
	free(block);
	if (rc == 0)
		bookmark->writes = next.writes;
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
