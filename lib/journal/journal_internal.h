/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of this room share: the format on the disk. Numbers are little-endian, at the
 * places that group.c and segment.c say.
 *
 * A segment is a header of a block, then groups, each from a block on, to where there is no group:
 * the rest is zero. A group is a header of 128 octets, then entries, each after a word with its
 * length.
 */
#ifndef RDL_JOURNAL_INTERNAL_H
#define RDL_JOURNAL_INTERNAL_H

#include "journal.h"
#include "logs.h"

#define RDL_JOURNAL_FORMAT 1
#define RDL_JOURNAL_GROUP_HEAD 128
/* Of paths: of the directory, of a run's in it, of a file in that. */
#define RDL_JOURNAL_DIRECTORY_MAX 256
#define RDL_JOURNAL_RUN_PATH_MAX 320
#define RDL_JOURNAL_PATH_MAX 384
#define RDL_JOURNAL_NONE (-1)

/* Castagnoli's CRC, of octets that follow those of `crc`; 0 to begin. */
uint32_t rdl_journal_crc(uint32_t crc, const void *octets, size_t len);

/* Writes "PATH: text" and returns false. */
bool rdl_journal_problem(char *problem, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline uint64_t rdl_journal_whole_blocks(uint64_t octets)
{
	return (octets + RDL_JOURNAL_BLOCK - 1) & ~(uint64_t)(RDL_JOURNAL_BLOCK - 1);
}

/* ---- groups ---- */

/* What tells a log from others: nothing of a client's can look like a part of it. */
struct rdl_journal_identity {
	uint8_t run_id[RDL_JOURNAL_ID_LEN];
	uint16_t shard;
};

struct rdl_journal_group {
	uint32_t len; /* of its entries' octets */
	uint32_t entries;
	uint64_t first; /* position of its first entry */
	/* When it was written: all to here was on the disk; what lies before is needed no more. */
	uint64_t confirmed, base;
	struct rdl_journal_stamp stamp;
};

/* Writes the header into the first RDL_JOURNAL_GROUP_HEAD octets; entries follow them already. */
void rdl_journal_group_seal(uint8_t *octets, const struct rdl_journal_identity *identity,
	const struct rdl_journal_group *group);
/* Looks into a block: false when it can be no group's beginning; else *group says how long. */
bool rdl_journal_group_open(const uint8_t *octets, const struct rdl_journal_identity *identity,
	struct rdl_journal_group *group);
/* The whole of it is there. */
bool rdl_journal_group_check(const uint8_t *octets, const struct rdl_journal_group *group);

/* On the disk. */
static inline uint64_t rdl_journal_group_octets(const struct rdl_journal_group *group)
{
	return rdl_journal_whole_blocks(RDL_JOURNAL_GROUP_HEAD + group->len);
}

/* ---- headers of segments ---- */

struct rdl_journal_header {
	struct rdl_journal_identity identity;
	uint8_t boot_id[RDL_JOURNAL_ID_LEN];
	uint16_t shards;
	uint32_t run, segment;
	uint64_t segment_len;
	/* The run before, 0: none; where its logs ended for this one. */
	uint32_t before;
	uint16_t before_shards;
	uint64_t ends[RDL_JOURNAL_SHARDS_MAX];
	/* Where its positions begin among those of all runs; 0: it has none. */
	uint64_t origin;
};

enum rdl_journal_header_kind {
	RDL_JOURNAL_HEADER_GOOD,
	RDL_JOURNAL_HEADER_BAD,
	RDL_JOURNAL_HEADER_NEWER, /* of a format that is not known here */
};

void rdl_journal_header_write(
	uint8_t block[RDL_JOURNAL_BLOCK], const struct rdl_journal_header *header);
enum rdl_journal_header_kind rdl_journal_header_read(
	const uint8_t block[RDL_JOURNAL_BLOCK], struct rdl_journal_header *header);

/* Where a log was cut by hand: a block of its own file. */
void rdl_journal_cut_write(uint8_t block[RDL_JOURNAL_BLOCK], uint64_t end);
bool rdl_journal_cut_read(const uint8_t block[RDL_JOURNAL_BLOCK], uint64_t *end);

/* The log ends after that position. False, and the problem in words. */
bool rdl_journal_cut(const struct rdl_journal_disk *disk, const char *directory, uint32_t run,
	unsigned shard, uint64_t end, char *problem);

/* ---- names ---- */

/*
 * A run is a directory: "new" while it is made, "run" when all that it begins with is there, "old"
 * once it is being removed. What is found under the first and the last is nothing.
 */
#define RDL_JOURNAL_NEW "new"
#define RDL_JOURNAL_RUN "run"
#define RDL_JOURNAL_OLD "old"

void rdl_journal_run_path(
	char path[RDL_JOURNAL_RUN_PATH_MAX], const char *directory, const char *kind, uint32_t run);
/* In a run's directory. */
void rdl_journal_file_path(
	char path[RDL_JOURNAL_PATH_MAX], const char *run_path, unsigned shard, uint32_t segment);
void rdl_journal_segment_path(char path[RDL_JOURNAL_PATH_MAX], const char *directory, uint32_t run,
	unsigned shard, uint32_t segment);
void rdl_journal_cut_path(
	char path[RDL_JOURNAL_PATH_MAX], const char *directory, uint32_t run, unsigned shard);
/* False: the name is none of a run, of a segment, of a cut. */
bool rdl_journal_run_of(const char *name, uint32_t *run);
bool rdl_journal_segment_of(const char *name, unsigned *shard, uint32_t *segment);
bool rdl_journal_cut_of(const char *name, unsigned *shard);
/* One more of `count` numbers, which are the caller's to free. False: there is no memory. */
RDL_MUST_CHECK bool rdl_journal_add_number(uint32_t **numbers, size_t *count, uint32_t number);
/* Ascending; there may be none. */
void rdl_journal_sort_numbers(uint32_t *numbers, size_t count);

/* Removes a run with all that is in it; none is there halfway. 0, or -errno. */
int rdl_journal_remove_run(
	const struct rdl_journal_disk *disk, const char *directory, uint32_t run);
/* Removes what was made or removed halfway. 0, or -errno. */
int rdl_journal_remove_halves(const struct rdl_journal_disk *disk, const char *directory);

/* ---- files, read ---- */

/* Of a file at once, at most, unless more is asked for. */
#define RDL_JOURNAL_PAGES_ROOM (1024 * 1024)

/* A window on a file. */
struct rdl_journal_pages {
	const struct rdl_journal_disk *disk;
	int file; /* RDL_JOURNAL_NONE: closed */
	int error; /* of the last read; 0: none */
	uint8_t *octets;
	uint64_t at;
	size_t filled;
	size_t room; /* read at once: whole blocks, up to RDL_JOURNAL_PAGES_ROOM */
};

bool rdl_journal_pages_init(struct rdl_journal_pages *pages, const struct rdl_journal_disk *disk);
void rdl_journal_pages_fini(struct rdl_journal_pages *pages);
/* Opens a file, in place of the one before. 0, or -errno. */
int rdl_journal_pages_open(struct rdl_journal_pages *pages, const char *path);
void rdl_journal_pages_close(struct rdl_journal_pages *pages);
/* What is in the window is read anew when it is asked for. */
void rdl_journal_pages_discard(struct rdl_journal_pages *pages);
/* Of the file, or -errno. */
int64_t rdl_journal_pages_length(struct rdl_journal_pages *pages);
/* `len` octets of the file, from a block on; NULL: there are not so many, or `error` says why. */
const uint8_t *rdl_journal_pages_get(struct rdl_journal_pages *pages, uint64_t at, size_t len);
/* The group at that place; NULL: there is none. */
const uint8_t *rdl_journal_pages_group(struct rdl_journal_pages *pages,
	const struct rdl_journal_identity *identity, uint64_t at, struct rdl_journal_group *group);

#endif
