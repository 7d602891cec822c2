/* SPDX-License-Identifier: BSD-3-Clause */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "listen.h"
#include "log.h"

#define EVENTS_MAX 64
#define ACCEPTS_MAX 64 /* in one round */
#define TICK_MS 500 /* between two looks at silent clients */

static int watch(struct rdl_lines *lines, int operation, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(lines->epoll, operation, fd, &event);
}

/* ---- clients ---- */

static void update_watch(struct rdl_lines_client *client)
{
	uint32_t events = (client->ended ? 0u : EPOLLIN) | (client->waits ? EPOLLOUT : 0u);

	if (watch(client->lines, EPOLL_CTL_MOD, client->fd, events, client) != 0)
		client->dead = true;
}

void rdl_lines_send(struct rdl_lines_client *client)
{
	if (!rdl_outbox_send(&client->out, client->fd)) {
		client->dead = true;
		return;
	}
	bool waits = client->out.len > 0;
	if (waits != client->waits) {
		client->waits = waits;
		update_watch(client);
	}
}

void rdl_lines_error(struct rdl_lines_client *client, const char *text)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "{\"error\":\"%s\"}\n", text);

	rdl_lines_count(&client->lines->counts.errors);
	if (!rdl_lines_put(client, line, (size_t)len)) {
		/* Asks without end and never reads. */
		rdl_lines_count(&client->lines->counts.let_go);
		client->dead = true;
	}
}

void rdl_lines_refuse(struct rdl_lines_client *client, const char *text)
{
	rdl_lines_error(client, text);
	rdl_lines_send(client);
	client->dead = true;
}

static void free_client(struct rdl_lines_client *client)
{
	rdl_outbox_free(&client->out);
	free(client->line);
	free(client);
}

static void let_go(struct rdl_lines *lines, unsigned i)
{
	struct rdl_lines_client *client = lines->clients[i];

	if (lines->config.closed != NULL)
		lines->config.closed(client);
	close(client->fd);
	free_client(client);
	lines->clients[i] = lines->clients[--lines->client_count];
	__atomic_store_n(&lines->counts.clients, lines->client_count, __ATOMIC_RELAXED);
}

static struct rdl_lines_client *new_client(struct rdl_lines *lines, int fd)
{
	struct rdl_lines_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->lines = lines;
	client->fd = fd;
	client->heard_ms = rdl_clock_ms();
	client->line = malloc(lines->config.line_octets);
	if (!rdl_outbox_init(&client->out, lines->config.out_octets) || client->line == NULL ||
		watch(lines, EPOLL_CTL_ADD, fd, EPOLLIN, client) != 0) {
		free_client(client);
		return NULL;
	}
	return client;
}

static void take_lines(struct rdl_lines_client *client)
{
	const struct rdl_lines_config *config = &client->lines->config;
	size_t done = 0;
	const char *end;

	while (!client->dead &&
		(end = memchr(client->line + done, '\n', client->line_len - done)) != NULL) {
		size_t len = (size_t)(end - client->line) - done;

		config->line(client, client->line + done, len);
		done += len + 1;
	}
	client->line_len -= done;
	memmove(client->line, client->line + done, client->line_len);
	if (client->line_len < config->line_octets || client->dead)
		return;
	char text[64];
	snprintf(text, sizeof(text), "a line is longer than %zu octets", config->line_octets - 1);
	rdl_lines_refuse(client, text);
}

static void receive(struct rdl_lines_client *client)
{
	ssize_t n = recv(client->fd, client->line + client->line_len,
		client->lines->config.line_octets - client->line_len, MSG_DONTWAIT);

	if (n < 0) {
		client->dead = errno != EAGAIN && errno != EINTR;
		return;
	}
	if (n == 0) {
		/* Who was cut off may not have said all that he wanted to. */
		if (client->line_len > 0)
			rdl_lines_error(client, "the last line has no end, and is not taken");
		client->ended = true;
		update_watch(client);
		return;
	}
	client->heard_ms = rdl_clock_ms();
	client->line_len += (size_t)n;
	take_lines(client);
}

/* ---- the socket ---- */

static void turn_away(struct rdl_lines *lines, int fd)
{
	static const char text[] = "{\"error\":\"too many connections\"}\n";

	rdl_lines_count(&lines->counts.turned_away);
	(void)send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void accept_some(struct rdl_lines *lines)
{
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(lines->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			/*
			 * Without descriptors the socket would stay ready,
			 * and this thread would spin.
			 */
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
				errno == ENOBUFS)
				lines->paused =
					watch(lines, EPOLL_CTL_DEL, lines->listener, 0, NULL) == 0;
			return;
		}
		struct rdl_lines_client *client = lines->client_count < lines->config.clients_max
							  ? new_client(lines, fd)
							  : NULL;
		if (client == NULL) {
			turn_away(lines, fd);
			continue;
		}
		rdl_lines_count(&lines->counts.accepted);
		lines->clients[lines->client_count++] = client;
		__atomic_store_n(&lines->counts.clients, lines->client_count, __ATOMIC_RELAXED);
	}
}

