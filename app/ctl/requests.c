/* SPDX-License-Identifier: BSD-3-Clause */
#include "requests.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

enum { FAILED = 1, USAGE = 2 };
#define FORMAT_TEXT 0
#define FORMAT_LINK 40
#define FORMAT_SENML_JSON 110
#define FORMAT_TLV 11542

enum operation { READ, DISCOVER, WRITE, EXECUTE, CREATE, DELETE, OBSERVE, CANCEL };

static const struct {
	const char *name, *method;
	int min, max; /* arguments */
} commands[] = {
	[READ] = { "read", "GET", 2, 64 },
	[DISCOVER] = { "discover", "GET", 2, 2 },
	[WRITE] = { "write", "PUT", 3, 64 },
	[EXECUTE] = { "execute", "POST", 2, 3 },
	[CREATE] = { "create", "POST", 2, 3 },
	[DELETE] = { "delete", "DELETE", 2, 2 },
	[OBSERVE] = { "observe", "GET", 2, 64 },
	[CANCEL] = { "cancel", "GET", 2, 64 },
};

/* What is said of it before its arguments. */
struct wish {
	enum operation operation;
	int format, accept; /* -1: not said */
	bool partial, attributes;
	const char *timeout_s, *expires_s;
};

void requests_usage(FILE *out)
{
	fputs("  read ENDPOINT PATH...     a value, an instance, an object; of several paths all "
	      "at "
	      "once\n"
	      "  write [-u] [-f FORMAT] ENDPOINT PATH VALUE\n"
	      "                            -u: only what is in it; of the path / a composite one\n"
	      "  write -A ENDPOINT PATH NAME=VALUE...   attributes\n"
	      "  execute ENDPOINT PATH [ARGUMENTS]\n"
	      "  create [-f FORMAT] ENDPOINT PATH [VALUE]\n"
	      "  delete ENDPOINT PATH\n"
	      "  discover ENDPOINT PATH\n"
	      "  observe ENDPOINT PATH...  and print what changes, until Ctrl-C\n"
	      "  cancel ENDPOINT PATH...   end an observation\n"
	      "  -f, --format FORMAT       text, opaque, tlv, senml-json, cbor, senml-cbor, "
	      "lwm2m-json, or a\n"
	      "                            number; a VALUE that is no text in hex, - is standard "
	      "input\n"
	      "  -a, --accept FORMAT       of the answer\n"
	      "  -t, --timeout SECONDS     for the answer; -x, --expires SECONDS: until it is "
	      "sent\n",
		out);
}

static bool find(const char *name, enum operation *operation)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			*operation = (enum operation)i;
			return true;
		}
	}
	return false;
}

bool requests_have(const char *command)
{
	enum operation operation;

	return find(command, &operation);
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "rdline-ctl: %s: %s\n", what, why);
	return FAILED;
}

/* ---- the request ---- */

/* -1, or an exit code. Behind the options are names, which devices choose. */
static int read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option longs[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "accept", required_argument, NULL, 'a' },
		{ "update", no_argument, NULL, 'u' },
		{ "attributes", no_argument, NULL, 'A' },
		{ "timeout", required_argument, NULL, 't' },
		{ "expires", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	optind = 0; /* begins anew */
	while ((option = getopt_long(argc, argv, "+f:a:uAt:x:", longs, NULL)) != -1) {
		int format = option == 'f' || option == 'a' ? payload_format(optarg) : 0;

		if (format < 0)
			return fail(optarg, "is no format");
		if (option == 'f')
			wish->format = format;
		else if (option == 'a')
			wish->accept = format;
		else if (option == 'u')
			wish->partial = true;
		else if (option == 'A')
			wish->attributes = true;
		else if (option == 't')
			wish->timeout_s = optarg;
		else if (option == 'x')
			wish->expires_s = optarg;
		else
			return USAGE;
	}
	int count = argc - optind;
	return count >= commands[wish->operation].min && count <= commands[wish->operation].max
		       ? -1
		       : USAGE;
}

static bool set(json_t *request, const char *member, json_t *value)
{
	return json_object_set_new(request, member, value) == 0;
}

static bool set_seconds(json_t *request, const char *member, const char *text)
{
	char *end;

	if (text == NULL)
		return true;
	double value = strtod(text, &end);
	return end != text && *end == '\0' && set(request, member, json_real(value));
}

/* Several paths are one composite operation, which names them in its payload. */
static bool set_paths(json_t *request, char **paths, int count)
{
	json_t *records = json_array();

	if (count == 1) {
		json_decref(records);
		return set(request, "path", json_string(paths[0]));
	}
	for (int i = 0; i < count; i++)
		if (json_array_append_new(records, json_pack("{s:s}", "n", paths[i])) != 0)
			fail(paths[i], "is not UTF-8");
	char *text = json_dumps(records, JSON_COMPACT);
	json_decref(records);
	bool done = text != NULL && set(request, "method", json_string("FETCH")) &&
		    set(request, "path", json_string("/")) &&
		    set(request, "content_format", json_integer(FORMAT_SENML_JSON)) &&
		    set(request, "accept", json_integer(FORMAT_SENML_JSON)) &&
		    set(request, "payload", payload_of(text, FORMAT_SENML_JSON));
	free(text);
	return done;
}

