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
#define MEMORY_NAME 32
#define MEMORY_ROOT (-1)
#define MEMORY_SECTOR 512

struct memory_octets {
	uint8_t *octets;
	size_t len;
};

/* How a file is found: in which directory, by which name. */
struct memory_name {
	bool there;
	char name[MEMORY_NAME];
};

struct memory_file {
	bool used, is_directory;
	int directory; /* that it is in, MEMORY_ROOT or an index */
	/* As it is, and as it stays after a loss of power. */
	struct memory_name name, kept;
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
	/* Operations until it stops, reads apart: all fail after that. 0: never. */
	uint64_t stops_in;
	bool stopped;
	/* The next sync fails, and what was written is forgotten as if it had been synced. */
	bool sync_fails;
	/* The read of that number, from now on, fails; 0: none. An errno of all writes; 0: none. */
	unsigned reads_fail_in;
	int writes_fail;
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

/* The file of that name in a directory; NULL: there is none. */
static inline struct memory_file *memory_find_in(
	struct memory_disk *memory, int directory, const char *name, size_t len)
{
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		if (file->used && file->name.there && file->directory == directory &&
			strlen(file->name.name) == len && memcmp(file->name.name, name, len) == 0)
			return file;
	}
	return NULL;
}

/* The directory that a path leads into, and the name in it; false: there is none. */
static inline bool memory_walk(
	struct memory_disk *memory, const char *path, int *directory, const char **name)
{
	*directory = MEMORY_ROOT;
	for (;;) {
		const char *slash = strchr(path, '/');

		*name = path;
		if (slash == NULL)
			return true;
		struct memory_file *file =
			memory_find_in(memory, *directory, path, (size_t)(slash - path));
		if (file == NULL || !file->is_directory)
			return false;
		*directory = (int)(file - memory->files);
		path = slash + 1;
	}
}

static inline struct memory_file *memory_find(struct memory_disk *memory, const char *path)
{
	const char *name;
	int directory;

	if (!memory_walk(memory, path, &directory, &name))
		return NULL;
	return memory_find_in(memory, directory, name, strlen(name));
}

/* The octets of a file that is there. */
static inline uint8_t *memory_octets_of(struct memory_disk *memory, const char *path)
{
	struct memory_file *file = memory_find(memory, path);

	CHECK(file != NULL);
	return file->now.octets;
}

/* NULL: it would be in no directory. */
static inline struct memory_file *memory_add(
	struct memory_disk *memory, const char *path, bool is_directory)
{
	const char *name;
	size_t i = 0;
	int directory;

