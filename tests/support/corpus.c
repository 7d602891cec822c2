/* SPDX-License-Identifier: BSD-3-Clause */
#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"

#define PATH_ROOM 1024
#define NAME_ROOM 256
#define FILE_MAX (1u << 24)

static const char unreadable[] = "cannot be read", torn[] = "a torn pack";

/* The whole of a file, freed with free(); NULL where it cannot be had. */
static uint8_t *load(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	uint8_t *octets = malloc(FILE_MAX);
	bool whole = false;

	if (file != NULL && octets != NULL) {
		*len = fread(octets, 1, FILE_MAX, file);
		whole = *len < FILE_MAX && !ferror(file);
	}
	if (file != NULL)
		fclose(file);
	if (whole)
		return octets;
	free(octets);
	return NULL;
}

/*
 * Takes a line off `text`, without its end, into `line`;
 * false where there is none, or too long a one.
 */
static bool next_line(struct rdl_span *text, char line[NAME_ROOM])
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

	if (end == NULL || end - text->data >= NAME_ROOM)
		return false;
	size_t len = (size_t)(end - text->data);
	memcpy(line, text->data, len);
	line[len] = '\0';
	text->data += len + 1;
	text->len -= len + 1;
	return true;
}

/* Cuts the number off the end of a line, behind its last space; false where there is none. */
static bool cut_number(char *line, size_t *number)
{
	char *space = strrchr(line, ' '), *end;

	if (space == NULL || space[1] < '0' || space[1] > '9')
		return false;
	*number = strtoul(space + 1, &end, 10);
	*space = '\0';
	return *end == '\0';
}

static const char *use_pack(struct rdl_span pack, corpus_use *use, unsigned *count)
{
	char line[NAME_ROOM];
	size_t inputs, len;

	if (!next_line(&pack, line) || !cut_number(line, &inputs))
		return torn;
	for (size_t i = 0; i < inputs; i++) {
		if (!next_line(&pack, line) || !cut_number(line, &len) || len >= pack.len ||
			pack.data[len] != '\n')
			return torn;
		use(line, pack.data, len);
		pack.data += len + 1;
		pack.len -= len + 1;
		(*count)++;
	}
	return pack.len == 0 ? NULL : torn;
}

static bool is_pack(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".pack") == 0;
}

static const char *use_file(const char *path, corpus_use *use, unsigned *count)
{
	const char *wrong = NULL;
	size_t len;
	uint8_t *octets = load(path, &len);

	if (octets == NULL)
		return unreadable;
	if (is_pack(path)) {
		wrong = use_pack((struct rdl_span){ octets, len }, use, count);
	} else {
		use(path, octets, len);
		(*count)++;
	}
	free(octets);
	return wrong;
}

static const char *use_folder(const char *path, corpus_use *use, unsigned *count)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	const char *wrong = NULL;

	if (n < 0)
		return unreadable;
	for (int i = 0; i < n; i++) {
		char file[PATH_ROOM];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (wrong == NULL && entries[i]->d_name[0] != '.')
			wrong = use_file(file, use, count);
		free(entries[i]);
	}
	free(entries);
	return wrong;
}

const char *corpus_each(const char *path, corpus_use *use, unsigned *count)
{
	struct stat status;
	const char *wrong;

	*count = 0;
	if (stat(path, &status) != 0)
		return unreadable;
	wrong = S_ISDIR(status.st_mode) ? use_folder(path, use, count) : use_file(path, use, count);
	return wrong == NULL && *count == 0 ? "no input" : wrong;
}
