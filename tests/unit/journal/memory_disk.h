/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A disk in memory. It may lose power: then of each octet, length and name that was not synced
 * either what is there or what was there before stays, in any mixture. It may stop at any
 * operation, be full, or fail.
 */
#ifndef RDL_TEST_MEMORY_DISK_H
#define RDL_TEST_MEMORY_DISK_H

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "disk.h"

#define MEMORY_FILES 1024
#define MEMORY_PATH 96
#define MEMORY_SECTOR 512

struct memory_octets {
	uint8_t *octets;
	size_t len;
};

struct memory_file {
	char path[MEMORY_PATH];
	bool used, is_directory;
	/* Its name: as it is, and as it stays after a loss of power. */
	bool there, kept;
	unsigned opened;
	/* As it is, and as it was when it was synced. */
	struct memory_octets now, safe;
	bool dirty;
};

struct memory_disk {
	struct rdl_journal_disk disk;
	struct memory_file files[MEMORY_FILES];
	size_t count; /* that were ever used */
	uint64_t random;
	/* Operations until it stops: all fail after that. 0: never. */
	uint64_t stops_in;
	bool stopped;
	/* The next sync fails, and what was written is forgotten as if it had been synced. */
	bool sync_fails;
	/* Octets that files may have; 0: any. */
	size_t room;
	unsigned syncs;
};

static inline uint64_t memory_random(struct memory_disk *memory)
{
	memory->random ^= memory->random << 13;
	memory->random ^= memory->random >> 7;
	memory->random ^= memory->random << 17;
	return memory->random;
}

/* False: the power is off. */
static inline bool memory_works(struct memory_disk *memory)
{
	if (memory->stops_in > 0 && --memory->stops_in == 0)
		memory->stopped = true;
	return !memory->stopped;
}

static inline struct memory_file *memory_find(struct memory_disk *memory, const char *path)
{
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		if (file->used && file->there && strcmp(file->path, path) == 0)
			return file;
	}
	return NULL;
}

static inline struct memory_file *memory_add(
	struct memory_disk *memory, const char *path, bool is_directory)
{
	for (size_t i = 0; i < MEMORY_FILES; i++) {
		struct memory_file *file = &memory->files[i];

		if (file->used)
			continue;
		if (i >= memory->count)
			memory->count = i + 1;
		memset(file, 0, sizeof(*file));
		CHECK(strlen(path) < MEMORY_PATH);
		strcpy(file->path, path);
		file->used = file->there = true;
		file->is_directory = is_directory;
		return file;
	}
	CHECK(false);
	return NULL;
}

static inline void memory_resize(struct memory_octets *octets, size_t len)
{
	if (len > octets->len) {
		octets->octets = realloc(octets->octets, len);
		CHECK(octets->octets != NULL);
		memset(octets->octets + octets->len, 0, len - octets->len);
	}
	octets->len = len;
}

static inline void memory_drop(struct memory_file *file)
{
	free(file->now.octets);
	free(file->safe.octets);
	memset(file, 0, sizeof(*file));
}

/* A file without a name, now or after a loss of power, is none. */
static inline void memory_release(struct memory_file *file)
{
	if (!file->there && !file->kept && file->opened == 0)
		memory_drop(file);
}

static int memory_open(
	void *context, const char *path, enum rdl_journal_access access, bool *buffered)
{
	struct memory_disk *memory = context;

	*buffered = false;
	if (!memory_works(memory))
		return -EIO;
	struct memory_file *file = memory_find(memory, path);
	if (file == NULL && access != RDL_JOURNAL_MAKE)
		return -ENOENT;
	if (file == NULL)
		file = memory_add(memory, path, false);
	if (access == RDL_JOURNAL_MAKE) {
		file->now.len = 0;
		file->dirty = true;
	}
	file->opened++;
	return (int)(file - memory->files);
}

static void memory_close(void *context, int file)
{
	struct memory_disk *memory = context;

	CHECK(memory->files[file].opened > 0);
	memory->files[file].opened--;
	memory_release(&memory->files[file]);
}

