/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

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

/* Reads until the end, for what has no size beforehand: a pipe is a file, too. Leaves room for a NUL. */
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

char *rdl_conf_slurp(struct rdl_conf_arena *arena, const char *path, size_t limit, size_t *len)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return NULL;
	struct rdl_conf_block *block = read_all(file, limit, len);
	int reason = errno;
	fclose(file);
	if (block == NULL) {
		errno = reason;
		return NULL;
	}
	block->data[*len] = '\0';
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
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
