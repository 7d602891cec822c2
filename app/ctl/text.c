/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_FIRST ((size_t)1 << 20)

/* The kernel moves pages, and leaves no copy behind. */
static bool grow(struct text *text)
{
	void *data = mremap(text->data, text->room, 2 * text->room, MREMAP_MAYMOVE);

	if (data == MAP_FAILED)
		return false;
	text->data = data;
	text->room *= 2;
	return true;
}

static bool read_all(struct text *text, int fd)
{
	ssize_t n;

	while ((n = read(fd, text->data + text->len, text->room - text->len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text->len += (size_t)n;
		if (text->len == text->room && !grow(text))
			return false;
	}
	return true;
}

bool text_read(struct text *text, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	bool good = false;

	*text = (struct text){ .room = ROOM_FIRST };
	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		(size_t)status.st_size >= text->room)
		text->room = (size_t)status.st_size + 1;
	text->data =
		mmap(NULL, text->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text->data == MAP_FAILED)
		text->data = NULL;
	else
		good = read_all(text, fd);
	if (!standard)
		close(fd);
	return good;
}

void text_wipe(struct text *text)
{
	if (text->data == NULL)
		return;
	explicit_bzero(text->data, text->len);
	munmap(text->data, text->room);
	*text = (struct text){ .len = 0 };
}