static ssize_t memory_read(void *context, int file, void *octets, size_t len, uint64_t at)
{
	struct memory_disk *memory = context;
	const struct memory_octets *now = &memory->files[file].now;

	CHECK(at % RDL_JOURNAL_BLOCK == 0 && len % RDL_JOURNAL_BLOCK == 0);
	CHECK((uintptr_t)octets % RDL_JOURNAL_BLOCK == 0);
	if (!memory_works(memory))
		return -EIO;
	if (at >= now->len)
		return 0;
	len = now->len - at < len ? now->len - at : len;
	memcpy(octets, now->octets + at, len);
	return (ssize_t)len;
}

static inline size_t memory_used(const struct memory_disk *memory)
{
	size_t used = 0;

	for (size_t i = 0; i < memory->count; i++)
		used += memory->files[i].used && memory->files[i].there ? memory->files[i].now.len
									: 0;
	return used;
}

static int memory_write(void *context, int file, const void *octets, size_t len, uint64_t at)
{
	struct memory_disk *memory = context;
	struct memory_octets *now = &memory->files[file].now;

	CHECK(at % RDL_JOURNAL_BLOCK == 0 && len % RDL_JOURNAL_BLOCK == 0);
	CHECK((uintptr_t)octets % RDL_JOURNAL_BLOCK == 0);
	memory->files[file].dirty = true;
	if (at + len > now->len) {
		if (memory->room > 0 && memory_used(memory) + at + len - now->len > memory->room)
			return -ENOSPC;
		memory_resize(now, at + len);
	}
	if (!memory_works(memory)) {
		/* Whatever was under way when the power went. */
		if (memory->stops_in == 0 && len > 0)
			memcpy(now->octets + at, octets,
				memory_random(memory) % (len / MEMORY_SECTOR) * MEMORY_SECTOR);
		return -EIO;
	}
	memcpy(now->octets + at, octets, len);
	return 0;
}

static inline void memory_keep(struct memory_file *file)
{
	memory_resize(&file->safe, file->now.len);
	if (file->now.len > 0)
		memcpy(file->safe.octets, file->now.octets, file->now.len);
	file->dirty = false;
}

static int memory_sync(void *context, int file)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	memory->syncs++;
	if (memory->sync_fails) {
		memory->sync_fails = false;
		/* Nothing of it is ever written, though the next sync says that all is well. */
		memory->files[file].dirty = false;
		return -EIO;
	}
	if (memory->files[file].dirty)
		memory_keep(&memory->files[file]);
	return 0;
}

static int memory_allocate(void *context, int file, uint64_t len)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	if (memory->room > 0 && memory_used(memory) + len > memory->room)
		return -ENOSPC;
	memory_resize(&memory->files[file].now, len);
	memory->files[file].dirty = true;
	return 0;
}

static int memory_make_directory(void *context, const char *path)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	if (memory_find(memory, path) != NULL)
		return -EEXIST;
	memory_add(memory, path, true);
	return 0;
}

/* Is it in that directory, and where does its name begin? */
static inline const char *memory_name_in(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	if (strcmp(directory, ".") == 0)
		return strchr(path, '/') == NULL ? path : NULL;
	if (strncmp(directory, path, len) != 0 || path[len] != '/' ||
		strchr(path + len + 1, '/') != NULL)
		return NULL;
	return path + len + 1;
}

static int memory_remove(void *context, const char *path)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	struct memory_file *file = memory_find(memory, path);
	if (file == NULL)
		return -ENOENT;
	for (size_t i = 0; i < memory->count && file->is_directory; i++) {
		if (memory->files[i].used && memory->files[i].there &&
			memory_name_in(path, memory->files[i].path) != NULL)
			return -ENOTEMPTY;
	}
	file->there = false;
	memory_release(file);
	return 0;
}

static int memory_sync_directory(void *context, const char *path)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		if (!file->used || memory_name_in(path, file->path) == NULL)
			continue;
		file->kept = file->there;
		memory_release(file);
	}
	return 0;
}