static bool set_payload(json_t *request, const char *text, int format)
{
	json_t *payload = payload_of(text, format);

	return payload != NULL && set(request, "payload", payload) &&
	       set(request, "content_format", json_integer(format));
}

static bool set_attributes(json_t *request, char **attributes, int count)
{
	json_t *query = json_array();

	for (int i = 0; i < count; i++)
		if (json_array_append_new(query, json_string(attributes[i])) != 0)
			fail(attributes[i], "is not UTF-8");
	return set(request, "query", query);
}

/* What follows the path. */
static bool set_rest(json_t *request, const struct wish *wish, char **rest, int count)
{
	static const int formats[] = {
		[WRITE] = FORMAT_TEXT, [EXECUTE] = FORMAT_TEXT, [CREATE] = FORMAT_TLV
	};

	if (wish->attributes)
		return set_attributes(request, rest, count);
	if (count == 0)
		return true;
	return set_payload(
		request, rest[0], wish->format >= 0 ? wish->format : formats[wish->operation]);
}

static const char *method_of(const struct wish *wish, const char *path)
{
	if (wish->operation != WRITE)
		return commands[wish->operation].method;
	if (strcmp(path, "/") == 0)
		return "iPATCH";
	return wish->partial ? "POST" : "PUT";
}

/* NULL: what is wrong has been said. */
static json_t *make(const struct wish *wish, char **arguments, int count)
{
	bool many = commands[wish->operation].max > 3 && wish->operation != WRITE;
	char id[64];

	snprintf(id, sizeof(id), "ctl-%ld", (long)getpid());
	json_t *request = json_pack("{s:s, s:s, s:s}", "id", id, "endpoint", arguments[0], "method",
		method_of(wish, arguments[1]));
	bool done = request != NULL;

	if (!done)
		fail(arguments[0], "is not UTF-8");
	if (done)
		done = set_paths(request, arguments + 1, many ? count - 1 : 1);
	if (done && !many)
		done = set_rest(request, wish, arguments + 2, count - 2);
	if (done && wish->operation == DISCOVER)
		done = set(request, "accept", json_integer(FORMAT_LINK));
	if (done && wish->accept >= 0)
		done = set(request, "accept", json_integer(wish->accept));
	if (done && (wish->operation == OBSERVE || wish->operation == CANCEL))
		done = set(request, "observe", json_boolean(wish->operation == OBSERVE));
	if (done && (!set_seconds(request, "timeout_s", wish->timeout_s) ||
			    !set_seconds(request, "expires_in_s", wish->expires_s))) {
		fail("timeout, expires", "not seconds");
		done = false;
	}
	if (done)
		return request;
	json_decref(request);
	return NULL;
}

/* ---- its answer ---- */

static const char *text_of(const json_t *line, const char *member)
{
	const char *text = json_string_value(json_object_get(line, member));

	return text != NULL ? text : "";
}

bool requests_is_over(const json_t *line)
{
	const char *state = text_of(line, "state");

	return strcmp(state, "queued") != 0 && strcmp(state, "sent") != 0 &&
	       strcmp(state, "acknowledged") != 0 && strcmp(state, "gap") != 0;
}

int requests_print(const json_t *line)
{
	const char *state = text_of(line, "state"), *code = text_of(line, "code");
	const char *reason = text_of(line, "reason");

	if (client_error(line) != NULL) {
		fprintf(stderr, "rdline-ctl: %s\n", client_error(line));
		return FAILED;
	}
	if (code[0] == '2' && strcmp(state, "answered") == 0 && reason[0] == '\0') {
		if (json_string_length(json_object_get(line, "payload")) > 0)
			payload_print(line);
		else
			puts(code);
		return CLIENT_DONE;
	}
	fprintf(stderr, "rdline-ctl: %s%s%s%s%s\n", state, code[0] != '\0' ? " " : "", code,
		reason[0] != '\0' ? ": " : "", reason);
	/* What a device says of its refusal. */
	if (json_string_length(json_object_get(line, "payload")) > 0)
		payload_print(line);
	return FAILED;
}

static int hear_all(struct client *client, json_t *line, bool json)
{
	int code = FAILED;

	for (;;) {
		bool over = requests_is_over(line);

		if (json)
			fwrite(client->line, 1, client->line_len, stdout);
		else if (over)
			code = requests_print(line);
		else if (json_is_true(json_object_get(line, "asleep")))
			fputs("rdline-ctl: it waits until the endpoint wakes up\n", stderr);
		if (json && over)
			code = text_of(line, "code")[0] == '2' ? CLIENT_DONE : FAILED;
		json_decref(line);
		if (over)
			return code;
		fflush(stdout);
		enum client_result result = client_hear(client, &line);
		if (result != CLIENT_DONE)
			return (int)result;
	}
}

int requests_command(int argc, char **argv, const struct request_options *options)
{
	struct wish wish = { .format = -1, .accept = -1 };

	if (!find(argv[0], &wish.operation))
		return USAGE;
	int code = read_options(argc, argv, &wish);
	if (code >= 0)
		return code;
	json_t *request = make(&wish, argv + optind, argc - optind);
	if (request == NULL)
		return FAILED;
	return wish.operation == OBSERVE
		       ? requests_observe(options, request)
		       : client_converse(options->requests, request, options->json, hear_all);
}
