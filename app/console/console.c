/* SPDX-License-Identifier: BSD-3-Clause */
#include "console.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "capture_stream.h"
#include "clock.h"
#include "log.h"
#include "members.h"
#include "updates.h"

#define CLIENTS_MAX 32
#define IDLE_MS 60000
/* Packets of a capture that does not say how many. */
#define CAPTURE_COUNT 1000
#define NUMBER_MAX 1000000000

static const char no_request[] =
	"not a request: {command}, and of these what it needs: endpoint, prefix, name, cursor, "
	"details, address, every, count, seconds, all, over";
static const char no_cursor[] = "cursor: not one of ours";

struct console {
	struct console_sources sources;
	struct rdl_lines *lines;
	struct capture capture;
	struct updates updates;
	uint8_t reply[COMMANDS_REPLY_MAX];
};

/* A line, read: views into its text. */
struct said {
	struct command command;
	struct rdl_span name, cursor;
};

#define AT(field) .at = offsetof(struct said, field)
#define WHOLE(member, field, low)                                                           \
	{                                                                                   \
		.name = member, .kind = RDL_LINES_WHOLE, .least = low, .most = NUMBER_MAX,  \
		AT(field), .wrong = member ": not a whole number of " #low " to 1000000000" \
	}
#define BOOLEAN(member, field)                                        \
	{                                                             \
		.name = member, .kind = RDL_LINES_BOOLEAN, AT(field), \
		.wrong = member ": not a boolean"                     \
	}

static const struct rdl_lines_member known[] = {
	{ .name = "command",
		.required = true,
		.most = INT32_MAX,
		AT(name),
		.wrong = "command: missing, or not a string" },
	{ .name = "endpoint",
		.least = 1,
		.most = RDL_ENDPOINT_MAX,
		AT(command.endpoint),
		.wrong = "endpoint: not a name of 1 to 252 octets" },
	{ .name = "prefix",
		.most = RDL_ENDPOINT_MAX,
		AT(command.prefix),
		.wrong = "prefix: not a string of up to 252 octets" },
	{ .name = "name",
		.least = 1,
		.most = INT32_MAX,
		AT(command.name_of),
		.wrong = "name: not a string, or an empty one" },
	{ .name = "cursor", .most = INT32_MAX, AT(cursor), .wrong = no_cursor },
	{ .name = "address",
		.least = 1,
		.most = INT32_MAX,
		AT(command.address),
		.wrong = "address: not an address, or ADDRESS/BITS" },
	BOOLEAN("details", command.details),
	BOOLEAN("all", command.all),
	WHOLE("every", command.every, 1),
	WHOLE("count", command.count, 1),
	WHOLE("seconds", command.seconds, 1),
	WHOLE("over", command.over_s, 0),
};

/* Returns what is wrong, or NULL. */
static const char *read_request(json_t *request, struct command *command)
{
	struct said said = {
		.command = { .endpoint = RDL_SPAN(""),
			.prefix = RDL_SPAN(""),
			.name_of = RDL_SPAN(""),
			.address = RDL_SPAN(""),
			.every = 1,
			.count = CAPTURE_COUNT,
			.over_s = UPDATES_OVER_S },
		.cursor = RDL_SPAN("0"),
	};
	const char *wrong = rdl_lines_read(request, known, RDL_ARRAY_LEN(known), &said, no_request);

	if (wrong == NULL && !rdl_decimal(said.cursor, UINT64_MAX, &said.command.cursor))
		wrong = no_cursor;
	*command = said.command;
	/* JSON's strings end with a NUL, and have none inside. */
	command->name = (const char *)said.name.data;
	return wrong;
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

static void stop(struct rdl_lines *lines)
{
	struct console *console = lines->config.owner;

	capture_stop(&console->capture);
}

static void line(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct console *console = client->lines->config.owner;
	struct rdl_cursor reply = rdl_cursor(console->reply, sizeof(console->reply));
	struct command command;
	const char *wrong;
	json_t *request = rdl_lines_load(text, len, false, &wrong);

	if (request == NULL) {
		rdl_lines_error(client, wrong);
		return;
	}
	wrong = read_request(request, &command);
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
		.stop = stop,
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
