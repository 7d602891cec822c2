/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An observation: asked for by the request socket, while its notifications come by that of events.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "requests.h"

#define FAILED 1
/* How long a device has to answer that it notifies no more. */
#define CANCEL_MS 5000

/* Lines as they come by a connection, which nobody waits for. */
struct stream {
	struct client client;
	char *text;
	size_t len, room;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* So that it interrupts a wait. */
static void stop_at_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < RDL_ARRAY_LEN(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* Takes the request over. */
static int say(struct stream *stream, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = fileno(stream->client.stream);
	bool done = text != NULL && dprintf(fd, "%s\n", text) > 0;

	free(text);
	json_decref(request);
	if (done)
		return CLIENT_DONE;
	fprintf(stderr, "rdline-ctl: %s: cannot be written to\n", stream->client.path);
	return CLIENT_UNREACHED;
}

/* What there is to be read; false: the other side has gone. */
static bool fill(struct stream *stream)
{
	if (stream->room - stream->len < 65536) {
		char *text = realloc(stream->text, stream->room + 131072);

		if (text == NULL)
			return false;
		stream->text = text;
		stream->room += 131072;
	}
	ssize_t n = read(fileno(stream->client.stream), stream->text + stream->len,
		stream->room - stream->len);
	if (n > 0)
		stream->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

/* A whole line as JSON, which is the caller's; NULL: there is none. It is printed where `json`. */
static json_t *next(struct stream *stream, bool json)
{
	char *end = stream->len > 0 ? memchr(stream->text, '\n', stream->len) : NULL;

	if (end == NULL)
		return NULL;
	size_t len = (size_t)(end - stream->text) + 1;
	json_t *line = json_loadb(stream->text, len, JSON_ALLOW_NUL, NULL);
	if (json)
		fwrite(stream->text, 1, len, stdout);
	memmove(stream->text, stream->text + len, stream->len - len);
	stream->len -= len;
	return line != NULL ? line : json_object();
}

/* ---- what comes ---- */

struct observation {
	const struct request_options *options;
	const json_t *request;
	struct stream requests, events;
	bool ended;
	int code;
};

static bool is_member(const json_t *line, const json_t *request, const char *member)
{
	return json_equal(json_object_get(line, member), json_object_get(request, member)) != 0;
}

/* The first value, or what is wrong; and at last how it ended. */
static void hear_request(struct observation *observation, const json_t *line)
{
	bool json = observation->options->json, failed = client_error(line) != NULL;

	/* That of the request to cancel is of no interest. */
	if (!failed && !is_member(line, observation->request, "id"))
		return;
	if (!requests_is_over(line)) {
		if (!json && json_is_true(json_object_get(line, "asleep")))
			fputs("rdline-ctl: it waits until the endpoint wakes up\n", stderr);
		return;
	}
	observation->ended = failed || json_is_true(json_object_get(line, "ended")) ||
			     json_object_get(line, "payload") == NULL;
	/* Whoever has ended it knows. */
	if (!json && !stopped)
		observation->code = requests_print(line);
	else if (observation->ended)
		observation->code = FAILED;
}

static void hear_event(struct observation *observation, const json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));

	if (client_error(line) != NULL) {
		fprintf(stderr, "rdline-ctl: events: %s\n", client_error(line));
		observation->code = FAILED;
		observation->ended = true;
	}
	if (event == NULL || observation->options->json)
		return;
	if (strcmp(event, "gap") == 0)
		fputs("rdline-ctl: some notifications were lost\n", stderr);
	if (strcmp(event, "notified") == 0 && is_member(line, observation->request, "id") &&
		is_member(line, observation->request, "endpoint"))
		payload_print(line);
}

/* What both connections have now; false: one of them has gone. */
static bool hear(struct observation *observation, int wait_ms)
{
	struct pollfd fds[2] = {
		{ .fd = fileno(observation->requests.client.stream), .events = POLLIN },
		{ .fd = fileno(observation->events.client.stream), .events = POLLIN },
	};
	json_t *line;

	if (poll(fds, 2, wait_ms) < 0)
		return errno == EINTR;
	if ((fds[0].revents != 0 && !fill(&observation->requests)) ||
		(fds[1].revents != 0 && !fill(&observation->events)))
		return false;
	while ((line = next(&observation->requests, observation->options->json)) != NULL) {
		hear_request(observation, line);
		json_decref(line);
	}
	while ((line = next(&observation->events, observation->options->json)) != NULL) {
		hear_event(observation, line);
		json_decref(line);
	}
	fflush(stdout);
	return true;
}

/* The device is told that nobody wants to know any more; the observation ends with its answer. */
static void cancel(struct observation *observation)
{
	json_t *request = json_deep_copy(observation->request);

	json_object_set_new(request, "observe", json_false());
	json_object_set_new(request, "id", json_string("cancel"));
	if (say(&observation->requests, request) != CLIENT_DONE)
		return;
	for (int ms = 0; ms < CANCEL_MS && !observation->ended; ms += 100)
		if (!hear(observation, 100))
			return;
}

static int follow(struct observation *observation)
{
	const json_t *prefix = json_object_get(observation->request, "endpoint");
	json_t *wish = json_pack(
		"{s:s, s:[s], s:O}", "from", "now", "events", "notified", "prefix", prefix);
	int code = say(&observation->events, wish);

	stop_at_signals();
	if (code == CLIENT_DONE)
		code = say(&observation->requests, json_deep_copy(observation->request));
	if (code != CLIENT_DONE)
		return code;
	observation->code = CLIENT_DONE;
	while (!observation->ended && !stopped) {
		if (!hear(observation, -1)) {
			fputs("rdline-ctl: the gateway has gone\n", stderr);
			return CLIENT_UNREACHED;
		}
	}
	if (!observation->ended)
		cancel(observation);
	return stopped ? CLIENT_DONE : observation->code;
}

int requests_observe(const struct request_options *options, json_t *request)
{
	struct observation observation = { .options = options, .request = request };
	int code = (int)client_open(&observation.requests.client, options->requests);

	if (code == CLIENT_DONE)
		code = (int)client_open(&observation.events.client, options->events);
	if (code == CLIENT_DONE)
		code = follow(&observation);
	client_close(&observation.requests.client);
	client_close(&observation.events.client);
	free(observation.requests.text);
	free(observation.events.text);
	json_decref(request);
	return code;
}
