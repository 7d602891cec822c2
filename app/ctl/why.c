/* SPDX-License-Identifier: BSD-3-Clause */
#include "why_command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { NOT_REGISTERED = 1, USAGE = 2 };

/* To an address, where nothing is said. */
#define LISTEN_S 10
#define LISTEN_MAX_S 3600

struct wanted {
	const char *endpoint, *address;
	json_int_t seconds;
};

void why_usage(FILE *out)
{
	fputs("  why [--address ADDRESS] [--seconds N] ENDPOINT\n"
	      "                            why it is registered or is not, in words, and what to "
	      "do; listens to\n"
	      "                            the address for 10 s, or so many seconds\n",
		out);
}

/* False: usage. */
static bool read_options(int argc, char **argv, struct wanted *wanted)
{
	static const struct option longs[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "seconds", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	char *end;

	wanted->seconds = -1;
	optind = 0; /* begins anew */
	while ((option = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (option == 'a') {
			wanted->address = optarg;
		} else if (option == 't') {
			wanted->seconds = strtoll(optarg, &end, 10);
			if (*end != '\0' || wanted->seconds < 0 || wanted->seconds > LISTEN_MAX_S)
				return false;
		} else {
			return false;
		}
	}
	if (argc - optind != 1)
		return false;
	wanted->endpoint = argv[optind];
	if (wanted->seconds < 0)
		wanted->seconds = wanted->address != NULL ? LISTEN_S : 0;
	return true;
}

/* NULL: not UTF-8. */
static json_t *request_of(const struct wanted *wanted)
{
	json_t *request = json_pack("{s:s, s:s}", "command", "why", "endpoint", wanted->endpoint);

	if (request != NULL && wanted->address != NULL &&
		json_object_set_new(request, "address", json_string(wanted->address)) != 0) {
		json_decref(request);
		return NULL;
	}
	return request;
}

/* The gateway says nothing as long as no packet comes. */
static void wait_for(const struct client *client, json_int_t seconds)
{
	const struct timeval most = { .tv_sec = (time_t)seconds + 20 };

	setsockopt(fileno(client->stream), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
}

/* Whether it is registered, or an exit code of another kind; *told: the gateway has an answer. */
static int ask(struct client *client, const struct wanted *wanted, bool json, bool *told)
{
	json_t *request = request_of(wanted), *reply;

	if (request == NULL) {
		fputs("rdline-ctl: endpoint or address: is not UTF-8\n", stderr);
		return USAGE;
	}
	enum client_result result = client_ask(client, request, &reply);
	if (result != CLIENT_DONE)
		return (int)result;
	const char *wrong = client_error(reply);
	*told = wrong == NULL;
	json_t *why = json_object_get(reply, "why");
	bool registered = json_is_object(json_object_get(why, "registration"));
	if (json)
		fwrite(client->line, 1, client->line_len, stdout);
	else if (wrong != NULL)
		fprintf(stderr, "rdline-ctl: %s\n", wrong);
	else
		(void)why_print(why);
	json_decref(reply);
	return registered ? CLIENT_DONE : NOT_REGISTERED;
}

int why_command(int argc, char **argv, const char *socket, bool json)
{
	struct wanted wanted = { NULL, NULL, 0 };
	struct client client;

	if (!read_options(argc, argv, &wanted))
		return USAGE;
	enum client_result opened = client_open(&client, socket);
	if (opened != CLIENT_DONE)
		return (int)opened;
	bool told = false;
	int code = ask(&client, &wanted, json, &told);
	if (told && wanted.seconds > 0 && !json) {
		wait_for(&client, wanted.seconds);
		int heard = why_listen(&client, wanted.endpoint, wanted.address, wanted.seconds);

		code = heard != CLIENT_DONE ? heard : code;
	}
	client_close(&client);
	return code;
}
