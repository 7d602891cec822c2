/* SPDX-License-Identifier: BSD-3-Clause */
#include "console.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <jansson.h>

#include "capture_stream.h"
#include "clock.h"
#include "log.h"
#include "updates.h"

#define CLIENTS_MAX 32
#define IDLE_MS 60000
/* Packets of a capture that does not say how many. */
#define CAPTURE_COUNT 1000
#define NUMBER_MAX 1000000000

struct console {
	struct console_sources sources;
	struct rdl_lines *lines;
	struct capture capture;
	struct updates updates;
	uint8_t reply[COMMANDS_REPLY_MAX];
};

static struct rdl_span span_of(const char *text, size_t len)
{
	return (struct rdl_span){ (const uint8_t *)text, len };
}

static bool is_number(json_int_t value, json_int_t least)
{
	return value >= least && value <= NUMBER_MAX;
}

/* Returns what is wrong, or NULL. */
static const char *read_request(json_t *request, struct command *command)
{
	const char *endpoint = "", *prefix = "", *cursor = "0";
	size_t endpoint_len = 0, prefix_len = 0, cursor_len = 1;
	const char *address = "";
	const char *name = "";
	size_t address_len = 0, name_len = 0;
	json_int_t every = 1, count = CAPTURE_COUNT, seconds = 0;
	json_int_t over = UPDATES_OVER_S;
	int details = 0, all = 0;

	if (json_unpack_ex(request, NULL, JSON_STRICT,
		    "{s:s, s?s%, s?s%, s?s%, s?s%, s?b, s?s%, s?I, s?I, s?I, s?b, s?I}", "command",
		    &command->name, "endpoint", &endpoint, &endpoint_len, "prefix", &prefix,
		    &prefix_len, "name", &name, &name_len, "cursor", &cursor, &cursor_len,
		    "details", &details, "address", &address, &address_len, "every", &every,
		    "count", &count, "seconds", &seconds, "all", &all, "over", &over) != 0)
		return "not a request: {command, endpoint, prefix, cursor, address}, strings; "
		       "details, all, booleans; every, count, seconds, over, numbers";
	if (!is_number(every, 1) || !is_number(count, 1) || !is_number(seconds, 0) ||
		!is_number(over, 0))
		return "every, count, seconds, over: not a number that is possible";
	if (endpoint_len > RDL_ENDPOINT_MAX || prefix_len > RDL_ENDPOINT_MAX)
		return "longer than any endpoint name";
	if (!rdl_decimal(span_of(cursor, cursor_len), UINT64_MAX, &command->cursor))
		return "cursor: not one of ours";
	command->endpoint = span_of(endpoint, endpoint_len);
	command->prefix = span_of(prefix, prefix_len);
	command->name_of = span_of(name, name_len);
	command->details = details != 0;
	command->address = span_of(address, address_len);
	command->every = (uint64_t)every;
	command->count = (uint64_t)count;
	command->seconds = (uint64_t)seconds;
	command->all = all != 0;
	command->over_s = (uint64_t)over;
	return NULL;
}

static struct ucred peer_of(const struct rdl_lines_client *client)
{
	struct ucred peer = { .pid = -1, .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	(void)getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer;
}

/* Who had which registration removed. */
static void log_removal(const struct rdl_lines_client *client, struct rdl_span endpoint)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(
		RDL_LOG_INFO, "control", "removed registrations") };
	const struct ucred peer = peer_of(client);
	char name[3 * RDL_ENDPOINT_MAX + 1];

	rdl_percent_encode(endpoint, name);
	rdl_log_some(&kind, rdl_clock_ms(), "removed uid=%ld pid=%ld endpoint=%s", (long)peer.uid,
		(long)peer.pid, name);
}

/* Packets are others' business: the log says who has looked at whose. */
static void log_capture(const struct rdl_lines_client *client, const struct command *command)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(
		RDL_LOG_INFO, "control", "captures begun") };
	const struct ucred peer = peer_of(client);
	char name[3 * RDL_ENDPOINT_MAX + 1];

	rdl_percent_encode(command->endpoint, name);
	rdl_log_some(&kind, rdl_clock_ms(), "captures uid=%ld pid=%ld endpoint=%s address=%.*s",
		(long)peer.uid, (long)peer.pid, name, (int)command->address.len,
		(const char *)command->address.data);
}