	if (!memory_walk(memory, path, &directory, &name))
		return NULL;
	while (i < MEMORY_FILES && memory->files[i].used)
		i++;
	CHECK(i < MEMORY_FILES && strlen(name) < MEMORY_NAME);
	if (i >= memory->count)
		memory->count = i + 1;
	struct memory_file *file = &memory->files[i];
	*file = (struct memory_file){
		.used = true, .is_directory = is_directory, .directory = directory
	};
	file->name.there = true;
	strcpy(file->name.name, name);
	return file;
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

/* A file without a name, now or after a loss of power, is none; nor is what it has in it. */
static inline void memory_release(struct memory_disk *memory, struct memory_file *file)
{
	int directory = (int)(file - memory->files);

	if (!file->used || file->name.there || file->kept.there || file->opened > 0)
		return;
	for (size_t i = 0; i < memory->count && file->is_directory; i++) {
		struct memory_file *in = &memory->files[i];

		if (in->used && in->directory == directory) {
			CHECK(!in->name.there && !in->is_directory);
			in->kept.there = false;
			if (in->opened == 0)
				memory_drop(in);
		}
	}
	memory_drop(file);
}

static int memory_open(
	void *context, const char *path, enum rdl_journal_access access, bool *buffered)
{
	struct memory_disk *memory = context;

	*buffered = false;
	if (access == RDL_JOURNAL_MAKE ? !memory_works(memory) : memory->stopped)
		return -EIO;
	struct memory_file *file = memory_find(memory, path);
	if (file == NULL && access != RDL_JOURNAL_MAKE)
		return -ENOENT;
	if (file == NULL)
		file = memory_add(memory, path, false);
	if (file == NULL)
		return -ENOENT;
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
	memory_release(memory, &memory->files[file]);
}

static ssize_t memory_read(void *context, int file, void *octets, size_t len, uint64_t at)
{
	struct memory_disk *memory = context;
	const struct memory_octets *now = &memory->files[file].now;

	CHECK(at % RDL_JOURNAL_BLOCK == 0 && len % RDL_JOURNAL_BLOCK == 0);
	CHECK((uintptr_t)octets % RDL_JOURNAL_BLOCK == 0);
	if (memory->stopped || (memory->reads_fail_in > 0 && --memory->reads_fail_in == 0))
		return -EIO;
	if (at >= now->len)
		return 0;
	len = now->len - at < len ? now->len - at : len;
	memcpy(octets, now->octets + at, len);
	return (ssize_t)len;
}

static int64_t memory_length(void *context, int file)
{
	struct memory_disk *memory = context;

	return memory->stopped ? -EIO : (int64_t)memory->files[file].now.len;
}

static inline size_t memory_used(const struct memory_disk *memory)
{
	size_t used = 0;

	for (size_t i = 0; i < memory->count; i++)
		used += memory->files[i].used && memory->files[i].name.there
				? memory->files[i].now.len
				: 0;
	return used;
}

static int memory_write(void *context, int file, const void *octets, size_t len, uint64_t at)
{
	struct memory_disk *memory = context;
	struct memory_octets *now = &memory->files[file].now;

	CHECK(at % RDL_JOURNAL_BLOCK == 0 && len % RDL_JOURNAL_BLOCK == 0);
	CHECK((uintptr_t)octets % RDL_JOURNAL_BLOCK == 0);
	if (memory->writes_fail != 0)
		return -memory->writes_fail;
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
	return memory_add(memory, path, true) != NULL ? 0 : -ENOENT;
}

/* The index of a directory; -errno. */
static inline int memory_directory(struct memory_disk *memory, const char *path)
{
	struct memory_file *file;

	if (strcmp(path, ".") == 0)
		return MEMORY_ROOT;
	file = memory_find(memory, path);
	return file != NULL && file->is_directory ? (int)(file - memory->files) : -ENOENT;
}

static int memory_rename(void *context, const char *from, const char *to)
{
	struct memory_disk *memory = context;
	const char *name;
	int directory;

	if (!memory_works(memory))
		return -EIO;
	struct memory_file *file = memory_find(memory, from);
	if (file == NULL || memory_find(memory, to) != NULL)
		return file == NULL ? -ENOENT : -EEXIST;
	CHECK(memory_walk(memory, to, &directory, &name) && directory == file->directory);
	strcpy(file->name.name, name);
	return 0;
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
		if (memory->files[i].used && memory->files[i].name.there &&
			memory->files[i].directory == (int)(file - memory->files))
			return -ENOTEMPTY;
	}
	file->name.there = false;
	memory_release(memory, file);
	return 0;
}

static int memory_sync_directory(void *context, const char *path)
{
	struct memory_disk *memory = context;
	int directory = memory_directory(memory, path);

	if (!memory_works(memory))
		return -EIO;
	if (directory < MEMORY_ROOT)
		return directory;
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		if (!file->used || file->directory != directory)
			continue;
		file->kept = file->name;
		memory_release(memory, file);
	}
	return 0;
}

static int memory_list(void *context, const char *path, rdl_journal_name_fn tell, void *told)
{
	struct memory_disk *memory = context;
	int directory = memory_directory(memory, path);

	if (memory->stopped)
		return -EIO;
	if (directory < MEMORY_ROOT)
		return directory;
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_name name = memory->files[i].name;

		if (memory->files[i].used && name.there && memory->files[i].directory == directory)
			tell(told, name.name);
	}
	return 0;
}

static int memory_lock(void *context, const char *path, bool make)
{
	struct memory_disk *memory = context;
	bool buffered;
	int file =
		memory_open(context, path, make ? RDL_JOURNAL_MAKE : RDL_JOURNAL_WRITE, &buffered);

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
		memory_length, memory_write, memory_sync, memory_allocate, memory_make_directory,
		memory_rename, memory_remove, memory_sync_directory, memory_list, memory_lock };
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
		memory_release(memory, &memory->files[i]);
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
static inline bool memory_is_reached(
	const struct memory_disk *memory, const struct memory_file *file)
{
	while (file->name.there && file->directory != MEMORY_ROOT)
		file = &memory->files[file->directory];
	return file->name.there;
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
		if (memory_random(memory) % 2 != 0)
			file->kept = file->name;
		else
			file->name = file->kept;
		if (file->dirty && !file->is_directory)
			memory_lose(memory, file);
	}
	for (size_t i = 0; i < memory->count; i++) {
		struct memory_file *file = &memory->files[i];

		if (file->used && !memory_is_reached(memory, file))
			file->name.there = file->kept.there = false;
	}
	for (size_t i = 0; i < memory->count; i++) {
		memory_release(memory, &memory->files[i]);
	}
}

#endif