static int memory_list(void *context, const char *path, rdl_journal_name_fn tell, void *told)
{
	struct memory_disk *memory = context;

	if (!memory_works(memory))
		return -EIO;
	if (memory_find(memory, path) == NULL)
		return -ENOENT;
	for (size_t i = 0; i < memory->count; i++) {
		const struct memory_file *file = &memory->files[i];
		const char *name =
			file->used && file->there ? memory_name_in(path, file->path) : NULL;
		char copy[MEMORY_PATH];

		if (name == NULL)
			continue;
		strcpy(copy, name);
		tell(told, copy);
	}
	return 0;
}

static int memory_lock(void *context, const char *path)
{
	struct memory_disk *memory = context;
	bool buffered;
	int file = memory_open(context, path, RDL_JOURNAL_MAKE, &buffered);

	if (file >= 0 && memory->files[file].opened > 1) {
		memory_close(context, file);
		return -EWOULDBLOCK;
	}
	return file;
}

static inline void memory_disk_begin(struct memory_disk *memory, uint64_t random)
{
	memset(memory, 0, sizeof(*memory));
	memory->random = random * 0x9e3779b97f4a7c15 + 1;
	memory->disk = (struct rdl_journal_disk){ memory, memory_open, memory_close, memory_read,
		memory_write, memory_sync, memory_allocate, memory_make_directory, memory_remove,
		memory_sync_directory, memory_list, memory_lock };
}

static inline void memory_disk_end(struct memory_disk *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		memory_drop(&memory->files[i]);
}

/* The process is no more: nothing is open. What it wrote is there, and may still be lost. */
static inline void memory_kill(struct memory_disk *memory)
{
	memory->stopped = false;
	memory->stops_in = 0;
	for (size_t i = 0; i < memory->count; i++) {
		memory->files[i].opened = 0;
		if (memory->files[i].used)
			memory_release(&memory->files[i]);
	}
}

static inline void memory_lose(struct memory_disk *memory, struct memory_file *file)
{
	size_t len = memory_random(memory) % 2 != 0 ? file->now.len : file->safe.len;

	memory_resize(&file->safe, file->now.len > file->safe.len ? file->now.len : file->safe.len);
	for (size_t at = 0; at < file->now.len; at += MEMORY_SECTOR) {
		size_t n = file->now.len - at < MEMORY_SECTOR ? file->now.len - at : MEMORY_SECTOR;

		if (memory_random(memory) % 2 != 0)
			memcpy(file->safe.octets + at, file->now.octets + at, n);
	}
	memory_resize(&file->safe, len);
	memory_resize(&file->now, len);
	if (len > 0)
		memcpy(file->now.octets, file->safe.octets, len);
	file->dirty = false;
}

/* What is in no directory is nowhere. */
static inline bool memory_has_directory(struct memory_disk *memory, const char *path)
{
	char directory[MEMORY_PATH];
	char *slash;

	strcpy(directory, path);
	slash = strrchr(directory, '/');
	if (slash == NULL)
		return true;
	*slash = '\0';
	return memory_find(memory, directory) != NULL;
}

/* The power is gone, and comes back. */
static inline void memory_crash(struct memory_disk *memory)
{
	memory->stopped = false;
	memory->stops_in = 0;
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		file->opened = 0;
		if (!file->used)
			continue;
		if (file->there != file->kept)
			file->there = file->kept = memory_random(memory) % 2 != 0;
		if (file->dirty && !file->is_directory)
			memory_lose(memory, file);
	}
	/* A directory's own directory comes first: "d" before "d/run" before "d/run/shard". */
	for (unsigned depth = 0; depth < 2; depth++) {
		for (size_t i = 0; i < memory->count; i++) {
			struct memory_file *file = &memory->files[i];

			if (file->used && !memory_has_directory(memory, file->path))
				file->there = file->kept = false;
		}
	}
	for (size_t i = 0; i < memory->count; i++) {
		if (memory->files[i].used)
			memory_release(&memory->files[i]);
	}
}

#endif
