/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

struct rdl_conf_block {
	struct rdl_conf_block *next;
	char data[];
};

void *rdl_conf_alloc(struct rdl_conf_arena *arena, size_t len)
{
	struct rdl_conf_block *block = NULL;

	if (len <= SIZE_MAX - sizeof(*block))
		block = calloc(1, sizeof(*block) + len);
	if (block == NULL) {
		arena->exhausted = true;
		return NULL;
	}
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

char *rdl_conf_copy(struct rdl_conf_arena *arena, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = rdl_conf_alloc(arena, len);

	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

/*
 * Reads until the end, for what has no size beforehand:
 * a pipe is a file, too. Leaves room for a NUL.
 */
static struct rdl_conf_block *read_all(FILE *file, size_t limit, size_t *len)
{
	size_t room = 64 * 1024;
	struct rdl_conf_block *block = malloc(sizeof(*block) + room);

	*len = 0;
	while (block != NULL) {
		*len += fread(block->data + *len, 1, room - *len, file);
		if (*len > limit)
			errno = EFBIG;
		if (*len > limit || ferror(file)) {
			int reason = errno;

			free(block);
			errno = reason;
			return NULL;
		}
		if (*len < room)
			return block;
		room *= 2;
		struct rdl_conf_block *larger = realloc(block, sizeof(*block) + room);
		if (larger == NULL)
			free(block);
		block = larger;
	}
	return NULL;
}

/* What some editors begin a file with. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/*
 * What `status` is, if reading it might not end, or NULL. At the start a pipe without a name is as
 * good as a file: who started us fills it. /dev/null is an empty one.
 */
static const char *no_file(int fd, const struct stat *status, bool again)
{
	struct statfs system;

	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		return NULL;
	case S_IFDIR:
		return strerror(EISDIR);
	case S_IFSOCK:
		return "a socket, not a file";
	case S_IFIFO:
		if (fd >= 0 && fstatfs(fd, &system) == 0 && system.f_type == PIPEFS_MAGIC)
			return again ? "a pipe, which cannot be read again" : NULL;
		return "a FIFO, not a file";
	default:
		return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3)
			       ? NULL
			       : "a device, not a file";
	}
}

/* Opens without waiting for whoever might write to it; NULL, and why not. */
static FILE *open_file(const char *path, bool again, size_t limit, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int reason = errno;
	struct stat status;
	FILE *file = NULL;

	*why = NULL;
	if (fd < 0 && reason == ENXIO && stat(path, &status) == 0)
		*why = no_file(fd, &status, again);
	else if (fd >= 0 && fstat(fd, &status) == 0)
		*why = S_ISREG(status.st_mode) && (uint64_t)status.st_size > limit
			       ? strerror(EFBIG) /* before it takes all memory */
			       : no_file(fd, &status, again);
	if (fd >= 0 && *why == NULL && fcntl(fd, F_SETFL, 0) == 0)
		file = fdopen(fd, "r");
	if (file == NULL && *why == NULL)
		*why = strerror(fd < 0 ? reason : errno);
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

char *rdl_conf_slurp(const struct rdl_conf_loader *loader, struct rdl_conf_arena *arena,
	const char *path, size_t limit, size_t *len, const char **why)
{
	FILE *file = open_file(path, loader->running != NULL, limit, why);

	if (file == NULL)
		return NULL;
	struct rdl_conf_block *block = read_all(file, limit, len);
	if (block == NULL)
		*why = strerror(errno);
	fclose(file);
	if (block == NULL)
		return NULL;
	block->data[*len] = '\0';
	block->next = arena->blocks;
	arena->blocks = block;
	size_t mark = strlen(BYTE_ORDER_MARK);
	if (*len < mark || memcmp(block->data, BYTE_ORDER_MARK, mark) != 0)
		return block->data;
	*len -= mark;
	return block->data + mark;
}

void rdl_conf_arena_free(struct rdl_conf_arena *arena)
{
	struct rdl_conf_block *block = arena->blocks;

	while (block != NULL) {
		struct rdl_conf_block *next = block->next;

		free(block);
		block = next;
	}
	arena->blocks = NULL;
}
