/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-ctl: asks a gateway's control socket, and says it in words, or as it came; and keeps the
 * database of credentials.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "capture_file.h"
#include "client.h"
#include "credential.h"
#include "ctl.h"
#include "events_command.h"
#include "requests.h"
#include "version.h"
#include "why_command.h"

#define SOCKET_DEFAULT "/run/rdline/control.sock"
#define REQUESTS_DEFAULT "/run/rdline/requests.sock"
#define EVENTS_DEFAULT "/run/rdline/events.sock"

enum { EXIT_ERROR = 1, EXIT_USAGE = 2 };

struct options {
	const char *socket, *requests, *events;
	bool json;
	bool names; /* of a list: nothing but names */
	enum list_order order; /* the same */
};

static void usage(FILE *out)
{
	fputs("usage: rdline-ctl [-j] [-s SOCKET] COMMAND\n"
	      "  show ENDPOINT             its registration\n"
	      "  list [PREFIX [CURSOR]]    who is registered, whence, and for how long; with a "
	      "cursor, one page\n"
	      "  remove ENDPOINT           ends its registration; its location is dead at once. "
	      "Devices that\n"
	      "                            give up at a 4.04, or never update, do not come "
	      "back\n"
	      "  count                     registrations, and what they take\n"
	      "  state                     what is kept across a restart: its logs\n"
	      "  cursors                   how far subscribers of durable events are\n"
	      "  forget CURSOR             one of them, which nobody follows\n"
	      "  refusals [ENDPOINT]       the last requests that were refused, and why\n",
		out);
	why_usage(out);
	events_usage(out);
	capture_usage(out);
	update_usage(out);
	fputs("of devices, over the request socket:\n", out);
	requests_usage(out);
	fputs("options:\n"
	      "  -n, --names               of a list, before it or behind: names only\n"
	      "  -o, --sort ORDER          of a list: by endpoint (the default), address or left; "
	      "none prints at once\n"
	      "  -j, --json                print the gateway's replies as they are, a line each\n"
	      "  -s, --socket SOCKET       the control socket; default $RDLINE_CONTROL, or\n"
	      "                            " SOCKET_DEFAULT "\n"
	      "  -r, --requests SOCKET     the request socket; default $RDLINE_REQUESTS, or\n"
	      "                            " REQUESTS_DEFAULT "\n"
	      "  -e, --events SOCKET       the events' socket, for events and observe; default "
	      "$RDLINE_EVENTS, or\n"
	      "                            " EVENTS_DEFAULT "\n"
	      "  -V, --version             print the version\n"
	      "  -h, --help                print this\n"
	      "and the devices' credentials:\n",
		out);
	credential_usage(out);
	fputs("exit: 0 done, 1 no such endpoint or identity, or an error, 2 usage, 3 no "
	      "connection\n",
		out);
}

static void fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "rdline-ctl: %s%s%s\n", what, why[0] != '\0' ? ": " : "", why);
	exit(code);
}

/*
 * Sends a request, which it takes over; the reply, which is the caller's.
 * Ends the program when it says an error.
 */
static json_t *ask(struct client *client, const struct options *options, json_t *request)
{
	json_t *reply;
	enum client_result result = client_ask(client, request, &reply);

	if (result != CLIENT_DONE)
		exit(result);
	const char *wrong = client_error(reply);
	if (options->json)
		fwrite(client->line, 1, client->line_len, stdout);
	if (wrong != NULL && !options->json)
		fail(EXIT_ERROR, wrong, "");
	if (wrong != NULL)
		exit(EXIT_ERROR);
	return reply;
}

/* NULL becomes absent. Names that are no UTF-8 are none. */
static json_t *request_of(const char *command, const char *member, const char *value)
{
	json_t *request = json_pack("{s:s}", "command", command);

	if (value != NULL && json_object_set_new(request, member, json_string(value)) != 0)
		fail(EXIT_USAGE, member, "is not UTF-8");
	return request;
}

static void list(struct client *client, const struct options *options, const char *prefix,
	const char *cursor)
{
	bool all = cursor == NULL, details = !options->json && !options->names;
	struct list_rows rows = { .count = 0 };
	char next[32];

	do {
		json_t *request = request_of("list", "prefix", prefix);

		if (cursor != NULL)
			json_object_set_new(request, "cursor", json_string(cursor));
		if (details)
			json_object_set_new(request, "details", json_true());
		json_t *page = ask(client, options, request);
		if (!list_add(&rows, json_object_get(page, "registrations")))
			fail(EXIT_ERROR, "no memory", "--sort none needs less");
		if (options->names && !options->json)
			print_names(json_object_get(page, "endpoints"));
		if (details && options->order == LIST_NONE)
			list_print(&rows, options->order);
		const char *text = json_string_value(json_object_get(page, "next"));
		snprintf(next, sizeof(next), "%s", text != NULL ? text : "");
		cursor = next[0] != '\0' ? next : NULL;
		json_decref(page);
	} while (all && cursor != NULL);
	if (details && options->order != LIST_NONE)
		list_print(&rows, options->order);
	if (cursor != NULL && !options->json)
		fprintf(stderr, "next cursor: %s\n", cursor);
}

