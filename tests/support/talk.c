/* SPDX-License-Identifier: BSD-3-Clause */
#include "talk.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

#define LINE_MAX_OCTETS (256 * 1024)
/* Longer than any step of a test takes, and never waited for. */
#define PATIENCE_MS 20000

int talk_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

void talk_say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

const char *talk_hear(int fd)
{
	static char line[LINE_MAX_OCTETS];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		CHECK(poll(&wait, 1, PATIENCE_MS) == 1 && len < sizeof(line));
		/* What is behind the line stays for the next. */
		ssize_t n = recv(fd, line + len, sizeof(line) - len, MSG_PEEK);
		if (n <= 0)
			return NULL;
		char *end = memchr(line + len, '\n', (size_t)n);
		size_t take = end != NULL ? (size_t)(end - line) + 1 - len : (size_t)n;
		CHECK(recv(fd, line + len, take, 0) == (ssize_t)take);
		len += take;
		if (end != NULL) {
			*end = '\0';
			return line;
		}
	}
}

const char *talk_ask(int fd, const char *line)
{
	talk_say(fd, line);
	talk_say(fd, "\n");
	return talk_hear(fd);
}
