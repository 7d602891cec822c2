/* SPDX-License-Identifier: BSD-3-Clause */
/* A listening UNIX socket. */
#include "listen.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

#define MODE_DEFAULT 0660
#define BACKLOG 128

__attribute__((format(printf, 2, 3))) static int complain(
	const struct rdl_lines_place *at, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rdl_log_error("start", "%s:%u: %s: %s", at->file, at->line, at->path, text);
	return -1;
}

static struct sockaddr_un address_of(const struct rdl_lines_place *at)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at->path);
	return address;
}

/* Takes away a socket that nobody answers on. */
static int make_way(const struct rdl_lines_place *at)
{
	struct sockaddr_un address = address_of(at);
	struct stat status;

	if (lstat(at->path, &status) != 0)
		return errno == ENOENT ? 0 : complain(at, "%s", strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return complain(at, "is there, and no socket");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return complain(at, "%s", strerror(errno));
	int refused = connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
		      errno == ECONNREFUSED;
	close(fd);
	if (!refused)
		return complain(at, "another process serves it");
	if (unlink(at->path) != 0)
		return complain(at, "cannot be replaced: %s", strerror(errno));
	return 0;
}

/* The folder, too, where only its last part is missing: /run is empty after each boot. */
static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	if (folder[0] != '\0')
		(void)mkdir(folder, 0755);
}

static int group_of(const struct rdl_lines_place *at, gid_t *gid)
{
	*gid = (gid_t)-1;
	if (at->group == NULL)
		return 0;
	const struct group *group = getgrnam(at->group);
	if (group == NULL)
		return complain(at, "there is no group \"%s\"", at->group);
	*gid = group->gr_gid;
	return 0;
}

static int bind_at(int fd, const struct rdl_lines_place *at, gid_t gid)
{
	struct sockaddr_un address = address_of(at);
	mode_t mode = at->mode != 0 ? at->mode : MODE_DEFAULT, mask = umask(0777 & ~mode);
	int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));

	umask(mask);
	if (bound != 0)
		return complain(at, "cannot be made: %s", strerror(errno));
	if ((gid != (gid_t)-1 && chown(at->path, (uid_t)-1, gid) != 0) ||
		listen(fd, BACKLOG) != 0) {
		complain(at, "cannot be given to its group: %s", strerror(errno));
		unlink(at->path);
		return -1;
	}
	return 0;
}

int rdl_lines_listen(const struct rdl_lines_place *at, const char *area)
{
	gid_t gid;

	if (group_of(at, &gid) != 0 || make_way(at) != 0)
		return -1;
	make_folder(at->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return complain(at, "%s", strerror(errno));
	if (bind_at(fd, at, gid) != 0) {
		close(fd);
		return -1;
	}
	rdl_log_debug(area, "listening socket=%s", at->path);
	return fd;
}
