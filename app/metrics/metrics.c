/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP server: libmicrohttpd's, on a thread that it makes. */
#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "families.h"
#include "log.h"

/* Scrapers come one at a time, every some seconds. */
#define CONNECTIONS 16
#define CONNECTION_S 10
#define BACKLOG 16

struct metrics {
	int listener;
	const struct metrics_sources *sources;
	struct MHD_Daemon *server; /* NULL: it does not serve */
	/* Connections, by the server's thread: the socket of each, the oldest first. */
	int sockets[CONNECTIONS];
	unsigned count;
};

static int listen_at(const struct rdl_conf_listen *at)
{
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(at->port) };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(at->port) };
	const struct sockaddr *address = (const struct sockaddr *)&ipv4;
	socklen_t len = sizeof(ipv4);
	int on = 1;

	memcpy(&ipv6.sin6_addr, at->address, sizeof(ipv6.sin6_addr));
	memcpy(&ipv4.sin_addr, at->address, sizeof(ipv4.sin_addr));
	if (at->is_ipv6) {
		address = (const struct sockaddr *)&ipv6;
		len = sizeof(ipv6);
	}
	int listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener >= 0 &&
		(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
			bind(listener, address, len) != 0 || listen(listener, BACKLOG) != 0)) {
		int why = errno;

		close(listener);
		errno = why;
		return -1;
	}
	return listener;
}

int metrics_open(const struct rdl_conf *conf, struct metrics **metrics)
{
	*metrics = NULL;
	if (conf->metrics.text == NULL)
		return 0;
	struct metrics *new = calloc(1, sizeof(*new));
	if (new != NULL)
		new->listener = listen_at(&conf->metrics);
	if (new == NULL || new->listener < 0) {
		rdl_log_error("start", "%s:%u: metrics cannot be served at %s: %s",
			conf->metrics.where.file, conf->metrics.where.line, conf->metrics.text,
			strerror(new == NULL ? ENOMEM : errno));
		free(new);
		return -1;
	}
	*metrics = new;
	return 0;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned code, const char *type,
	char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);

	if (response == NULL) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned code, char *text)
{
	return reply(connection, code, "text/plain", text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

/* All lines of Accept are one (RFC 9110 section 5.3), as far as they go in. */
struct accept {
	char text[1024];
	size_t len;
};

static enum MHD_Result add_line(
	void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct accept *accept = self;
	size_t room = sizeof(accept->text) - accept->len;

	(void)kind;
	if (value == NULL || strcasecmp(name, MHD_HTTP_HEADER_ACCEPT) != 0 ||
		strlen(value) + 2 > room)
		return MHD_YES;
	accept->len += (size_t)snprintf(accept->text + accept->len, room, "%s,", value);
	return MHD_YES;
}

static enum MHD_Result tell(
	struct MHD_Connection *connection, const struct metrics_sources *sources)
{
	struct accept accept = { "", 0 };
	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_line, &accept);
	struct exposition exposition = { .format = exposition_accepted(accept.text) };
	char *text = NULL;
	size_t len;

	exposition.out = open_memstream(&text, &len);
	if (exposition.out == NULL)
		return MHD_NO;
	families_put(&exposition, sources);
	if (fclose(exposition.out) != 0) {
		free(text);
		return MHD_NO;
	}
	return reply(connection, MHD_HTTP_OK, exposition_content_type(exposition.format), text, len,
		MHD_RESPMEM_MUST_FREE);
}

/* As proxies are asked, servers must understand it, too (RFC 9112 section 3.2.2). */
static const char *path_of(const char *target)
{
	static const char scheme[] = "http://";

	if (strncasecmp(target, scheme, strlen(scheme)) != 0)
		return target;
	const char *path = strchr(target + strlen(scheme), '/');
	return path != NULL ? path : "/";
}

static enum MHD_Result answer(void *self, struct MHD_Connection *connection, const char *target,
	const char *method, const char *version, const char *body, size_t *body_len, void **seen)
{
	static char not_found[] = "metrics are at /metrics\n",
		    not_allowed[] = "GET and HEAD only\n";
	const struct metrics *metrics = self;

	(void)version;
	(void)body;
	/* Its head has come, and whatever follows is of no interest. */
	if (*seen == NULL) {
		*seen = self;
		return MHD_YES;
	}
	if (*body_len > 0) {
		*body_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, not_allowed);
	if (strcmp(path_of(target), "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, not_found);
	return tell(connection, metrics->sources);
}

static void forget(struct metrics *metrics, int socket)
{
	unsigned i = 0;

	while (i < metrics->count && metrics->sockets[i] != socket)
		i++;
	if (i == metrics->count)
		return;
	metrics->count--;
	memmove(&metrics->sockets[i], &metrics->sockets[i + 1],
		(metrics->count - i) * sizeof(metrics->sockets[0]));
}

/*
 * There is always room for another: whoever takes the last place takes it from the oldest, so that
 * those who never come to the end of their requests keep no scraper out.
 */
static void begins_or_ends(void *self, struct MHD_Connection *connection, void **seen,
	enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct metrics *metrics = self;

	(void)seen;
	if (info == NULL)
		return;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		forget(metrics, info->connect_fd);
	} else if (metrics->count < CONNECTIONS) {
		metrics->sockets[metrics->count++] = info->connect_fd;
		if (metrics->count == CONNECTIONS)
			(void)shutdown(metrics->sockets[0], SHUT_RDWR);
	}
}

int metrics_start(struct metrics *metrics, const struct metrics_sources *sources)
{
	if (metrics == NULL)
		return 0;
	metrics->sources = sources;
	metrics->server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer,
		metrics, MHD_OPTION_LISTEN_SOCKET, metrics->listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_S,
		MHD_OPTION_NOTIFY_CONNECTION, begins_or_ends, metrics, MHD_OPTION_END);
	if (metrics->server == NULL) {
		rdl_log_error("start", "no thread to serve metrics");
		return -1;
	}
	return 0;
}

void metrics_stop(struct metrics *metrics)
{
	if (metrics == NULL || metrics->server == NULL)
		return;
	/* It closes the socket, too. */
	MHD_stop_daemon(metrics->server);
	metrics->server = NULL;
	metrics->listener = -1;
}

void metrics_close(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	metrics_stop(metrics);
	if (metrics->listener >= 0)
		close(metrics->listener);
	free(metrics);
}
