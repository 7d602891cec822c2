/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the telemetry sockets. DPDK 22.11 goes on to serve its own commands from threads of
 * its own while ports are closed and memory is unmapped beneath them, and offers no way to stop
 * that: so whoever is connected is cut off.
 */
#include "telemetry_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "dpdk_log.h"

/* For those who still read their answers, and for all. */
#define POLITE_MS 300
#define WAIT_MS 1000

static int option_of(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : 0;
}

/*
 * Both kinds of telemetry, and nobody else here, use such sockets;
 * of the older kind DPDK connects to its clients.
 */
static bool is_of_telemetry(int fd)
{
	return fd > STDERR_FILENO && option_of(fd, SO_DOMAIN) == AF_UNIX &&
	       option_of(fd, SO_TYPE) == SOCK_SEQPACKET;
}

/* Hangs up all of them, as shutdown(2) has it; returns how many are connections. */
static unsigned hang_up(int how)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		int fd = atoi(entry->d_name);

		if (!is_of_telemetry(fd))
			continue;
		count += option_of(fd, SO_ACCEPTCONN) == 0;
		(void)shutdown(fd, how);
	}
	closedir(dir);
	return count;
}

void telemetry_end(void)
{
	static const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	const struct timespec polite = rdl_clock_in_ms(POLITE_MS), end = rdl_clock_in_ms(WAIT_MS);

	dpdk_log_shown(false); /* that its listener has no more to do */
	/* The listeners stay open; a connection is closed by its thread's last deed. */
	while (hang_up(rdl_clock_is_past(&polite) ? SHUT_RDWR : SHUT_RD) > 0 &&
		!rdl_clock_is_past(&end))
		nanosleep(&pause, NULL);
}