/* Nobody can end a registration and be sure that the device finds out. */
static void print_removed(json_t *registration)
{
	print_registration(registration);
	fflush(stdout);
	fputs("removed: its next Update gets 4.04, and a device that gives up at that, or "
	      "that never\n"
	      "updates (lifetime 2147483647), does not come back by itself\n",
		stderr);
}

static void print_forgotten(json_t *reply)
{
	(void)reply;
	puts("forgotten: who asks for it gets a new one, and a snapshot");
}

static void run(const struct options *options, char **arguments, int count)
{
	static const struct {
		const char *name;
		const char *member; /* that the reply is about */
		int min, max; /* arguments */
		void (*print)(json_t *value);
	} commands[] = {
		{ "show", "registration", 1, 1, print_registration },
		{ "remove", "removed", 1, 1, print_removed },
		{ "count", NULL, 0, 0, print_registration },
		{ "state", NULL, 0, 0, print_registration },
		{ "cursors", "cursors", 0, 0, print_cursors },
		{ "forget", NULL, 1, 1, print_forgotten },
		{ "refusals", "refusals", 0, 1, print_refusals },
		{ "list", NULL, 0, 2, NULL },
	};
	size_t i = 0;

	while (i < sizeof(commands) / sizeof(commands[0]) &&
		strcmp(arguments[0], commands[i].name) != 0)
		i++;
	if (i == sizeof(commands) / sizeof(commands[0]) || count - 1 < commands[i].min ||
		count - 1 > commands[i].max) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
	const char *first = count > 1 ? arguments[1] : NULL;
	struct client client;
	enum client_result result = client_open(&client, options->socket);
	if (result != CLIENT_DONE)
		exit(result);
	bool is_forget = strcmp(arguments[0], "forget") == 0;
	if (commands[i].print == NULL) {
		list(&client, options, first, count > 2 ? arguments[2] : NULL);
	} else {
		json_t *reply = ask(&client, options,
			request_of(arguments[0], is_forget ? "name" : "endpoint", first));

		if (!options->json)
			commands[i].print(commands[i].member != NULL
						  ? json_object_get(reply, commands[i].member)
						  : reply);
		json_decref(reply);
	}
	client_close(&client);
}

/*
 * Those before the first word that is none,
 * where `letters` begin with a plus; else all that there are.
 */
static void read_options(int argc, char **argv, const char *letters, struct options *options)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "requests", required_argument, NULL, 'r' },
		{ "events", required_argument, NULL, 'e' },
		{ "names", no_argument, NULL, 'n' },
		{ "sort", required_argument, NULL, 'o' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		switch (option) {
		case 'j':
			options->json = true;
			break;
		case 'n':
			options->names = true;
			break;
		case 'o':
			if (list_order_of(optarg, &options->order))
				break;
			usage(stderr);
			exit(EXIT_USAGE);
		case 's':
			options->socket = optarg;
			break;
		case 'r':
			options->requests = optarg;
			break;
		case 'e':
			options->events = optarg;
			break;
		case 'V':
			puts("rdline-ctl " RDL_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_USAGE);
		}
	}
}

/* What was written before may have failed, too. */
static int end(int code)
{
	if (code == EXIT_USAGE)
		usage(stderr);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail(EXIT_ERROR, "standard output", "cannot be written to");
	return code;
}

static const char *named(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value != NULL ? value : otherwise;
}

/* What is asked of devices. */
static int ask_devices(int argc, char **argv, const struct options *options)
{
	const struct request_options how = { .control = options->socket,
		.requests = options->requests,
		.events = options->events,
		.json = options->json };

	return strcmp(argv[0], "update") == 0 ? update_command(argc, argv, &how)
					      : requests_command(argc, argv, &how);
}

int main(int argc, char **argv)
{
	struct options options = { .socket = named("RDLINE_CONTROL", SOCKET_DEFAULT),
		.requests = named("RDLINE_REQUESTS", REQUESTS_DEFAULT),
		.events = named("RDLINE_EVENTS", EVENTS_DEFAULT) };

	/* Behind the other commands are names, which devices choose: no name is an option. */
	read_options(argc, argv, "+jno:s:r:e:Vh", &options);
	if (optind < argc && strcmp(argv[optind], "list") == 0) {
		char *command = argv[optind];

		argv += optind;
		argc -= optind;
		optind = 0; /* begins anew */
		read_options(argc, argv, "jno:s:r:e:Vh", &options);
		argv[--optind] = command;
	}
	if (optind < argc && strcmp(argv[optind], "credential") == 0)
		return end(credential_command(argc - optind, argv + optind, options.socket));
	if (optind < argc && strcmp(argv[optind], "events") == 0)
		return end(events_command(argc - optind, argv + optind, options.events));
	if (optind < argc && strcmp(argv[optind], "capture") == 0)
		return end(capture_command(argc - optind, argv + optind, options.socket));
	if (optind < argc && strcmp(argv[optind], "why") == 0)
		return end(why_command(argc - optind, argv + optind, options.socket, options.json));
	if (optind < argc && (strcmp(argv[optind], "update") == 0 || requests_have(argv[optind])))
		return end(ask_devices(argc - optind, argv + optind, &options));
	if (optind == argc)
		return end(EXIT_USAGE);
	run(&options, argv + optind, argc - optind);
	return end(EXIT_SUCCESS);
}
