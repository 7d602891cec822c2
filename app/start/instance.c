/* SPDX-License-Identifier: BSD-3-Clause */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal.h>

#include "log.h"

#define SOCKET_NAME "dpdk_telemetry.v2"

static char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path) - sizeof("/" SOCKET_NAME)];
static char telemetry[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

const char *instance_telemetry_path(void)
{
	return telemetry;
}

/* Where EAL puts an instance's files: the same rule as its own. */
static const char *base_folder(void)
{
	const char *base = getenv("RUNTIME_DIRECTORY");

	if (base == NULL && getuid() == 0)
		return "/var/run";
	if (base == NULL)
		base = getenv("XDG_RUNTIME_DIR");
	return base != NULL ? base : "/tmp";
}

/*
 * Of several RuntimeDirectory= the first one (systemd.exec(5) parts them by colons), and an empty
 * name is none: DPDK would look for a folder of the whole text, or make one in the root of the file
 * system.
 */
static void settle_base(void)
{
	const char *given = getenv("RUNTIME_DIRECTORY");
	size_t len = given != NULL ? strcspn(given, ":") : 0;

	if (given == NULL || (len > 0 && given[len] == '\0'))
		return;
	char *first = strndup(given, len);
	if (first == NULL || len == 0)
		unsetenv("RUNTIME_DIRECTORY");
	else
		setenv("RUNTIME_DIRECTORY", first, 1);
	free(first);
}

static int cannot(const char *what, const char *path, int reason)
{
	rdl_log_error("start",
		"cannot %s %s: %s (DPDK's runtime folder: a unit's RuntimeDirectory=, or "
		"RUNTIME_DIRECTORY in the environment, names another place for it)",
		what, path, strerror(reason));
	return -1;
}

/*
 * DPDK would go on without it, serve no telemetry,
 * and leave a socket in the root of the file system.
 */
static int make_folder(const struct rdl_conf *conf)
{
	char parent[sizeof(folder)];
	int len = snprintf(parent, sizeof(parent), "%s/dpdk", base_folder());

	if (len >= (int)sizeof(parent))
		return cannot("use", base_folder(), ENAMETOOLONG);
	len = snprintf(folder, sizeof(folder), "%s/%s", parent, conf->instance);
	if (len >= (int)sizeof(folder))
		return cannot("use", parent, ENAMETOOLONG);
	snprintf(telemetry, sizeof(telemetry), "%s/" SOCKET_NAME, folder);
	if (mkdir(parent, 0700) != 0 && errno != EEXIST)
		return cannot("make", parent, errno);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cannot("make", folder, errno);
	return 0;
}

static int taken(const struct rdl_conf *conf, long pid)
{
	rdl_log_error(
		"start", "another process serves instance \"%s\": pid=%ld", conf->instance, pid);
	return -1;
}

/* The kernel knows who holds the lock, and lets go of it when that process ends, whichever way. */
static int lock(const struct rdl_conf *conf)
{
	char path[sizeof(folder) + 8];

	snprintf(path, sizeof(path), "%s/lock", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cannot("write in", folder, errno);
	for (;;) {
		struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		if (fcntl(fd, F_SETLK, &all) == 0)
			return 0; /* and the file stays open */
		int reason = errno;
		if (reason != EAGAIN && reason != EACCES) {
			close(fd);
			return cannot("lock", path, reason);
		}
		if (fcntl(fd, F_GETLK, &all) == 0 && all.l_type != F_UNLCK) {
			close(fd);
			return taken(conf, all.l_pid);
		}
	}
}

/* Who serves the telemetry socket: its process, 0: nobody, -1: somebody who cannot be asked now. */
static long server(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer = { .pid = -1 };
	socklen_t len = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return 0;
	memcpy(address.sun_path, telemetry, sizeof(telemetry));
	bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	bool busy = !connected && errno == EAGAIN;
	if (connected)
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	int reason = errno;
	close(fd);
	errno = reason;
	return connected || busy ? (long)peer.pid : 0;
}

int instance_claim(const struct rdl_conf *conf)
{
	settle_base();
	if (make_folder(conf) != 0 || lock(conf) != 0)
		return -1;
	/* Another program on DPDK, of the same prefix. */
	long pid = server();
	return pid != 0 ? taken(conf, pid) : 0;
}

int instance_check_telemetry(const struct rdl_conf *conf)
{
	long pid = server();

	if (pid == (long)getpid() || pid == -1)
		return 0;
	rdl_log_error("start",
		"telemetry of instance \"%s\" is not served at %s, where it belongs (DPDK keeps "
		"its "
		"files in %s%s)",
		conf->instance, telemetry, rte_eal_get_runtime_dir(),
		conf->eal_extra.count > 0 ? "; look at eal.extra" : "");
	return -1;
}
