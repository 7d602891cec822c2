/* SPDX-License-Identifier: BSD-3-Clause */
#include "events_command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client.h"

enum { EXIT_USAGE = 2 };

struct wanted {
	const char *from, *name, *prefix;
	bool ack;
	unsigned long count; /* lines, but for the first; 0: without end */
};

void events_usage(FILE *out)
{
	fputs("  events [--from now|snapshot|cursor NAME] [--ack] [--prefix PREFIX] [--count N]\n"
	      "                            what happens, as lines of JSON; of a cursor (see "
	      "rdline-sockets(7)),\n"
	      "                            all since what was acknowledged; --ack does so with "
	      "what was printed\n",
		out);
}

static bool read_count(const char *text, unsigned long *count)
{
	char *end;

	*count = strtoul(text, &end, 10);
	return *end == '\0' && *count > 0;
}

/* False: it is no such command. */
static bool read_arguments(int argc, char **argv, struct wanted *wanted)
{
	*wanted = (struct wanted){ .from = "now" };
	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(option, "--ack") == 0) {
			wanted->ack = true;
			continue;
		}
		i++;
		if (value == NULL)
			return false;
		if (strcmp(option, "--prefix") == 0)
			wanted->prefix = value;
		else if (strcmp(option, "--from") == 0)
			wanted->from = value;
		else if (strcmp(option, "--count") != 0 || !read_count(value, &wanted->count))
			return false;
		if (strcmp(option, "--from") == 0 && strcmp(value, "cursor") == 0 && ++i < argc)
			wanted->name = argv[i];
	}
	return (strcmp(wanted->from, "cursor") == 0) == (wanted->name != NULL) &&
	       (!wanted->ack || wanted->name != NULL);
}

static json_t *request_of(const struct wanted *wanted)
{
	json_t *request = json_pack("{s:s}", "from", wanted->from);

	if (wanted->name != NULL)
		json_object_set_new(request, "name", json_string(wanted->name));
	if (wanted->prefix != NULL)
		json_object_set_new(request, "prefix", json_string(wanted->prefix));
	return request;
}

/* What was printed is done with. False: the gateway is gone. */
static bool acknowledge(
	const struct client *client, const struct wanted *wanted, const json_t *line)
{
	const json_t *position = json_object_get(line, "position");

	if (!wanted->ack || position == NULL)
		return true;
	return dprintf(fileno(client->stream),
		       "{\"ack\":{\"name\":\"%s\",\"partition\":%lld,\"position\":%lld}}\n",
		       wanted->name,
		       (long long)json_integer_value(json_object_get(line, "partition")),
		       (long long)json_integer_value(position)) > 0;
}

/* Prints a line; an exit code when it was the last one, or -1. */
static int print(const struct client *client, const struct wanted *wanted, const json_t *line)
{
	const char *wrong = client_error(line);

	if (wrong != NULL) {
		fprintf(stderr, "rdline-ctl: %s\n", wrong);
		return CLIENT_NO_REPLY;
	}
	fwrite(client->line, 1, client->line_len, stdout);
	/* Nothing is acknowledged that nobody has. */
	if (fflush(stdout) != 0)
		return CLIENT_NO_REPLY;
	return acknowledge(client, wanted, line) ? -1 : CLIENT_UNREACHED;
}

/* What comes unread resets the connection at its end, with acknowledgements under way. */
static void drain(int fd)
{
	char octets[4096];

	shutdown(fd, SHUT_RD);
	while (read(fd, octets, sizeof(octets)) > 0)
		;
}

static int follow(struct client *client, const struct wanted *wanted)
{
	const struct timeval for_ever = { .tv_sec = 0 };
	json_t *line;
	int code = (int)client_ask(client, request_of(wanted), &line);

	if (code != CLIENT_DONE)
		return code;
	code = print(client, wanted, line);
	json_decref(line);
	setsockopt(fileno(client->stream), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof(for_ever));
	for (unsigned long n = 0; code < 0 && (wanted->count == 0 || n < wanted->count); n++) {
		enum client_result result = client_hear(client, &line);

		if (result != CLIENT_DONE)
			return (int)result;
		code = print(client, wanted, line);
		json_decref(line);
	}
	if (code < 0)
		drain(fileno(client->stream));
	return code < 0 ? CLIENT_DONE : code;
}

int events_command(int argc, char **argv, const char *socket)
{
	struct wanted wanted;
	struct client client;

	if (!read_arguments(argc, argv, &wanted))
		return EXIT_USAGE;
	int code = (int)client_open(&client, socket);
	if (code == CLIENT_DONE)
		code = follow(&client, &wanted);
	client_close(&client);
	return code;
}