/* Sends, and lets go of those who are done. */
static void settle(struct rdl_lines *lines)
{
	uint64_t now = rdl_clock_ms();

	for (unsigned i = lines->client_count; i-- > 0;) {
		struct rdl_lines_client *client = lines->clients[i];

		if (!client->dead && !client->keeps &&
			now - client->heard_ms >= lines->config.idle_ms)
			rdl_lines_refuse(client, "no request in time");
		if (!client->dead && client->out.len > 0 && !client->waits)
			rdl_lines_send(client);
		if (client->ended && !client->keeps && client->out.len == 0)
			client->dead = true;
		if (client->dead)
			let_go(lines, i);
	}
	if (lines->paused)
		lines->paused = watch(lines, EPOLL_CTL_ADD, lines->listener, EPOLLIN, lines) != 0;
}

static void handle(struct rdl_lines *lines, const struct epoll_event *event)
{
	if (event->data.ptr == &lines->wake) {
		uint64_t times;

		(void)!read(lines->wake, &times, sizeof(times));
		return;
	}
	if (event->data.ptr == lines) {
		accept_some(lines);
		return;
	}
	struct rdl_lines_client *client = event->data.ptr;
	if ((event->events & (EPOLLHUP | EPOLLERR)) != 0 && (event->events & EPOLLIN) == 0)
		client->dead = true;
	if ((event->events & EPOLLOUT) != 0 && !client->dead)
		rdl_lines_send(client);
	if ((event->events & EPOLLIN) != 0 && !client->dead)
		receive(client);
}

static void say_last(struct rdl_lines *lines)
{
	if (lines->config.stop == NULL)
		return;
	lines->config.stop(lines);
	for (unsigned i = 0; i < lines->client_count; i++) {
		struct rdl_lines_client *client = lines->clients[i];

		if (client->out.len > 0 && !client->dead && !client->waits)
			rdl_lines_send(client);
	}
}

static void *serve(void *self)
{
	struct rdl_lines *lines = self;
	struct epoll_event events[EVENTS_MAX];
	int wait = -1;

	while (!rdl_thread_is_stopping(&lines->thread)) {
		if ((lines->client_count > 0 || lines->paused) && (wait < 0 || wait > TICK_MS))
			wait = TICK_MS;
		int n = epoll_wait(lines->epoll, events, EVENTS_MAX, wait);

		for (int i = 0; i < n; i++)
			handle(lines, &events[i]);
		wait = lines->config.work != NULL ? lines->config.work(lines) : -1;
		settle(lines);
	}
	say_last(lines);
	return NULL;
}

/* ---- begin and end ---- */

struct rdl_lines *rdl_lines_open(const struct rdl_lines_config *config)
{
	struct rdl_lines *lines =
		calloc(1, sizeof(*lines) + config->clients_max * sizeof(lines->clients[0]));

	if (lines == NULL) {
		rdl_log_error("start", "no memory to serve %s", config->at.path);
		return NULL;
	}
	lines->config = *config;
	if (lines->config.line_octets == 0)
		lines->config.line_octets = RDL_LINES_MAX;
	lines->listener = rdl_lines_listen(&config->at, config->area);
	if (lines->listener < 0) {
		free(lines);
		return NULL;
	}
	lines->epoll = epoll_create1(EPOLL_CLOEXEC);
	lines->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lines->epoll < 0 || lines->wake < 0 ||
		watch(lines, EPOLL_CTL_ADD, lines->listener, EPOLLIN, lines) != 0 ||
		watch(lines, EPOLL_CTL_ADD, lines->wake, EPOLLIN, &lines->wake) != 0) {
		rdl_log_error("start", "cannot serve %s: %s", config->at.path, strerror(errno));
		rdl_lines_close(lines);
		return NULL;
	}
	return lines;
}

int rdl_lines_start(struct rdl_lines *lines)
{
	return rdl_thread_start(&lines->thread, lines->config.area, serve, lines);
}

/* Nobody finds the socket any more: a client that is let go of now does not come back. */
static void stop_listening(struct rdl_lines *lines)
{
	if (lines->listener < 0)
		return;
	unlink(lines->config.at.path);
	close(lines->listener);
	lines->listener = -1;
}

void rdl_lines_wake(struct rdl_lines *lines)
{
	static const uint64_t one = 1;

	/* An eventfd that takes no more is readable anyway. */
	(void)!write(lines->wake, &one, sizeof(one));
}

void rdl_lines_stop(struct rdl_lines *lines)
{
	if (lines == NULL || !lines->thread.running)
		return;
	rdl_thread_ask(&lines->thread);
	rdl_lines_wake(lines);
	rdl_thread_stop(&lines->thread);
	stop_listening(lines);
	while (lines->client_count > 0)
		let_go(lines, lines->client_count - 1);
}

void rdl_lines_close(struct rdl_lines *lines)
{
	if (lines == NULL)
		return;
	rdl_lines_stop(lines);
	stop_listening(lines);
	if (lines->epoll >= 0)
		close(lines->epoll);
	if (lines->wake >= 0)
		close(lines->wake);
	free(lines);
}