/* A fleet that is asked for Updates makes traffic: the log says who has asked for it. */
static void log_update(const struct rdl_lines_client *client, const struct command *command)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(
		RDL_LOG_INFO, "control", "updates begun") };
	const struct ucred peer = peer_of(client);
	char name[3 * RDL_ENDPOINT_MAX + 1], prefix[3 * RDL_ENDPOINT_MAX + 1];

	rdl_percent_encode(command->endpoint, name);
	rdl_percent_encode(command->prefix, prefix);
	rdl_log_some(&kind, rdl_clock_ms(),
		"updates uid=%ld pid=%ld endpoint=%s prefix=%s all=%d over=%llu", (long)peer.uid,
		(long)peer.pid, name, prefix, command->all, (unsigned long long)command->over_s);
}

static void begin_update(
	struct console *console, struct rdl_lines_client *client, const struct command *command)
{
	const char *wrong = updates_begin(&console->updates, client, command, rdl_clock_ms());

	if (wrong != NULL)
		rdl_lines_error(client, wrong);
	else
		log_update(client, command);
}

static void begin_capture(
	struct console *console, struct rdl_lines_client *client, const struct command *command)
{
	const char *wrong = capture_begin(&console->capture, client, command);

	if (wrong != NULL)
		rdl_lines_error(client, wrong);
	else
		log_capture(client, command);
}

static void closed(struct rdl_lines_client *client)
{
	struct console *console = client->lines->config.owner;

	capture_closed(&console->capture, client);
	updates_closed(&console->updates, client);
}

static int work(struct rdl_lines *lines)
{
	struct console *console = lines->config.owner;

	int capture_ms = capture_work(&console->capture);
	int updates_ms = updates_work(&console->updates, rdl_clock_ms());

	return capture_ms < 0 || (updates_ms >= 0 && updates_ms < capture_ms) ? updates_ms
									      : capture_ms;
}

static void line(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct console *console = client->lines->config.owner;
	struct rdl_cursor reply = rdl_cursor(console->reply, sizeof(console->reply));
	struct command command;
	json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (request == NULL) {
		rdl_lines_error(client, "not JSON");
		return;
	}
	const char *wrong = read_request(request, &command);
	if (wrong == NULL && strcmp(command.name, "capture") == 0) {
		begin_capture(console, client, &command);
		json_decref(request);
		return;
	}
	if (wrong == NULL && strcmp(command.name, "update") == 0) {
		begin_update(console, client, &command);
		json_decref(request);
		return;
	}
	if (wrong == NULL)
		wrong = commands_run(&console->sources, &command, &reply);
	if ((wrong == NULL && strcmp(command.name, "remove") == 0) || wrong == commands_unconfirmed)
		log_removal(client, command.endpoint);
	json_decref(request);
	if (wrong == NULL && reply.failed)
		wrong = "the reply is too long";
	if (wrong != NULL) {
		rdl_lines_error(client, wrong);
		return;
	}
	if (!rdl_lines_put(client, console->reply, (size_t)(reply.pos - console->reply))) {
		/* Asks on and on, and does not read. */
		rdl_lines_count(&client->lines->counts.let_go);
		client->dead = true;
	}
}

int console_open(const struct rdl_conf *conf, struct console **console)
{
	const struct rdl_conf_socket *socket = &conf->control;
	struct console *made = NULL;

	*console = NULL;
	if (socket->path == NULL)
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		rdl_log_error("start", "no memory for the control socket");
		return -1;
	}
	made->lines = rdl_lines_open(&(struct rdl_lines_config){
		.area = "control",
		.at = { .path = socket->path,
			.group = socket->group,
			.file = socket->where.file,
			.line = socket->where.line },
		.clients_max = CLIENTS_MAX,
		.out_octets = COMMANDS_REPLY_MAX,
		.idle_ms = IDLE_MS,
		.line = line,
		.closed = closed,
		.work = work,
		.owner = made,
	});
	if (made->lines == NULL) {
		free(made);
		return -1;
	}
	*console = made;
	return 0;
}

int console_start(struct console *console, const struct console_sources *sources)
{
	if (console == NULL)
		return 0;
	console->sources = *sources;
	console->capture.sources = &console->sources;
	console->updates.callers = sources->callers;
	return rdl_lines_start(console->lines);
}

void console_stop(struct console *console)
{
	if (console != NULL)
		rdl_lines_stop(console->lines);
}

void console_close(struct console *console)
{
	if (console == NULL)
		return;
	rdl_lines_close(console->lines);
	free(console);
}

const struct console_captures *console_captures(const struct console *console)
{
	return &console->capture.counts;
}

const struct rdl_lines_counts *console_lines_counts(const struct console *console)
{
	return &console->lines->counts;
}
