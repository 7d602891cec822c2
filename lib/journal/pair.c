/* SPDX-License-Identifier: BSD-3-Clause */
#include "pair.h"

#include <errno.h>

#define BLOCKS 2

/* Where the parts of a block begin. */
enum {
	AT_MAGIC = 0,
	AT_FORMAT = 8,
	AT_WRITES = 16,
	AT_CRC = RDL_JOURNAL_PAIR_END,
};

/* ---- reading ---- */

static bool is_whole(const struct rdl_journal_pair *pair, const uint8_t block[])
{
	uint32_t crc;

	memcpy(&crc, block + AT_CRC, 4);
	return memcmp(block + AT_MAGIC, pair->magic, 8) == 0 &&
	       rdl_journal_crc(0, block, AT_CRC) == crc;
}

static void choose(const struct rdl_journal_pair *pair, const uint8_t *octets, size_t len,
	enum rdl_journal_pair_kind *kind, const uint8_t **block, uint64_t *writes)
{
	*kind = RDL_JOURNAL_PAIR_DAMAGED;
	*block = NULL;
	*writes = 0;
	for (const uint8_t *at = octets; at + RDL_JOURNAL_BLOCK <= octets + len;
		at += RDL_JOURNAL_BLOCK) {
		uint32_t format;
		uint64_t count;

		memcpy(&format, at + AT_FORMAT, 4);
		memcpy(&count, at + AT_WRITES, 8);
		if (!is_whole(pair, at) || count <= *writes)
			continue;
		*kind = format > pair->format ? RDL_JOURNAL_PAIR_NEWER : RDL_JOURNAL_PAIR_GOOD;
		*block = at;
		*writes = count;
	}
}

int rdl_journal_pair_read(const struct rdl_journal_pair *pair, uint8_t octets[],
	enum rdl_journal_pair_kind *kind, const uint8_t **block, uint64_t *writes)
{
	const struct rdl_journal_disk *disk = pair->disk;
	bool buffered;
	int file = disk->open(disk->context, pair->path, RDL_JOURNAL_READ, &buffered);

	if (file < 0)
		return file;
	ssize_t len = disk->read(disk->context, file, octets, RDL_JOURNAL_PAIR_OCTETS, 0);
	disk->close(disk->context, file);
	choose(pair, octets, len > 0 ? (size_t)len : 0, kind, block, writes);
	return len < 0 ? (int)len : 0;
}

/* ---- writing ---- */

static void seal(const struct rdl_journal_pair *pair, uint8_t block[], uint64_t writes)
{
	uint32_t crc;

	memcpy(block + AT_MAGIC, pair->magic, 8);
	memcpy(block + AT_FORMAT, &pair->format, 4);
	memcpy(block + AT_WRITES, &writes, 8);
	crc = rdl_journal_crc(0, block, AT_CRC);
	memcpy(block + AT_CRC, &crc, 4);
}

static int put(const struct rdl_journal_disk *disk, const char *path,
	enum rdl_journal_access access, const uint8_t *block, uint64_t at)
{
	bool buffered;
	int file = disk->open(disk->context, path, access, &buffered);

	if (file < 0)
		return file;
	int rc = disk->write(disk->context, file, block, RDL_JOURNAL_BLOCK, at);
	if (rc == 0)
		rc = disk->sync(disk->context, file);
	disk->close(disk->context, file);
	return rc;
}

/* The file with one block of it; the other one is not there. */
static int make_file(const struct rdl_journal_pair *pair, const uint8_t *block)
{
	const struct rdl_journal_disk *disk = pair->disk;
	int rc = put(disk, pair->unfinished, RDL_JOURNAL_MAKE, block, 0);

	if (rc == 0)
		rc = disk->rename(disk->context, pair->unfinished, pair->path);
	return rc != 0 ? rc : disk->sync_directory(disk->context, pair->folder);
}

int rdl_journal_pair_write(
	const struct rdl_journal_pair *pair, uint8_t block[RDL_JOURNAL_BLOCK], uint64_t *writes)
{
	uint64_t next = *writes + 1;

	seal(pair, block, next);
	/* The first is at the beginning. */
	int rc = put(pair->disk, pair->path, RDL_JOURNAL_WRITE, block,
		(next + 1) % BLOCKS * RDL_JOURNAL_BLOCK);
	if (rc == -ENOENT) {
		next = 1;
		seal(pair, block, next);
		rc = make_file(pair, block);
	}
	if (rc == 0)
		*writes = next;
	return rc;
}
