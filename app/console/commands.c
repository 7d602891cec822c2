/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

const char commands_no_endpoint[] = "endpoint: missing";
const char commands_no_answer[] = "the shard did not answer in time";
const char commands_unconfirmed[] = "removed, but the journal's disk did not confirm it in time";

static void put_number(struct rdl_cursor *reply, char before, const char *name, uint64_t value)
{
	rdl_cursor_u8(reply, (uint8_t)before);
	rdl_cursor_text(reply, "\"");
	rdl_cursor_text(reply, name);
	rdl_cursor_text(reply, "\":");
	rdl_cursor_decimal(reply, value);
}

static void put_registration(
	const struct console_sources *from, const struct question *answer, struct rdl_cursor *reply)
{
	rdl_registration_text(reply, &answer->registration, answer->wall_ms, &from->facts);
	if (!answer->asks)
		return;
	rdl_cursor_text(reply, answer->look.awake ? ",\"awake\":true" : ",\"awake\":false");
	put_number(reply, ',', "requests_waiting", answer->look.waiting);
	put_number(reply, ',', "observations", answer->look.observations);
}

/* What went wrong, or NULL. */
static const char *problem_of(const struct question *answer)
{
	if (!answer->found)
		return answer->safe ? "no such endpoint"
				    : "no such endpoint now, but the journal's disk did not "
				      "confirm that in time";
	if (answer->kind != QUESTION_REMOVE || answer->safe)
		return NULL;
	return answer->refused ? "the journal takes no changes now: nothing was done"
			       : commands_unconfirmed;
}

/* show, remove: {"registration": {...}}, {"removed": {...}}. */
static const char *one(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply, enum question_kind kind)
{
	if (command->endpoint.len == 0)
		return commands_no_endpoint;
	struct question *answer = ask_endpoint(from->owners, kind, command->endpoint);
	if (answer == NULL)
		return commands_no_answer;
	const char *problem = problem_of(answer);
	if (problem == NULL) {
		rdl_cursor_text(
			reply, kind == QUESTION_REMOVE ? "{\"removed\":{" : "{\"registration\":{");
		put_registration(from, answer, reply);
		rdl_cursor_text(reply, "}}\n");
	}
	ask_done(answer);
	return problem;
}

static const char *show(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	return one(from, command, reply, QUESTION_REGISTRATION);
}

static const char *remove_one(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	return one(from, command, reply, QUESTION_REMOVE);
}

static const char *count(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	struct rdl_stats sum = { { 0 } };
	char before = '{';

	(void)command;
	owners_stats(from->owners, &sum);
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		enum rdl_stat stat = (enum rdl_stat)i;

		if (rdl_stat_type(stat) != RDL_STAT_GAUGE)
			continue;
		put_number(reply, before, rdl_stat_name(stat), rdl_stats_get(&sum, stat));
		before = ',';
		if (stat == RDL_STAT_registrations)
			put_number(reply, before, "registrations_max", from->registrations_max);
	}
	if (from->credential_changes != NULL)
		put_number(reply, before, "credential_changes",
			__atomic_load_n(from->credential_changes, __ATOMIC_ACQUIRE));
	rdl_cursor_text(reply, "}\n");
	return NULL;
}

/* {"directory": "...", "health": "well", "entries": ...} */
static const char *state(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	struct keeping_figures figures;

	(void)command;
	if (from->keeping == NULL)
		return "nothing is kept: the configuration has no state";
	const char *directory = keeping_directory(from->keeping);
	keeping_figures(from->keeping, &figures);
	rdl_cursor_text(reply, "{\"directory\":");
	rdl_cursor_json(reply, (struct rdl_span){ (const uint8_t *)directory, strlen(directory) });
	rdl_cursor_text(reply, ",\"health\":\"");
	rdl_cursor_text(reply, keeping_health(from->keeping));
	rdl_cursor_text(reply, "\"");
#define X(name) put_number(reply, ',', #name, figures.name);
	KEEPING_FIGURES(X)
#undef X
	if (from->recall != NULL) {
		struct recall_figures recalled;

		recall_figures(from->recall, &recalled);
#define X(name) put_number(reply, ',', #name, recalled.name);
		RECALL_FIGURES(X)
#undef X
	}
	rdl_cursor_text(reply, "}\n");
	return NULL;
}

const char *commands_run(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	static const struct {
		const char *name;
		const char *(*run)(const struct console_sources *from,
			const struct command *command, struct rdl_cursor *reply);
	} commands[] = {
		{ "show", show },
		{ "list", commands_list },
		{ "remove", remove_one },
		{ "count", count },
		{ "state", state },
		{ "cursors", commands_cursors },
		{ "forget", commands_forget },
		{ "refusals", commands_refusals },
		{ "why", commands_why },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++)
		if (strcmp(command->name, commands[i].name) == 0)
			return commands[i].run(from, command, reply);
	return "no such command";
}
