/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the telemetry socket. DPDK 22.11 goes on to serve its own commands from threads of its own while ports are
 * closed and memory is unmapped beneath them, and offers no way to stop that: so whoever is connected is cut off.
 */
#include "telemetry.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "dpdk_log.h"
#include "instance.h"

/* For those who still read their answers, and for all. */
#define POLITE_MS 300
#define WAIT_MS 1000

/*
 * Hangs up, as shutdown(2) has it, every socket of this process that is bound to `path`: the listener, and connections by
 * it; returns how many.
 */
static unsigned hang_up(const char *path, int how)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		struct sockaddr_un address = { .sun_family = AF_UNSPEC };
		socklen_t len = sizeof(address);
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir) ||
			getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
			address.sun_family != AF_UNIX ||
			strncmp(address.sun_path, path, sizeof(address.sun_path)) != 0)
			continue;
		(void)shutdown(fd, how);
		count++;
	}
	closedir(dir);
	return count;
}

void telemetry_end(void)
{
	static const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	const char *path = instance_telemetry_path();

	dpdk_log_shown(false); /* that its listener has no more to do */
	/* The listener stays open, and so is the last one left; a connection is closed by its thread's last deed. */
	for (unsigned ms = 0; ms < WAIT_MS; ms++) {
		if (hang_up(path, ms < POLITE_MS ? SHUT_RD : SHUT_RDWR) <= 1)
			return;
		nanosleep(&pause, NULL);
	}
}
