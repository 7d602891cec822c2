/* SPDX-License-Identifier: BSD-3-Clause */
#include "lines.h"

#include <errno.h>
#include <pthread.h>
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

static int watch(struct rdl_lines *server, int operation, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(server->epoll, operation, fd, &event);
}

/* ---- clients ---- */

static void update_watch(struct rdl_lines_client *client)
{
	uint32_t events = (client->ended ? 0u : EPOLLIN) | (client->waits ? EPOLLOUT : 0u);

	if (watch(client->server, EPOLL_CTL_MOD, client->fd, events, client) != 0)
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

	rdl_lines_count(&client->server->counts.errors);
	if (!rdl_lines_put(client, line, (size_t)len)) {
		/* Asks without end and never reads. */
		rdl_lines_count(&client->server->counts.let_go);
		client->dead = true;
	}
}

void rdl_lines_refuse(struct rdl_lines_client *client, const char *text)
{
	rdl_lines_error(client, text);
	rdl_lines_send(client);
	client->dead = true;
}

static void let_go(struct rdl_lines *server, unsigned i)
{
	struct rdl_lines_client *client = server->clients[i];

	if (server->config.closed != NULL)
		server->config.closed(client);
	close(client->fd);
	rdl_outbox_free(&client->out);
	free(client);
	server->clients[i] = server->clients[--server->client_count];
	__atomic_store_n(&server->counts.clients, server->client_count, __ATOMIC_RELAXED);
}

static struct rdl_lines_client *new_client(struct rdl_lines *server, int fd)
{
	struct rdl_lines_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->server = server;
	client->fd = fd;
	client->heard_ms = rdl_clock_ms();
	if (!rdl_outbox_init(&client->out, server->config.out_octets) ||
		watch(server, EPOLL_CTL_ADD, fd, EPOLLIN, client) != 0) {
		rdl_outbox_free(&client->out);
		free(client);
		return NULL;
	}
	return client;
}

static void take_lines(struct rdl_lines_client *client)
{
	const struct rdl_lines_config *config = &client->server->config;
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
	if (client->line_len == sizeof(client->line) && !client->dead)
		rdl_lines_refuse(client, "a line is longer than 4095 octets");
}

static void receive(struct rdl_lines_client *client)
{
	ssize_t n = recv(client->fd, client->line + client->line_len,
		sizeof(client->line) - client->line_len, MSG_DONTWAIT);

	if (n < 0) {
		client->dead = errno != EAGAIN && errno != EINTR;
		return;
	}
	if (n == 0) {
		client->ended = true;
		update_watch(client);
		return;
	}
	client->heard_ms = rdl_clock_ms();
	client->line_len += (size_t)n;
	take_lines(client);
}

/* ---- the socket ---- */

static void turn_away(struct rdl_lines *server, int fd)
{
	static const char text[] = "{\"error\":\"too many connections\"}\n";

	rdl_lines_count(&server->counts.turned_away);
	(void)send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void accept_some(struct rdl_lines *server)
{
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			/*
			 * Without descriptors the socket would stay ready,
			 * and this thread would spin.
			 */
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
				errno == ENOBUFS)
				server->paused = watch(server, EPOLL_CTL_DEL, server->listener, 0,
							 NULL) == 0;
			return;
		}
		struct rdl_lines_client *client = server->client_count < server->config.clients_max
							  ? new_client(server, fd)
							  : NULL;
		if (client == NULL) {
			turn_away(server, fd);
			continue;
		}
		rdl_lines_count(&server->counts.accepted);
		server->clients[server->client_count++] = client;
		__atomic_store_n(&server->counts.clients, server->client_count, __ATOMIC_RELAXED);
	}
}

/* Sends, and lets go of those who are done. */
static void settle(struct rdl_lines *server)
{
	uint64_t now = rdl_clock_ms();

	for (unsigned i = server->client_count; i-- > 0;) {
		struct rdl_lines_client *client = server->clients[i];

		if (!client->dead && !client->keeps &&
			now - client->heard_ms >= server->config.idle_ms)
			rdl_lines_refuse(client, "no request in time");
		if (!client->dead && client->out.len > 0 && !client->waits)
			rdl_lines_send(client);
		if (client->ended && !client->keeps && client->out.len == 0)
			client->dead = true;
		if (client->dead)
			let_go(server, i);
	}
	if (server->paused)
		server->paused =
			watch(server, EPOLL_CTL_ADD, server->listener, EPOLLIN, server) != 0;
}

static void handle(struct rdl_lines *server, const struct epoll_event *event)
{
	if (event->data.ptr == &server->wake)
		return;
	if (event->data.ptr == server) {
		accept_some(server);
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

static void *serve(void *self)
{
	struct rdl_lines *server = self;
	struct epoll_event events[EVENTS_MAX];
	int wait = -1;

	while (__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE) == 0) {
		if ((server->client_count > 0 || server->paused) && (wait < 0 || wait > TICK_MS))
			wait = TICK_MS;
		int n = epoll_wait(server->epoll, events, EVENTS_MAX, wait);

		for (int i = 0; i < n; i++)
			handle(server, &events[i]);
		wait = server->config.work != NULL ? server->config.work(server) : -1;
		settle(server);
	}
	return NULL;
}

/* ---- begin and end ---- */

struct rdl_lines *rdl_lines_open(const struct rdl_lines_config *config)
{
	struct rdl_lines *server =
		calloc(1, sizeof(*server) + config->clients_max * sizeof(server->clients[0]));

	if (server == NULL) {
		rdl_log_error("start", "no memory to serve %s", config->at.path);
		return NULL;
	}
	server->config = *config;
	server->listener = rdl_lines_listen(&config->at, config->area);
	if (server->listener < 0) {
		free(server);
		return NULL;
	}
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll < 0 || server->wake < 0 ||
		watch(server, EPOLL_CTL_ADD, server->listener, EPOLLIN, server) != 0 ||
		watch(server, EPOLL_CTL_ADD, server->wake, EPOLLIN, &server->wake) != 0) {
		rdl_log_error("start", "cannot serve %s: %s", config->at.path, strerror(errno));
		rdl_lines_close(server);
		return NULL;
	}
	return server;
}

int rdl_lines_start(struct rdl_lines *server)
{
	int ret = pthread_create(&server->thread, NULL, serve, server);

	if (ret != 0) {
		rdl_log_error("start", "cannot start a thread: %s", strerror(ret));
		return -1;
	}
	server->running = true;
	pthread_setname_np(server->thread, server->config.area);
	return 0;
}

/* Nobody finds the socket any more: a client that is let go of now does not come back. */
static void stop_listening(struct rdl_lines *server)
{
	if (server->listener < 0)
		return;
	unlink(server->config.at.path);
	close(server->listener);
	server->listener = -1;
}

void rdl_lines_stop(struct rdl_lines *server)
{
	static const uint64_t one = 1;

	if (server == NULL || !server->running)
		return;
	__atomic_store_n(&server->stopping, 1, __ATOMIC_RELEASE);
	/* An eventfd that takes no more is readable anyway. */
	(void)!write(server->wake, &one, sizeof(one));
	pthread_join(server->thread, NULL);
	server->running = false;
	stop_listening(server);
	while (server->client_count > 0)
		let_go(server, server->client_count - 1);
}

void rdl_lines_close(struct rdl_lines *server)
{
	if (server == NULL)
		return;
	rdl_lines_stop(server);
	stop_listening(server);
	if (server->epoll >= 0)
		close(server->epoll);
	if (server->wake >= 0)
		close(server->wake);
	free(server);
}
