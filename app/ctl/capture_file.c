/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_file.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client.h"

enum { FAILED = 1, USAGE = 2 };

void capture_usage(FILE *out)
{
	fputs("  capture [--endpoint NAME | --address ADDRESS[/BITS]] [--every N] [--count N]\n"
	      "          [--seconds N] FILE   packets, and in comments what became of each, as "
	      "pcapng;\n"
	      "                            to standard output for a FILE of -; 1000 packets, or "
	      "--count,\n"
	      "                            unless --seconds are over before, or Ctrl-C ends it\n",
		out);
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "rdline-ctl: %s: %s\n", what, why);
	return FAILED;
}

/* What a signal ends: we say nothing more, and the gateway sends the end of the file. */
static volatile sig_atomic_t connection = -1;

static void stop(int signal)
{
	int error = errno;

	(void)signal;
	shutdown((int)connection, SHUT_WR);
	errno = error;
}

/* The first one; at a second there is no waiting. */
static void stop_at_signals(int fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

	action.sa_flags |= (int)SA_RESETHAND;
	connection = fd;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* A member and its number; false when it is none. */
static bool set_number(json_t *request, const char *member, const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	return text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
	       json_object_set_new(request, member, json_integer(value)) == 0;
}

/* Into the request; -1, or an exit code. */
static int read_options(int argc, char **argv, json_t *request)
{
	static const struct option longs[] = {
		{ "endpoint", required_argument, NULL, 'e' },
		{ "address", required_argument, NULL, 'a' },
		{ "every", required_argument, NULL, 'n' },
		{ "count", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option, which;

	optind = 0; /* begins anew */
	while ((option = getopt_long(argc, argv, "", longs, &which)) != -1) {
		if (option == '?')
			return USAGE;
		const char *member = longs[which].name;
		if (option == 'e' || option == 'a') {
			if (json_object_set_new(request, member, json_string(optarg)) != 0)
				return fail(member, "is not UTF-8");
		} else if (!set_number(request, member, optarg)) {
			return fail(member, "is not a number");
		}
	}
	return argc - optind == 1 ? -1 : USAGE;
}

/* ---- the file ---- */

/* Octets of the file that follow a line. Returns an exit code. */
static int copy_octets(struct client *client, FILE *file, const char *path, json_int_t octets)
{
	char buffer[16384];

	while (octets > 0) {
		size_t most = octets < (json_int_t)sizeof(buffer) ? (size_t)octets : sizeof(buffer);
		size_t len = fread(buffer, 1, most, client->stream);

		if (len == 0) {
			fail(client->path, "the gateway has gone");
			return CLIENT_UNREACHED;
		}
		if (fwrite(buffer, 1, len, file) != len)
			return fail(path, strerror(errno));
		octets -= (json_int_t)len;
	}
	/* Whoever reads along has each packet at once. */
	return fflush(file) == 0 ? CLIENT_DONE : fail(path, strerror(errno));
}

static void say_end(const json_t *captured)
{
	json_int_t lost = json_integer_value(json_object_get(captured, "lost"));

	fprintf(stderr, "captured: %lld packets",
		(long long)json_integer_value(json_object_get(captured, "packets")));
	if (lost > 0)
		fprintf(stderr, "; %lld lost, which came faster than they were taken",
			(long long)lost);
	fputc('\n', stderr);
}

/* What one line says, and the octets behind it. True: another one follows. */
static bool take_line(
	struct client *client, const json_t *line, FILE *file, const char *path, int *code)
{
	const json_t *captured = json_object_get(line, "captured");

	if (captured != NULL) {
		say_end(captured);
		return false;
	}
	json_int_t octets = json_integer_value(json_object_get(line, "octets"));
	*code = copy_octets(client, file, path, octets);
	return *code == CLIENT_DONE;
}

/* Returns an exit code. */
static int copy_all(struct client *client, json_t *line, FILE *file, const char *path)
{
	int code = CLIENT_DONE;

	while (take_line(client, line, file, path, &code)) {
		json_decref(line);
		code = (int)client_hear(client, &line);
		if (code != CLIENT_DONE)
			return code;
	}
	json_decref(line);
	return code;
}

static int capture_to(struct client *client, json_t *line, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdout : fopen(path, "wb");

	if (file == NULL) {
		json_decref(line);
		return fail(path, strerror(errno));
	}
	int code = copy_all(client, line, file, path);
	if (!standard && fclose(file) != 0 && code == CLIENT_DONE)
		code = fail(path, strerror(errno));
	return code;
}

/* The gateway says nothing as long as no packet comes. */
static void wait_without_end(const struct client *client)
{
	static const struct timeval never;

	setsockopt(fileno(client->stream), SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
}

static int run(const char *socket, json_t *request, const char *path)
{
	struct client client;
	json_t *line;
	enum client_result result = client_open(&client, socket);

	if (result == CLIENT_DONE)
		result = client_ask(&client, request, &line);
	else
		json_decref(request);
	if (result != CLIENT_DONE) {
		client_close(&client);
		return (int)result;
	}
	wait_without_end(&client);
	stop_at_signals(fileno(client.stream));
	const char *wrong = client_error(line);
	int code = FAILED;
	if (wrong == NULL) {
		code = capture_to(&client, line, path);
	} else {
		fprintf(stderr, "rdline-ctl: %s\n", wrong);
		json_decref(line);
	}
	client_close(&client);
	return code;
}

int capture_command(int argc, char **argv, const char *socket)
{
	json_t *request = json_pack("{s:s}", "command", "capture");
	int code = read_options(argc, argv, request);

	if (code < 0)
		return run(socket, request, argv[optind]);
	json_decref(request);
	return code;
}
