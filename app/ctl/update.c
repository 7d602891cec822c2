/* SPDX-License-Identifier: BSD-3-Clause */
/* Updates that devices are asked for, of one or of a fleet, by the control socket. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "requests.h"

enum { FAILED = 1, USAGE = 2 };

void update_usage(FILE *out)
{
	fputs("  update ENDPOINT | --prefix P | --all [--over SECONDS]\n"
	      "                            have one, or all whose names begin so, update their "
	      "registrations;\n"
	      "                            a fleet in the time that is said, 300 seconds\n",
		out);
}

/* -1, or an exit code. */
static int read_options(int argc, char **argv, json_t *request)
{
	static const struct option longs[] = {
		{ "prefix", required_argument, NULL, 'p' },
		{ "all", no_argument, NULL, 'a' },
		{ "over", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	bool fleet = false;
	int option;

	optind = 0; /* begins anew */
	while ((option = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		char *end = NULL;
		int wrong = 0;

		if (option == 'p')
			wrong = json_object_set_new(request, "prefix", json_string(optarg));
		else if (option == 'a')
			wrong = json_object_set_new(request, "all", json_true());
		else if (option == 'o')
			wrong = json_object_set_new(
				request, "over", json_integer(strtoll(optarg, &end, 10)));
		else
			return USAGE;
		if (wrong != 0 || (end != NULL && (end == optarg || *end != '\0')))
			return USAGE;
		fleet |= option != 'o';
	}
	if (argc - optind != (fleet ? 0 : 1))
		return USAGE;
	if (!fleet && json_object_set_new(request, "endpoint", json_string(argv[optind])) != 0)
		return USAGE;
	return -1;
}

static long long number(const json_t *progress, const char *member)
{
	return (long long)json_integer_value(json_object_get(progress, member));
}

static void print_fleet(FILE *out, const json_t *progress)
{
	fprintf(out,
		"%lld of %lld registrations, %lld asked: %lld updated, %lld asleep, %lld failed\n",
		number(progress, "seen"), number(progress, "registrations"),
		number(progress, "given"), number(progress, "updated"), number(progress, "asleep"),
		number(progress, "failed"));
}

/* What came of one. Exit code 0: it answered 2.04, or will be asked when it wakes up. */
static int print_one(const json_t *update, bool json)
{
	const char *code = json_string_value(json_object_get(update, "code"));
	const char *state = json_string_value(json_object_get(update, "state"));
	const char *reason = json_string_value(json_object_get(update, "reason"));
	bool asleep = json_is_true(json_object_get(update, "asleep"));
	bool done = code != NULL && strcmp(code, "2.04") == 0;

	if (!json && asleep)
		puts("it sleeps: it is asked when it wakes up");
	else if (!json && done)
		puts("updates");
	else if (!json)
		fprintf(stderr, "rdline-ctl: %s%s%s%s%s\n", state != NULL ? state : "",
			code != NULL ? " " : "", code != NULL ? code : "",
			reason != NULL ? ": " : "", reason != NULL ? reason : "");
	return done || asleep ? CLIENT_DONE : FAILED;
}

/* How it goes on, and at last what came of it. */
static int hear_all(struct client *client, json_t *line, bool json)
{
	for (;;) {
		const json_t *progress = json_object_get(line, "progress");
		const json_t *update = json_object_get(line, "update");
		int code = FAILED;

		if (json)
			fwrite(client->line, 1, client->line_len, stdout);
		else if (client_error(line) != NULL)
			fprintf(stderr, "rdline-ctl: %s\n", client_error(line));
		else if (progress != NULL)
			print_fleet(stderr, progress);
		if (update != NULL && json_object_get(update, "seen") == NULL)
			code = print_one(update, json);
		else if (update != NULL)
			code = number(update, "failed") == 0 ? CLIENT_DONE : FAILED;
		if (update != NULL && json_object_get(update, "seen") != NULL && !json)
			print_fleet(stdout, update);
		bool over = progress == NULL;
		json_decref(line);
		if (over)
			return code;
		enum client_result result = client_hear(client, &line);
		if (result != CLIENT_DONE)
			return (int)result;
	}
}

int update_command(int argc, char **argv, const struct request_options *options)
{
	json_t *request = json_pack("{s:s}", "command", "update");
	int code = read_options(argc, argv, request);

	if (code < 0)
		return client_converse(options->control, request, options->json, hear_all);
	json_decref(request);
	return code;
}
