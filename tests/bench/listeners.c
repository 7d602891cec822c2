/* SPDX-License-Identifier: BSD-3-Clause */
#include "listeners.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "feed.h"

struct listener {
	int fd;
	pthread_t thread;
	uint64_t lines, octets;
};

static struct listener listeners[LISTENERS_MAX];
static unsigned listener_count;
static uint64_t began_ms;

static void *listen_on(void *self)
{
	struct listener *listener = self;
	static __thread char octets[1 << 18];
	ssize_t n;

	while ((n = recv(listener->fd, octets, sizeof(octets), 0)) > 0) {
		listener->octets += (uint64_t)n;
		for (const char *p = octets;
			(p = memchr(p, '\n', (size_t)(octets + n - p))) != NULL; p++)
			listener->lines++;
	}
	return NULL;
}

bool listeners_start(const struct daemon *daemon, unsigned count)
{
	static const char request[] = "{\"from\":\"now\"}\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timespec pause = { .tv_nsec = 1000000 };

	began_ms = rdl_clock_ms();
	if (count == 0)
		return true;
	snprintf(
		address.sun_path, sizeof(address.sun_path), "%s", daemon->conf->events.socket.path);
	for (unsigned i = 0; i < count; i++) {
		struct listener *listener = &listeners[i];

		listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (listener->fd < 0 ||
			connect(listener->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
			send(listener->fd, request, sizeof(request) - 1, 0) < 0 ||
			pthread_create(&listener->thread, NULL, listen_on, listener) != 0) {
			rdl_log_error("bench", "subscriber %u could not be made", i);
			return false;
		}
		listener_count++;
	}
	for (unsigned tries = 0; tries < 5000; tries++) {
		if (__atomic_load_n(&feed_counts(daemon->feed)->subscribers, __ATOMIC_RELAXED) ==
			count)
			break;
		nanosleep(&pause, NULL);
	}
	return true;
}

static uint64_t published(const struct feed_counts *counts)
{
	return __atomic_load_n(&counts->events, __ATOMIC_RELAXED);
}

void listeners_end(const struct daemon *daemon, bool json)
{
	const struct feed_counts *counts = feed_counts(daemon->feed);
	struct timespec pause = { .tv_nsec = 200000000 };
	uint64_t last = UINT64_MAX, took = rdl_clock_ms() - began_ms, lines = 0, octets = 0;

	for (unsigned tries = 0; tries < 50 && last != published(counts); tries++) {
		last = published(counts);
		nanosleep(&pause, NULL);
	}
	for (unsigned i = 0; i < listener_count; i++) {
		shutdown(listeners[i].fd, SHUT_RDWR);
		pthread_join(listeners[i].thread, NULL);
		close(listeners[i].fd);
		lines += listeners[i].lines;
		octets += listeners[i].octets;
	}
	printf(json ? "{\"phase\": \"events\", \"subscribers\": %u, \"seconds\": %.2f, "
		      "\"events\": %llu, \"lost_ring\": %llu, \"lost_subscribers\": %llu, "
		      "\"lines\": %llu, \"octets\": %llu}\n"
		    : "events: %u subscribers, %.2f s, %llu taken from the rings, %llu lost "
		      "before, "
		      "%llu lost after, %llu lines and %llu octets read\n",
		listener_count, (double)took / 1000, (unsigned long long)published(counts),
		(unsigned long long)counts->lost_ring, (unsigned long long)counts->lost_subscribers,
		(unsigned long long)lines, (unsigned long long)octets);
}
