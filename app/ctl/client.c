/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 10
#define REPLY_MAX (16u << 20)

static enum client_result fail(enum client_result result, const char *what, const char *why)
{
	fprintf(stderr, "rdline-ctl: %s: %s\n", what, why);
	return result;
}

/* -1, and errno. */
static int connect_to(const struct sockaddr_un *address)
{
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

enum client_result client_open(struct client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*client = (struct client){ .path = path };
	if (strlen(path) >= sizeof(address.sun_path))
		return fail(CLIENT_UNREACHED, path, "is too long for a socket");
	strcpy(address.sun_path, path);
	signal(SIGPIPE, SIG_IGN);
	int fd = connect_to(&address);
	if (fd < 0)
		return fail(CLIENT_UNREACHED, path, strerror(errno));
	client->stream = fdopen(fd, "r");
	if (client->stream != NULL)
		return CLIENT_DONE;
	close(fd);
	return fail(CLIENT_UNREACHED, path, "no memory");
}

void client_close(struct client *client)
{
	if (client->stream != NULL)
		fclose(client->stream);
	free(client->line);
	client->stream = NULL;
	client->line = NULL;
}

/* From here on it waits for replies without end. */
static void be_patient(const struct client *client)
{
	static const struct timeval never;

	setsockopt(fileno(client->stream), SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
}

enum client_result client_ask(struct client *client, json_t *request, json_t **reply)
{
	char *text = json_dumps(request, JSON_COMPACT);

	*reply = NULL;
	json_decref(request);
	if (text == NULL)
		return fail(CLIENT_UNREACHED, client->path, "no memory");
	/* Where the gateway does not take it, it has said why before it hung up. */
	(void)!dprintf(fileno(client->stream), "%s\n", text);
	free(text);
	return client_hear(client, reply);
}

enum client_result client_hear(struct client *client, json_t **reply)
{
	json_error_t error;

	*reply = NULL;
	ssize_t len = getline(&client->line, &client->line_room, client->stream);
	if (len <= 0 || (size_t)len > REPLY_MAX || client->line[len - 1] != '\n')
		return fail(CLIENT_UNREACHED, client->path, "no reply");
	client->line_len = (size_t)len;
	*reply = json_loadb(client->line, client->line_len, JSON_ALLOW_NUL, &error);
	if (json_is_object(*reply))
		return CLIENT_DONE;
	json_decref(*reply);
	*reply = NULL;
	return fail(CLIENT_NO_REPLY, "not a reply", error.text);
}

int client_converse(const char *path, json_t *request, bool json,
	int (*hear)(struct client *client, json_t *line, bool json))
{
	struct client client;
	json_t *line;
	enum client_result result = client_open(&client, path);

	if (result == CLIENT_DONE) {
		be_patient(&client);
		result = client_ask(&client, request, &line);
	} else {
		json_decref(request);
	}
	int code = result == CLIENT_DONE ? hear(&client, line, json) : (int)result;
	client_close(&client);
	return code;
}

const char *client_error(const json_t *reply)
{
	return json_string_value(json_object_get(reply, "error"));
}
